//! The catalog: every repository, as tools from before the OCI specification ask for it.

use std::io;
use std::path::Path;

use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};

use crate::error_code::Error;
use crate::page::page;
use crate::parameters::Parameters;
use crate::store::{self, MANIFESTS, Store};

/// Answers `GET _catalog`.
pub(crate) fn list(
    store: &Store,
    method: &Method,
    parameters: &Parameters,
) -> Result<Response, Error> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Err(Error::Unsupported);
    }
    let mut repositories = Vec::new();
    collect(&store.repositories(), "", &mut repositories)?;
    let (repositories, link) = page(repositories, parameters, "/v2/_catalog")?;
    let list = serde_json::json!({ "repositories": repositories });
    let headers = [(header::CONTENT_TYPE, "application/json")];
    Ok((headers, link, list.to_string()).into_response())
}

/// Collects the repositories below `directory`, whose own name is `prefix`.
fn collect(directory: &Path, prefix: &str, found: &mut Vec<String>) -> io::Result<()> {
    for name in store::names(directory)? {
        if name == MANIFESTS {
            found.push(prefix.trim_end_matches('/').to_owned());
        } else if !name.starts_with('_') {
            collect(&directory.join(&name), &format!("{prefix}{name}/"), found)?;
        }
    }
    Ok(())
}

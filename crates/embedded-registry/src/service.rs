//! The service: from a request to the noun that answers it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header, request};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use http_body_util::BodyExt as _;

use crate::error_code::Error;
use crate::parameters::Parameters;
use crate::route::Route;
use crate::store::Store;
use crate::{Config, Credentials, StartError};
use crate::{blob, catalog, manifest, referrers, tag, upload};

/// The registry as a router, to be served or wrapped by someone else.
///
/// `listen` and `allow_anonymous_writes` of the configuration mean nothing here: who serves it says who reaches it.
///
/// # Errors
/// [`StartError::Directory`].
pub fn service(config: Config) -> Result<Router, StartError> {
    let Config { directory, .. } = config;
    let store = Store::open(&directory, config.sync);
    let store = store.map_err(|source| StartError::Directory { directory, source })?;
    let registry = Registry {
        store,
        credentials: config.credentials.map(Arc::new),
    };
    Ok(Router::new()
        .route("/v2", any(ping))
        .route("/v2/", any(ping))
        .route("/v2/{*path}", any(answer))
        .fallback(|| async { Error::NotFound })
        .with_state(registry))
}

#[derive(Clone)]
struct Registry {
    store: Store,
    credentials: Option<Arc<Credentials>>,
}

impl Registry {
    fn admit(&self, request: &request::Parts) -> Result<(), Error> {
        let credentials = self.credentials.as_ref();
        credentials.map_or(Ok(()), |credentials| credentials.check(&request.headers))
    }
}

async fn ping(State(registry): State<Registry>, request: Request) -> Result<Response, Error> {
    let (parts, body) = request.into_parts();
    linger(body);
    registry.admit(&parts)?;
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return Err(Error::Unsupported);
    }
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        ),
        (API_VERSION, HeaderValue::from_static("registry/2.0")),
    ];
    Ok((headers, "{}").into_response())
}

async fn answer(
    State(registry): State<Registry>,
    Path(path): Path<String>,
    request: Request,
) -> Response {
    let (parts, mut body) = request.into_parts();
    let response = match registry.admit(&parts) {
        Ok(()) => dispatch(registry.store, &path, parts, &mut body).await,
        Err(error) => Err(error),
    };
    linger(body);
    response.into_response()
}

async fn dispatch(
    store: Store,
    path: &str,
    request: request::Parts,
    body: &mut Body,
) -> Result<Response, Error> {
    let request::Parts {
        method,
        headers,
        uri,
        ..
    } = request;
    let parameters = Parameters::of(&uri);
    match Route::parse(path)? {
        Route::Uploads(repository) if method == Method::POST => {
            upload::start(store, repository, &parameters, body).await
        }
        Route::Uploads(_) => Err(Error::Unsupported),
        Route::Upload(repository, id) => {
            upload::answer(store, method, headers, (repository, id), &parameters, body).await
        }
        Route::Blob(repository, digest) => {
            blob::answer(store, method, headers, repository, digest).await
        }
        Route::Manifest(repository, reference) => {
            let name = (repository, reference);
            manifest::answer(store, method, headers, name, &parameters, body).await
        }
        Route::Tags(repository) => {
            blocking(move || tag::list(&store, &method, &repository, &parameters)).await
        }
        Route::Referrers(repository, subject) => {
            let list = move || referrers::list(&store, &method, &repository, &subject, &parameters);
            blocking(list).await
        }
        Route::Catalog => blocking(move || catalog::list(&store, &method, &parameters)).await,
    }
}

/// Reads on for a moment where a request is answered before its body was read.
///
/// A connection that is closed with bytes unread is reset, and the client may never see why it was refused.
fn linger(mut body: Body) {
    const PATIENCE: Duration = Duration::from_secs(5);
    if body.is_end_stream() {
        return;
    }
    let drain = async move { while let Some(Ok(_)) = body.frame().await {} };
    tokio::spawn(tokio::time::timeout(PATIENCE, drain));
}

/// Does file work on a thread where it holds nobody up.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(io::Error::other)?
}

/// The digest of what is sent, or was made.
pub(crate) const DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");

//! Docker contexts: names for daemons, as `docker context create` keeps them below Docker's configuration directory.

use std::io;
use std::path::{Path, PathBuf};

use oci::Digest;
use serde::Deserialize;

use super::address::Address;
use crate::DaemonFailure;

/// What Docker's `config.json` says of contexts.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    current_context: Option<String>,
}

/// The `meta.json` of a context.
#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "Endpoints")]
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Endpoints {
    docker: Option<Endpoint>,
}

#[derive(Deserialize)]
struct Endpoint {
    #[serde(default, rename = "Host")]
    host: String,
    #[serde(default, rename = "SkipTLSVerify")]
    skip_tls_verify: bool,
}

/// The context that `docker context use` made the current one; none where it is the default.
pub(super) fn current(directory: &Path) -> Result<Option<String>, DaemonFailure> {
    let path = directory.join("config.json");
    let broken = |problem: String| DaemonFailure::Configuration {
        what: format!("`{}`", path.display()),
        problem,
    };
    let config = match std::fs::read(&path) {
        Ok(json) => serde_json::from_slice(&json).map_err(|e| broken(e.to_string()))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Config::default(),
        Err(error) => return Err(broken(error.to_string())),
    };
    Ok(config.current_context.filter(|name| is_named(name)))
}

/// Whether a name means a context of its own rather than the usual sockets.
pub(super) fn is_named(name: &str) -> bool {
    !name.is_empty() && name != "default"
}

/// Where the daemon of a context is; none where the context does not say.
pub(super) fn address(directory: &Path, name: &str) -> Result<Option<Address>, DaemonFailure> {
    let unusable = |problem: String| DaemonFailure::Configuration {
        what: format!("the Docker context `{name}`"),
        problem,
    };
    let id = Digest::of(name.as_bytes());
    let path = directory.join("contexts/meta").join(id.hex());
    let json = std::fs::read(path.join("meta.json")).map_err(|error| {
        unusable(match error.kind() {
            io::ErrorKind::NotFound => "there is none of that name".to_owned(),
            _ => error.to_string(),
        })
    })?;
    let meta: Meta = serde_json::from_slice(&json).map_err(|error| unusable(error.to_string()))?;
    let Some(endpoint) = meta.endpoints.docker.filter(|it| !it.host.is_empty()) else {
        return Ok(None);
    };
    let certificates = directory.join("contexts/tls").join(id.hex()).join("docker");
    let certificates: Option<PathBuf> = certificates.is_dir().then_some(certificates);
    if endpoint.skip_tls_verify && certificates.is_some() {
        return Err(unusable(
            "it skips the verification of certificates, which is not supported".to_owned(),
        ));
    }
    Address::read(&endpoint.host, certificates)
        .map(Some)
        .map_err(unusable)
}

//! What the libraries need to know of the process they run in, read once at the edge and handed in.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::Farewells;

/// The environment, as far as a push is concerned; empty by default, which makes a hermetic test.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The home directory.
    pub home: Option<PathBuf>,
    /// `TMPDIR`, where it is set.
    pub tmpdir: Option<PathBuf>,
    /// The user's cache directory (`XDG_CACHE_HOME`, else `~/.cache`, on macOS `~/Library/Caches`).
    pub cache: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`, below which Podman keeps its `auth.json`.
    pub runtime: Option<PathBuf>,
    /// The user's configuration directory (`XDG_CONFIG_HOME`, else `~/.config`).
    pub config: Option<PathBuf>,
    /// `DOCKER_CONFIG`.
    pub docker_config: Option<PathBuf>,
    /// `REGISTRY_AUTH_FILE`.
    pub registry_auth_file: Option<PathBuf>,
    /// `PATH`, where credential helpers and `ssh` are looked for.
    pub path: Option<OsString>,
    /// `HTTP_PROXY` or `http_proxy`.
    pub http_proxy: Option<String>,
    /// `HTTPS_PROXY` or `https_proxy`.
    pub https_proxy: Option<String>,
    /// `NO_PROXY` or `no_proxy`.
    pub no_proxy: Option<String>,
    /// `SSL_CERT_FILE`: a bundle that replaces the system's.
    pub ssl_cert_file: Option<PathBuf>,
    /// `DOCKER_HOST`: where the Docker daemon is.
    pub docker_host: Option<String>,
    /// `DOCKER_CONTEXT`: the name of a place where it is.
    pub docker_context: Option<String>,
    /// `DOCKER_CERT_PATH`: the directory of the certificates for it.
    pub docker_cert_path: Option<PathBuf>,
    /// Whether `DOCKER_TLS_VERIFY` is set: TCP to it means TLS.
    pub docker_tls_verify: bool,
    /// Upload sessions that are being cancelled in the background, which a process may wait a moment for before it ends.
    pub farewells: Farewells,
}

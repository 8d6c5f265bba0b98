//! The embedded registry as this tool uses it; the one file that names its crate.
//!
//! A stand-in until the crate has its server: same names, and a start that says so.

use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::SecretString;

/// Where a registry is kept and how it is reached.
#[derive(Debug)]
#[expect(dead_code, reason = "the stand-in listens nowhere")]
pub(crate) struct Config {
    pub(crate) directory: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) allow_anonymous_writes: bool,
}

/// Who may write.
#[derive(Debug)]
#[expect(dead_code, reason = "the stand-in lets nobody in")]
pub(crate) struct Credentials {
    pub(crate) username: String,
    pub(crate) password: SecretString,
}

/// A registry that runs.
pub(crate) struct Registry {
    address: SocketAddr,
}

/// Why a registry does not start.
#[derive(Debug, thiserror::Error)]
#[error("the embedded registry is not built yet")]
pub(crate) struct StartError;

impl Config {
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            credentials: None,
            allow_anonymous_writes: false,
        }
    }
}

impl Registry {
    #[expect(clippy::unused_async, reason = "the real one binds a socket")]
    pub(crate) async fn start(_config: Config) -> Result<Self, StartError> {
        Err(StartError)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    #[expect(clippy::unused_async, reason = "the real one finishes its requests")]
    pub(crate) async fn stop(self) {}
}

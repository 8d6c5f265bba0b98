//! What a registry is to be: where it lies, where it listens, who may use it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::Credentials;

/// How a registry is to be run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where everything is kept; made where it is missing. Any number of registries may share one.
    pub directory: PathBuf,
    /// Where to listen; port 0 has the system choose one.
    pub listen: SocketAddr,
    /// What each request must present; by default anyone may read and write.
    pub credentials: Option<Credentials>,
    /// Whether anyone who reaches an address other than loopback may write; by default that is refused.
    pub allow_anonymous_writes: bool,
    /// Whether what was acknowledged outlasts a power cut, and not only the death of the process; the default.
    ///
    /// Waiting for the disk costs some milliseconds for each blob, which tests can do without.
    pub sync: bool,
}

/// Why a registry does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The directory is not there and cannot be made.
    #[error("cannot use the directory `{}`", directory.display())]
    Directory {
        /// The directory of the registry.
        directory: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Nobody can listen there: the port is taken, or the address is not this machine's.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Others could write without credentials.
    #[error("anyone who reaches {address} could write to the registry")]
    AnonymousWrites {
        /// Where it was to listen.
        address: SocketAddr,
    },
}

impl Config {
    /// A registry for this machine alone, on a port that the system chooses.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            credentials: None,
            allow_anonymous_writes: false,
            sync: true,
        }
    }

    /// Refuses an address at which strangers could write.
    pub(crate) fn check(&self) -> Result<(), StartError> {
        let guarded = self.credentials.is_some() || self.allow_anonymous_writes;
        if guarded || self.listen.ip().to_canonical().is_loopback() {
            return Ok(());
        }
        Err(StartError::AnonymousWrites {
            address: self.listen,
        })
    }
}

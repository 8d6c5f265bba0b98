//! What can go wrong with a fixture itself; what a registry answers is the test's business.

use std::io;
use std::path::PathBuf;

/// Why a registry does not start, or is not seeded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// This machine does not give what a registry needs: a port, a thread, a temporary directory.
    #[error("cannot start a registry: no {what}")]
    Machine {
        /// What it does not give.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The embedded registry cannot use its directory.
    #[error("cannot start a registry")]
    Embedded(#[source] embedded_registry::StartError),
    /// The Docker daemon cannot be reached, or does not start the container.
    #[cfg(feature = "container")]
    #[error("cannot start a registry in a container")]
    Container(#[source] Box<testcontainers::core::error::TestcontainersError>),
    /// No cluster is found, or it does not say what its registry needs.
    #[cfg(feature = "cluster")]
    #[error("cannot use a cluster's registry")]
    Cluster(#[source] Box<cluster::Error>),
    /// A certificate cannot be made.
    #[error("cannot make a certificate")]
    Certificate(#[source] rcgen::Error),
    /// TLS cannot be served with the certificate that was made.
    #[error("cannot serve TLS")]
    Tls(#[source] rustls::Error),
    /// What the image was to be called is no name.
    #[error("`{name}` is not a name for an image")]
    Name {
        /// As it was given.
        name: String,
        /// The part that is wrong.
        source: oci::ParseReferenceError,
    },
    /// The archive cannot be read, or the registry does not take it.
    #[error("cannot seed the registry from `{}`", archive.display())]
    Seed {
        /// The archive.
        archive: PathBuf,
        /// What stopped the push.
        source: Box<push::Error>,
    },
    /// The archive has no image.
    #[error("`{}` has no image to seed the registry with", archive.display())]
    NoImage {
        /// The archive.
        archive: PathBuf,
    },
}

impl Error {
    /// For `map_err`: the machine does not give `what`.
    pub(crate) fn machine(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Machine { what, source }
    }
}

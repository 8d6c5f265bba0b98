//! Why a Docker daemon cannot be used, as data; what a person can do about it is left to whoever shows it.

use std::error::Error;
use std::path::PathBuf;

/// What keeps an image from being read out of a Docker daemon.
#[derive(Debug, thiserror::Error)]
pub enum DaemonFailure {
    /// No daemon listens where one usually does, or where one was said to.
    #[error("no daemon listens at {}", looked.join(", "))]
    Absent {
        /// Where it was looked for, in this order.
        looked: Vec<String>,
    },
    /// The socket is there, and this user may not use it.
    #[error("no permission to use the socket `{}`", socket.display())]
    Denied {
        /// The socket.
        socket: PathBuf,
    },
    /// Nothing answers, or the connection fails.
    #[error("`{address}` does not answer")]
    Unreachable {
        /// Where the daemon should be.
        address: String,
        /// What went wrong.
        source: Box<dyn Error + Send + Sync>,
    },
    /// What says where the daemon is cannot be followed.
    #[error("{what} cannot be used: {problem}")]
    Configuration {
        /// Such as `` `DOCKER_HOST` `` or ``the Docker context `lab` ``.
        what: String,
        /// Why not.
        problem: String,
    },
    /// The daemon answered with an error.
    #[error("the daemon refused with status {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The daemon's own words.
        message: String,
    },
    /// The daemon answered something that cannot be understood.
    #[error("the daemon's answer cannot be understood: {problem}")]
    Answer {
        /// What is wrong with it.
        problem: String,
    },
    /// The export ended before its end.
    #[error("the export broke off after {read} bytes")]
    Cut {
        /// Bytes that came.
        read: u64,
        /// What the connection says.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The daemon gave up in the middle of an export, and said why.
    #[error("the daemon gave up the export after {read} bytes: {message}")]
    GaveUp {
        /// Bytes that came.
        read: u64,
        /// The daemon's own words.
        message: String,
    },
}

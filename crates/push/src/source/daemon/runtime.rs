//! Where the daemon is spoken to from a thread that blocks: the caller's runtime, or one of its own.

use std::future::Future;

use tokio::runtime::{Builder, Handle};

use crate::DaemonFailure;

/// A runtime to wait on.
pub(super) enum Runtime {
    /// The one that the thread belongs to.
    Callers(Handle),
    /// One that ends with this value.
    Own(tokio::runtime::Runtime),
}

impl Runtime {
    /// The runtime of this thread, or a new one.
    pub(super) fn here() -> Result<Self, DaemonFailure> {
        if let Ok(handle) = Handle::try_current() {
            return Ok(Self::Callers(handle));
        }
        let own = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        own.map(Self::Own)
            .map_err(|error| DaemonFailure::Configuration {
                what: "this machine".to_owned(),
                problem: error.to_string(),
            })
    }

    /// Waits for something; blocks.
    pub(super) fn block_on<F: Future>(&self, future: F) -> F::Output {
        match self {
            Self::Callers(handle) => handle.block_on(future),
            Self::Own(runtime) => runtime.block_on(future),
        }
    }
}

//! Where asynchronous work runs: one runtime, which ends with the work or with the first signal.

use std::future::Future;

use crate::failure::Failure;
use crate::interrupt;

/// Does the work to its end, whatever its threads are still waiting for.
///
/// # Errors
/// Those of the work.
pub(crate) fn run<W: Future<Output = Result<(), Failure>>>(work: W) -> Result<(), Failure> {
    // Whoever was first has installed the same one; there is one provider in the whole workspace.
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::machine("cannot start threads"))?;
    let done = runtime.block_on(work);
    // A thread may be reading standard input or a slow disk; nothing that it does matters any more.
    runtime.shutdown_background();
    done
}

/// Does the work, and drops it where a signal says so.
///
/// # Errors
/// Those of the work, and [`Failure::Interrupted`].
pub(crate) async fn stoppable<T, W: Future<Output = Result<T, Failure>>>(
    work: W,
) -> Result<T, Failure> {
    match interrupt::unless_stopped(work).await {
        Ok(Ok(done)) => done,
        Ok(Err(signal)) => Err(Failure::Interrupted(signal)),
        Err(source) => Err(Failure::machine("cannot listen for signals")(source)),
    }
}

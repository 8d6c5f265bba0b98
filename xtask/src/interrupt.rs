//! Ctrl-C and termination: the work stops at once where it is, and a second signal ends the process.

use std::future::Future;
use std::io;

/// Who stopped the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// `SIGINT`, which Ctrl-C sends.
    Interrupt,
    /// `SIGTERM`.
    Terminate,
}

/// Does the work unless a signal comes first; then the work is dropped, which removes what it has lying about.
///
/// # Errors
/// Where the system lets nobody listen for signals.
pub(crate) async fn unless_stopped<W: Future>(work: W) -> io::Result<Result<W::Output, Signal>> {
    let mut signals = Signals::listen()?;
    tokio::select! {
        output = work => Ok(Ok(output)),
        signal = signals.next() => {
            tokio::spawn(async move {
                let again = signals.next().await;
                end(again);
            });
            Ok(Err(signal))
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever asks twice does not want to wait for anything"
)]
fn end(signal: Signal) -> ! {
    std::process::exit(i32::from(signal.code()))
}

impl Signal {
    /// The exit code that says so.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Interrupt => crate::exit_code::INTERRUPTED,
            Self::Terminate => crate::exit_code::TERMINATED,
        }
    }
}

/// The signals that end a command.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::Interrupt
    }
}

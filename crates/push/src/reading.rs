//! The reading of a source beside other work: what of a stream is certain is sent while the rest is still awaited, and
//! whichever of the two fails stops the other.

use std::panic;

use futures::Stream;
use futures::stream;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::{self, JoinHandle};

use crate::Error;
use crate::blob::Blob;
use crate::prepare::Prepared;
use crate::source::{Arrival, Arrivals, Stop};

/// A source that is being read by a thread; dropping it ends that.
pub(crate) struct Reading {
    /// None when it has come to its end.
    thread: Option<JoinHandle<Result<Vec<Prepared>, Error>>>,
    images: Vec<Prepared>,
    told: UnboundedReceiver<Arrival>,
    stop: Stop,
}

impl Reading {
    /// Starts to read on a thread that may block; `read` is given whom to tell of what is certain before the end.
    pub(crate) fn start(
        read: impl FnOnce(Arrivals) -> Result<Vec<Prepared>, Error> + Send + 'static,
    ) -> Self {
        let (tell, told) = mpsc::unbounded_channel();
        // Whoever does not want to know has dropped the other end.
        let arrivals = Arrivals::new(move |arrival| drop(tell.send(arrival)));
        let stop = arrivals.stop();
        let thread = task::spawn_blocking(move || read(arrivals));
        Self {
            thread: Some(thread),
            images: Vec::new(),
            told,
            stop,
        }
    }

    /// Waits until it is known whether the source is a stream, of which blobs come one by one.
    pub(crate) async fn is_stream(&mut self) -> bool {
        matches!(self.told.recv().await, Some(Arrival::Stream))
    }

    /// The layers of a stream, each as soon as it is certain that it is one; can be taken once.
    pub(crate) fn layers(&mut self) -> impl Stream<Item = Blob> + use<> {
        let (_, nothing) = mpsc::unbounded_channel();
        let told = std::mem::replace(&mut self.told, nothing);
        stream::unfold(told, |mut told| async {
            loop {
                if let Arrival::Layer(blob) = told.recv().await? {
                    return Some((*blob, told));
                }
            }
        })
    }

    /// What knows whether the source has come to its end.
    pub(crate) fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Does some work while the source is read; fails at once where either does.
    ///
    /// Where the work fails because the source did, the source's own word is given.
    pub(crate) async fn beside<T>(
        &mut self,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let done = tokio::select! {
            done = work => done,
            error = self.failure() => return Err(error),
        };
        match done {
            Err(error) if is_of_source(&error) && self.stop.is_over() => {
                self.finish().await?;
                Err(error)
            }
            done => done,
        }
    }

    /// Waits for the end of the source, and gives what it holds.
    pub(crate) async fn images(mut self) -> Result<Vec<Prepared>, Error> {
        self.finish().await?;
        Ok(std::mem::take(&mut self.images))
    }

    /// Waits until the reading fails, for ever if it does not.
    async fn failure(&mut self) -> Error {
        match self.finish().await {
            Ok(()) => std::future::pending().await,
            Err(error) => error,
        }
    }

    /// Waits for the end of the source; an error is given once.
    async fn finish(&mut self) -> Result<(), Error> {
        let Some(thread) = &mut self.thread else {
            return Ok(());
        };
        let read = thread.await;
        self.thread = None;
        self.images = read.unwrap_or_else(|stopped| panic::resume_unwind(stopped.into_panic()))?;
        Ok(())
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.stop.stop();
    }
}

/// Whether what failed may be the consequence of a source that cannot be read.
fn is_of_source(error: &Error) -> bool {
    matches!(
        error,
        Error::OpenSource { .. } | Error::MalformedImage { .. } | Error::DigestMismatch { .. }
    )
}

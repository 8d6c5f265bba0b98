//! The reading of a source beside other work: what of a stream is certain is sent while the rest is still awaited, and
//! whichever of the two fails stops the other.

use std::panic;

use futures::Stream;
use futures::stream;
use oci::Repository;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::{self, JoinHandle};

use crate::Error;
use crate::blob::Blob;
use crate::event::BlobKind;
use crate::prepare::Prepared;
use crate::source::{Arrival, Arrivals, Stop};

/// A source that is being read by a thread; dropping it ends that.
pub(crate) struct Reading {
    /// None when it has come to its end.
    thread: Option<JoinHandle<Result<Vec<Prepared>, Error>>>,
    images: Vec<Prepared>,
    told: UnboundedReceiver<Told>,
    stop: Stop,
}

/// What the thread tells while it reads, and at its end.
enum Told {
    Stream,
    Blob(Box<Blob>, BlobKind),
}

impl Reading {
    /// Starts to read on a thread that may block; `read` is given whom to tell of what is certain before the end.
    ///
    /// `repository` is where everything goes, where that is known by now.
    pub(crate) fn start(
        repository: Option<Repository>,
        read: impl FnOnce(Arrivals) -> Result<Vec<Prepared>, Error> + Send + 'static,
    ) -> Self {
        let (tell, told) = mpsc::unbounded_channel();
        // Whoever does not want to know has dropped the other end.
        let tell = move |told| drop(tell.send(told));
        let tell_arrival = tell.clone();
        let arrivals = Arrivals::new(move |arrival| tell_arrival(arrival.into()));
        let stop = arrivals.stop();
        let thread = task::spawn_blocking(move || {
            let images = read(arrivals)?;
            if let [image] = &images[..]
                && repository.as_ref() == Some(&image.repository)
            {
                for (blob, kind) in image.largest_first() {
                    tell(Told::Blob(Box::new(blob.clone()), *kind));
                }
            }
            Ok(images)
        });
        Self {
            thread: Some(thread),
            images: Vec::new(),
            told,
            stop,
        }
    }

    /// Waits until it is known whether the source is a stream, of which blobs come one by one.
    pub(crate) async fn is_stream(&mut self) -> bool {
        matches!(self.told.recv().await, Some(Told::Stream))
    }

    /// The layers of a stream, each as soon as it is certain that it is one, and at its end every blob of its image,
    /// where it has only one and its place was known; can be taken once.
    pub(crate) fn blobs(&mut self) -> impl Stream<Item = (Blob, BlobKind)> + use<> {
        let (_, nothing) = mpsc::unbounded_channel();
        let told = std::mem::replace(&mut self.told, nothing);
        stream::unfold(told, |mut told| async {
            loop {
                if let Told::Blob(blob, kind) = told.recv().await? {
                    return Some(((*blob, kind), told));
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

    /// What the source holds, where it has come to its end by now.
    ///
    /// # Errors
    /// Why it holds nothing, unless that was given before.
    pub(crate) async fn known(&mut self) -> Result<&[Prepared], Error> {
        if self.stop.is_over() {
            self.finish().await?;
        }
        Ok(&self.images)
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

impl From<Arrival> for Told {
    fn from(arrival: Arrival) -> Self {
        match arrival {
            Arrival::Stream => Self::Stream,
            Arrival::Layer(blob) => Self::Blob(blob, BlobKind::Layer),
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.stop.stop();
    }
}

/// Whether what failed may be the consequence of a source that cannot be read.
pub(crate) fn is_of_source(error: &Error) -> bool {
    matches!(
        error,
        Error::OpenSource { .. } | Error::MalformedImage { .. } | Error::DigestMismatch { .. }
    )
}

//! The body of an upload: a part of a blob read by a thread of its own, hashed there, and sent with its length known.
//!
//! The blob's last frame is held back until size and digest are what was promised, so that bytes that are not never
//! become a blob of the registry's. What was checked before is not hashed: there the registry's own check stands alone.

use std::io::{self, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use oci::{Descriptor, Hasher};
use tokio::sync::mpsc;

use super::flow::Flow;
use super::frame::{FRAME_SIZE, Frames};
use super::part::{Hashed, Mark, Part};
use crate::blob::Blob;
use crate::{Error, Events};

/// Starts reading a part of a blob, and gives the body that sends it and the flow that watches over that.
pub(super) fn open(part: &Part, events: &Events) -> (reqwest::Body, Arc<Flow>) {
    let (frames, received) = mpsc::channel(FRAMES_AHEAD);
    let flow = Arc::new(Flow::new(part, events));
    let body = BlobBody {
        frames: received,
        flow: Arc::clone(&flow),
    };
    let (part, reader_flow) = (part.clone(), Arc::clone(&flow));
    tokio::task::spawn_blocking(move || {
        let send = |frame| frames.blocking_send(Ok(frame)).is_ok();
        if let Err(error) = read(&part, send) {
            reader_flow.fail(error);
            // The one who waits for it may be gone, and then nobody minds.
            let _ = frames.blocking_send(Err(io::Error::other("the blob cannot be read")));
        }
    });
    (reqwest::Body::wrap(body), flow)
}

/// Reads a blob to see that it is what was promised, whoever has checked that before.
pub(super) async fn check(blob: &Blob) -> Result<(), Error> {
    let blob = blob.clone();
    let check = move || {
        let Descriptor { digest, size, .. } = &blob.descriptor;
        let hasher = Hasher::new(digest.algorithm());
        let mut reading = Reading::open(&blob, 0, Some(hasher))?;
        while reading.frame(*size)?.is_some() {}
        reading.finish()
    };
    tokio::task::spawn_blocking(check)
        .await
        .expect("reading a blob does not panic")
}

/// Reads a part of a blob in frames, and gives the blob's last one away only when everything is as promised.
///
/// Stops early, and well, when nobody takes the frames any more.
fn read(part: &Part, mut send: impl FnMut(Bytes) -> bool) -> Result<(), Error> {
    let Part { range, hashed, .. } = part;
    let mut reading = Reading::start(part)?;
    // What the registry has already was sent by an earlier request, and its digest is needed all the same.
    while reading.frame(range.start)?.is_some() {}
    reading.mark(hashed);
    let mut held: Option<Bytes> = None;
    while let Some(frame) = reading.frame(range.end)? {
        if let Some(previous) = held.replace(frame)
            && !send(previous)
        {
            return Ok(());
        }
    }
    if part.is_last() {
        reading.finish()?;
    } else {
        reading.mark(hashed);
    }
    held.map(send);
    Ok(())
}

/// A blob that is being read, and hashed as far as that has come.
struct Reading<'a> {
    blob: &'a Blob,
    reader: Box<dyn Read + Send>,
    offset: u64,
    /// None where the bytes were hashed before, and are sure to be the same.
    hasher: Option<Hasher>,
    frames: Frames,
}

impl<'a> Reading<'a> {
    /// Begins where the blob was hashed to, which is not behind where the part begins.
    fn start(part: &'a Part) -> Result<Self, Error> {
        let Part {
            blob,
            range,
            hashed,
        } = part;
        if blob.is_checked() {
            return Self::open(blob, range.start, None);
        }
        let Mark { offset, hasher } = hashed.before(range.start, blob);
        Self::open(blob, offset, Some(hasher))
    }

    fn open(blob: &'a Blob, offset: u64, hasher: Option<Hasher>) -> Result<Self, Error> {
        let reader = blob.open_at(offset);
        Ok(Self {
            blob,
            reader: reader.map_err(|error| unreadable(blob, error))?,
            offset,
            hasher,
            frames: Frames::default(),
        })
    }

    /// The next bytes, none from `end` on.
    fn frame(&mut self, end: u64) -> Result<Option<Bytes>, Error> {
        let limit = (end - self.offset).min(FRAME_SIZE as u64);
        if limit == 0 {
            return Ok(None);
        }
        let limit = usize::try_from(limit).expect("a frame fits into memory");
        let filled = self
            .frames
            .fill(|buffer| fill(&mut self.reader, &mut buffer[..limit]));
        let frame = filled.map_err(|error| unreadable(self.blob, error))?;
        if frame.is_empty() {
            let (total, size) = (self.offset, self.blob.descriptor.size);
            let problem = format!("it ends after {total} of {size} bytes");
            return Err(malformed(self.blob, problem));
        }
        self.offset += frame.len() as u64;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&frame);
        }
        Ok(Some(frame))
    }

    /// Lets later parts of the blob go on hashing here.
    fn mark(&self, hashed: &Hashed) {
        if let Some(hasher) = self.hasher.clone() {
            let offset = self.offset;
            hashed.leave(Mark { offset, hasher });
        }
    }

    /// Sees to it that the blob ends here and is the promised one.
    fn finish(mut self) -> Result<(), Error> {
        let expected = &self.blob.descriptor;
        let more = self.reader.read(&mut [0]);
        if more.map_err(|error| unreadable(self.blob, error))? > 0 {
            let problem = format!(
                "it has more than the {} bytes that were promised",
                expected.size
            );
            return Err(malformed(self.blob, problem));
        }
        let actual = self.hasher.map(Hasher::finish);
        if let Some(actual) = actual.filter(|actual| *actual != expected.digest) {
            return Err(Error::DigestMismatch {
                place: self.blob.place.clone(),
                promise: self.blob.promise,
                expected: expected.digest.clone(),
                actual,
            });
        }
        Ok(())
    }
}

/// Reads until the buffer is full or there is nothing more; returns how much of it that is.
fn fill(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn unreadable(blob: &Blob, source: io::Error) -> Error {
    if source.kind() == io::ErrorKind::UnexpectedEof {
        return malformed(
            blob,
            format!("it ends before its {} bytes", blob.descriptor.size),
        );
    }
    Error::OpenSource {
        place: blob.place.clone(),
        source,
    }
}

fn malformed(blob: &Blob, problem: String) -> Error {
    Error::MalformedImage {
        place: blob.place.clone(),
        problem,
    }
}

/// A body that tells its flow of each frame that is taken.
struct BlobBody {
    frames: mpsc::Receiver<io::Result<Bytes>>,
    flow: Arc<Flow>,
}

impl http_body::Body for BlobBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        match this.frames.poll_recv(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                this.flow.advance(frame.len() as u64);
                Poll::Ready(Some(Ok(Frame::data(frame))))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                this.flow.wait_for_source();
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.flow.is_sent()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.flow.left())
    }
}

/// They bound what a blob in flight costs.
const FRAMES_AHEAD: usize = 4;

#[cfg(test)]
mod tests;

//! The body of an upload: a blob read by a thread of its own, hashed there, and sent with its length known.
//!
//! The last frame is held back until size and digest are what was promised, so that bytes that are not never become
//! a blob of the registry's.

use std::io::{self, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use oci::Hasher;
use tokio::sync::mpsc;

use super::flow::Flow;
use crate::blob::Blob;
use crate::{Error, Events};

/// Starts reading a blob, and gives the body that sends it and the flow that watches over that.
pub(super) fn open(blob: &Blob, events: &Events) -> (reqwest::Body, Arc<Flow>) {
    let (frames, received) = mpsc::channel(FRAMES_AHEAD);
    let flow = Arc::new(Flow::new(&blob.descriptor, events));
    let body = BlobBody {
        frames: received,
        flow: Arc::clone(&flow),
    };
    let (blob, reader_flow) = (blob.clone(), Arc::clone(&flow));
    tokio::task::spawn_blocking(move || {
        let send = |frame| frames.blocking_send(Ok(frame)).is_ok();
        if let Err(error) = read(&blob, send) {
            reader_flow.fail(error);
            // The one who waits for it may be gone, and then nobody minds.
            let _ = frames.blocking_send(Err(io::Error::other("the blob cannot be read")));
        }
    });
    (reqwest::Body::wrap(body), flow)
}

/// Reads a blob that says it is empty, for which there is no frame to hold back.
pub(super) async fn check_empty(blob: &Blob) -> Result<(), Error> {
    let blob = blob.clone();
    tokio::task::spawn_blocking(move || read(&blob, |_| true))
        .await
        .expect("reading a blob does not panic")
}

/// Reads a blob in frames, and gives the last of them away only when everything is as promised.
///
/// Stops early, and well, when nobody takes the frames any more.
fn read(blob: &Blob, mut send: impl FnMut(Bytes) -> bool) -> Result<(), Error> {
    let expected = &blob.descriptor;
    let mut reader = blob.open_at(0).map_err(|error| unreadable(blob, error))?;
    let mut hasher = Hasher::new(expected.digest.algorithm());
    let mut held: Option<Bytes> = None;
    let mut total = 0;
    loop {
        let mut frame = Vec::with_capacity(FRAME_SIZE);
        let limit = FRAME_SIZE as u64;
        let count = reader
            .by_ref()
            .take(limit)
            .read_to_end(&mut frame)
            .map_err(|error| unreadable(blob, error))?;
        if count == 0 {
            break;
        }
        total += count as u64;
        if total > expected.size {
            return Err(malformed(
                blob,
                format!(
                    "it has more than the {} bytes that were promised",
                    expected.size
                ),
            ));
        }
        hasher.update(&frame);
        if let Some(previous) = held.replace(frame.into())
            && !send(previous)
        {
            return Ok(());
        }
    }
    if total < expected.size {
        return Err(malformed(
            blob,
            format!("it ends after {total} of {} bytes", expected.size),
        ));
    }
    let actual = hasher.finish();
    if actual != expected.digest {
        return Err(Error::DigestMismatch {
            place: blob.place.clone(),
            promise: blob.promise,
            expected: expected.digest.clone(),
            actual,
        });
    }
    held.map(send);
    Ok(())
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

/// Measured to be as fast as larger ones, and four of them bound what a blob in flight costs.
const FRAME_SIZE: usize = 256 << 10;
const FRAMES_AHEAD: usize = 4;

#[cfg(test)]
mod tests {
    use oci::{Descriptor, Digest, MediaType};

    use super::*;
    use crate::blob::{Place, Promise};

    /// What becomes of `content` that is promised to be `promised`, and how many bytes are given away.
    fn outcome(content: &[u8], promised: &[u8]) -> (String, usize) {
        let descriptor = Descriptor::new(
            MediaType::OCI_LAYER,
            Digest::of(promised),
            promised.len() as u64,
        );
        let content: Arc<[u8]> = content.into();
        let blob = Blob::new(
            descriptor,
            Place::source("x.tar"),
            Promise::Descriptor,
            Arc::new(content),
        );
        let mut given = 0;
        let result = read(&blob, |frame| {
            given += frame.len();
            true
        });
        (
            result
                .err()
                .map_or_else(String::new, |error| error.to_string()),
            given,
        )
    }

    #[test]
    fn the_last_frame_is_given_away_only_when_everything_is_as_promised() {
        let large = vec![7; FRAME_SIZE * 2 + 1];
        assert_eq!(outcome(&large, &large), (String::new(), large.len()));
        assert_eq!(outcome(b"", b""), (String::new(), 0));

        let mut other = large.clone();
        other[0] = 8;
        let (error, given) = outcome(&other, &large);
        let (expected, found) = (Digest::of(&large), Digest::of(&other));
        assert_eq!(
            error,
            format!("`x.tar` does not match its descriptor: expected {expected}, found {found}")
        );
        assert_eq!(given, FRAME_SIZE * 2);

        let (error, given) = outcome(&large[..FRAME_SIZE * 2], &large);
        assert_eq!(
            error,
            "`x.tar` is malformed: it ends after 524288 of 524289 bytes"
        );
        assert_eq!(given, FRAME_SIZE);
        let (error, given) = outcome(&large, &large[..FRAME_SIZE * 2]);
        assert_eq!(
            error,
            "`x.tar` is malformed: it has more than the 524288 bytes that were promised"
        );
        assert_eq!(given, FRAME_SIZE);
        let (error, given) = outcome(b"x", b"");
        assert_eq!(
            error,
            "`x.tar` is malformed: it has more than the 0 bytes that were promised"
        );
        assert_eq!(given, 0);
    }
}

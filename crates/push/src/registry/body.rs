//! The body of an upload: a part of a blob read by a thread of its own, hashed there, and sent with its length known.
//!
//! The blob's last frame is held back until size and digest are what was promised, so that bytes that are not never
//! become a blob of the registry's.

use std::io::{self, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use oci::Hasher;
use tokio::sync::mpsc;

use super::flow::Flow;
use super::part::{Mark, Part};
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

/// Reads a blob that says it is empty, for which there is no frame to hold back.
pub(super) async fn check_empty(part: &Part) -> Result<(), Error> {
    let part = part.clone();
    tokio::task::spawn_blocking(move || read(&part, |_| true))
        .await
        .expect("reading a blob does not panic")
}

/// Reads a part of a blob in frames, and gives the blob's last one away only when everything is as promised.
///
/// Stops early, and well, when nobody takes the frames any more.
fn read(part: &Part, mut send: impl FnMut(Bytes) -> bool) -> Result<(), Error> {
    let Part {
        blob,
        range,
        hashed,
    } = part;
    let Mark { offset, hasher } = hashed.before(range.start, blob);
    let mut reading = Reading {
        blob,
        reader: blob
            .open_at(offset)
            .map_err(|error| unreadable(blob, error))?,
        offset,
        hasher,
    };
    // What the registry has already was sent by an earlier request, and its digest is needed all the same.
    while reading.frame(range.start)?.is_some() {}
    hashed.leave(reading.mark());
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
        hashed.leave(reading.mark());
    }
    held.map(send);
    Ok(())
}

/// A blob that is being read, and hashed as far as that has come.
struct Reading<'a> {
    blob: &'a Blob,
    reader: Box<dyn Read + Send>,
    offset: u64,
    hasher: Hasher,
}

impl Reading<'_> {
    /// The next bytes, none from `end` on.
    fn frame(&mut self, end: u64) -> Result<Option<Bytes>, Error> {
        let limit = (end - self.offset).min(FRAME_SIZE as u64);
        if limit == 0 {
            return Ok(None);
        }
        let mut frame = Vec::with_capacity(FRAME_SIZE);
        let count = self
            .reader
            .by_ref()
            .take(limit)
            .read_to_end(&mut frame)
            .map_err(|error| unreadable(self.blob, error))?;
        if count == 0 {
            let (total, size) = (self.offset, self.blob.descriptor.size);
            let problem = format!("it ends after {total} of {size} bytes");
            return Err(malformed(self.blob, problem));
        }
        self.offset += count as u64;
        self.hasher.update(&frame);
        Ok(Some(frame.into()))
    }

    fn mark(&self) -> Mark {
        Mark {
            offset: self.offset,
            hasher: self.hasher.clone(),
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
        let actual = self.hasher.finish();
        if actual != expected.digest {
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
    use crate::blob::{Content, Place, Promise};

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
        let result = read(&Part::whole(&blob), |frame| {
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

    /// Bytes that anybody can change, as those of a file.
    struct Open(Arc<[u8]>);

    impl Content for Open {
        fn open_at(&self, offset: u64) -> io::Result<Box<dyn Read + Send>> {
            self.0.open_at(offset)
        }
    }

    #[test]
    fn only_what_was_hashed_where_nobody_can_change_it_is_not_hashed_again() {
        let bytes: Arc<[u8]> = vec![7; FRAME_SIZE * 2 + 1].into();
        let size = bytes.len() as u64;
        // The digest is wrong, so that hashing is noticed.
        let descriptor = Descriptor::new(MediaType::OCI_LAYER, Digest::of(b"other"), size);
        let read = |promise, content: Arc<dyn Content>| {
            let place = Place::source("x.tar");
            let blob = Blob::new(descriptor.clone(), place, promise, content);
            let (start, mut given) = (FRAME_SIZE as u64 / 2, 0);
            let mut part = Part::whole(&blob);
            part.range = start..size;
            let result = read(&part, |frame| {
                given += frame.len() as u64;
                true
            });
            (result.is_ok(), given == part.len())
        };
        let memory = || Arc::new(Arc::clone(&bytes));
        assert_eq!(read(Promise::Computed, memory()), (true, true));
        assert_eq!(read(Promise::FileName, memory()), (false, false));
        let file = Arc::new(Open(Arc::clone(&bytes)));
        assert_eq!(read(Promise::Computed, file), (false, false));
    }

    /// Reads parts that end at `ends`, one after the other, and then what is left.
    fn in_parts(content: &[u8], promised: &[u8], ends: &[u64]) -> Result<Vec<u8>, Error> {
        let size = promised.len() as u64;
        let descriptor = Descriptor::new(MediaType::OCI_LAYER, Digest::of(promised), size);
        let content: Arc<[u8]> = content.into();
        let place = Place::source("x.tar");
        let mut part = Part::whole(&Blob::new(
            descriptor,
            place,
            Promise::Descriptor,
            Arc::new(content),
        ));
        let (mut start, mut given) = (0, Vec::new());
        for &end in ends.iter().chain([&size]) {
            part.range = start..end;
            read(&part, |frame| {
                given.extend_from_slice(&frame);
                true
            })?;
            start = end;
        }
        Ok(given)
    }

    #[test]
    fn a_blob_in_parts_is_hashed_from_its_beginning() {
        let bytes = vec![7; FRAME_SIZE * 2 + 1];
        let mut other = bytes.clone();
        other[0] = 8;
        let size = bytes.len() as u64;
        for ends in [&[][..], &[1], &[1, 2, 300_000], &[300_000, 524_288]] {
            assert_eq!(in_parts(&bytes, &bytes, ends).unwrap(), bytes, "{ends:?}");
            let error = in_parts(&other, &bytes, ends).unwrap_err();
            assert!(matches!(error, Error::DigestMismatch { .. }), "{error}");
        }
        let short = &bytes[..FRAME_SIZE];
        let error = in_parts(short, &bytes, &[300_000, size - 1]).unwrap_err();
        let expected = "`x.tar` is malformed: it ends after 262144 of 524289 bytes";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_part_that_begins_where_nobody_stopped_is_read_from_before_it() {
        let bytes = vec![7; FRAME_SIZE * 2 + 1];
        let size = bytes.len() as u64;
        let descriptor = Descriptor::new(MediaType::OCI_LAYER, Digest::of(&bytes), size);
        let content: Arc<[u8]> = bytes.into();
        let place = Place::source("x.tar");
        let blob = Blob::new(descriptor, place, Promise::Descriptor, Arc::new(content));
        let mut part = Part::whole(&blob);
        for range in [
            0..300_000,
            300_000..500_000,
            400_000..size,
            10..size,
            0..size,
        ] {
            part.range = range;
            let mut given = 0;
            let counted = read(&part, |frame| {
                given += frame.len() as u64;
                true
            });
            counted.unwrap();
            assert_eq!(given, part.len(), "{:?}", part.range);
        }
    }
}

//! What is sent of a blob, and what of one that is not what it should be.

use oci::{Digest, MediaType};

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
    assert_eq!(read(Promise::Exporter, memory()), (true, true));
    assert_eq!(read(Promise::FileName, memory()), (false, false));
    let file = || Arc::new(Open(Arc::clone(&bytes)));
    assert_eq!(read(Promise::Computed, file()), (false, false));
    assert_eq!(read(Promise::Exporter, file()), (false, false));
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

//! The scratch file: what a spool is written to, until nobody needs what is in it.
//!
//! The room of what was released goes back to the system, first of all memory that the file would take as long as it is
//! not written out: a push that keeps up with its source then needs room for the layers on their way, not for the image.
//! The file has no name, so it is gone when its last reader is.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::sniff::HEAD;
use super::system::{punch_hole, read_at, write_at};
use crate::blob::Released;

/// Bytes that are written once, from the first to the last, and can be read at any offset until they are released.
#[derive(Debug)]
pub(super) struct Scratch {
    file: File,
    end: AtomicU64,
    released: Mutex<Vec<Range<u64>>>,
}

impl Scratch {
    /// A file of no length in `directory`.
    pub(super) fn in_directory(directory: &Path) -> io::Result<Self> {
        Ok(Self {
            file: tempfile::tempfile_in(directory)?,
            end: AtomicU64::new(0),
            released: Mutex::default(),
        })
    }

    /// Writes some of `bytes` behind what was written before; returns how many.
    ///
    /// For one writer.
    pub(super) fn append(&self, bytes: &[u8]) -> io::Result<usize> {
        let end = self.end.load(Ordering::Relaxed);
        let written = write_at(&self.file, bytes, end)?;
        self.end.store(end + written as u64, Ordering::Relaxed);
        Ok(written)
    }

    /// Reads some of the bytes from `offset` on; returns how many, 0 behind the last that was written.
    ///
    /// # Errors
    /// [`Released`] where they are not there any more.
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let read = read_at(&self.file, buffer, offset)?;
        let (start, end) = (offset, offset + read as u64);
        // What was read after that is a hole.
        let overlaps = |it: &Range<u64>| it.start < end && start < it.end;
        let released = self.released.lock().unwrap_or_else(PoisonError::into_inner);
        if released.iter().any(overlaps) {
            return Err(io::Error::other(Released));
        }
        Ok(read)
    }

    /// Lets what lies in whole blocks within `range` go, but for its beginning, by which a file is known.
    pub(super) fn release(&self, range: &Range<u64>) {
        let start = (range.start + HEAD as u64).next_multiple_of(BLOCK);
        let end = range.end / BLOCK * BLOCK;
        if start >= end {
            return;
        }
        let lock = || self.released.lock().unwrap_or_else(PoisonError::into_inner);
        // Before there is a hole, so that nobody takes it for bytes.
        lock().push(start..end);
        if let Err(error) = punch_hole(&self.file, start..end) {
            tracing::debug!(%error, "the spool keeps what was released");
            lock().retain(|range| *range != (start..end));
        }
    }
}

/// In bytes: of file systems, or a divisor of theirs.
const BLOCK: u64 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn scratch() -> Scratch {
        let directory = tempfile::tempdir().unwrap();
        Scratch::in_directory(directory.path()).unwrap()
    }

    /// Bytes that say where they stand, in pieces of eight.
    fn bytes(range: Range<u64>) -> Vec<u8> {
        let numbers = range.step_by(8).map(u64::to_le_bytes);
        numbers.flatten().collect()
    }

    /// Writes the bytes of a range that begins where what was written before ends.
    fn write(scratch: &Scratch, range: Range<u64>) {
        let (bytes, mut written) = (bytes(range), 0);
        while written < bytes.len() {
            written += scratch.append(&bytes[written..]).unwrap();
        }
    }

    fn read(scratch: &Scratch, range: Range<u64>) -> io::Result<Vec<u8>> {
        let mut buffer = vec![0; usize::try_from(range.end - range.start).unwrap()];
        let mut filled = 0;
        while filled < buffer.len() {
            let offset = range.start + filled as u64;
            match scratch.read_at(&mut buffer[filled..], offset)? {
                0 => break,
                read => filled += read,
            }
        }
        buffer.truncate(filled);
        Ok(buffer)
    }

    #[test]
    fn what_was_written_is_read_at_any_offset() {
        let scratch = scratch();
        let end = 5 * MIB + 4096;
        for start in (0..end).step_by(300 << 10) {
            write(&scratch, start..end.min(start + (300 << 10)));
        }
        for range in [0..end, 8..16, MIB - 8..MIB + 8, 3 * MIB..end] {
            assert!(read(&scratch, range.clone()).unwrap() == bytes(range));
        }
        let behind = end - 8..end + 8;
        assert!(read(&scratch, behind).unwrap() == bytes(end - 8..end));
    }

    #[test]
    fn the_room_of_what_was_released_is_used_again() {
        let scratch = scratch();
        write(&scratch, 0..4 * MIB);
        for n in 0..20 {
            let start = (4 + 5 * n) * MIB;
            write(&scratch, start..start + 5 * MIB);
            scratch.release(&(start - 2 * MIB..start + 3 * MIB));
        }
        let (length, end) = (scratch.file.metadata().unwrap().len(), 104 * MIB);
        assert!(length <= 16 * MIB, "{length} bytes for {end}");
        for kept in [0..2 * MIB, end - 2 * MIB..end] {
            assert!(read(&scratch, kept.clone()).unwrap() == bytes(kept));
        }
    }

    #[test]
    fn what_was_released_is_not_read_and_its_neighbours_are() {
        let scratch = scratch();
        write(&scratch, 0..8 * MIB);
        let released = MIB / 2 + 4096..5 * MIB + 4096;
        scratch.release(&released);
        scratch.release(&released);
        write(&scratch, 8 * MIB..16 * MIB);
        for gone in [2 * MIB..2 * MIB + 8, 4 * MIB - 8..4 * MIB + 8] {
            let error = read(&scratch, gone).unwrap_err();
            assert_eq!(error.to_string(), "it was released");
        }
        let head = released.start + HEAD as u64;
        for kept in [0..head, released.end..16 * MIB] {
            assert!(read(&scratch, kept.clone()).unwrap() == bytes(kept));
        }
    }

    #[test]
    fn behind_the_end_is_nothing_where_something_else_was_before() {
        let scratch = scratch();
        write(&scratch, 0..4 * MIB);
        scratch.release(&(0..4 * MIB));
        write(&scratch, 4 * MIB..4 * MIB + 8);
        assert!(read(&scratch, 4 * MIB + 8..5 * MIB).unwrap().is_empty());
        assert!(read(&scratch, 4 * MIB..5 * MIB).unwrap() == bytes(4 * MIB..4 * MIB + 8));
    }

    #[test]
    fn what_is_released_before_it_is_all_there_is_written_on() {
        let scratch = scratch();
        write(&scratch, 0..2 * MIB + 8);
        scratch.release(&(0..8 * MIB));
        for start in (2 * MIB + 8..8 * MIB).step_by(8192) {
            write(&scratch, start..(8 * MIB).min(start + 8192));
        }
        assert!(read(&scratch, MIB..MIB + 8).is_err());
        for kept in [2 * MIB..8 * MIB, 8 * MIB - 8..8 * MIB] {
            assert!(read(&scratch, kept.clone()).unwrap() == bytes(kept));
        }
    }
}

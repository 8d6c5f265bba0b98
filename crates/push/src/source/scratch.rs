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

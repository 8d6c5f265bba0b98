//! What of a spool is kept: everything to its end, or what nobody has released yet.
//!
//! The room of what was released goes back to the system, first of all memory that the file would take as long as it is
//! not written out: a push that keeps up with its source then needs room for the layers on their way, not for the image.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::sniff::HEAD;
use super::system::punch_hole;
use crate::blob::Released;

/// Which bytes of a file can still be read.
#[derive(Debug)]
pub(super) struct Kept {
    /// Where these are given back, those that were.
    released: Option<Mutex<Vec<Range<u64>>>>,
}

impl Kept {
    /// All of them, whatever is released.
    pub(super) fn to_the_end() -> Self {
        Self { released: None }
    }

    /// Those that were not released.
    pub(super) fn until_released() -> Self {
        Self {
            released: Some(Mutex::default()),
        }
    }

    /// Gives back what lies in whole blocks within `range`, but for its beginning, by which a file is known.
    pub(super) fn release(&self, file: &File, range: &Range<u64>) {
        let Some(released) = &self.released else {
            return;
        };
        let start = (range.start + HEAD as u64).next_multiple_of(BLOCK);
        let end = range.end / BLOCK * BLOCK;
        if start >= end {
            return;
        }
        let lock = || released.lock().unwrap_or_else(PoisonError::into_inner);
        // Before there is a hole, so that nobody takes it for bytes.
        lock().push(start..end);
        if let Err(error) = punch_hole(file, start..end) {
            tracing::debug!(%error, "the spool keeps what was released");
            lock().retain(|range| *range != (start..end));
        }
    }

    /// Whether what was just read was there.
    ///
    /// # Errors
    /// Where some of it was released before, or while it was read.
    pub(super) fn check(&self, read: &Range<u64>) -> io::Result<()> {
        let overlaps = |it: &Range<u64>| it.start < read.end && read.start < it.end;
        let is_gone = self.released.as_ref().is_some_and(|released| {
            let released = released.lock().unwrap_or_else(PoisonError::into_inner);
            released.iter().any(overlaps)
        });
        if is_gone {
            return Err(io::Error::other(Released));
        }
        Ok(())
    }
}

/// In bytes: of file systems, or a divisor of theirs.
const BLOCK: u64 = 4096;

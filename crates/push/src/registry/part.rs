//! What one request sends of a blob: the whole, a chunk, or nothing more.
//!
//! A digest covers a blob from its first byte, and a chunk begins anywhere. So whoever reads a part leaves behind how
//! far the blob is hashed, and who reads the next one goes on from there instead of from the beginning.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oci::Hasher;

use crate::blob::Blob;

/// Bytes of a blob that go with one request.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) blob: Blob,
    /// From the first byte to the one after the last.
    pub(super) range: Range<u64>,
    pub(super) hashed: Hashed,
}

impl Part {
    /// The blob with one request.
    pub(super) fn whole(blob: &Blob) -> Self {
        Self {
            blob: blob.clone(),
            range: 0..blob.descriptor.size,
            hashed: Hashed::default(),
        }
    }

    /// How many bytes it has.
    pub(super) fn len(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// Whether the blob ends with it.
    pub(super) fn is_last(&self) -> bool {
        self.range.end == self.blob.descriptor.size
    }
}

/// How far a blob has been hashed, for all who read parts of it.
#[derive(Clone, Default)]
pub(super) struct Hashed(Arc<Mutex<Vec<Mark>>>);

/// A hasher that has taken so many bytes from the beginning.
#[derive(Clone)]
pub(super) struct Mark {
    pub(super) offset: u64,
    pub(super) hasher: Hasher,
}

impl Hashed {
    /// Remembers a mark; of the older ones only the last, which is where a part that fails is begun again.
    pub(super) fn leave(&self, mark: Mark) {
        let mut marks = self.marks();
        let superfluous = (marks.len() + 1).saturating_sub(KEPT);
        marks.drain(..superfluous);
        marks.push(mark);
    }

    /// The mark that is nearest before `offset`, or the beginning.
    pub(super) fn before(&self, offset: u64, blob: &Blob) -> Mark {
        let marks = self.marks();
        let fit = marks.iter().filter(|mark| mark.offset <= offset);
        let beginning = || Mark {
            offset: 0,
            hasher: Hasher::new(blob.descriptor.digest.algorithm()),
        };
        fit.max_by_key(|mark| mark.offset)
            .cloned()
            .unwrap_or_else(beginning)
    }

    fn marks(&self) -> MutexGuard<'_, Vec<Mark>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Hashed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hashed")
    }
}

/// Where the last part began, and where it ended.
const KEPT: usize = 2;

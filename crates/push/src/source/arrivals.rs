//! What of a stream is told before it has come to its end, and to whom: blobs of which it is certain by then that they
//! are layers. Which these are is the lookout's business.

use std::fmt;
use std::sync::Arc;

use oci::Digest;

use super::growth::Growth;
use crate::blob::{Blob, Promise};

/// Who is told of a stream's blobs while it is still read, and what is known of the stream beforehand.
///
/// Of files nothing is told early: their images are known as soon as they are opened.
pub struct Arrivals {
    listener: Option<Box<dyn Fn(Arrival) + Send + Sync>>,
    wanted: Wanted,
    expected: Option<Vec<Digest>>,
    /// Somebody has compared these with their digests.
    checked: bool,
    size: Option<u64>,
    repeatable: bool,
    ends_with_mark: bool,
    growth: Arc<Growth>,
}

/// Of which layers is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// None.
    Nothing,
    /// Those that somebody expects.
    Expected,
    /// These, and whatever seems to be a large one.
    All,
}

/// Something that is known of a source before everything is.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// The source is a stream: it will take a while until its images are known.
    Stream,
    /// A layer; its bytes may still be arriving, and reading it waits for them.
    Layer(Box<Blob>),
}

/// Ends the reading of a stream, and all waiting for its bytes.
#[derive(Clone, Debug)]
pub struct Stop {
    growth: Arc<Growth>,
}

impl Arrivals {
    /// Nobody is told of anything before the end.
    #[must_use]
    pub fn ignored() -> Self {
        Self {
            listener: None,
            wanted: Wanted::Nothing,
            expected: None,
            checked: false,
            size: None,
            repeatable: false,
            ends_with_mark: false,
            growth: Arc::default(),
        }
    }

    /// Calls `listener` from a thread that reads the source; it must not block.
    pub fn new(listener: impl Fn(Arrival) + Send + Sync + 'static) -> Self {
        Self {
            listener: Some(Box::new(listener)),
            wanted: Wanted::Expected,
            ..Self::ignored()
        }
    }

    /// Every image of the source is wanted, so that whatever seems to be a large layer is told of.
    ///
    /// A blob of which no image knows may be told of too.
    #[must_use]
    pub fn of_all_images(mut self) -> Self {
        self.wanted = Wanted::All;
        self
    }

    /// No layer is told of, because nobody could do anything with it before the end.
    #[must_use]
    pub fn of_none(mut self) -> Self {
        self.wanted = Wanted::Nothing;
        self
    }

    /// The layers' diff IDs, or the digests of the blobs: of those in the stream that have one of them is told.
    #[must_use]
    pub fn expecting(mut self, layers: Vec<Digest>) -> Self {
        self.expected = Some(layers);
        self
    }

    /// Whoever sends the stream checks each of the expected layers against its digest as it goes out.
    #[must_use]
    pub fn checked_by_exporter(mut self) -> Self {
        self.checked = true;
        self
    }

    /// How many bytes the stream will have at least, decompressed: the disk must have room for them.
    #[must_use]
    pub fn of_size(mut self, bytes: u64) -> Self {
        self.size = Some(bytes);
        self
    }

    /// The stream can be had once more, so that nothing needs to be kept that was released.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// The mark at the end of the archive is the end: what its writer does after that is not waited for.
    #[must_use]
    pub fn ending_with_mark(mut self) -> Self {
        self.ends_with_mark = true;
        self
    }

    /// What ends the reading before its time.
    #[must_use]
    pub fn stop(&self) -> Stop {
        Stop {
            growth: Arc::clone(&self.growth),
        }
    }

    /// How far the stream has come.
    pub(super) fn growth(&self) -> &Arc<Growth> {
        &self.growth
    }

    pub(super) fn size(&self) -> Option<u64> {
        self.size
    }

    pub(super) fn is_repeatable(&self) -> bool {
        self.repeatable
    }

    pub(super) fn ends_with_mark(&self) -> bool {
        self.ends_with_mark
    }

    pub(super) fn tell_of_stream(&self) {
        self.tell(Arrival::Stream);
    }

    /// Of which layers is told.
    pub(super) fn wanted(&self) -> Wanted {
        self.wanted
    }

    /// The digests that [`expecting`](Self::expecting) was given.
    pub(super) fn expected(&self) -> Option<&[Digest]> {
        self.expected.as_deref()
    }

    /// Who says what the digest of an expected layer is, where otherwise it were `promise`.
    pub(super) fn promise(&self, digest: &Digest, promise: Promise) -> Promise {
        match self.expects(digest) {
            Some(true) if self.checked => Promise::Exporter,
            _ => promise,
        }
    }

    /// Whether the digest is one that is expected, where anybody knows.
    pub(super) fn expects(&self, digest: &Digest) -> Option<bool> {
        self.expected
            .as_ref()
            .map(|expected| expected.contains(digest))
    }

    pub(super) fn tell(&self, arrival: Arrival) {
        if let Some(listener) = &self.listener {
            listener(arrival);
        }
    }
}

impl fmt::Debug for Arrivals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrivals")
            .field("wanted", &self.wanted)
            .field("expected", &self.expected)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl Stop {
    /// Ends it; what is complete stays readable.
    pub fn stop(&self) {
        self.growth.stop();
    }

    /// Whether the stream has ended, well or not.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.growth.is_over()
    }
}

//! What happens during a push, as data: the library tells, the edge decides what a person sees.

use std::sync::Arc;
use std::time::Duration;

use oci::Digest;

/// Something that happened.
///
/// Text in it may come from outside and is not escaped here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Something the user should know although nothing failed.
    Note(String),
    /// A source that cannot seek is being read into a temporary file.
    Spooling {
        /// Bytes so far.
        read: u64,
    },
    /// Layers of a stream begin to be sent while it is still read; what it holds is planned at its end.
    Streaming {
        /// `HOST/REPOSITORY` that they go to.
        repository: String,
    },
    /// The whole work is known; nothing has been sent, but for layers of a stream.
    Planned {
        /// The references that will be written.
        references: Vec<String>,
        /// How many distinct blobs the images have.
        blobs: usize,
        /// Their bytes altogether, as sent.
        bytes: u64,
    },
    /// A blob begins: the registry is asked about it, or its bytes are sent.
    BlobStarted {
        /// Which blob.
        digest: Digest,
        /// What it is.
        kind: BlobKind,
        /// Its size in bytes, as sent.
        size: u64,
    },
    /// So much of a blob has been handed to the network; falls back when an upload starts over.
    BlobProgress {
        /// Which blob.
        digest: Digest,
        /// Bytes from its beginning.
        sent: u64,
    },
    /// The registry has been silent for a second since the last byte of a request was sent: of a blob, of a chunk of
    /// it, or of what closes the upload.
    BlobWaiting {
        /// Which blob.
        digest: Digest,
    },
    /// A blob is in the registry.
    BlobFinished {
        /// Which blob.
        digest: Digest,
        /// Its size in bytes, as sent.
        size: u64,
        /// How it came there.
        outcome: BlobOutcome,
    },
    /// Something failed that may pass; it is tried again.
    Retrying {
        /// What was tried, such as `PUT https://…`.
        what: String,
        /// Why it failed.
        why: String,
        /// How many attempts have been made.
        attempt: u32,
        /// How long until the next one.
        wait: Duration,
    },
    /// A manifest or an index is in the registry.
    ManifestPushed {
        /// Which.
        digest: Digest,
        /// Its size in bytes.
        size: u64,
    },
    /// A tag points to what was pushed.
    Tagged {
        /// `HOST/REPOSITORY:TAG`.
        reference: String,
        /// What it points to.
        digest: Digest,
    },
    /// What was pushed is being read back.
    Verifying {
        /// `HOST/REPOSITORY:TAG`, or with a digest.
        reference: String,
    },
}

/// What a blob is to its image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobKind {
    /// An image config, or the config of an artifact.
    Config,
    /// A layer.
    Layer,
}

/// How a blob came to be in its repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobOutcome {
    /// It was there already.
    AlreadyThere,
    /// The registry took it from another of its repositories.
    Mounted,
    /// Its bytes were sent.
    Uploaded,
}

/// Whoever wants to know; cheap to clone, called from any thread, must not block.
#[derive(Clone)]
pub struct Events(Arc<dyn Fn(Event) + Send + Sync>);

impl Events {
    /// Calls `listener` with everything that happens.
    pub fn new(listener: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    /// Nobody wants to know.
    #[must_use]
    pub fn ignored() -> Self {
        Self::new(|_| {})
    }

    /// Tells.
    pub fn tell(&self, event: Event) {
        (self.0)(event);
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Events")
    }
}

//! Blobs: a descriptor, and a way to open the bytes at any offset, again and again.
//!
//! This is where sources and the registry client meet: a source makes blobs, the client sends them, and neither
//! knows the other.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

use oci::Descriptor;

/// Bytes addressed by digest, wherever they lie.
#[derive(Clone)]
pub struct Blob {
    /// Media type, digest and size, as sent.
    pub descriptor: Descriptor,
    /// Where the bytes stand, for messages.
    pub place: Place,
    /// Who said what the digest is.
    pub promise: Promise,
    content: Arc<dyn Content>,
}

/// Bytes that can be opened again at any offset.
pub trait Content: Send + Sync {
    /// Opens the bytes from `offset` to their end; blocks, also until bytes that are still arriving are there.
    ///
    /// # Errors
    /// Whatever the file says. A reader may also fail later, with [`io::ErrorKind::UnexpectedEof`] where the bytes
    /// end before their size.
    fn open_at(&self, offset: u64) -> io::Result<Box<dyn Read + Send>>;

    /// Whether nobody else can change them, so that a digest of them stays true.
    fn is_private(&self) -> bool {
        false
    }

    /// Says that nobody needs to open the bytes again, so that the room they take can serve others.
    fn release(&self) {}
}

/// Why bytes cannot be opened again: they were released.
#[derive(Debug, thiserror::Error)]
#[error("it was released")]
pub struct Released;

/// Where something stands: a source, and an entry of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The source, as it was named: a path, or `standard input`.
    pub source: Arc<str>,
    /// The entry within it, where there is one.
    pub entry: Option<Arc<str>>,
}

/// Who promised what digest some bytes have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// A descriptor in a manifest or an index.
    Descriptor,
    /// The image config, which lists the digests of the uncompressed layers.
    DiffId,
    /// The name of the file.
    FileName,
    /// `@DIGEST` in the destination.
    Destination,
    /// Nobody: it was computed from the bytes.
    Computed,
    /// Whoever exported the bytes, and checked them against it as they went out.
    Exporter,
}

impl Blob {
    /// A blob whose digest `promise` vouches for until the bytes have been read.
    #[must_use]
    pub fn new(
        descriptor: Descriptor,
        place: Place,
        promise: Promise,
        content: Arc<dyn Content>,
    ) -> Self {
        Self {
            descriptor,
            place,
            promise,
            content,
        }
    }

    /// Opens the bytes from `offset` on; blocks.
    ///
    /// # Errors
    /// Whatever the file says.
    pub fn open_at(&self, offset: u64) -> io::Result<Box<dyn Read + Send>> {
        self.content.open_at(offset)
    }

    /// Says that it has come where it should, so that its source can use its room again if it can do without.
    ///
    /// To open it again may fail then.
    pub fn release(&self) {
        self.content.release();
    }

    /// Whether these very bytes were hashed before, by us or by who exported them, and nobody can have changed them
    /// since.
    #[must_use]
    pub fn is_checked(&self) -> bool {
        matches!(self.promise, Promise::Computed | Promise::Exporter) && self.content.is_private()
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blob")
            .field("descriptor", &self.descriptor)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl Place {
    /// A source as a whole.
    #[must_use]
    pub fn source(source: &str) -> Self {
        Self {
            source: source.into(),
            entry: None,
        }
    }

    /// An entry of the same source.
    #[must_use]
    pub fn entry(&self, entry: &str) -> Self {
        Self {
            source: Arc::clone(&self.source),
            entry: Some(entry.into()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.entry {
            Some(entry) => write!(f, "`{entry}` in `{}`", self.source),
            None => write!(f, "`{}`", self.source),
        }
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Descriptor => "its descriptor",
            Self::DiffId => "the diff ID in the image config",
            Self::FileName => "its file name",
            Self::Destination => "the destination",
            Self::Computed => "an earlier reading",
            Self::Exporter => "what its exporter says",
        })
    }
}

/// Bytes that are held in memory because they are small: configs, composed or read.
impl Content for Arc<[u8]> {
    fn open_at(&self, offset: u64) -> io::Result<Box<dyn Read + Send>> {
        let mut cursor = io::Cursor::new(Self::clone(self));
        cursor.set_position(offset);
        Ok(Box::new(cursor))
    }

    fn is_private(&self) -> bool {
        true
    }
}

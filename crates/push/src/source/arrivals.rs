//! What of a stream is told before it has come to its end: blobs of which it is certain by then that they are layers.
//!
//! A stream names its images last. Until then a name that is a digest, a list of layers that somebody else gave, and
//! the first bytes of a file are all there is to go by; whoever sends a blob on the strength of that hashes it.

use std::fmt;
use std::io::ErrorKind::UnexpectedEof;
use std::sync::Arc;

use oci::{Algorithm, Descriptor, Digest, MediaType};

use super::decode::Packing;
use super::docker_layer::digest_in_name;
use super::growth::Growth;
use super::section::Section;
use super::sniff::{HEAD, Seems};
use crate::Error;
use crate::blob::{Blob, Promise};

/// Who is told of a stream's blobs while it is still read, and what is known of the stream beforehand.
///
/// Of files nothing is told early: their images are known as soon as they are opened.
pub struct Arrivals {
    listener: Option<Box<dyn Fn(Arrival) + Send + Sync>>,
    wanted: Wanted,
    expected: Option<Vec<Digest>>,
    size: Option<u64>,
    growth: Arc<Growth>,
}

/// Of which layers is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
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
            size: None,
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

    /// How many bytes the stream will have at least, decompressed: the disk must have room for them.
    #[must_use]
    pub fn of_size(mut self, bytes: u64) -> Self {
        self.size = Some(bytes);
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

    pub(super) fn tell_of_stream(&self) {
        self.tell(Arrival::Stream);
    }

    /// Looks at a file of the stream that has just begun, and tells of it where it is certain enough; waits for as much
    /// of it as that takes.
    pub(super) fn look(&self, section: &Section) -> Result<(), Error> {
        if self.wanted == Wanted::Nothing {
            return Ok(());
        }
        let found = match digest_in_name(section.name()) {
            Some(digest) => self.named(section, digest),
            None if section.name().ends_with(LEGACY_LAYER) => self.unnamed(section),
            None => Ok(None),
        };
        match found {
            Ok(Some(layer)) => self.tell(Arrival::Layer(Box::new(layer))),
            Ok(None) => {}
            // That it is cut short is seen again by whoever wants to step over it, who knows by how much.
            Err(Error::OpenSource { source, .. }) if source.kind() == UnexpectedEof => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// A file that is named after its digest.
    fn named(&self, section: &Section, digest: Digest) -> Result<Option<Blob>, Error> {
        let media_type = match self.lists(&digest) {
            Some(true) => Some(MediaType::OCI_LAYER),
            _ if self.wanted != Wanted::All || section.size < LARGE => None,
            listed => match Seems::of(&section.head(HEAD as u64)?) {
                Seems::Packed(Packing::Gzip) => Some(MediaType::OCI_LAYER_GZIP),
                Seems::Packed(Packing::Zstd) => Some(MediaType::OCI_LAYER_ZSTD),
                // What is not compressed has its diff ID for a digest, so who knows the diff IDs would know it.
                Seems::Tar if listed.is_none() => Some(MediaType::OCI_LAYER),
                _ => None,
            },
        };
        Ok(media_type.map(|media_type| {
            let descriptor = Descriptor::new(media_type, digest, section.size);
            section.blob(descriptor, Promise::FileName)
        }))
    }

    /// A layer of an old docker archive, which nothing but its bytes has a digest for.
    fn unnamed(&self, section: &Section) -> Result<Option<Blob>, Error> {
        let unknown = self.expected.is_none();
        if unknown && (self.wanted != Wanted::All || section.size < LARGE) {
            return Ok(None);
        }
        if Seems::of(&section.head(HEAD as u64)?) != Seems::Tar {
            return Ok(None);
        }
        let digest = section.digest(Algorithm::Sha256)?;
        let certain = unknown || self.lists(&digest) == Some(true);
        let descriptor = Descriptor::new(MediaType::DOCKER_LAYER, digest, section.size);
        Ok(certain.then(|| section.blob(descriptor, Promise::Computed)))
    }

    /// Whether the digest is one that is expected, where anybody knows.
    fn lists(&self, digest: &Digest) -> Option<bool> {
        self.expected
            .as_ref()
            .map(|expected| expected.contains(digest))
    }

    fn tell(&self, arrival: Arrival) {
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

/// How `docker save` before version 25 names layers, below a directory for each.
const LEGACY_LAYER: &str = "/layer.tar";

/// What is smaller, in bytes, is quickly sent when the end has come.
const LARGE: u64 = 1 << 20;

//! Sections: one named, regular file of a source, wherever the source keeps it.
//!
//! Archives and directories hand them out; those who know the formats read documents from them and make blobs of them.

use std::io::Read;
use std::sync::Arc;

use oci::{Algorithm, Descriptor, Digest, Hasher};

use super::file::Span;
use crate::Error;
use crate::blob::{Blob, Content, Place, Promise};

/// The bytes of one file of a source.
#[derive(Clone)]
pub(super) struct Section {
    /// Where it stands; its entry is the file itself, not a link to it.
    pub(super) place: Place,
    /// Its size in bytes.
    pub(super) size: u64,
    content: Arc<dyn Content>,
}

/// A source as a set of named files.
pub(super) trait Files {
    /// The source as a whole.
    fn place(&self) -> &Place;

    /// The regular file of that name, links followed; none where there is nothing of that name.
    ///
    /// # Errors
    /// [`Error::MalformedImage`] where the name stands for something that is no file of this source.
    fn find(&self, name: &str) -> Result<Option<Section>, Error>;
}

impl Section {
    pub(super) fn new(place: Place, size: u64, content: Arc<dyn Content>) -> Self {
        Self {
            place,
            size,
            content,
        }
    }

    pub(super) fn of_span(place: Place, span: Span) -> Self {
        Self::new(place, span.size(), Arc::new(span))
    }

    /// The name of the file within its source; of the source, where that is the file.
    pub(super) fn name(&self) -> &str {
        self.place.entry.as_deref().unwrap_or(&self.place.source)
    }

    pub(super) fn open(&self) -> Result<Box<dyn Read + Send>, Error> {
        self.content
            .open_at(0)
            .map_err(|source| self.cannot_read(source))
    }

    /// All of it, for documents; refuses more than `limit` bytes before it reads any.
    pub(super) fn read(&self, limit: u64) -> Result<Vec<u8>, Error> {
        if self.size > limit {
            return Err(self.malformed(format!(
                "it is {} bytes long, and at most {limit} can be right",
                self.size
            )));
        }
        let mut bytes = Vec::new();
        self.open()?
            .read_to_end(&mut bytes)
            .map_err(|source| self.cannot_read(source))?;
        Ok(bytes)
    }

    /// The first bytes, fewer than `count` where there are no more.
    pub(super) fn head(&self, count: u64) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.open()?
            .take(count)
            .read_to_end(&mut bytes)
            .map_err(|source| self.cannot_read(source))?;
        Ok(bytes)
    }

    /// The digest of every byte, read once and not kept.
    pub(super) fn digest(&self, algorithm: Algorithm) -> Result<Digest, Error> {
        let mut hasher = Hasher::new(algorithm);
        let mut reader = self.open()?;
        let mut buffer = vec![0; 256 << 10];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(hasher.finish()),
                Ok(read) => hasher.update(&buffer[..read]),
                Err(source) => return Err(self.cannot_read(source)),
            }
        }
    }

    /// A blob of all its bytes.
    pub(super) fn blob(&self, descriptor: Descriptor, promise: Promise) -> Blob {
        Blob::new(
            descriptor,
            self.place.clone(),
            promise,
            Arc::clone(&self.content),
        )
    }

    pub(super) fn malformed(&self, problem: impl Into<String>) -> Error {
        malformed(&self.place, problem)
    }

    pub(super) fn cannot_read(&self, source: std::io::Error) -> Error {
        Error::OpenSource {
            place: self.place.clone(),
            source,
        }
    }
}

/// Something at `place` is broken.
pub(super) fn malformed(place: &Place, problem: impl Into<String>) -> Error {
    Error::MalformedImage {
        place: place.clone(),
        problem: problem.into(),
    }
}

/// Refuses bytes that are not the ones somebody promised.
pub(super) fn check_digest(
    place: &Place,
    promise: Promise,
    expected: &Digest,
    actual: &Digest,
) -> Result<(), Error> {
    if expected == actual {
        return Ok(());
    }
    Err(Error::DigestMismatch {
        place: place.clone(),
        promise,
        expected: expected.clone(),
        actual: actual.clone(),
    })
}

/// The digest of bytes in the algorithm of the one that they are compared with.
pub(super) fn digest_like(expected: &Digest, bytes: &[u8]) -> Digest {
    let mut hasher = Hasher::new(expected.algorithm());
    hasher.update(bytes);
    hasher.finish()
}

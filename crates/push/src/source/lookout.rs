//! The lookout: sees each file of a stream when it has just begun, and tells which is a layer for certain.
//!
//! A stream names its images last. Until then a name that is a digest, a list of layers that somebody else gave, and
//! the first bytes of a file are all there is to go by. Whoever sends a blob on the strength of that hashes it, unless
//! it was checked as it was exported.

use std::io::ErrorKind::UnexpectedEof;

use oci::{Algorithm, Descriptor, Digest, MediaType};

use super::arrivals::{Arrival, Arrivals, Wanted};
use super::decode::Packing;
use super::docker_layer::digest_in_name;
use super::legacy_id::LegacyIds;
use super::section::Section;
use super::sniff::{HEAD, Seems};
use crate::Error;
use crate::blob::{Blob, Promise};

/// What of a stream is certain, as far as it has come.
pub(super) struct Lookout<'a> {
    arrivals: &'a Arrivals,
    legacy_ids: Option<LegacyIds>,
    /// The directory of the layer that comes next, and what its legacy ID says of it.
    next: Option<(String, Digest)>,
}

impl<'a> Lookout<'a> {
    pub(super) fn new(arrivals: &'a Arrivals) -> Self {
        Self {
            arrivals,
            legacy_ids: arrivals.expected().map(LegacyIds::of),
            next: None,
        }
    }

    /// Looks at a file of the stream that has just begun, and tells of it where it is certain enough; waits for as much
    /// of it as that takes.
    pub(super) fn look(&mut self, section: &Section) -> Result<(), Error> {
        if self.arrivals.wanted() == Wanted::Nothing {
            return Ok(());
        }
        let name = section.name();
        let found = if let Some(digest) = digest_in_name(name) {
            self.named(section, digest)
        } else if let Some(directory) = name.strip_suffix(LEGACY_LAYER) {
            self.legacy(section, directory)
        } else if let Some(directory) = name.strip_suffix(LEGACY_JSON) {
            self.note(section, directory).map(|()| None)
        } else {
            Ok(None)
        };
        match found {
            Ok(Some(layer)) => self.arrivals.tell(Arrival::Layer(Box::new(layer))),
            Ok(None) => {}
            // That it is cut short is seen again by whoever wants to step over it, who knows by how much.
            Err(Error::OpenSource { source, .. }) if source.kind() == UnexpectedEof => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// A file that is named after its digest.
    fn named(&self, section: &Section, digest: Digest) -> Result<Option<Blob>, Error> {
        let all = self.arrivals.wanted() == Wanted::All;
        let media_type = match self.arrivals.expects(&digest) {
            Some(true) => Some(MediaType::OCI_LAYER),
            _ if !all || section.size < LARGE => None,
            listed => match Seems::of(&section.head(HEAD as u64)?) {
                Seems::Packed(Packing::Gzip) => Some(MediaType::OCI_LAYER_GZIP),
                Seems::Packed(Packing::Zstd) => Some(MediaType::OCI_LAYER_ZSTD),
                // What is not compressed has its diff ID for a digest, so who knows the diff IDs would know it.
                Seems::Tar if listed.is_none() => Some(MediaType::OCI_LAYER),
                _ => None,
            },
        };
        Ok(media_type.map(|media_type| {
            let promise = self.arrivals.promise(&digest, Promise::FileName);
            section.blob(Descriptor::new(media_type, digest, section.size), promise)
        }))
    }

    /// What stands beside a layer of an old docker archive, which comes next.
    fn note(&mut self, json: &Section, directory: &str) -> Result<(), Error> {
        if let Some(ids) = &self.legacy_ids
            && json.size <= MOST_JSON
        {
            let diff_id = ids.diff_id(directory, &json.read(MOST_JSON)?).cloned();
            self.next = diff_id.map(|diff_id| (directory.to_owned(), diff_id));
        }
        Ok(())
    }

    /// A layer of an old docker archive: its legacy ID says which it is, or nothing but its bytes does.
    fn legacy(&mut self, section: &Section, directory: &str) -> Result<Option<Blob>, Error> {
        let listed = self.arrivals.expected().is_some();
        if !listed && (self.arrivals.wanted() != Wanted::All || section.size < LARGE) {
            return Ok(None);
        }
        if Seems::of(&section.head(HEAD as u64)?) != Seems::Tar {
            return Ok(None);
        }
        let next = self.next.take().filter(|(id, _)| id == directory);
        let (digest, promise) = match next {
            Some((_, diff_id)) => {
                let promise = self.arrivals.promise(&diff_id, Promise::DiffId);
                (diff_id, promise)
            }
            None => (section.digest(Algorithm::Sha256)?, Promise::Computed),
        };
        let certain = self.arrivals.expects(&digest) != Some(false);
        let descriptor = Descriptor::new(MediaType::DOCKER_LAYER, digest, section.size);
        Ok(certain.then(|| section.blob(descriptor, promise)))
    }
}

/// How `docker save` before version 25 names layers, below a directory for each.
const LEGACY_LAYER: &str = "/layer.tar";

/// What it writes beside each, before it.
const LEGACY_JSON: &str = "/json";

/// In bytes. It has a config in it; of a larger one nothing is known early.
const MOST_JSON: u64 = 256 << 10;

/// What is smaller, in bytes, is quickly sent when the end has come.
const LARGE: u64 = 1 << 20;

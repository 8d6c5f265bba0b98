//! Layers of docker archives: what their digests are, which nothing in the archive says of those that are compressed.
//!
//! A layer that is not compressed is not read: its digest is its diff ID, and whoever sends it checks that.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use oci::{Algorithm, Descriptor, Digest, Hasher, MediaType};

use super::decode::{Decoder, Failure, Packing};
use super::section::{Section, check_digest};
use crate::Error;
use crate::blob::{Blob, Promise};

/// Layers whose digests were found out by reading them, by the names of their files.
#[derive(Default)]
pub(super) struct Measurements(HashMap<String, Measured>);

struct Measured {
    packing: Packing,
    digest: Digest,
    diff_id: Digest,
}

/// Layers to be looked at, each once however many images have it.
#[derive(Default)]
pub(super) struct Survey {
    layers: Vec<(Section, Packing, Algorithm)>,
    seen: HashMap<String, Option<Packing>>,
}

impl Survey {
    /// Looks at how a layer begins, to see whether it must be read.
    pub(super) fn add(&mut self, section: &Section, diff_id: &Digest) -> Result<(), Error> {
        if self.seen.contains_key(section.name()) {
            return Ok(());
        }
        let packing = Packing::of(&section.head(6)?);
        if packing == Some(Packing::Xz) {
            return Err(
                section.malformed("it is compressed with xz, for which layers have no media type")
            );
        }
        self.seen.insert(section.name().to_owned(), packing);
        if let Some(packing) = packing {
            self.layers
                .push((section.clone(), packing, diff_id.algorithm()));
        }
        Ok(())
    }

    /// Reads the compressed layers, a few at once, and holds none of them.
    pub(super) fn measure(self) -> Result<Measurements, Error> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Ok(HashMap::new()));
        let work = || {
            while let Some((section, packing, algorithm)) =
                self.layers.get(next.fetch_add(1, Ordering::Relaxed))
            {
                let measured = measure(section, *packing, *algorithm);
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                match (&mut *done, measured) {
                    (Ok(map), Ok(measured)) => {
                        map.insert(section.name().to_owned(), measured);
                    }
                    (Ok(_), Err(error)) => {
                        next.store(self.layers.len(), Ordering::Relaxed);
                        *done = Err(error);
                    }
                    (Err(_), _) => {}
                }
            }
        };
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        std::thread::scope(|scope| {
            for _ in 1..cores.min(MOST_THREADS).min(self.layers.len()) {
                scope.spawn(work);
            }
            work();
        });
        done.into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .map(Measurements)
    }
}

impl Measurements {
    /// Whether any of the layers is compressed with zstd, for which Docker has no media type of its own.
    pub(super) fn have_zstd(&self) -> bool {
        self.0
            .values()
            .any(|measured| measured.packing == Packing::Zstd)
    }

    /// The layer as a blob, when it is what the image config and its own name promise.
    pub(super) fn blob(&self, section: &Section, diff_id: &Digest) -> Result<Blob, Error> {
        let named = digest_in_name(section.name());
        let Some(measured) = self.0.get(section.name()) else {
            return plain(section, diff_id, named.as_ref());
        };
        check_digest(&section.place, Promise::DiffId, diff_id, &measured.diff_id)?;
        let promise = match &named {
            Some(named) => {
                check_digest(&section.place, Promise::FileName, named, &measured.digest)?;
                Promise::FileName
            }
            None => Promise::Computed,
        };
        let media_type = match measured.packing {
            Packing::Zstd => MediaType::OCI_LAYER_ZSTD,
            Packing::Gzip | Packing::Xz => MediaType::DOCKER_LAYER_GZIP,
        };
        let descriptor = Descriptor::new(media_type, measured.digest.clone(), section.size);
        Ok(section.blob(descriptor, promise))
    }
}

fn plain(section: &Section, diff_id: &Digest, named: Option<&Digest>) -> Result<Blob, Error> {
    if let Some(named) = named.filter(|named| *named != diff_id) {
        // One of the two is wrong, and only the bytes know which.
        let actual = section.digest(diff_id.algorithm())?;
        check_digest(&section.place, Promise::DiffId, diff_id, &actual)?;
        check_digest(&section.place, Promise::FileName, named, &actual)?;
    }
    let descriptor = Descriptor::new(MediaType::DOCKER_LAYER, diff_id.clone(), section.size);
    Ok(section.blob(descriptor, Promise::DiffId))
}

fn measure(section: &Section, packing: Packing, algorithm: Algorithm) -> Result<Measured, Error> {
    let refuse = |failure| match failure {
        Failure::Read(source) => section.cannot_read(source),
        Failure::Corrupt(problem) => section.malformed(problem),
    };
    let mut decoder = Decoder::hashing(section.open()?, Some(packing)).map_err(refuse)?;
    let mut hasher = Hasher::new(algorithm);
    let mut buffer = vec![0; BUFFER];
    loop {
        match decoder.read(&mut buffer).map_err(refuse)? {
            0 => break,
            read => hasher.update(&buffer[..read]),
        }
    }
    let taken = decoder.finish();
    if taken.size != section.size {
        return Err(section.malformed(format!(
            "its {} stream ends after {} of {} bytes",
            packing.as_str(),
            taken.size,
            section.size
        )));
    }
    Ok(Measured {
        packing,
        digest: taken.digest,
        diff_id: hasher.finish(),
    })
}

/// The digest that a file is named after: `<hex>.tar`, `<hex>.tar.gz`, `<hex>.json`, `sha256:<hex>`, `blobs/sha256/<hex>`.
pub(super) fn digest_in_name(name: &str) -> Option<Digest> {
    let file = name.rsplit_once('/').map_or(name, |(_, file)| file);
    let file = file.strip_prefix("sha256:").unwrap_or(file);
    let stem = file.split_once('.').map_or(file, |(stem, _)| stem);
    format!("sha256:{stem}").parse().ok()
}

/// More would not be faster: each takes a core.
const MOST_THREADS: usize = 4;

const BUFFER: usize = 128 << 10;

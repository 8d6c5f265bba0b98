//! Layers of docker archives: what their digests are.
//!
//! A layer that is not compressed is not read: its digest is its diff ID, and whoever sends it checks that.

use oci::{Descriptor, Digest, MediaType};

use super::decode::Packing;
use super::section::{Section, check_digest};
use crate::Error;
use crate::blob::{Blob, Promise};

/// The layer as a blob, when it is what the image config and its own name promise.
pub(super) fn blob(section: &Section, diff_id: &Digest) -> Result<Blob, Error> {
    if let Some(packing) = Packing::of(&section.head(6)?) {
        let problem = format!(
            "it is compressed with {}, which is not supported yet",
            packing.as_str()
        );
        return Err(section.malformed(problem));
    }
    plain(section, diff_id, digest_in_name(section.name()).as_ref())
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

/// The digest that a file is named after: `<hex>.tar`, `<hex>.tar.gz`, `<hex>.json`, `sha256:<hex>`, `blobs/sha256/<hex>`.
pub(super) fn digest_in_name(name: &str) -> Option<Digest> {
    let file = name.rsplit_once('/').map_or(name, |(_, file)| file);
    let file = file.strip_prefix("sha256:").unwrap_or(file);
    let stem = file.split_once('.').map_or(file, |(stem, _)| stem);
    format!("sha256:{stem}").parse().ok()
}

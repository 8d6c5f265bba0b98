//! Checks of a whole image before anything is sent: whether its parts fit what they promise of each other.
//!
//! What one document says of its own bytes was checked where it was read; what layers hold is checked while they are
//! sent.

use oci::{Compression, Descriptor, ImageConfig, Platform};

use crate::Error;
use crate::blob::{Blob, Place, Promise};
use crate::image::{Child, Found, Image, ManifestNode, Node};

/// Checks everything of an image that the source has; of an index, also what lies below it.
///
/// Artifacts, which have no image config or only layers of other types, are taken as they are.
///
/// # Errors
/// [`Error::MalformedImage`] and [`Error::DigestMismatch`], with the first part that does not fit.
pub fn validate(image: &Image) -> Result<(), Error> {
    node(&image.root, &image.place, None)
}

fn node(node: &Node, place: &Place, promised: Option<&Descriptor>) -> Result<(), Error> {
    match node {
        Node::Manifest(node) => manifest(node, promised),
        Node::Index(index) if index.children.is_empty() => Err(malformed(
            place,
            format!("the index {} lists no manifest", index.document.digest()),
        )),
        Node::Index(index) => index
            .children
            .iter()
            .try_for_each(|each| child(each, place)),
    }
}

fn child(child: &Child, place: &Place) -> Result<(), Error> {
    match &child.found {
        Found::Whole(whole) => node(whole, place, Some(&child.descriptor)),
        // Whether the image can do without it is for the plan to say.
        Found::Partial { .. } => Ok(()),
    }
}

fn manifest(manifest: &ManifestNode, promised: Option<&Descriptor>) -> Result<(), Error> {
    let Some(config) = runnable(manifest)? else {
        return Ok(());
    };
    let place = &manifest.config.place;
    platform(
        place,
        &config.platform,
        promised.and_then(|it| it.platform.as_ref()),
    )?;
    let diff_ids = &config.rootfs.diff_ids;
    if diff_ids.len() != manifest.layers.len() {
        let problem = format!(
            "it has a diff ID for each of {} layers, and its manifest has {}",
            diff_ids.len(),
            manifest.layers.len()
        );
        return Err(malformed(place, problem));
    }
    for (layer, diff_id) in manifest.layers.iter().zip(diff_ids) {
        let descriptor = &layer.descriptor;
        let plain = descriptor.media_type.compression() == Some(Compression::None);
        // The same bytes in two algorithms cannot be compared without reading them.
        let comparable = descriptor.digest.algorithm() == diff_id.algorithm();
        if plain && comparable && descriptor.digest != *diff_id {
            return Err(Error::DigestMismatch {
                place: layer.place.clone(),
                promise: Promise::DiffId,
                expected: diff_id.clone(),
                actual: descriptor.digest.clone(),
            });
        }
    }
    Ok(())
}

/// The config of an image whose layers are layers; none where it is an artifact.
fn runnable(manifest: &ManifestNode) -> Result<Option<&ImageConfig>, Error> {
    let Some(config) = &manifest.image_config else {
        return Ok(None);
    };
    let is_layer = |layer: &Blob| layer.descriptor.media_type.is_layer();
    match manifest.layers.iter().find(|layer| !is_layer(layer)) {
        None => Ok(Some(config)),
        Some(_) if !manifest.layers.iter().any(is_layer) => Ok(None),
        Some(other) => {
            let problem = format!(
                "its media type `{}` is none that layers of an image have",
                other.descriptor.media_type
            );
            Err(malformed(&other.place, problem))
        }
    }
}

/// A runtime picks by the index and runs by the config, so the two must say the same.
fn platform(place: &Place, own: &Platform, promised: Option<&Platform>) -> Result<(), Error> {
    for (field, value) in [("os", &own.os), ("architecture", &own.architecture)] {
        if value.is_empty() {
            return Err(malformed(place, format!("it names no `{field}`")));
        }
    }
    let Some(promised) = promised else {
        return Ok(());
    };
    let same = promised.os == own.os && promised.architecture == own.architecture;
    let variants = match (promised.variant.as_deref(), own.variant.as_deref()) {
        (Some(promised), Some(own)) if !promised.is_empty() && !own.is_empty() => promised == own,
        _ => true,
    };
    if (same && variants) || promised.is_unknown() {
        return Ok(());
    }
    let problem = format!("it is for {own}, and the index says {promised}");
    Err(malformed(place, problem))
}

fn malformed(place: &Place, problem: String) -> Error {
    Error::MalformedImage {
        place: place.clone(),
        problem,
    }
}

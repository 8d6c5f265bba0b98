//! Manifests that the source does not have: composed for docker archives, narrowed to platforms, or converted.
//!
//! The same parts and options always give the same bytes.

use oci::{Compression, Content, Descriptor, Document, Manifest, MediaType};
use serde_json::Value;

use crate::Error;
use crate::blob::Place;
use crate::image::ManifestNode;
use crate::operation::ManifestFormat;

/// The manifest to push for `node`: the source's own bytes where it has one that fits.
pub(crate) fn manifest(node: &ManifestNode, format: ManifestFormat) -> Result<Document, Error> {
    match &node.document {
        Some(document) if node.image_config.is_some() => {
            convert(document, format, &node.config.place)
        }
        Some(document) => Ok(document.clone()),
        None => compose(node, format),
    }
}

/// The index of the children whose digests are in `kept`, with everything else as it is.
pub(crate) fn narrow(
    index: &Document,
    kept: &[&Descriptor],
    place: &Place,
) -> Result<Document, Error> {
    edit(index, place, |json| {
        if let Some(Value::Array(manifests)) = json.get_mut("manifests") {
            manifests.retain(|manifest| {
                let digest = manifest.get("digest").and_then(Value::as_str);
                kept.iter()
                    .any(|kept| digest == Some(kept.digest.to_string().as_str()))
            });
        }
        index.descriptor.media_type.clone()
    })
}

/// The index with its media type, and its children's descriptors, as the converted children have them.
pub(crate) fn reindex(
    index: &Document,
    format: ManifestFormat,
    children: &[(Descriptor, Descriptor)],
    place: &Place,
) -> Result<Document, Error> {
    let unchanged = children
        .iter()
        .all(|(before, after)| before.digest == after.digest);
    if unchanged && retyped(&index.descriptor.media_type, format) == index.descriptor.media_type {
        return Ok(index.clone());
    }
    edit(index, place, |json| {
        if let Some(Value::Array(manifests)) = json.get_mut("manifests") {
            for (manifest, (_, after)) in manifests.iter_mut().zip(children) {
                manifest["mediaType"] = after.media_type.as_str().into();
                manifest["digest"] = after.digest.to_string().into();
                manifest["size"] = after.size.into();
            }
        }
        retyped(&index.descriptor.media_type, format)
    })
}

fn compose(node: &ManifestNode, format: ManifestFormat) -> Result<Document, Error> {
    let zstd = |layer: &Descriptor| layer.media_type.compression() == Some(Compression::Zstd);
    let layers: Vec<Descriptor> = node
        .layers
        .iter()
        .map(|layer| layer.descriptor.clone())
        .collect();
    // Docker has no media type for zstd, so such an image is an OCI one.
    let format = match format {
        ManifestFormat::Keep if layers.iter().any(zstd) => ManifestFormat::Oci,
        ManifestFormat::Keep => ManifestFormat::Docker,
        chosen => chosen,
    };
    let mut manifest = Manifest {
        schema_version: 2,
        media_type: Some(retyped(&MediaType::DOCKER_MANIFEST, format)),
        config: node.config.descriptor.clone(),
        layers,
    };
    for descriptor in manifest.layers.iter_mut().chain([&mut manifest.config]) {
        refuse_zstd(descriptor, format, &node.config.place)?;
        descriptor.media_type = retyped(&descriptor.media_type, format);
    }
    Ok(Document::compose(manifest))
}

fn convert(document: &Document, format: ManifestFormat, place: &Place) -> Result<Document, Error> {
    let Content::Manifest(manifest) = &document.content else {
        return Ok(document.clone());
    };
    if format == ManifestFormat::Keep
        || retyped(&document.descriptor.media_type, format) == document.descriptor.media_type
    {
        return Ok(document.clone());
    }
    for layer in &manifest.layers {
        refuse_zstd(layer, format, place)?;
    }
    edit(document, place, |json| {
        retype(json.get_mut("config"), format);
        if let Some(Value::Array(layers)) = json.get_mut("layers") {
            layers
                .iter_mut()
                .for_each(|layer| retype(Some(layer), format));
        }
        retyped(&document.descriptor.media_type, format)
    })
}

fn retype(descriptor: Option<&mut Value>, format: ManifestFormat) {
    if let Some(media_type) = descriptor.and_then(|descriptor| descriptor.get_mut("mediaType"))
        && let Some(text) = media_type.as_str()
    {
        *media_type = retyped(&MediaType::from(text), format).as_str().into();
    }
}

fn refuse_zstd(layer: &Descriptor, format: ManifestFormat, place: &Place) -> Result<(), Error> {
    let zstd = layer.media_type.compression() == Some(Compression::Zstd);
    if zstd && format == ManifestFormat::Docker {
        let problem =
            format!("{place} has zstd layers, which `--format docker` has no media type for");
        return Err(Error::Ambiguous {
            problem,
            choices: vec!["--format oci".to_owned()],
        });
    }
    Ok(())
}

/// Changes a document's JSON; its fields keep their order.
fn edit(
    document: &Document,
    place: &Place,
    change: impl FnOnce(&mut Value) -> MediaType,
) -> Result<Document, Error> {
    let malformed = |problem: String| Error::MalformedImage {
        place: place.clone(),
        problem,
    };
    let mut json: Value =
        serde_json::from_slice(&document.bytes).map_err(|error| malformed(error.to_string()))?;
    let media_type = change(&mut json);
    json["mediaType"] = media_type.as_str().into();
    Document::parse(json.to_string().into_bytes(), Some(&media_type))
        .map_err(|error| malformed(error.to_string()))
}

/// The same thing in the other vendor's words; what neither has a word for stays as it is.
fn retyped(media_type: &MediaType, format: ManifestFormat) -> MediaType {
    let twin = |(docker, oci): &(MediaType, MediaType)| match format {
        ManifestFormat::Oci if docker == media_type => Some(oci.clone()),
        ManifestFormat::Docker if oci == media_type => Some(docker.clone()),
        _ => None,
    };
    TWINS
        .iter()
        .find_map(twin)
        .unwrap_or_else(|| media_type.clone())
}

const TWINS: [(MediaType, MediaType); 5] = [
    (MediaType::DOCKER_MANIFEST, MediaType::OCI_MANIFEST),
    (MediaType::DOCKER_INDEX, MediaType::OCI_INDEX),
    (MediaType::DOCKER_CONFIG, MediaType::OCI_CONFIG),
    (MediaType::DOCKER_LAYER, MediaType::OCI_LAYER),
    (MediaType::DOCKER_LAYER_GZIP, MediaType::OCI_LAYER_GZIP),
];

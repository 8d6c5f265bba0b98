//! What a source holds, for scripts: one JSON document.

use oci::{Descriptor, Platform};
use push::image::{Child, Found, Image, ManifestNode, Node};
use push::source::{Contents, Format};
use serde::Serialize;

use crate::document::{SCHEMA_VERSION, to_line};

/// The whole document, on one line.
pub(super) fn render(contents: &Contents) -> String {
    to_line(&Document {
        schema_version: SCHEMA_VERSION,
        source: &contents.place.source,
        format: match contents.format {
            Format::DockerArchive => "docker-archive",
            Format::OciLayout => "oci",
            Format::OciArchive => "oci-archive",
        },
        images: contents
            .images
            .iter()
            .enumerate()
            .map(|(position, image)| ImageEntry::of(position, image))
            .collect(),
        notes: &contents.notes,
    }) + "\n"
}

/// The JSON document of `inspect --output json`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    schema_version: u32,
    source: &'a str,
    /// `docker-archive`, `oci` or `oci-archive`.
    format: &'static str,
    images: Vec<ImageEntry<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct ImageEntry<'a> {
    /// What `--image @N` takes.
    position: usize,
    /// As the source has them.
    names: Vec<&'a str>,
    #[serde(flatten)]
    root: Entry<'a>,
}

/// A manifest or an index, told apart by `kind`.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum Entry<'a> {
    /// A manifest that the source has; without `descriptor` where it must be composed.
    Manifest {
        descriptor: Option<Thing<'a>>,
        platform: Option<String>,
        config: Thing<'a>,
        layers: Vec<Thing<'a>>,
    },
    /// A list of manifests.
    Index {
        descriptor: Thing<'a>,
        manifests: Vec<Self>,
    },
    /// A manifest of which something is not in the source.
    Partial {
        descriptor: Thing<'a>,
        platform: Option<String>,
        missing: Vec<Thing<'a>>,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Thing<'a> {
    media_type: &'a str,
    digest: String,
    /// In bytes, as sent.
    size: u64,
    /// The digest of the manifest that this one attests.
    #[serde(skip_serializing_if = "Option::is_none")]
    attests: Option<String>,
}

impl<'a> ImageEntry<'a> {
    fn of(position: usize, image: &'a Image) -> Self {
        Self {
            position,
            names: image.names.iter().map(|name| &*name.written).collect(),
            root: Entry::of(&image.root, None),
        }
    }
}

impl<'a> Entry<'a> {
    /// The entry for a node; `said` is what an index says of it, which knows more than the node itself.
    fn of(node: &'a Node, said: Option<&'a Descriptor>) -> Self {
        match node {
            Node::Manifest(manifest) => Self::of_manifest(manifest, said),
            Node::Index(index) => Self::Index {
                descriptor: Thing::of(said.unwrap_or(&index.document.descriptor)),
                manifests: index.children.iter().map(Self::of_child).collect(),
            },
        }
    }

    fn of_manifest(manifest: &'a ManifestNode, said: Option<&'a Descriptor>) -> Self {
        let own = manifest
            .document
            .as_ref()
            .map(|document| &document.descriptor);
        let platform = manifest
            .image_config
            .as_ref()
            .map(|config| &config.platform);
        Self::Manifest {
            descriptor: said.or(own).map(Thing::of),
            platform: platform.map(Platform::to_string),
            config: Thing::of(&manifest.config.descriptor),
            layers: manifest
                .layers
                .iter()
                .map(|layer| Thing::of(&layer.descriptor))
                .collect(),
        }
    }

    fn of_child(child: &'a Child) -> Self {
        match &child.found {
            Found::Whole(node) => Self::of(node, Some(&child.descriptor)),
            Found::Partial { missing } => Self::Partial {
                descriptor: Thing::of(&child.descriptor),
                platform: child.descriptor.platform.as_ref().map(Platform::to_string),
                missing: missing.iter().map(Thing::of).collect(),
            },
        }
    }
}

impl<'a> Thing<'a> {
    fn of(descriptor: &'a Descriptor) -> Self {
        Self {
            media_type: descriptor.media_type.as_str(),
            digest: descriptor.digest.to_string(),
            size: descriptor.size,
            attests: descriptor.attests().as_ref().map(ToString::to_string),
        }
    }
}

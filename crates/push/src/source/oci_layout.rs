//! OCI layouts, in a directory or a tar: `oci-layout`, `index.json`, and blobs by digest.
//!
//! `index.json` itself is no image: each of its entries is one, and entries of one digest are one image.

use oci::{Content, Descriptor, Document};
use serde::Deserialize;

use super::oci_node::Nodes;
use super::section::{Files, Section, malformed};
use crate::Error;
use crate::image::{Found, Image, Name, Node};

/// What a layout holds.
#[derive(Default)]
pub(super) struct Layout {
    /// The images of which something can be pushed, and those of which nothing can.
    pub(super) images: Vec<Image>,
    /// What images lack that are no index and so useless without it.
    pub(super) missing: Vec<Missing>,
    /// What the user should know.
    pub(super) notes: Vec<String>,
}

/// Blobs that are named and not there.
pub(super) struct Missing {
    /// The entry of `index.json` that needs them.
    pub(super) image: Descriptor,
    pub(super) blobs: Vec<Descriptor>,
}

/// The file `oci-layout`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "the version of a layout")]
struct Marker {
    image_layout_version: String,
}

/// Reads the images that `index.json` lists.
pub(super) fn read(files: &dyn Files) -> Result<Layout, Error> {
    check_marker(files)?;
    let Some(section) = files.find(INDEX)? else {
        return Err(malformed(files.place(), "it has no `index.json`"));
    };
    let entries = entries(&section)?;
    let mut layout = Layout::default();
    let mut nodes = Nodes::new(files);
    for descriptor in entries {
        let names: Vec<Name> = name(&descriptor).map(Name::read).into_iter().collect();
        if names.is_empty() && descriptor.attests().is_some() {
            let note = format!(
                "the attestation {} stands beside its image instead of in an index, and is left out",
                descriptor.digest
            );
            layout.notes.push(note);
            continue;
        }
        if let Some(known) = layout.image(&descriptor) {
            known.names.extend(names);
            continue;
        }
        match nodes.read(&descriptor)? {
            Found::Whole(root) => layout.images.push(Image {
                names,
                place: section.place.clone(),
                root,
            }),
            Found::Partial { missing } => layout.missing.push(Missing {
                image: descriptor,
                blobs: missing,
            }),
        }
    }
    Ok(layout)
}

fn check_marker(files: &dyn Files) -> Result<(), Error> {
    let Some(section) = files.find(MARKER)? else {
        return Err(malformed(files.place(), "it has no `oci-layout`"));
    };
    let bytes = section.read(MARKER_LIMIT)?;
    let marker: Marker = serde_json::from_slice(&bytes)
        .map_err(|error| section.malformed(format!("it is not the JSON it should be: {error}")))?;
    if marker.image_layout_version == "1.0.0" {
        return Ok(());
    }
    Err(section.malformed(format!(
        "its version is `{}`, and only 1.0.0 is supported",
        marker.image_layout_version
    )))
}

fn entries(section: &Section) -> Result<Vec<Descriptor>, Error> {
    let bytes = section.read(Document::SIZE_LIMIT)?;
    let document = Document::parse(bytes, None)
        .map_err(|error| section.malformed(super::oci_node::explain(&error)))?;
    match document.content {
        Content::Index(index) if index.children().is_empty() => {
            Err(section.malformed("it lists no image"))
        }
        Content::Index(index) => Ok(index.manifests.unwrap_or_default()),
        Content::Manifest(_) => Err(section.malformed("it is a manifest instead of an index")),
    }
}

/// What an entry is called; containerd's name is a whole reference, where the other is often just a tag.
fn name(descriptor: &Descriptor) -> Option<&str> {
    let annotation = |key| descriptor.annotation(key).filter(|name| !name.is_empty());
    annotation("io.containerd.image.name")
        .or_else(|| annotation("org.opencontainers.image.ref.name"))
}

impl Layout {
    /// Whether each image has everything, or is an index with at least one image that has.
    pub(super) fn is_complete(&self) -> bool {
        let usable = |image: &Image| match &image.root {
            Node::Manifest(_) => true,
            Node::Index(index) => {
                let images = index
                    .children
                    .iter()
                    .filter(|child| child.descriptor.attests().is_none());
                let mut found = images.map(|child| matches!(child.found, Found::Whole(_)));
                index.children.is_empty() || found.any(|whole| whole)
            }
        };
        self.missing.is_empty() && self.images.iter().all(usable)
    }

    fn image(&mut self, descriptor: &Descriptor) -> Option<&mut Image> {
        self.images.iter_mut().find(|image| {
            let document = match &image.root {
                Node::Manifest(manifest) => manifest.document.as_ref(),
                Node::Index(index) => Some(&index.document),
            };
            document.is_some_and(|document| *document.digest() == descriptor.digest)
        })
    }
}

impl Missing {
    /// What is missing, in words.
    pub(super) fn explain(&self) -> String {
        let what = match name(&self.image) {
            Some(name) => format!("the image `{name}`"),
            None => format!("the image {}", self.image.digest),
        };
        let blobs: Vec<String> = self.blobs.iter().map(in_words).collect();
        format!("{what} lacks {}", blobs.join(", "))
    }
}

fn in_words(blob: &Descriptor) -> String {
    let Descriptor {
        media_type,
        digest,
        size,
        ..
    } = blob;
    let kind = if media_type.is_foreign() {
        "the foreign layer"
    } else if media_type.is_layer() {
        "the layer"
    } else if media_type.is_manifest() {
        "the manifest"
    } else if media_type.is_index() {
        "the index"
    } else if media_type.is_image_config() {
        "the config"
    } else {
        "the blob"
    };
    format!("{kind} {digest} of {size} bytes")
}

/// The file that tells an OCI layout.
pub(super) const MARKER: &str = "oci-layout";

/// The list of images in an OCI layout.
pub(super) const INDEX: &str = "index.json";

const MARKER_LIMIT: u64 = 64 << 10;

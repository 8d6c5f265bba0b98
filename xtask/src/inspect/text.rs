//! What a source holds, for people: an indented line for each thing, its digest whole so that it can be copied.

use indicatif::DecimalBytes;
use oci::Descriptor;
use push::blob::Blob;
use push::image::{Child, Found, Image, IndexNode, ManifestNode, Node};
use push::source::{Contents, Format};

use crate::text::one_line;
use crate::words;

/// The whole text.
pub(super) fn render(contents: &Contents) -> String {
    let mut lines = Lines(String::new());
    lines.add(
        0,
        &format!(
            "{}: {}, {}",
            contents.place.source,
            format(contents.format),
            words::count(contents.images.len(), "image")
        ),
    );
    for (position, image) in contents.images.iter().enumerate() {
        lines.image(position, image);
    }
    lines.0
}

fn format(format: Format) -> &'static str {
    match format {
        Format::DockerArchive => "docker archive",
        Format::OciLayout => "OCI layout",
        Format::OciArchive => "OCI archive",
    }
}

struct Lines(String);

impl Lines {
    fn add(&mut self, depth: usize, line: &str) {
        self.0.push_str(&"  ".repeat(depth));
        self.0.push_str(&one_line(line));
        self.0.push('\n');
    }

    fn image(&mut self, position: usize, image: &Image) {
        let names: Vec<&str> = image.names.iter().map(|name| &*name.written).collect();
        let names = if names.is_empty() {
            "untagged".to_owned()
        } else {
            names.join(", ")
        };
        self.add(0, &format!("image @{position}: {names}"));
        self.node(1, &image.root);
    }

    fn node(&mut self, depth: usize, node: &Node) {
        match node {
            Node::Manifest(manifest) => self.manifest(depth, manifest),
            Node::Index(index) => self.index(depth, index),
        }
    }

    fn manifest(&mut self, depth: usize, manifest: &ManifestNode) {
        match &manifest.document {
            Some(document) => self.descriptor(depth, "manifest", &document.descriptor),
            None => self.add(
                depth,
                "manifest: none in the source, composed when it is pushed",
            ),
        }
        if let Some(config) = &manifest.image_config {
            self.add(depth + 1, &format!("platform {}", config.platform));
        }
        self.blob(depth + 1, "config", &manifest.config);
        for layer in &manifest.layers {
            self.blob(depth + 1, "layer", layer);
        }
    }

    fn index(&mut self, depth: usize, index: &IndexNode) {
        self.descriptor(depth, "index", &index.document.descriptor);
        for child in &index.children {
            self.child(depth + 1, child);
        }
    }

    fn child(&mut self, depth: usize, child: &Child) {
        match &child.found {
            Found::Whole(node) => {
                if let Some(attested) = child.descriptor.attests() {
                    self.add(depth, &format!("attestation of {attested}"));
                }
                self.node(depth, node);
            }
            Found::Partial { missing } => {
                self.descriptor(depth, "manifest", &child.descriptor);
                if let Some(platform) = &child.descriptor.platform {
                    self.add(depth + 1, &format!("platform {platform}"));
                }
                for missing in missing {
                    self.descriptor(depth + 1, "missing", missing);
                }
            }
        }
    }

    fn blob(&mut self, depth: usize, label: &str, blob: &Blob) {
        self.descriptor(depth, label, &blob.descriptor);
    }

    fn descriptor(&mut self, depth: usize, label: &str, descriptor: &Descriptor) {
        let Descriptor {
            media_type,
            digest,
            size,
            ..
        } = descriptor;
        let size = DecimalBytes(*size);
        self.add(depth, &format!("{label} {digest} {size} {media_type}"));
    }
}

//! Images as a source found them: manifests and indexes with the blobs they name.

use oci::{Descriptor, Document, ImageConfig, Platform, Repository, Tag};

use crate::blob::{Blob, Place};

/// One image of a source: a manifest or an index, everything below it, and the names it has there.
#[derive(Clone, Debug)]
pub struct Image {
    /// What the source calls it; none for an untagged image.
    pub names: Vec<Name>,
    /// Where it is described, for messages.
    pub place: Place,
    /// The manifest or index at its top.
    pub root: Node,
}

/// A name that a source gives to an image, such as `docker.io/corpus/hello:1` or just `1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// As the source has it.
    pub written: String,
    /// The repository without its host and without `library/`; none where only a tag is known.
    pub repository: Option<Repository>,
    /// The tag, where there is one.
    pub tag: Option<Tag>,
}

/// A manifest, or an index of manifests.
#[derive(Clone, Debug)]
pub enum Node {
    /// A config and layers.
    Manifest(Box<ManifestNode>),
    /// Several manifests under one digest.
    Index(Box<IndexNode>),
}

/// A manifest with its blobs.
#[derive(Clone, Debug)]
pub struct ManifestNode {
    /// The manifest as the source has it; none where it has none and one must be composed.
    pub document: Option<Document>,
    /// The config.
    pub config: Blob,
    /// What the config says; none for an artifact that is no runnable image.
    pub image_config: Option<ImageConfig>,
    /// The layers, base layer first.
    pub layers: Vec<Blob>,
}

/// An index with what of it the source has.
#[derive(Clone, Debug)]
pub struct IndexNode {
    /// The index as the source has it.
    pub document: Document,
    /// Its children, in its order.
    pub children: Vec<Child>,
}

/// One entry of an index.
#[derive(Clone, Debug)]
pub struct Child {
    /// What the index says of it.
    pub descriptor: Descriptor,
    /// The manifest itself, where the source has it with all its blobs.
    pub found: Found,
}

/// Whether the source holds what an index names.
#[derive(Clone, Debug)]
pub enum Found {
    /// With every blob.
    Whole(Node),
    /// Not, or not all of it; here is what is missing.
    Partial {
        /// The manifests and blobs that are not there.
        missing: Vec<Descriptor>,
    },
}

impl Name {
    /// Reads a name as tools write it: a reference, or where there is neither `/` nor `:` in it a bare tag.
    ///
    /// What is no valid name keeps only its text, so that it can still be shown and selected.
    #[must_use]
    pub fn read(written: &str) -> Self {
        let mut name = Self {
            written: written.to_owned(),
            repository: None,
            tag: None,
        };
        if !written.contains(['/', ':']) {
            name.tag = written.parse().ok();
            return name;
        }
        if let Ok(oci::Destination {
            target: oci::Target::Repository {
                repository, tag, ..
            },
            ..
        }) = written.parse()
        {
            name.repository = without_library(repository);
            name.tag = tag;
        }
        name
    }
}

/// `library/` is how Docker Hub stores names that have one part; nobody else means it.
fn without_library(repository: Repository) -> Option<Repository> {
    match repository.as_str().strip_prefix("library/") {
        Some(rest) => rest.parse().ok(),
        None => Some(repository),
    }
}

impl Node {
    /// What it runs on, as its config says; an index has no platform of its own.
    #[must_use]
    pub fn platform(&self) -> Option<&Platform> {
        match self {
            Self::Manifest(manifest) => manifest
                .image_config
                .as_ref()
                .map(|config| &config.platform),
            Self::Index(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_tools_write_them() {
        let table = [
            ("corpus/hello:1", Some("corpus/hello"), Some("1")),
            ("docker.io/corpus/hello:1", Some("corpus/hello"), Some("1")),
            ("docker.io/library/alpine:3", Some("alpine"), Some("3")),
            ("localhost/corpus/hello:1", Some("corpus/hello"), Some("1")),
            ("alpine:3", Some("alpine"), Some("3")),
            ("1", None, Some("1")),
            ("hello", None, Some("hello")),
            ("Not/A:Name", None, None),
        ];
        for (written, repository, tag) in table {
            let name = Name::read(written);
            assert_eq!(
                name.repository.as_ref().map(Repository::as_str),
                repository,
                "{written}"
            );
            assert_eq!(name.tag.as_ref().map(Tag::as_str), tag, "{written}");
        }
    }
}

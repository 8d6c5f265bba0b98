//! Manifests and indexes of an OCI layout, each checked against the descriptor that names it, with their blobs found.

use oci::{
    Content, Descriptor, Digest, Document, ImageConfig, Index, Manifest, ParseDocumentError,
};

use super::section::{Files, Section, check_digest, digest_like};
use crate::Error;
use crate::blob::{Blob, Promise};
use crate::image::{Child, Found, IndexNode, ManifestNode, Node};

/// Reads the manifests and indexes of one layout.
pub(super) struct Nodes<'a> {
    files: &'a dyn Files,
    /// How many more descriptors may be followed.
    left: usize,
}

impl<'a> Nodes<'a> {
    pub(super) fn new(files: &'a dyn Files) -> Self {
        Self {
            files,
            left: MOST_DESCRIPTORS,
        }
    }

    /// Reads what an entry of `index.json` names: a manifest that has everything, or an index with what it has.
    pub(super) fn read(&mut self, descriptor: &Descriptor) -> Result<Found, Error> {
        self.read_at_depth(descriptor, 0)
    }

    fn read_at_depth(&mut self, descriptor: &Descriptor, depth: usize) -> Result<Found, Error> {
        let Some(section) = self.find(descriptor)? else {
            return Ok(Found::Partial {
                missing: vec![descriptor.clone()],
            });
        };
        let known = descriptor.media_type.is_manifest() || descriptor.media_type.is_index();
        if !known {
            let problem = format!(
                "its media type is `{}`, neither a manifest nor an index",
                descriptor.media_type
            );
            return Err(section.malformed(problem));
        }
        let bytes = read_checked(&section, &descriptor.digest, Document::SIZE_LIMIT)?;
        let mut document = Document::parse(bytes, Some(&descriptor.media_type))
            .map_err(|error| section.malformed(explain(&error)))?;
        document.descriptor.digest = descriptor.digest.clone();
        match document.content.clone() {
            Content::Manifest(manifest) => self.manifest(document, &manifest),
            Content::Index(index) if depth < MOST_LEVELS => self.index(document, &index, depth),
            Content::Index(_) => Err(section.malformed(format!(
                "indexes lie in each other more than {MOST_LEVELS} deep"
            ))),
        }
    }

    fn index(&mut self, document: Document, index: &Index, depth: usize) -> Result<Found, Error> {
        let mut children = Vec::new();
        let mut lacking = Vec::new();
        for descriptor in index.children() {
            let found = self.read_at_depth(descriptor, depth + 1)?;
            if let Found::Partial { missing } = &found {
                lacking.extend(missing.iter().cloned());
            }
            children.push(Child {
                descriptor: descriptor.clone(),
                found,
            });
        }
        // Only an index at the top may be pushed in part, because only there somebody can say which part.
        if depth > 0 && !lacking.is_empty() {
            return Ok(Found::Partial { missing: lacking });
        }
        Ok(Found::Whole(Node::Index(Box::new(IndexNode {
            document,
            children,
        }))))
    }

    fn manifest(&mut self, document: Document, manifest: &Manifest) -> Result<Found, Error> {
        let mut missing = Vec::new();
        let config = self.find(&manifest.config)?;
        if config.is_none() {
            missing.push(manifest.config.clone());
        }
        let mut layers = Vec::new();
        for descriptor in &manifest.layers {
            match self.find(descriptor)? {
                Some(section) => layers.push(promised(&section, descriptor)),
                None => missing.push(descriptor.clone()),
            }
        }
        let Some(section) = config.filter(|_| missing.is_empty()) else {
            return Ok(Found::Partial { missing });
        };
        let image_config = image_config(&section, manifest)?;
        Ok(Found::Whole(Node::Manifest(Box::new(ManifestNode {
            document: Some(document),
            config: promised(&section, &manifest.config),
            image_config,
            layers,
        }))))
    }

    /// The blob of a descriptor, when it is there in the size that the descriptor says.
    fn find(&mut self, descriptor: &Descriptor) -> Result<Option<Section>, Error> {
        let digest = &descriptor.digest;
        let name = format!("blobs/{}/{}", digest.algorithm(), digest.hex());
        let Some(left) = self.left.checked_sub(1) else {
            let place = self.files.place();
            let problem = format!("it names more than {MOST_DESCRIPTORS} manifests and blobs");
            return Err(super::section::malformed(place, problem));
        };
        self.left = left;
        let section = self.files.find(&name)?;
        match &section {
            Some(section) if section.size != descriptor.size => Err(section.malformed(format!(
                "its descriptor promises {} bytes, and it has {}",
                descriptor.size, section.size
            ))),
            _ => Ok(section),
        }
    }
}

/// What the config says of the image; none where the manifest is of something that does not run.
///
/// Attestations and signatures borrow the media type of image configs, and some have nothing of one in them.
fn image_config(section: &Section, manifest: &Manifest) -> Result<Option<ImageConfig>, Error> {
    if !manifest.config.media_type.is_image_config() {
        return Ok(None);
    }
    let bytes = read_checked(section, &manifest.config.digest, ImageConfig::SIZE_LIMIT)?;
    let is_artifact = !manifest.layers.is_empty()
        && !manifest
            .layers
            .iter()
            .any(|layer| layer.media_type.is_layer());
    match serde_json::from_slice(&bytes) {
        Ok(config) => Ok(Some(config)),
        Err(_) if is_artifact => Ok(None),
        Err(error) => {
            Err(section.malformed(format!("it is not the JSON of an image config: {error}")))
        }
    }
}

fn read_checked(section: &Section, expected: &Digest, limit: u64) -> Result<Vec<u8>, Error> {
    let bytes = section.read(limit)?;
    let actual = digest_like(expected, &bytes);
    check_digest(&section.place, Promise::Descriptor, expected, &actual)?;
    Ok(bytes)
}

fn promised(section: &Section, descriptor: &Descriptor) -> Blob {
    section.blob(descriptor.clone(), Promise::Descriptor)
}

/// A parse error with its cause, in one line.
pub(super) fn explain(error: &ParseDocumentError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// Real images nest two levels.
const MOST_LEVELS: usize = 8;

/// So that an index which names one manifest a million times costs nothing.
const MOST_DESCRIPTORS: usize = 100_000;

//! From a selected image to what has to be in the registry: documents in the order they are put, and distinct blobs.

use oci::{Descriptor, Digest, Document, Repository, Tag};

use crate::blob::{Blob, Place, Promise};
use crate::event::{BlobKind, Events};
use crate::image::{Child, Found, Image, IndexNode, Node};
use crate::operation::PushOptions;
use crate::selection::Selected;
use crate::{Error, compose, platforms, validate};

/// One image, ready to be pushed to one repository.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    /// Where it goes.
    pub(crate) repository: Repository,
    /// The tags to write; none where the digest alone names it.
    pub(crate) tags: Vec<Tag>,
    /// Manifests before the indexes that name them; the last is the image itself.
    pub(crate) documents: Vec<Document>,
    /// Every blob once, configs and layers, in the order of the manifests.
    pub(crate) blobs: Vec<(Blob, BlobKind)>,
}

impl Prepared {
    /// Checks an image, picks its platforms, and composes the manifests that it lacks.
    pub(crate) fn of(
        selected: &Selected<'_>,
        options: &PushOptions,
        events: &Events,
    ) -> Result<Self, Error> {
        let root = platforms::select(selected.image, &options.platforms, events)?;
        let image = Image {
            root,
            ..selected.image.clone()
        };
        validate::validate(&image)?;
        let mut prepared = Self {
            repository: selected.repository.clone(),
            tags: selected.tags.clone(),
            documents: Vec::new(),
            blobs: Vec::new(),
        };
        let root = prepared.take(&image.root, &image.place, options)?;
        match &selected.asserted {
            Some(expected) if *expected != root.digest => Err(Error::DigestMismatch {
                place: image.place,
                promise: Promise::Destination,
                expected: expected.clone(),
                actual: root.digest,
            }),
            _ => Ok(prepared),
        }
    }

    /// The manifest or index that the tags will point to.
    ///
    /// # Panics
    /// Never: an image has at least its own document.
    pub(crate) fn root(&self) -> &Document {
        self.documents
            .last()
            .expect("an image has a document of its own")
    }

    /// The digest of [`root`](Self::root).
    pub(crate) fn digest(&self) -> &Digest {
        self.root().digest()
    }

    /// Its blobs, the largest first, so that none is left to finish alone.
    pub(crate) fn largest_first(&self) -> Vec<&(Blob, BlobKind)> {
        let mut blobs: Vec<_> = self.blobs.iter().collect();
        blobs.sort_by_key(|(blob, _)| std::cmp::Reverse(blob.descriptor.size));
        blobs
    }

    /// What will be written: a reference for each tag, or one with the digest.
    pub(crate) fn references(&self, registry: &oci::Registry) -> Vec<String> {
        let repository = &self.repository;
        if self.tags.is_empty() {
            return vec![format!("{registry}/{repository}@{}", self.digest())];
        }
        self.tags
            .iter()
            .map(|tag| format!("{registry}/{repository}:{tag}"))
            .collect()
    }

    fn take(
        &mut self,
        node: &Node,
        place: &Place,
        options: &PushOptions,
    ) -> Result<Descriptor, Error> {
        let document = match node {
            Node::Manifest(manifest) => {
                self.take_blob(&manifest.config, BlobKind::Config);
                manifest
                    .layers
                    .iter()
                    .for_each(|layer| self.take_blob(layer, BlobKind::Layer));
                compose::manifest(manifest, options.format)?
            }
            Node::Index(index) => self.take_index(index, place, options)?,
        };
        let descriptor = document.descriptor.clone();
        if !self
            .documents
            .iter()
            .any(|known| known.digest() == document.digest())
        {
            self.documents.push(document);
        }
        Ok(descriptor)
    }

    fn take_index(
        &mut self,
        index: &IndexNode,
        place: &Place,
        options: &PushOptions,
    ) -> Result<Document, Error> {
        let mut children = Vec::with_capacity(index.children.len());
        for Child { descriptor, found } in &index.children {
            let Found::Whole(node) = found else {
                let problem = format!("its index names {}, which is not there", descriptor.digest);
                return Err(Error::MalformedImage {
                    place: place.clone(),
                    problem,
                });
            };
            children.push((descriptor.clone(), self.take(node, place, options)?));
        }
        compose::reindex(&index.document, options.format, &children, place)
    }

    fn take_blob(&mut self, blob: &Blob, kind: BlobKind) {
        let digest = &blob.descriptor.digest;
        if !self
            .blobs
            .iter()
            .any(|(known, _)| known.descriptor.digest == *digest)
        {
            self.blobs.push((blob.clone(), kind));
        }
    }
}

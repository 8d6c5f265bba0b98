//! What a push would do: per blob whether the registry has it, and what would be sent otherwise.

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use oci::{Descriptor, Digest, Registry, Repository, Tag};

use crate::Error;
use crate::event::BlobKind;
use crate::operation::PushOptions;
use crate::prepare::Prepared;
use crate::registry::{Client, Reference};

/// What a push would do; made with reading requests alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The images, in the order of the source.
    pub images: Vec<PlannedImage>,
    /// The distinct blobs of each repository, configs and layers, in the order of the images.
    pub blobs: Vec<PlannedBlob>,
    /// The blobs of a daemon's image that only its export will name.
    pub unknown: Vec<UnknownBlobs>,
}

/// One image of a [`Plan`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedImage {
    /// The references that would be written: `HOST/REPOSITORY:TAG`, or with `@DIGEST` where no tag is.
    pub references: Vec<String>,
    /// The digest of its manifest or index; none where only the export of a daemon's image will tell.
    pub digest: Option<Digest>,
    /// Where the first reference's tag points now; none where there is no such tag.
    pub current: Option<Digest>,
}

/// One blob of a [`Plan`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedBlob {
    /// The repository that needs it.
    pub repository: Repository,
    /// Which blob.
    pub digest: Digest,
    /// What it is.
    pub kind: BlobKind,
    /// Its size in bytes, as sent; none where only the export of a daemon's image will tell.
    pub size: Option<u64>,
    /// What would be done about it.
    pub action: Action,
}

/// Blobs of which not even the digests are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownBlobs {
    /// The repository that needs them.
    pub repository: Repository,
    /// What they are.
    pub kind: BlobKind,
}

/// What would be done about a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing: the repository has it.
    Exists,
    /// It is taken from another repository of this push, which will have it by then.
    Mount,
    /// Its bytes are sent.
    Upload,
}

impl Plan {
    /// How many bytes would be sent, manifests not counted; none where only the export of a daemon's image will tell.
    #[must_use]
    pub fn bytes_to_send(&self) -> Option<u64> {
        if !self.unknown.is_empty() {
            return None;
        }
        self.blobs
            .iter()
            .filter(|blob| blob.action == Action::Upload)
            .map(|blob| blob.size)
            .sum()
    }
}

/// Asks the registry about every blob and tag of some images, a few at a time; reads only.
pub(crate) async fn plan(
    client: &Client,
    shown_as: &Registry,
    images: &[Prepared],
    options: &PushOptions,
) -> Result<Plan, Error> {
    let blobs = asked(client, needed(images), options).await?;
    let mut planned = Vec::with_capacity(images.len());
    for image in images {
        planned.push(PlannedImage {
            references: image.references(shown_as),
            digest: Some(image.digest().clone()),
            current: current(client, &image.repository, image.tags.first()).await?,
        });
    }
    Ok(Plan {
        images: planned,
        blobs,
        unknown: Vec::new(),
    })
}

/// The blobs, and of each whether it is there; one whose size is not known gets the one that the registry gives.
pub(crate) async fn asked(
    client: &Client,
    blobs: Vec<PlannedBlob>,
    options: &PushOptions,
) -> Result<Vec<PlannedBlob>, Error> {
    let asked = stream::iter(blobs.into_iter().map(|mut blob| async move {
        if options.registry.reupload {
            return Ok(blob);
        }
        let found = client.find_blob(&blob.repository, &blob.digest).await?;
        // A blob of another length is none.
        if let Some(found) = found.filter(|found| found.may_have(blob.size)) {
            blob.action = Action::Exists;
            blob.size = blob.size.or(found.size);
        }
        Ok(blob)
    }));
    asked.buffered(options.jobs.get()).try_collect().await
}

/// Where a tag points now.
pub(crate) async fn current(
    client: &Client,
    repository: &Repository,
    tag: Option<&Tag>,
) -> Result<Option<Digest>, Error> {
    let Some(tag) = tag else {
        return Ok(None);
    };
    let found = client.manifest(repository, Reference::Tag(tag)).await?;
    Ok(found.map(|document| document.digest().clone()))
}

/// Every blob once for each repository; the second repository takes it from the first.
fn needed(images: &[Prepared]) -> Vec<PlannedBlob> {
    let mut needed: Vec<PlannedBlob> = Vec::new();
    for image in images {
        for (blob, kind) in &image.blobs {
            let Descriptor { digest, size, .. } = &blob.descriptor;
            let mut known = needed
                .iter()
                .filter(|known| known.digest == *digest)
                .peekable();
            let elsewhere = known.peek().is_some();
            if known.any(|known| known.repository == image.repository) {
                continue;
            }
            needed.push(PlannedBlob {
                repository: image.repository.clone(),
                digest: digest.clone(),
                kind: *kind,
                size: Some(*size),
                action: if elsewhere {
                    Action::Mount
                } else {
                    Action::Upload
                },
            });
        }
    }
    needed
}

//! What a push would do: per blob whether the registry has it, and what would be sent otherwise.

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use oci::{Descriptor, Digest, MediaType, Registry, Repository};

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
}

/// One image of a [`Plan`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedImage {
    /// The references that would be written: `HOST/REPOSITORY:TAG`, or with `@DIGEST` where no tag is.
    pub references: Vec<String>,
    /// The digest of its manifest or index.
    pub digest: Digest,
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
    /// Its size in bytes, as sent.
    pub size: u64,
    /// What would be done about it.
    pub action: Action,
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
    /// How many bytes would be sent, manifests not counted.
    #[must_use]
    pub fn bytes_to_send(&self) -> u64 {
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
    let asked = stream::iter(needed(images).into_iter().map(|mut blob| async move {
        let descriptor = Descriptor::new(MediaType::OCI_LAYER, blob.digest.clone(), blob.size);
        if !options.registry.reupload && client.blob_exists(&blob.repository, &descriptor).await? {
            blob.action = Action::Exists;
        }
        Ok::<_, Error>(blob)
    }));
    let blobs = asked.buffered(options.jobs.get()).try_collect().await?;
    let mut planned = Vec::with_capacity(images.len());
    for image in images {
        let current = match image.tags.first() {
            Some(tag) => {
                client
                    .manifest(&image.repository, Reference::Tag(tag))
                    .await?
            }
            None => None,
        };
        planned.push(PlannedImage {
            references: image.references(shown_as),
            digest: image.digest().clone(),
            current: current.map(|document| document.digest().clone()),
        });
    }
    Ok(Plan {
        images: planned,
        blobs,
    })
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
                size: *size,
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

//! What a push would do: per blob whether the registry has it, and what would be sent otherwise.

use oci::{Digest, Repository};

use crate::BlobKind;

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

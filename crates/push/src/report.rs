//! What a push did.

use oci::{Digest, Registry, Repository, Tag};

use crate::Error;

/// What came of each image.
#[derive(Debug)]
pub struct Report {
    /// Every reference that was written, in the order of the source.
    pub pushed: Vec<Pushed>,
    /// The images that could not be pushed.
    pub failed: Vec<Failed>,
    /// Bytes of blobs that were sent.
    pub bytes_sent: u64,
}

/// One reference that was written, with the digest that the registry confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The registry, as it is shown.
    pub registry: Registry,
    /// The repository.
    pub repository: Repository,
    /// The tag; none where only the digest names it.
    pub tag: Option<Tag>,
    /// The digest of the manifest or index.
    pub digest: Digest,
}

/// An image that could not be pushed.
#[derive(Debug)]
pub struct Failed {
    /// The references that were to be written.
    pub references: Vec<String>,
    /// Why they were not.
    pub error: Error,
}

impl Pushed {
    /// `HOST/REPOSITORY:TAG`, or `HOST/REPOSITORY` where there is no tag.
    #[must_use]
    pub fn reference(&self) -> String {
        let Self {
            registry,
            repository,
            tag,
            ..
        } = self;
        tag.as_ref().map_or_else(
            || format!("{registry}/{repository}"),
            |tag| format!("{registry}/{repository}:{tag}"),
        )
    }

    /// `HOST/REPOSITORY:TAG@DIGEST`: names what was pushed whatever happens to the tag.
    #[must_use]
    pub fn pinned(&self) -> String {
        format!("{}@{}", self.reference(), self.digest)
    }
}

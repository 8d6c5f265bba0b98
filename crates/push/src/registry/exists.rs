//! Existence: whether a repository has a blob.

use oci::{Digest, Repository};
use reqwest::Method;
use reqwest::header::CONTENT_LENGTH;

use super::reply::Reply;
use super::request::{Call, Connection};
use super::token::Scope;
use crate::Error;
use crate::blob::Blob;

/// A blob that a repository has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundBlob {
    /// Its size in bytes, where the registry gives one.
    pub size: Option<u64>,
}

impl FoundBlob {
    /// Whether it can be one of so many bytes; where somebody does not know, it can.
    pub(crate) fn may_have(&self, size: Option<u64>) -> bool {
        self.size
            .zip(size)
            .is_none_or(|(found, size)| found == size)
    }
}

impl Connection {
    /// Whether the repository has the blob; a clear yes has the right length too.
    pub(super) async fn blob_exists(
        &self,
        repository: &Repository,
        digest: &Digest,
        size: u64,
    ) -> Result<bool, Error> {
        let found = self.find_blob(repository, digest).await?;
        Ok(found.is_some_and(|found| found.may_have(Some(size))))
    }

    /// The blob as the repository has it; none where that is not clear.
    pub(super) async fn find_blob(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<Option<FoundBlob>, Error> {
        let reply = self.send(&self.head(repository, digest)).await?;
        match reply.status() {
            200 => Ok(Some(found(&reply))),
            401 | 403 => {
                // Some registries forbid what they do not have; who may not even read shall hear it now.
                match reply.into_error().await {
                    error @ (Error::Unauthorized { .. } | Error::Denied { .. }) => Err(error),
                    _ => Ok(None),
                }
            }
            _ => Ok(None),
        }
    }

    /// Whether the blob is there; when in doubt it is not.
    pub(super) async fn got_through(&self, repository: &Repository, blob: &Blob) -> bool {
        let call = self.head(repository, &blob.descriptor.digest);
        let Ok(reply) = self.exchange(&call).await else {
            return false;
        };
        reply.status() == 200 && found(&reply).may_have(Some(blob.descriptor.size))
    }

    fn head(&self, repository: &Repository, digest: &Digest) -> Call {
        let url = self.endpoint.blob(repository, digest);
        Call::new(Method::HEAD, url, Scope::of(repository))
    }
}

fn found(reply: &Reply) -> FoundBlob {
    let length = reply.header(CONTENT_LENGTH);
    FoundBlob {
        size: length.and_then(|length| length.parse().ok()),
    }
}

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

impl Connection {
    /// Whether the repository has the blob; a clear yes has the right length too.
    pub(super) async fn blob_exists(
        &self,
        repository: &Repository,
        digest: &Digest,
        size: u64,
    ) -> Result<bool, Error> {
        let found = self.find_blob(repository, digest).await?;
        Ok(found.is_some_and(|found| found.size.is_none_or(|length| length == size)))
    }

    /// The blob as the repository has it; none where that is not clear.
    pub(super) async fn find_blob(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<Option<FoundBlob>, Error> {
        let reply = self.send(&self.head(repository, digest)).await?;
        match reply.status() {
            200 => Ok(Some(FoundBlob {
                size: length(&reply),
            })),
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
        match self.exchange(&call).await {
            Ok(reply) => reply.status() == 200 && is_whole(&reply, blob.descriptor.size),
            Err(_) => false,
        }
    }

    fn head(&self, repository: &Repository, digest: &Digest) -> Call {
        let url = self.endpoint.blob(repository, digest);
        Call::new(Method::HEAD, url, Scope::of(repository))
    }
}

fn is_whole(reply: &Reply, size: u64) -> bool {
    length(reply).is_none_or(|length| length == size)
}

fn length(reply: &Reply) -> Option<u64> {
    let length = reply.header(CONTENT_LENGTH);
    length.and_then(|length| length.parse().ok())
}

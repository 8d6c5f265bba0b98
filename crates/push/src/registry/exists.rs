//! Existence: whether a repository has a blob.

use oci::{Digest, Repository};
use reqwest::Method;
use reqwest::header::CONTENT_LENGTH;

use super::reply::Reply;
use super::request::{Call, Connection};
use super::token::Scope;
use crate::Error;
use crate::blob::Blob;

impl Connection {
    /// Whether the repository has the blob; a clear yes has the right length too.
    pub(super) async fn blob_exists(
        &self,
        repository: &Repository,
        digest: &Digest,
        size: u64,
    ) -> Result<bool, Error> {
        let reply = self.send(&self.head(repository, digest)).await?;
        match reply.status() {
            200 => Ok(is_whole(&reply, size)),
            401 | 403 => {
                // Some registries forbid what they do not have; who may not even read shall hear it now.
                match reply.into_error().await {
                    error @ (Error::Unauthorized { .. } | Error::Denied { .. }) => Err(error),
                    _ => Ok(false),
                }
            }
            _ => Ok(false),
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
    let length = reply
        .header(CONTENT_LENGTH)
        .and_then(|length| length.parse::<u64>().ok());
    length.is_none_or(|length| length == size)
}

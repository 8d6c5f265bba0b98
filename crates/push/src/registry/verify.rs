//! Reading blobs back, to see that every byte arrived.

use oci::{Descriptor, Hasher, Repository};
use reqwest::Method;

use super::Reference;
use super::failure::Failure;
use super::reply::Reply;
use super::request::{Call, Connection};
use super::retry::{Attempts, Trouble};
use super::token::Scope;
use crate::Error;

impl Connection {
    /// Reads a whole blob and compares its digest.
    pub(super) async fn verify_blob(
        &self,
        repository: &Repository,
        blob: &Descriptor,
    ) -> Result<(), Error> {
        let url = self.endpoint.blob(repository, &blob.digest);
        let call = Call::new(Method::GET, url, Scope::of(repository));
        let mut attempts = Attempts::new(self.retries);
        let found = loop {
            match self.read_back(&call, blob).await {
                Ok(found) => break found,
                Err(trouble) => attempts.again(&self.events, trouble).await?,
            }
        };
        if found == blob.digest.to_string() {
            return Ok(());
        }
        Err(self.mismatch(
            repository,
            Reference::Digest(&blob.digest),
            &blob.digest,
            found,
        ))
    }

    /// The digest of what is there, or in words that nothing is.
    async fn read_back(&self, call: &Call, blob: &Descriptor) -> Result<String, Trouble> {
        let reply = self.exchange(call).await?;
        match reply.status() {
            200 => self.hash(reply, blob).await,
            404 => Ok("nothing".to_owned()),
            _ => Err(reply.into_error().await.into()),
        }
    }

    async fn hash(&self, reply: Reply, blob: &Descriptor) -> Result<String, Trouble> {
        let Reply {
            mut response,
            request,
            ..
        } = reply;
        let mut hasher = Hasher::new(blob.digest.algorithm());
        let mut size = 0;
        loop {
            let chunk = match tokio::time::timeout(self.timeout, response.chunk()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) => return Ok(hasher.finish().to_string()),
                Ok(Err(error)) => {
                    let failure = Failure::of(error, self.transport.connect_timeout);
                    return Err(Trouble::of(&request, failure));
                }
                Err(_) => return Err(Trouble::of(&request, Failure::NoAnswer(self.timeout))),
            };
            size += chunk.len() as u64;
            if size > blob.size {
                return Ok(format!("more than its {} bytes", blob.size));
            }
            hasher.update(&chunk);
        }
    }
}

//! Manifests: put, and read back.

use bytes::Bytes;
use oci::{Digest, Document, MediaType, Repository};
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};

use super::Reference;
use super::failure::Failure;
use super::reply::Reply;
use super::request::{Call, Connection, Payload};
use super::retry::{Attempts, Trouble};
use super::token::Scope;
use crate::Error;

impl Connection {
    /// Puts a manifest, and compares what the registry confirms.
    pub(super) async fn put_manifest(
        &self,
        repository: &Repository,
        reference: Reference<'_>,
        document: &Document,
    ) -> Result<Digest, Error> {
        let url = self.endpoint.manifest(repository, reference);
        let body = Bytes::from_owner(std::sync::Arc::clone(&document.bytes));
        let mut call =
            Call::new(Method::PUT, url, Scope::of(repository)).with(Payload::Document(body));
        // A document is what its type says it is, wherever it is read (CVE-2021-41190).
        let content_type = HeaderValue::from_str(document.descriptor.media_type.as_str());
        call.header = Some((CONTENT_TYPE, content_type.map_err(|_| unsendable(&call))?));
        let reply = self.send(&call).await?;
        if !matches!(reply.status(), 200..=202 | 204) {
            return Err(reply.into_error().await);
        }
        let Some(confirmed) = confirmed(&reply) else {
            return Ok(document.digest().clone());
        };
        if confirmed == *document.digest() {
            return Ok(confirmed);
        }
        Err(self.mismatch(
            repository,
            reference,
            document.digest(),
            confirmed.to_string(),
        ))
    }

    /// Deletes a manifest; one that is not there is as good.
    pub(super) async fn delete_manifest(
        &self,
        repository: &Repository,
        reference: Reference<'_>,
    ) -> Result<(), Error> {
        let url = self.endpoint.manifest(repository, reference);
        let call = Call::new(Method::DELETE, url, Scope::of(repository));
        let reply = self.send(&call).await?;
        match reply.status() {
            200..=204 | 404 => Ok(()),
            _ => Err(reply.into_error().await),
        }
    }

    /// Reads a manifest back; none where there is none.
    pub(super) async fn manifest(
        &self,
        repository: &Repository,
        reference: Reference<'_>,
    ) -> Result<Option<Document>, Error> {
        let url = self.endpoint.manifest(repository, reference);
        let mut call = Call::new(Method::GET, url, Scope::of(repository));
        call.header = Some((ACCEPT, HeaderValue::from_static(MANIFEST_TYPES)));
        let mut attempts = Attempts::new(self.retries);
        loop {
            match self.read_manifest(&call).await {
                Ok(None) => return Ok(None),
                Ok(Some(document)) => match reference {
                    Reference::Digest(digest) if document.digest() != digest => {
                        return Err(self.mismatch(
                            repository,
                            reference,
                            digest,
                            document.digest().to_string(),
                        ));
                    }
                    _ => return Ok(Some(document)),
                },
                Err(trouble) => attempts.again(&self.events, trouble).await?,
            }
        }
    }

    async fn read_manifest(&self, call: &Call) -> Result<Option<Document>, Trouble> {
        let reply = self.exchange(call).await?;
        match reply.status() {
            200 => {}
            404 => return Ok(None),
            _ => return Err(reply.into_error().await.into()),
        }
        let media_type = reply
            .header(CONTENT_TYPE)
            .map(|text| text.split(';').next().unwrap_or(text).trim());
        let media_type = media_type
            .map(MediaType::from)
            .filter(|found| found.is_manifest() || found.is_index());
        let request = reply.request.clone();
        let bytes = self.read_document(reply).await?;
        Document::parse(bytes, media_type.as_ref())
            .map(Some)
            .map_err(|error| {
                let problem = format!("what it holds is no manifest: {error}");
                Error::ProtocolViolation { request, problem }.into()
            })
    }

    /// Reads a body that has the limit of a manifest.
    async fn read_document(&self, reply: Reply) -> Result<Vec<u8>, Trouble> {
        let Reply {
            mut response,
            request,
            ..
        } = reply;
        let mut bytes = Vec::new();
        loop {
            let chunk = match tokio::time::timeout(self.timeout, response.chunk()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) => return Ok(bytes),
                Ok(Err(error)) => {
                    let failure = Failure::of(error, self.transport.connect_timeout);
                    return Err(Trouble::of(&request, failure));
                }
                Err(_) => return Err(Trouble::of(&request, Failure::NoAnswer(self.timeout))),
            };
            if (bytes.len() + chunk.len()) as u64 > Document::SIZE_LIMIT {
                let problem = format!(
                    "it is larger than the {} bytes of a manifest",
                    Document::SIZE_LIMIT
                );
                return Err(Error::ProtocolViolation { request, problem }.into());
            }
            bytes.extend_from_slice(&chunk);
        }
    }

    pub(super) fn mismatch(
        &self,
        repository: &Repository,
        reference: Reference<'_>,
        expected: &Digest,
        actual: String,
    ) -> Error {
        let separator = match reference {
            Reference::Tag(_) => ':',
            Reference::Digest(_) => '@',
        };
        Error::VerifyMismatch {
            reference: format!(
                "{}/{repository}{separator}{reference}",
                self.endpoint.registry
            ),
            expected: expected.to_string(),
            actual,
        }
    }
}

/// What the registry calls the manifest, where it says so.
fn confirmed(reply: &Reply) -> Option<Digest> {
    reply.header("docker-content-digest")?.parse().ok()
}

fn unsendable(call: &Call) -> Error {
    Error::ProtocolViolation {
        request: super::reply::shown(&call.method, &call.url),
        problem: "the manifest's media type cannot be sent in a header".to_owned(),
    }
}

const MANIFEST_TYPES: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";

//! Manifests: what Gitea looks at before it takes one, and how it refuses.

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderName, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use oci::{Digest, MediaType};
use serde_json::Value;

use super::service::Service;
use super::{refusal, service};

impl Service {
    /// Answers for a manifest; whatever it is asked for by, tags are in lower case.
    pub(super) async fn manifest(
        &self,
        mut request: Request<Body>,
        repository: &str,
        reference: &str,
    ) -> Response<Body> {
        if *request.method() == Method::PUT {
            return self.put_manifest(request, repository, reference).await;
        }
        *request.uri_mut() = manifest_at(repository, &reference.to_lowercase());
        self.ask(request).await
    }

    async fn put_manifest(
        &self,
        request: Request<Body>,
        repository: &str,
        reference: &str,
    ) -> Response<Body> {
        let (mut parts, body) = request.into_parts();
        let bytes = match Limited::new(body, SIZE_LIMIT).collect().await {
            Ok(whole) => whole.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                let message = "Manifest exceeds maximum size";
                return refusal::coded(StatusCode::PAYLOAD_TOO_LARGE, INVALID, message);
            }
            Err(_) => return refusal::internal(),
        };
        let content_type = parts.headers.get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        if let Err(refused) = self.check(repository, &bytes, content_type).await {
            return *refused;
        }
        // A digest in the address is no more than a name here: the true one is what counts.
        let reference = match reference.contains(':') {
            true => Digest::of(&bytes).to_string(),
            false => reference.to_lowercase(),
        };
        parts.uri = manifest_at(repository, &reference);
        service::without_body(&mut parts);
        let mut answer = self
            .ask(Request::from_parts(parts, Body::from(bytes)))
            .await;
        answer.headers_mut().remove(SUBJECT);
        answer
    }

    async fn check(
        &self,
        repository: &str,
        bytes: &[u8],
        content_type: Option<&str>,
    ) -> Result<(), Box<Response<Body>>> {
        let invalid = || refuse(StatusCode::BAD_REQUEST, INVALID);
        let manifest: Value =
            serde_json::from_slice(bytes).map_err(|_| Box::new(refusal::internal()))?;
        if manifest["schemaVersion"] != 2 {
            return Err(refuse(StatusCode::NOT_IMPLEMENTED, "UNSUPPORTED"));
        }
        let said = content_type.filter(|said| {
            said.starts_with("application/vnd.docker.") || said.starts_with("application/vnd.oci.")
        });
        let media_type = said.or(manifest["mediaType"].as_str()).unwrap_or_default();
        let media_type = MediaType::from(media_type.to_lowercase().as_str());
        if media_type.is_index() {
            return self.check_children(repository, &manifest).await;
        }
        if !media_type.is_manifest() {
            return Err(invalid());
        }
        let layers = manifest["layers"].as_array().into_iter().flatten();
        for descriptor in layers.chain([&manifest["config"]]) {
            self.check_blob(repository, descriptor).await?;
        }
        self.check_config(repository, &manifest["config"]).await
    }

    /// Nested indexes are refused, and every child must be there, in this repository.
    async fn check_children(
        &self,
        repository: &str,
        index: &Value,
    ) -> Result<(), Box<Response<Body>>> {
        for child in index["manifests"].as_array().into_iter().flatten() {
            let media_type = child["mediaType"].as_str().unwrap_or_default();
            if !MediaType::from(media_type).is_manifest() {
                return Err(refuse(StatusCode::BAD_REQUEST, INVALID));
            }
            let digest = child["digest"].as_str().unwrap_or_default();
            let found = self.head(&manifest_at(repository, digest)).await;
            if found.status() != StatusCode::OK {
                return Err(refuse(StatusCode::NOT_FOUND, "MANIFEST_BLOB_UNKNOWN"));
            }
        }
        Ok(())
    }

    /// Foreign layers are asked for as well.
    async fn check_blob(
        &self,
        repository: &str,
        descriptor: &Value,
    ) -> Result<(), Box<Response<Body>>> {
        let found = self.head(&blob_at(repository, descriptor)).await;
        if found.status() != StatusCode::OK {
            return Err(refuse(StatusCode::NOT_FOUND, "BLOB_UNKNOWN"));
        }
        let size = found.headers().get(CONTENT_LENGTH);
        let size = size.and_then(|size| size.to_str().ok()?.parse::<u64>().ok());
        if size == descriptor["size"].as_u64() {
            return Ok(());
        }
        Err(refuse(StatusCode::BAD_REQUEST, "SIZE_INVALID"))
    }

    /// A config is read as JSON, and one that is none is a failure inside; an empty one is let through.
    async fn check_config(
        &self,
        repository: &str,
        config: &Value,
    ) -> Result<(), Box<Response<Body>>> {
        let request = Request::get(blob_at(repository, config)).body(Body::empty());
        let answer = self.ask(request.expect("an address is a request")).await;
        let config = Limited::new(answer.into_body(), SIZE_LIMIT).collect().await;
        let config = config
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default();
        if config.is_empty() || serde_json::from_slice::<serde::de::IgnoredAny>(&config).is_ok() {
            return Ok(());
        }
        Err(Box::new(refusal::internal()))
    }

    async fn head(&self, address: &Uri) -> Response<Body> {
        let request = Request::head(address.clone()).body(Body::empty());
        self.ask(request.expect("an address is a request")).await
    }
}

fn manifest_at(repository: &str, reference: &str) -> Uri {
    address(format!("/v2/{repository}/manifests/{reference}"))
}

fn blob_at(repository: &str, descriptor: &Value) -> Uri {
    let digest = descriptor["digest"].as_str().unwrap_or_default();
    address(format!("/v2/{repository}/blobs/{digest}"))
}

/// What cannot stand in an address names nothing.
fn address(path: String) -> Uri {
    Uri::try_from(path).unwrap_or_else(|_| Uri::from_static("/v2/nothing"))
}

fn refuse(status: StatusCode, code: &str) -> Box<Response<Body>> {
    Box::new(refusal::coded(status, code, ""))
}

const SIZE_LIMIT: usize = 10 << 20;
const INVALID: &str = "MANIFEST_INVALID";
const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");

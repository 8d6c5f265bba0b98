//! Referrers: the manifests that name another as their subject; distribution-spec, "Listing Referrers".

use std::io;
use std::path::PathBuf;

use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use oci::{Content, Digest, Document, MediaType, Repository};
use serde_json::{Value, json};

use crate::error_code::Error;
use crate::manifest::{Manifest, Outline};
use crate::page;
use crate::parameters::Parameters;
use crate::store::{self, REFERRERS, Store};

/// Answers `GET …/referrers/<digest>`: an index, empty where nothing refers to the subject.
///
/// It is as long as a manifest may be; what is left over is on the next page.
pub(crate) fn list(
    store: &Store,
    method: &Method,
    repository: &Repository,
    subject: &Digest,
    parameters: &Parameters,
) -> Result<Response, Error> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Err(Error::Unsupported);
    }
    let wanted = parameters.first("artifactType");
    let mut referrers = store.referrers(repository, subject)?;
    if let Some(last) = parameters.first("last") {
        referrers.retain(|digest| digest.to_string().as_str() > last);
    }
    let (mut manifests, mut size, mut link) = (Vec::new(), 0, None);
    for digest in &referrers {
        let Some(manifest) = store.manifest(repository, digest)? else {
            continue;
        };
        let Some(descriptor) = describe(&manifest, digest, wanted) else {
            continue;
        };
        size += descriptor.to_string().len() as u64;
        if size > Document::SIZE_LIMIT && !manifests.is_empty() {
            link = manifests
                .last()
                .map(|last: &Value| next(repository, subject, wanted, last));
            break;
        }
        manifests.push(descriptor);
    }
    let media_type = MediaType::OCI_INDEX;
    let index = json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": manifests });
    let filtered = wanted.map(|_| (FILTERS, "artifactType"));
    let response = (
        [(header::CONTENT_TYPE, media_type.to_string())],
        AppendHeaders(filtered),
        AppendHeaders(link),
        index.to_string(),
    );
    Ok(response.into_response())
}

impl Store {
    /// Notes that `referrer` has `subject` as its subject, whether or not that exists.
    pub(crate) fn keep_referrer(
        &self,
        repository: &Repository,
        subject: &Digest,
        referrer: &Digest,
    ) -> io::Result<()> {
        let path = self.referrers_of(repository, subject);
        self.write(&path.join(store::file_name(referrer)), &[])
    }

    /// Forgets it again.
    pub(crate) fn remove_referrer(
        &self,
        repository: &Repository,
        subject: &Digest,
        referrer: &Digest,
    ) -> io::Result<()> {
        let path = self.referrers_of(repository, subject);
        store::remove(&path.join(store::file_name(referrer))).map(drop)
    }

    fn referrers(&self, repository: &Repository, subject: &Digest) -> io::Result<Vec<Digest>> {
        let names = store::names(&self.referrers_of(repository, subject))?;
        let mut digests: Vec<Digest> = names.iter().filter_map(|n| store::digest_of(n)).collect();
        digests.sort_unstable();
        Ok(digests)
    }

    fn referrers_of(&self, repository: &Repository, subject: &Digest) -> PathBuf {
        self.part(repository, REFERRERS)
            .join(store::file_name(subject))
    }
}

/// The descriptor of a referrer; `None` where it is not of the type that is wanted.
fn describe(manifest: &Manifest, digest: &Digest, wanted: Option<&str>) -> Option<Value> {
    let outline = Outline::of(&manifest.bytes).ok()?;
    let artifact_type = artifact_type(manifest, &outline);
    if wanted.is_some() && wanted != artifact_type.as_deref() {
        return None;
    }
    let mut descriptor = json!({
        "mediaType": manifest.media_type,
        "digest": digest,
        "size": manifest.bytes.len(),
    });
    if let Some(artifact_type) = artifact_type {
        descriptor["artifactType"] = artifact_type.into();
    }
    if let Some(annotations) = outline.annotations {
        descriptor["annotations"] = json!(annotations);
    }
    Some(descriptor)
}

/// A manifest without one has the media type of its config for that, and an index has none.
fn artifact_type(manifest: &Manifest, outline: &Outline) -> Option<String> {
    let own = outline.artifact_type.clone();
    own.filter(|own| !own.is_empty()).or_else(|| {
        let document = Document::parse(manifest.bytes.to_vec(), None).ok()?;
        match document.content {
            Content::Manifest(manifest) => Some(manifest.config.media_type.to_string()),
            Content::Index(_) => None,
        }
    })
}

fn next(
    repository: &Repository,
    subject: &Digest,
    wanted: Option<&str>,
    last: &Value,
) -> (HeaderName, HeaderValue) {
    let last = last["digest"].as_str().unwrap_or_default();
    let filter = wanted.map(|wanted| format!("&artifactType={}", escape(wanted)));
    let filter = filter.unwrap_or_default();
    page::next(&format!(
        "/v2/{repository}/referrers/{subject}?last={last}{filter}"
    ))
}

/// Media types have a `+`, which would be read as a space.
fn escape(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    text.bytes()
        .fold(String::new(), |escaped, byte| match byte {
            byte if plain(byte) => escaped + &char::from(byte).to_string(),
            byte => escaped + &format!("%{byte:02X}"),
        })
}

const FILTERS: HeaderName = HeaderName::from_static("oci-filters-applied");

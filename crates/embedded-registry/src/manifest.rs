//! Manifests and indexes: put under a digest or a tag, sent with the media type they came with, deleted.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use oci::{Content, Descriptor, Digest, Document, Hasher, MediaType, Repository, Tag};
use serde::Deserialize;

use crate::error_code::Error;
use crate::parameters::Parameters;
use crate::route::Reference;
use crate::service::{DIGEST, blocking};
use crate::store::{self, MANIFESTS, Store};

/// A manifest as it is kept.
pub(crate) struct Manifest {
    /// The media type that it was put with.
    pub(crate) media_type: String,
    /// Its exact bytes.
    pub(crate) bytes: Bytes,
}

/// What a registry needs to know of a manifest beyond its blobs.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outline {
    /// The manifest that it says something about.
    pub(crate) subject: Option<Descriptor>,
    /// What kind of artifact it is.
    pub(crate) artifact_type: Option<String>,
    /// What its author noted.
    pub(crate) annotations: Option<BTreeMap<String, String>>,
}

/// Answers for a manifest: HEAD, GET, PUT, DELETE.
pub(crate) async fn answer(
    store: Store,
    method: Method,
    headers: HeaderMap,
    name: (Repository, Reference),
    parameters: &Parameters,
    body: &mut Body,
) -> Result<Response, Error> {
    let (repository, reference) = name;
    match method {
        Method::GET | Method::HEAD => blocking(move || send(&store, &repository, &reference)).await,
        Method::DELETE => blocking(move || delete(&store, &repository, &reference)).await,
        Method::PUT => {
            let tags = parameters
                .all("tag")
                .map(str::parse)
                .collect::<Result<_, _>>();
            let tags = tags.map_err(Error::ReferenceInvalid)?;
            let bytes = receive(body).await?;
            blocking(move || put(&store, &headers, &repository, &reference, tags, &bytes)).await
        }
        _ => Err(Error::Unsupported),
    }
}

impl Store {
    /// Reads a manifest; `None` where the repository has none of that digest.
    ///
    /// It is hashed once more, so that a damaged file counts as none.
    pub(crate) fn manifest(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> io::Result<Option<Manifest>> {
        let path = self
            .part(repository, MANIFESTS)
            .join(store::file_name(digest));
        let file = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => Bytes::from(file?),
        };
        let Some(end) = file.iter().position(|byte| *byte == b'\n') else {
            return Ok(None);
        };
        let bytes = file.slice(end + 1..);
        let whole = digest_like(digest, &bytes) == *digest;
        Ok(whole.then(|| Manifest {
            media_type: String::from_utf8_lossy(&file[..end]).into_owned(),
            bytes,
        }))
    }

    fn keep_manifest(
        &self,
        repository: &Repository,
        digest: &Digest,
        document: &Document,
    ) -> io::Result<()> {
        // What the manifest refers to is to outlast a power cut when the manifest does.
        let blob = self.blob(repository, digest);
        self.make_parent(&blob)?;
        self.sync_parent(&blob)?;
        let path = self
            .part(repository, MANIFESTS)
            .join(store::file_name(digest));
        let media_type = document.descriptor.media_type.as_str();
        self.write(&path, &[media_type.as_bytes(), b"\n", &document.bytes])
    }
}

impl Outline {
    /// Reads it from the bytes of a manifest.
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

async fn receive(body: &mut Body) -> Result<Vec<u8>, Error> {
    let limit = usize::try_from(Document::SIZE_LIMIT).unwrap_or(usize::MAX);
    match Limited::new(body, limit).collect().await {
        Ok(whole) => Ok(whole.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => Err(Error::ManifestTooLarge {
            limit: Document::SIZE_LIMIT,
        }),
        Err(_) => Err(Error::BodyCut),
    }
}

fn put(
    store: &Store,
    headers: &HeaderMap,
    repository: &Repository,
    reference: &Reference,
    mut tags: Vec<Tag>,
    bytes: &[u8],
) -> Result<Response, Error> {
    let document = Document::parse(bytes.to_vec(), content_type(headers).as_ref());
    let document = document.map_err(Error::ManifestInvalid)?;
    let outline =
        Outline::of(bytes).map_err(|e| Error::ManifestInvalid(oci::ParseDocumentError::Json(e)))?;
    let digest = match reference {
        Reference::Digest(expected) => {
            let found = digest_like(expected, bytes);
            if found != *expected {
                let expected = expected.clone();
                return Err(Error::DigestMismatch { expected, found });
            }
            found
        }
        Reference::Tag(tag) => {
            tags.push(tag.clone());
            Digest::of(bytes)
        }
    };
    check_references(store, repository, &document.content)?;
    store.keep_manifest(repository, &digest, &document)?;
    if let Some(subject) = &outline.subject {
        store.keep_referrer(repository, &subject.digest, &digest)?;
    }
    for tag in &tags {
        store.keep_tag(repository, tag, &digest)?;
    }
    Ok(created(repository, reference, &digest, &outline, &tags))
}

fn created(
    repository: &Repository,
    reference: &Reference,
    digest: &Digest,
    outline: &Outline,
    tags: &[Tag],
) -> Response {
    let mut headers = HeaderMap::new();
    let mut append = |name: HeaderName, value: String| {
        let value = value.try_into();
        headers.append(
            name,
            value.expect("names, tags and digests are plain ASCII"),
        );
    };
    append(
        header::LOCATION,
        format!("/v2/{repository}/manifests/{digest}"),
    );
    append(DIGEST, digest.to_string());
    if let Some(subject) = &outline.subject {
        append(SUBJECT, subject.digest.to_string());
    }
    if let Reference::Digest(_) = reference {
        for tag in tags {
            append(TAG, tag.to_string());
        }
    }
    (StatusCode::CREATED, headers).into_response()
}

fn send(store: &Store, repository: &Repository, reference: &Reference) -> Result<Response, Error> {
    let unknown = || Error::ManifestUnknown(reference.to_string());
    let digest = match reference {
        Reference::Digest(digest) => digest.clone(),
        Reference::Tag(tag) => store.tag(repository, tag)?.ok_or_else(unknown)?,
    };
    let manifest = store.manifest(repository, &digest)?.ok_or_else(unknown)?;
    let headers = [
        (header::CONTENT_TYPE, manifest.media_type),
        (header::CONTENT_LENGTH, manifest.bytes.len().to_string()),
        (DIGEST, digest.to_string()),
    ];
    Ok((headers, manifest.bytes).into_response())
}

fn delete(
    store: &Store,
    repository: &Repository,
    reference: &Reference,
) -> Result<Response, Error> {
    let unknown = || Error::ManifestUnknown(reference.to_string());
    let there = match reference {
        Reference::Tag(tag) => store.remove_tag(repository, tag)?,
        Reference::Digest(digest) => {
            let manifest = store.manifest(repository, digest)?.ok_or_else(unknown)?;
            let outline = Outline::of(&manifest.bytes).ok();
            if let Some(subject) = outline.and_then(|outline| outline.subject) {
                store.remove_referrer(repository, &subject.digest, digest)?;
            }
            store.remove_tags_of(repository, digest)?;
            let path = store
                .part(repository, MANIFESTS)
                .join(store::file_name(digest));
            store::remove(&path)?
        }
    };
    if there {
        Ok(StatusCode::ACCEPTED.into_response())
    } else {
        Err(unknown())
    }
}

/// Everything that a manifest refers to must be there, but for layers that lie elsewhere and for its subject.
fn check_references(
    store: &Store,
    repository: &Repository,
    content: &Content,
) -> Result<(), Error> {
    let has_blob = |digest: &Digest| store.blob(repository, digest).exists();
    let has_manifest = |digest: &Digest| {
        let manifests = store.part(repository, MANIFESTS);
        manifests.join(store::file_name(digest)).exists()
    };
    let missing = match content {
        Content::Manifest(manifest) => std::iter::once(&manifest.config)
            .chain(
                manifest
                    .layers
                    .iter()
                    .filter(|l| !l.media_type.is_foreign()),
            )
            .find(|descriptor| !has_blob(&descriptor.digest)),
        Content::Index(index) => index.children().iter().find(|descriptor| {
            // image-spec lets an index list other things than manifests.
            !has_manifest(&descriptor.digest) && !has_blob(&descriptor.digest)
        }),
    };
    match missing {
        Some(descriptor) => Err(Error::ManifestBlobUnknown(descriptor.digest.clone())),
        None => Ok(()),
    }
}

/// What the client says the bytes are, without parameters such as a charset.
fn content_type(headers: &HeaderMap) -> Option<MediaType> {
    let header = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let media_type = header.split_once(';').map_or(header, |(start, _)| start);
    Some(MediaType::from(media_type.trim()))
}

fn digest_like(digest: &Digest, bytes: &[u8]) -> Digest {
    let mut hasher = Hasher::new(digest.algorithm());
    hasher.update(bytes);
    hasher.finish()
}

const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
const TAG: HeaderName = HeaderName::from_static("oci-tag");

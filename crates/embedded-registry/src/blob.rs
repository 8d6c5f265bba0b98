//! Blobs: kept under their digest, sent whole or in part, deleted.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use oci::{Digest, Repository};

use crate::error_code::Error;
use crate::range;
use crate::service::{DIGEST, blocking};
use crate::store::{self, Store};

/// Answers for a blob: HEAD, GET with or without a range, DELETE.
pub(crate) async fn answer(
    store: Store,
    method: Method,
    headers: HeaderMap,
    repository: Repository,
    digest: Digest,
) -> Result<Response, Error> {
    blocking(move || match method {
        Method::GET => send(&store, &headers, &repository, &digest),
        Method::HEAD => describe(&store, &repository, &digest),
        Method::DELETE => delete(&store, &repository, &digest),
        _ => Err(Error::Unsupported),
    })
    .await
}

/// The answer to whoever made a blob.
pub(crate) fn created(repository: &Repository, digest: &Digest) -> Response {
    let headers = [
        (header::LOCATION, format!("/v2/{repository}/blobs/{digest}")),
        (DIGEST, digest.to_string()),
    ];
    (StatusCode::CREATED, headers).into_response()
}

impl Store {
    /// Names the whole and verified file at `path` as a blob of the repository; it is no longer at `path` then.
    pub(crate) fn keep_blob(
        &self,
        path: &Path,
        repository: &Repository,
        digest: &Digest,
    ) -> io::Result<()> {
        let blob = self.blob(repository, digest);
        // Bytes that another repository has are kept once. What this repository already has is replaced, because
        // whoever sends it again has found something wrong with it.
        if !blob.exists() && self.mount_shared(repository, digest)? {
            return fs::remove_file(path);
        }
        self.make_parent(&blob)?;
        fs::rename(path, &blob)?;
        let shared = self.shared_blob(digest);
        store::remove(&shared)?;
        if let Err(error) = fs::hard_link(&blob, &shared) {
            // Without this name a mount without a source is answered with an upload session, no more.
            tracing::debug!(%error, %digest, "the blob cannot be shared");
        }
        Ok(())
    }

    /// Gives the repository a blob that some repository has; says whether there is one.
    pub(crate) fn mount_shared(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> io::Result<bool> {
        self.link(&self.shared_blob(digest), repository, digest)
    }

    /// Gives the repository the blob at `source`; says whether there is one.
    pub(crate) fn link(
        &self,
        source: &Path,
        repository: &Repository,
        digest: &Digest,
    ) -> io::Result<bool> {
        if !source.exists() {
            return Ok(false);
        }
        let blob = self.blob(repository, digest);
        self.make_parent(&blob)?;
        match fs::hard_link(source, &blob) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(true),
            result => result.map(|()| true),
        }
    }
}

fn open(store: &Store, repository: &Repository, digest: &Digest) -> Result<(File, u64), Error> {
    match File::open(store.blob(repository, digest)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Error::BlobUnknown(digest.clone()))
        }
        file => {
            let file = file?;
            let size = file.metadata()?.len();
            Ok((file, size))
        }
    }
}

fn headers(digest: &Digest, length: u64) -> [(HeaderName, String); 4] {
    [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (DIGEST, digest.to_string()),
    ]
}

fn describe(store: &Store, repository: &Repository, digest: &Digest) -> Result<Response, Error> {
    let (_, size) = open(store, repository, digest)?;
    Ok(headers(digest, size).into_response())
}

fn send(
    store: &Store,
    request: &HeaderMap,
    repository: &Repository,
    digest: &Digest,
) -> Result<Response, Error> {
    let (mut file, size) = open(store, repository, digest)?;
    let asked = request.get(header::RANGE).and_then(|v| v.to_str().ok());
    let Some(part) = range::of_blob(asked, size)? else {
        return Ok((headers(digest, size), stream_of(file, size)).into_response());
    };
    file.seek(SeekFrom::Start(part.start))?;
    let content_range = format!("bytes {}-{}/{size}", part.start, part.end - 1);
    let length = part.end - part.start;
    let response = (
        StatusCode::PARTIAL_CONTENT,
        headers(digest, length),
        [(header::CONTENT_RANGE, content_range)],
        stream_of(file, length),
    );
    Ok(response.into_response())
}

/// The next `length` bytes of a file, read piece by piece while they are sent.
fn stream_of(file: File, length: u64) -> Body {
    Body::from_stream(stream::try_unfold(
        (file, length),
        |(file, left)| async move {
            if left == 0 {
                return Ok::<_, Error>(None);
            }
            let (file, piece) = blocking(move || {
                let mut piece = Vec::with_capacity(PIECE);
                (&file)
                    .take(left.min(PIECE as u64))
                    .read_to_end(&mut piece)?;
                Ok((file, piece))
            })
            .await?;
            if piece.is_empty() {
                // Never a short answer that looks whole: this breaks the connection.
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            let left = left - piece.len() as u64;
            Ok(Some((Bytes::from(piece), (file, left))))
        },
    ))
}

fn delete(store: &Store, repository: &Repository, digest: &Digest) -> Result<Response, Error> {
    if !store::remove(&store.blob(repository, digest))? {
        return Err(Error::BlobUnknown(digest.clone()));
    }
    store.drop_unshared(digest)?;
    Ok(StatusCode::ACCEPTED.into_response())
}

const PIECE: usize = 256 << 10;

//! Uploads: the protocol by which a blob comes in; distribution-spec, "Pushing blobs".
//!
//! What a session keeps is `session`'s, and how its bytes come in is `receive`'s.

use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use oci::{Algorithm, Digest, Repository};

use crate::error_code::Error;
use crate::parameters::Parameters;
use crate::receive::receive;
use crate::service::blocking;
use crate::session::Session;
use crate::store::Store;
use crate::{blob, mount, range, route};

/// Answers `POST …/blobs/uploads/`: a mount, a blob in one request, or a new session.
pub(crate) async fn start(
    store: Store,
    repository: Repository,
    parameters: &Parameters,
    body: &mut Body,
) -> Result<Response, Error> {
    if store.sweep_is_due() {
        let store = store.clone();
        tokio::task::spawn_blocking(move || store.sweep(SystemTime::now()));
    }
    if let Some(digest) = parameters.first("mount") {
        let digest = route::digest(digest)?;
        let from = parameters.first("from").map(str::to_owned);
        if let Some(response) = mounted(&store, &repository, digest, from).await? {
            return Ok(response);
        }
    }
    if let Some(digest) = parameters.first("digest") {
        let digest = route::digest(digest)?;
        let session = new(&store, &repository, digest.algorithm()).await?;
        return close(body, session, None, repository, digest).await;
    }
    let session = new(&store, &repository, algorithm(parameters)).await?;
    let session = session.keep();
    let headers = [
        (header::LOCATION, location(&repository, session.id())),
        (header::RANGE, range::received(0)),
        (UPLOAD, session.id().to_owned()),
    ];
    Ok((StatusCode::ACCEPTED, headers).into_response())
}

/// Answers for a session: PATCH appends, PUT closes, GET says how far it is, DELETE gives it up.
pub(crate) async fn answer(
    store: Store,
    method: Method,
    headers: HeaderMap,
    upload: (Repository, String),
    parameters: &Parameters,
    body: &mut Body,
) -> Result<Response, Error> {
    let (repository, id) = upload;
    match method {
        Method::PATCH => {
            let session = open(&store, &repository, &id).await?;
            let declared = declared(&headers, &repository, &session)?;
            let session = receive(body, session, declared).await?;
            let status = StatusCode::ACCEPTED;
            Ok(progress(status, &repository, &id, session.length()))
        }
        Method::PUT => {
            let digest = parameters.first("digest").ok_or(Error::NoDigest)?;
            let digest = route::digest(digest)?;
            let session = open(&store, &repository, &id).await?;
            let declared = declared(&headers, &repository, &session)?;
            close(body, session, declared, repository, digest).await
        }
        Method::GET | Method::HEAD => {
            blocking(move || {
                let length = Session::length_of(&store, &repository, &id)?;
                let status = StatusCode::NO_CONTENT;
                Ok(progress(status, &repository, &id, length))
            })
            .await
        }
        Method::DELETE => {
            let session = open(&store, &repository, &id).await?;
            blocking(move || {
                session.cancel();
                Ok(StatusCode::NO_CONTENT.into_response())
            })
            .await
        }
        _ => Err(Error::Unsupported),
    }
}

async fn mounted(
    store: &Store,
    repository: &Repository,
    digest: Digest,
    from: Option<String>,
) -> Result<Option<Response>, Error> {
    let (store, repository) = (store.clone(), repository.clone());
    blocking(move || {
        let mounted = mount::mount(&store, &repository, &digest, from.as_deref())?;
        Ok(mounted.then(|| blob::created(&repository, &digest)))
    })
    .await
}

async fn new(
    store: &Store,
    repository: &Repository,
    algorithm: Algorithm,
) -> Result<Session, Error> {
    let (store, repository) = (store.clone(), repository.clone());
    blocking(move || Session::start(&store, &repository, algorithm)).await
}

/// Opens a session; a request whose connection broke may hold its lock for a moment more, and is waited for.
async fn open(store: &Store, repository: &Repository, id: &str) -> Result<Session, Error> {
    const TRIES: u32 = 50;
    const PAUSE: Duration = Duration::from_millis(20);
    for _ in 0..TRIES {
        let (store, repository, id) = (store.clone(), repository.clone(), id.to_owned());
        match blocking(move || Session::open(&store, &repository, &id)).await {
            Err(Error::UploadBusy) => tokio::time::sleep(PAUSE).await,
            session => return session,
        }
    }
    Err(Error::UploadBusy)
}

/// How many bytes the body has by its `Content-Range`, which must start where the session is.
fn declared(
    headers: &HeaderMap,
    repository: &Repository,
    session: &Session,
) -> Result<Option<u64>, Error> {
    let Some(header) = headers.get(header::CONTENT_RANGE) else {
        return Ok(None);
    };
    let range = range::of_chunk(&String::from_utf8_lossy(header.as_bytes()))?;
    if range.start != session.length() {
        return Err(Error::OutOfOrder {
            location: location(repository, session.id()),
            received: session.length(),
        });
    }
    Ok(Some(range.end - range.start))
}

async fn close(
    body: &mut Body,
    mut session: Session,
    declared: Option<u64>,
    repository: Repository,
    digest: Digest,
) -> Result<Response, Error> {
    session.expect(digest.algorithm());
    let session = receive(body, session, declared).await?;
    blocking(move || {
        session.close(&repository, &digest)?;
        Ok(blob::created(&repository, &digest))
    })
    .await
}

fn algorithm(parameters: &Parameters) -> Algorithm {
    match parameters.first("digest-algorithm") {
        Some("sha512") => Algorithm::Sha512,
        // Any other is only a hint as well: what counts is the digest that closes the session.
        _ => Algorithm::Sha256,
    }
}

fn location(repository: &Repository, id: &str) -> String {
    format!("/v2/{repository}/blobs/uploads/{id}")
}

fn progress(status: StatusCode, repository: &Repository, id: &str, length: u64) -> Response {
    let headers = [
        (header::LOCATION, location(repository, id)),
        (header::RANGE, range::received(length)),
        (UPLOAD, id.to_owned()),
    ];
    (status, headers).into_response()
}

/// Docker's name for a session, which some clients still read.
const UPLOAD: HeaderName = HeaderName::from_static("docker-upload-uuid");

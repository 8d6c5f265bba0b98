//! Uploads: sessions that are strict about ranges and do not forgive.

use axum::body::Body;
use axum::extract::Query;
use axum::http::header::{CONTENT_RANGE, LOCATION, RANGE};
use axum::http::request::Parts;
use axum::http::{HeaderName, Method, Request, Response, StatusCode};
use hyper::body::Body as _;

use super::service::Service;
use super::session::Session;
use super::{refusal, service};

impl Service {
    /// Answers `POST …/blobs/uploads/`: as the embedded registry does, but says no `Range`.
    pub(super) async fn start_upload(&self, request: Request<Body>) -> Response<Body> {
        let mut answer = self.ask(request).await;
        answer.headers_mut().remove(RANGE);
        let id = answer
            .headers()
            .get(UPLOAD)
            .filter(|_| answer.status() == StatusCode::ACCEPTED);
        if let Some(id) = id.and_then(|id| id.to_str().ok()) {
            self.sessions.start(id);
        }
        answer
    }

    /// Answers for a session.
    pub(super) async fn upload(&self, request: Request<Body>, id: &str) -> Response<Body> {
        let Some(session) = self.sessions.find(id) else {
            return refusal::coded(StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN", "");
        };
        let path = request.uri().path().to_owned();
        match *request.method() {
            Method::GET => progress(StatusCode::NO_CONTENT, &path, id, &session),
            Method::DELETE => {
                self.sessions.remove(id);
                self.ask(request).await
            }
            Method::PATCH | Method::PUT if session.poisoned => refusal::internal(),
            Method::PATCH => match checked_range(&request, &session) {
                Ok(()) => self.append(request, &path, id, &session).await,
                Err(refused) => *refused,
            },
            Method::PUT => self.close(request, id, session).await,
            _ => refusal::no_route(),
        }
    }

    async fn append(
        &self,
        request: Request<Body>,
        path: &str,
        id: &str,
        session: &Session,
    ) -> Response<Body> {
        let (parts, body) = request.into_parts();
        if !self.fill(&parts, body, id, session).await {
            return refusal::internal();
        }
        match self.sessions.find(id) {
            Some(session) => progress(StatusCode::ACCEPTED, path, id, &session),
            None => refusal::internal(),
        }
    }

    /// Appends the body first and looks at the digest then, so that a session outlives a digest that is wrong.
    async fn close(&self, request: Request<Body>, id: &str, session: Session) -> Response<Body> {
        let invalid = || refusal::coded(StatusCode::BAD_REQUEST, "DIGEST_INVALID", "");
        let (mut parts, body) = request.into_parts();
        let Some(digest) = query(&parts, "digest") else {
            return invalid();
        };
        if !body.is_end_stream() && !self.fill(&parts, body, id, &session).await {
            return refusal::internal();
        }
        if self.commit_is_locked() {
            return refusal::internal();
        }
        let found = self.sessions.find(id).map(|session| session.digest());
        if found.is_none_or(|found| found.to_string() != digest) {
            return invalid();
        }
        service::without_body(&mut parts);
        let answer = self.ask(Request::from_parts(parts, Body::empty())).await;
        if answer.status() == StatusCode::CREATED {
            self.sessions.remove(id);
        }
        answer
    }

    /// Appends a body to the session's file; says whether it came whole.
    async fn fill(&self, parts: &Parts, body: Body, id: &str, session: &Session) -> bool {
        let body = self.sessions.intake(id, session, body);
        let patch = Request::patch(parts.uri.path()).body(body);
        let patch = patch.expect("the path is that of a request");
        self.ask(patch).await.status() == StatusCode::ACCEPTED
    }
}

/// Only the start is looked at, and only where it is said; it must be said once there are bytes.
fn checked_range(request: &Request<Body>, session: &Session) -> Result<(), Box<Response<Body>>> {
    let refuse = |status, message| {
        let refused = refusal::coded(status, "BLOB_UPLOAD_INVALID", message);
        Err(Box::new(refused))
    };
    let Some(range) = request.headers().get(CONTENT_RANGE) else {
        if session.received == 0 {
            return Ok(());
        }
        let message = "Stream uploads after first write are not allowed";
        return refuse(StatusCode::BAD_REQUEST, message);
    };
    let range = range.to_str().ok().and_then(|range| range.split_once('-'));
    let numbers = range.map(|(start, end)| (start.parse::<u64>(), leading_number(end)));
    match numbers {
        Some((Ok(start), Some(_))) if start == session.received => Ok(()),
        Some((Ok(_), Some(_))) => refuse(StatusCode::RANGE_NOT_SATISFIABLE, ""),
        _ => refuse(StatusCode::BAD_REQUEST, ""),
    }
}

/// As `Sscanf` reads it: what follows the digits does not matter.
fn leading_number(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit());
    text[..end.unwrap_or(text.len())].parse().ok()
}

fn progress(status: StatusCode, path: &str, id: &str, session: &Session) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    let answer = refusal::with(answer, LOCATION, path);
    let answer = refusal::with(answer, UPLOAD, id);
    match session.received.checked_sub(1) {
        Some(last) => refusal::with(answer, RANGE, &format!("0-{last}")),
        None => answer,
    }
}

fn query(parts: &Parts, name: &str) -> Option<String> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).ok()?;
    let found = pairs.into_iter().find(|(key, _)| key == name)?;
    Some(found.1)
}

const UPLOAD: HeaderName = HeaderName::from_static("docker-upload-uuid");

//! What Gitea and the ingress in front of it say when they refuse, word for word.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderName, Response, StatusCode};

/// The form that the specification gives to errors.
pub(super) fn coded(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    let error = serde_json::json!({ "errors": [{ "code": code, "message": message }] });
    respond(status, JSON, format!("{error}\n"))
}

/// No credentials, or none that are needed to read: the challenge sends the client to this host for a token.
pub(super) fn challenge(base: &str) -> Response<Body> {
    let refusal = coded(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "");
    let bearer =
        format!("Bearer realm=\"{base}/v2/token\",service=\"container_registry\",scope=\"*\"");
    with(refusal, WWW_AUTHENTICATE, &bearer)
}

/// Credentials that are wrong, or a bearer that is no token of this registry: no challenge, no code.
pub(super) fn not_verified() -> Response<Body> {
    respond(StatusCode::UNAUTHORIZED, TEXT, "authGroup.Verify\n")
}

/// Somebody who may not write there; 401, and not the 403 of others.
pub(super) fn no_access() -> Response<Body> {
    let refusal = respond(StatusCode::UNAUTHORIZED, TEXT, "reqPackageAccess\n");
    with(
        refusal,
        WWW_AUTHENTICATE,
        "Basic realm=\"Gitea Package API\"",
    )
}

/// An owner that does not exist, or is not said.
pub(super) fn no_owner() -> Response<Body> {
    respond(
        StatusCode::NOT_FOUND,
        "text/plain;charset=utf-8",
        "Not found.\n",
    )
}

/// An address that Gitea does not have.
pub(super) fn no_route() -> Response<Body> {
    respond(StatusCode::NOT_FOUND, TEXT, "404 page not found\n")
}

/// Any failure inside, which only Gitea's log explains.
pub(super) fn internal() -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    answer
}

/// The ingress, where a body is larger than it lets through.
pub(super) fn too_large() -> Response<Body> {
    let page = "<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n\
                <center><h1>413 Request Entity Too Large</h1></center>\r\n\
                <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
    respond(StatusCode::PAYLOAD_TOO_LARGE, "text/html", page)
}

pub(super) fn respond(
    status: StatusCode,
    media_type: &'static str,
    body: impl Into<Body>,
) -> Response<Body> {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = status;
    with(answer, CONTENT_TYPE, media_type)
}

pub(super) fn with(mut answer: Response<Body>, name: HeaderName, value: &str) -> Response<Body> {
    // A `Host` that is no header value makes no realm, and what is left is a refusal all the same.
    if let Ok(value) = value.parse() {
        answer.headers_mut().insert(name, value);
    }
    answer
}

pub(super) const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

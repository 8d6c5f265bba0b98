//! The ingress: which bodies come to Gitea, and when.

use axum::body::Body;
use axum::http::header::CONTENT_LENGTH;
use axum::http::{Request, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::refusal;
use crate::service::Cut;

/// What becomes of a request at the ingress.
pub(super) enum Passage {
    /// It goes on to Gitea.
    Through(Request<Body>),
    /// The ingress answers.
    Refused(Response<Body>),
}

/// Lets bodies of up to `limit` bytes through, `buffered` ones only when they are whole.
///
/// A body that does not say its length has to be counted before it goes on.
pub(super) async fn pass(
    request: Request<Body>,
    limit: u64,
    buffered: bool,
) -> Result<Passage, Cut> {
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > limit) {
        // As nginx does: the answer comes at once.
        return Ok(Passage::Refused(refusal::too_large()));
    }
    if length.is_some() && !buffered {
        return Ok(Passage::Through(request));
    }
    let (parts, body) = request.into_parts();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    match Limited::new(body, limit).collect().await {
        Ok(whole) => {
            let body = Body::from(whole.to_bytes());
            Ok(Passage::Through(Request::from_parts(parts, body)))
        }
        Err(error) if error.is::<LengthLimitError>() => Ok(Passage::Refused(refusal::too_large())),
        Err(_) => Err(Cut),
    }
}

//! Faults as they happen: to which request, and what becomes of it.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::header::{LOCATION, RANGE};
use axum::http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use futures::future;
use hyper::body::Body as _;

use crate::Fault;
use crate::body::{self, Then};
use crate::fault::{Kind, Refusal};
use crate::service::{Cut, Front};

/// The faults of a registry, in the order in which they were told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Arc<Mutex<Vec<Fault>>>);

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self(Arc::new(Mutex::new(faults)))
    }

    pub(crate) fn add(&self, fault: Fault) {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        faults.push(fault);
    }

    /// The fault that happens to this request, if any.
    pub(crate) fn strike(&self, request: &Request<Body>) -> Option<Fault> {
        let target = request.uri().path_and_query()?.as_str();
        let length = request.body().size_hint().exact();
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let method = request.method().as_str();
        faults
            .iter_mut()
            .find_map(|fault| fault.strikes(method, target, length).then(|| fault.clone()))
    }
}

/// Answers a request as the fault has it; `announce` is called before a silence that never ends.
pub(crate) async fn answer(
    fault: &Fault,
    request: Request<Body>,
    front: &Front,
    announce: impl Fn(),
) -> Result<Response<Body>, Cut> {
    match &fault.kind {
        Kind::Status(refusal) => Ok(refuse(refusal, request.into_body()).await),
        Kind::Redirect(origin) => Ok(redirect(origin, request).await),
        Kind::CutAfter(0) => Err(Cut),
        Kind::StallAfter(_) => {
            announce();
            let _ = front.answer(spoil(fault, request)).await;
            future::pending().await
        }
        Kind::KeepSilent => {
            front.answer(request).await?;
            announce();
            future::pending().await
        }
        Kind::Delay(wait) => {
            tokio::time::sleep(*wait).await;
            front.answer(request).await
        }
        _ => garble(fault, front.answer(spoil(fault, request)).await?),
    }
}

/// What becomes of the request before the registry has it.
fn spoil(fault: &Fault, request: Request<Body>) -> Request<Body> {
    request.map(|body| match fault.kind {
        Kind::CutAfter(bytes) => body::limited(body, bytes, Then::Break),
        Kind::StallAfter(bytes) => body::limited(body, bytes, Then::Stall),
        Kind::Slow(rate) => body::paced(body, rate),
        _ => body,
    })
}

/// What becomes of the answer after the registry has given it.
fn garble(fault: &Fault, answer: Response<Body>) -> Result<Response<Body>, Cut> {
    match &fault.kind {
        Kind::CutAfter(_) | Kind::LoseAnswer => Err(Cut),
        Kind::CutAnswerAfter(bytes) => {
            Ok(answer.map(|body| body::limited(body, *bytes, Then::Break)))
        }
        Kind::Slow(rate) => Ok(answer.map(|body| body::paced(body, *rate))),
        Kind::Range(range) => Ok(with_header(answer, RANGE, range)),
        Kind::Location(origin) => {
            let location = answer.headers().get(LOCATION);
            let path = location.and_then(|location| location.to_str().ok());
            let location = format!("{origin}{}", path.unwrap_or_default());
            Ok(with_header(answer, LOCATION, &location))
        }
        _ => Ok(answer),
    }
}

async fn redirect(origin: &str, request: Request<Body>) -> Response<Body> {
    let location = format!("{origin}{}", request.uri());
    body::discard(request.into_body()).await;
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    with_header(answer, LOCATION, &location)
}

async fn refuse(refusal: &Refusal, body: Body) -> Response<Body> {
    if refusal.early {
        // What is on its way is still taken, or the connection would be reset and the answer lost.
        tokio::spawn(body::discard(body));
    } else {
        body::discard(body).await;
    }
    let mut answer = Response::new(Body::from(refusal.body.clone()));
    *answer.status_mut() = refusal.status;
    let headers = refusal.headers.iter();
    headers.fold(answer, |answer, (name, value)| {
        with_header(answer, HeaderName::from_static(name), value)
    })
}

fn with_header(mut answer: Response<Body>, name: HeaderName, value: &str) -> Response<Body> {
    // A value that is none is a slip in the test, which will see that the header is not there.
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
    answer
}

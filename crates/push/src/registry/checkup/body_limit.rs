//! The body limit: how large one request may be, by what is said to a size that is declared and never sent.
//!
//! nginx and its like answer 413 to the head of a request; who has no limit waits for the body, or says that there is
//! no such session any more.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use http_body::{Body, Frame, SizeHint};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Method, Response};
use url::Url;

use super::super::reply;
use super::super::request::Connection;
use super::super::token::Scope;
use super::{Broken, Verdict};
use crate::Error;

/// Declares bodies for a session that was cancelled; the largest first, and the others at once where that is refused.
pub(super) async fn verdict(
    connection: &Connection,
    scope: &Scope,
    session: &Url,
) -> Result<Verdict, Broken> {
    let [smaller @ .., largest] = &SIZES;
    let declare = |size| refusal(connection, scope, session, size);
    let Some(refused) = declare(largest.bytes).await? else {
        return Ok(Verdict::Passed(format!("none below {}", largest.name)));
    };
    let asked = join_all(smaller.iter().map(|size| declare(size.bytes))).await;
    let (mut taken, mut refused) = (None, (largest, refused));
    for (size, answer) in smaller.iter().zip(asked) {
        match answer? {
            None => taken = Some(size),
            Some(answer) => {
                refused = (size, answer);
                break;
            }
        }
    }
    let (size, response) = refused;
    let found = taken.map_or_else(
        || format!("a request of {} is refused", size.name),
        |taken| {
            format!(
                "a request of {} is taken, and one of {} is not",
                taken.name, size.name
            )
        },
    );
    if taken.is_some_and(|taken| taken.bytes >= ENOUGH) {
        return Ok(Verdict::Passed(found));
    }
    let request = reply::shown(&Method::PATCH, session);
    let answer = reply::answer(response, connection.timeout).await;
    Err(Broken {
        error: Box::new(Error::Rejected { request, answer }),
        found: Some(found),
    })
}

/// The answer to a body of that size, if it is that this is too large.
async fn refusal(
    connection: &Connection,
    scope: &Scope,
    session: &Url,
    size: u64,
) -> Result<Option<Response>, Error> {
    let own = connection.endpoint.is_own(session);
    let client = if own {
        &connection.transport.registry
    } else {
        &connection.transport.others
    };
    let mut request = client
        .patch(session.clone())
        .header(CONTENT_TYPE, "application/octet-stream")
        .body(reqwest::Body::wrap(Declared(size)));
    if own {
        let authorization = connection.authorizer.authorize(scope).await?;
        if let Some(header) = authorization.header {
            request = request.header(AUTHORIZATION, header);
        }
    }
    // Whoever waits, or hangs up, has not said that it is too large.
    let patience = PATIENCE.min(connection.timeout);
    let answered = tokio::time::timeout(patience, request.send()).await;
    let response = answered.ok().and_then(Result::ok);
    Ok(response.filter(|response| response.status().as_u16() == 413))
}

/// A body that has a length and never a byte.
#[derive(Debug)]
struct Declared(u64);

impl Body for Declared {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        // Nothing ever wakes this up: the answer or the clock ends the request.
        Poll::Pending
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0)
    }
}

/// A size that is declared, and its name.
struct Size {
    bytes: u64,
    name: &'static str,
}

const MIB: u64 = 1 << 20;

/// The sizes that are tried, the smallest first.
const SIZES: [Size; 9] = [
    Size {
        bytes: MIB,
        name: "1 MiB",
    },
    Size {
        bytes: 4 * MIB,
        name: "4 MiB",
    },
    Size {
        bytes: 16 * MIB,
        name: "16 MiB",
    },
    Size {
        bytes: 64 * MIB,
        name: "64 MiB",
    },
    Size {
        bytes: 256 * MIB,
        name: "256 MiB",
    },
    Size {
        bytes: 1024 * MIB,
        name: "1 GiB",
    },
    Size {
        bytes: 4096 * MIB,
        name: "4 GiB",
    },
    Size {
        bytes: 16_384 * MIB,
        name: "16 GiB",
    },
    Size {
        bytes: 65_536 * MIB,
        name: "64 GiB",
    },
];

/// Layers above a limit of this size go in chunks; below it there is hardly an image that goes through.
const ENOUGH: u64 = 64 * MIB;

/// How long a refusal may take.
const PATIENCE: Duration = Duration::from_secs(2);

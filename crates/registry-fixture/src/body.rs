//! Bodies that break, stand still or crawl.

use std::future;
use std::io;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::try_unfold;
use http_body_util::BodyExt as _;
use tokio::runtime::Handle;

/// What a body does when it has given so many bytes.
#[derive(Clone, Copy)]
pub(crate) enum Then {
    /// It breaks.
    Break,
    /// It stands still.
    Stall,
}

/// A body that gives `bytes` at most; one that is shorter ends as it would have.
pub(crate) fn limited(body: Body, bytes: u64, then: Then) -> Body {
    let stream = try_unfold(
        (body.into_data_stream(), bytes),
        move |(mut stream, left)| async move {
            if left == 0 {
                return match then {
                    Then::Break => Err(axum::Error::new(io::Error::from(
                        io::ErrorKind::ConnectionReset,
                    ))),
                    Then::Stall => future::pending().await,
                };
            }
            let piece = next(&mut stream).await?;
            Ok(piece.map(|mut piece| {
                piece.truncate(usize::try_from(left).unwrap_or(usize::MAX));
                let left = left - piece.len() as u64;
                (piece, (stream, left))
            }))
        },
    );
    Body::from_stream(stream)
}

/// A body that gives so many bytes a second, in steps of a twentieth of it.
pub(crate) fn paced(body: Body, bytes_per_second: u32) -> Body {
    const STEPS: u32 = 20;
    let step = (bytes_per_second / STEPS).max(1);
    let pause = Duration::from_secs(1) * step / bytes_per_second.max(1);
    let stream = try_unfold(
        (body.into_data_stream(), Bytes::new()),
        move |(mut stream, mut rest)| async move {
            if rest.is_empty() {
                match next(&mut stream).await? {
                    Some(piece) => rest = piece,
                    None => return Ok(None),
                }
            }
            tokio::time::sleep(pause).await;
            let piece = rest.split_to(rest.len().min(step as usize));
            Ok::<_, axum::Error>(Some((piece, (stream, rest))))
        },
    );
    Body::from_stream(stream)
}

/// A body of which the rest is still taken when it is dropped, for a client that would otherwise not hear why it is
/// refused: a connection that is closed with bytes unread is reset.
pub(crate) fn lingering(body: Body) -> Body {
    let stream = try_unfold(Rest(Some(body.into_data_stream())), |mut rest| async {
        let Some(stream) = &mut rest.0 else {
            return Ok(None);
        };
        let piece = next(stream).await;
        if !matches!(piece, Ok(Some(_))) {
            rest.0 = None;
        }
        Ok::<_, axum::Error>(piece?.map(|piece| (piece, rest)))
    });
    Body::from_stream(stream)
}

/// What has not been read of a body.
struct Rest(Option<BodyDataStream>);

impl Drop for Rest {
    fn drop(&mut self) {
        const PATIENCE: Duration = Duration::from_secs(5);
        if let (Some(stream), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            let rest = discard(Body::new(stream));
            runtime.spawn(async { tokio::time::timeout(PATIENCE, rest).await });
        }
    }
}

/// Reads to the end, for a client that would otherwise not hear why it is refused.
pub(crate) async fn discard(mut body: Body) {
    while let Some(Ok(_)) = body.frame().await {}
}

async fn next(stream: &mut BodyDataStream) -> Result<Option<Bytes>, axum::Error> {
    stream.next().await.transpose()
}

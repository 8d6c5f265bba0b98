//! The bytes of an upload on their way from the network to the disk.
//!
//! One blocking thread writes and hashes while the next bytes are being received; no more than a few pieces are
//! ever held, however large the blob is.

use std::io;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::sync::mpsc;

use crate::error_code::Error;
use crate::session::Session;

/// Appends a body to an upload session.
///
/// What has come stays in the session when the body ends early, so that the client can go on from there. With
/// `declared`, a body that has another length is refused, and nothing of it stays.
pub(crate) async fn receive(
    body: &mut Body,
    session: Session,
    declared: Option<u64>,
) -> Result<Session, Error> {
    let start = session.length();
    let (sender, pieces) = mpsc::channel(PIECES);
    let writer = tokio::task::spawn_blocking(move || write(session, pieces));
    let whole = forward(body, &sender, declared.unwrap_or(u64::MAX)).await;
    drop(sender);
    let (mut session, written) = writer.await.map_err(io::Error::other)?;
    written?;
    whole?;
    match declared {
        Some(declared) if session.length() - start != declared => {
            session.cut(start)?;
            Err(Error::SizeMismatch { declared })
        }
        _ => Ok(session),
    }
}

/// Hands the pieces of a body on until it ends, or has more than `limit` bytes.
async fn forward(body: &mut Body, sender: &mpsc::Sender<Bytes>, limit: u64) -> Result<(), Error> {
    let mut count = 0;
    while count <= limit {
        let frame = tokio::time::timeout(PATIENCE, body.frame()).await;
        let Some(frame) = frame.map_err(|_| Error::BodyCut)? else {
            break;
        };
        let Ok(piece) = frame.map_err(|_| Error::BodyCut)?.into_data() else {
            continue;
        };
        count += piece.len() as u64;
        if sender.send(piece).await.is_err() {
            // The writer has failed, and says why.
            break;
        }
    }
    Ok(())
}

/// Runs to its end even where the request is gone by then, so that nothing that was received is lost.
fn write(mut session: Session, mut pieces: mpsc::Receiver<Bytes>) -> (Session, io::Result<()>) {
    while let Some(piece) = pieces.blocking_recv() {
        if let Err(error) = session.append(&piece) {
            return (session, Err(error));
        }
    }
    (session, Ok(()))
}

/// How many pieces may wait for the disk; hyper makes them up to 400 KiB.
const PIECES: usize = 4;
/// How long a client may stay silent in the middle of a body.
const PATIENCE: Duration = Duration::from_secs(120);

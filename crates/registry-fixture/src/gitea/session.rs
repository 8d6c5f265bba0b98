//! Upload sessions as Gitea keeps them: what its database knows of each, which is not always what its file has.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, BodyDataStream};
use futures::StreamExt as _;
use futures::stream::try_unfold;
use oci::{Algorithm, Digest, Hasher};

/// The sessions, by their id.
#[derive(Clone, Default)]
pub(super) struct Sessions(Arc<Mutex<HashMap<String, Session>>>);

/// One session.
#[derive(Clone)]
pub(super) struct Session {
    /// How many bytes the database says there are.
    pub(super) received: u64,
    /// A body broke off: the file is longer than the database says, and nothing goes any more.
    pub(super) poisoned: bool,
    hasher: Hasher,
}

impl Session {
    pub(super) fn digest(&self) -> Digest {
        self.hasher.clone().finish()
    }
}

impl Sessions {
    pub(super) fn start(&self, id: &str) {
        let session = Session {
            received: 0,
            poisoned: false,
            hasher: Hasher::new(Algorithm::Sha256),
        };
        self.lock().insert(id.to_owned(), session);
    }

    pub(super) fn find(&self, id: &str) -> Option<Session> {
        self.lock().get(id).cloned()
    }

    pub(super) fn remove(&self, id: &str) {
        self.lock().remove(id);
    }

    /// A body on its way into a session, which counts once it is whole and poisons the session otherwise.
    pub(super) fn intake(&self, id: &str, session: &Session, body: Body) -> Body {
        let intake = Intake {
            sessions: self.clone(),
            id: id.to_owned(),
            session: session.clone(),
            whole: false,
        };
        let state = (body.into_data_stream(), intake);
        let stream = try_unfold(
            state,
            |(mut stream, mut intake): (BodyDataStream, Intake)| async {
                let piece = stream.next().await.transpose()?;
                match piece {
                    Some(piece) => {
                        intake.session.hasher.update(&piece);
                        intake.session.received += piece.len() as u64;
                        Ok::<_, axum::Error>(Some((piece, (stream, intake))))
                    }
                    None => {
                        intake.finish();
                        Ok(None)
                    }
                }
            },
        );
        Body::from_stream(stream)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Dropped when its body ends, however that is: also with a connection that is gone.
struct Intake {
    sessions: Sessions,
    id: String,
    session: Session,
    whole: bool,
}

impl Intake {
    fn finish(mut self) {
        self.whole = true;
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        let mut sessions = self.sessions.lock();
        let Some(known) = sessions.get_mut(&self.id) else {
            return;
        };
        if self.whole {
            mem::swap(known, &mut self.session);
        } else {
            known.poisoned = true;
        }
    }
}

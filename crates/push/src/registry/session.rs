//! An upload session: one body that closes it or chunks that end with an empty one, taken up again where it stands.
//!
//! distribution-spec, "Pushing a blob in chunks". Registries differ in what becomes of a session when a request is cut.
//! distribution 3 keeps every byte and goes on there. distribution 2.8 forgets the session. Gitea keeps to the last
//! chunk where a proxy swallows the cut, and without one it answers 500 for ever. So a session is asked before it is
//! gone on with, is left for a new one when it stands where nobody meant it to, and the digest has the last word.

use std::time::Duration;

use oci::{Digest, Repository};
use reqwest::Method;
use reqwest::header::{CONTENT_RANGE, HeaderValue, LOCATION, RANGE};
use url::Url;

use super::failure::Failure;
use super::location;
use super::part::{Hashed, Part};
use super::reply::Reply;
use super::request::{Call, Connection, Payload};
use super::retry::{Passing, Trouble};
use super::token::Scope;
use crate::blob::Blob;
use crate::{Answer, Error, Event};

/// An upload session, and what is known of it.
#[derive(Debug)]
pub(super) struct Session {
    location: Url,
    /// Bytes that the registry confirmed.
    held: u64,
    /// Bytes that it may have, confirmed or not.
    offered: u64,
    /// The least that it takes as a chunk that is not the last.
    least: u64,
    /// It went on after a failure.
    doubtful: bool,
    /// The last request failed.
    open_question: bool,
    /// It cannot be gone on with.
    spoilt: bool,
    /// Failures and refusals since it last came further.
    strikes: u32,
    hashed: Hashed,
}

impl Session {
    /// Bytes that the registry confirmed.
    pub(super) fn held(&self) -> u64 {
        self.held
    }

    /// Takes note of a failed request, and says whether the session is worth asking about.
    pub(super) fn survives(&mut self, trouble: &Trouble, size: u64) -> bool {
        self.open_question = true;
        let refused = matches!(
            trouble,
            Trouble::Passing(passing) if matches!(
                &passing.failure,
                Failure::Answered(answer)
                    if !is_of_a_gateway(answer.status) || says(answer, "BLOB_UPLOAD_")
            )
        );
        // Whatever interrupts a request can poison the session, and a refusal after that says that it did.
        self.strikes = if refused {
            self.strikes + 1
        } else {
            self.strikes.max(1)
        };
        // Closing takes the registry long, and a "no" meanwhile may only be its database's.
        let patience = if self.held == size { 3 } else { 1 };
        !self.spoilt && self.strikes <= patience
    }

    fn part(&self, blob: &Blob, end: u64) -> Part {
        Part {
            blob: blob.clone(),
            range: self.held..end,
            hashed: self.hashed.clone(),
        }
    }
}

impl Connection {
    /// The session that an answer opens.
    pub(super) fn session(&self, reply: Reply) -> Result<Session, Error> {
        let Some(location) = self.next_location(&reply)? else {
            return Err(reply.violation("it opens an upload session without a `Location`"));
        };
        let least = reply.header("oci-chunk-min-length");
        Ok(Session {
            location,
            held: 0,
            offered: 0,
            least: least.and_then(|least| least.parse().ok()).unwrap_or(0),
            doubtful: false,
            open_question: false,
            spoilt: false,
            strikes: 0,
            hashed: Hashed::default(),
        })
    }

    /// Asks a session how much it holds, if the last request left that open, and says whether it can be gone on with.
    pub(super) async fn take_up(
        &self,
        repository: &Repository,
        session: &mut Session,
    ) -> Result<bool, Trouble> {
        if !session.open_question {
            return Ok(true);
        }
        let scope = Scope::of(repository);
        let call = Call::new(Method::GET, session.location.clone(), scope);
        let reply = self.exchange(&call).await?;
        if !matches!(reply.status(), 200..=204) {
            return Ok(false);
        }
        // Many write `0-0` for nothing.
        let held = held(&reply).filter(|held| *held > 1).unwrap_or(0);
        // With nothing to lose a new session is safer. Gitea 1.22 counts one too many, which is in nobody's interest.
        if held == 0 || held < session.held || held > session.offered {
            self.abandon(repository, session).await;
            return Ok(false);
        }
        if let Ok(Some(location)) = self.next_location(&reply) {
            session.location = location;
        }
        if held > session.held {
            session.strikes = 0;
        }
        (session.held, session.doubtful, session.open_question) = (held, true, false);
        tracing::debug!(held, "the upload goes on");
        Ok(true)
    }

    /// Sends what the session lacks and closes it.
    pub(super) async fn finish(
        &self,
        repository: &Repository,
        blob: &Blob,
        session: &mut Session,
    ) -> Result<(), Trouble> {
        let size = blob.descriptor.size;
        loop {
            let most = self.habits.most().max(session.least);
            let whole = session.held == 0 && size <= most;
            let end = size.min(session.held.saturating_add(most));
            let part = session.part(blob, end);
            let refused = part.len();
            let reply = if whole || session.held == size {
                session.offered = size;
                let mut url = session.location.clone();
                append_digest(&mut url, &blob.descriptor.digest);
                let call = Call::new(Method::PUT, url, Scope::of(repository));
                self.exchange(&call.with(Payload::Part(Box::new(part))))
                    .await?
            } else {
                self.patch(repository, session, part).await?
            };
            match reply.status() {
                200..=202 | 204 if whole || session.held == size => return Ok(()),
                200..=202 | 204 => self.acknowledge(session, reply, end)?,
                413 if self.sends_less(blob, session, refused) => {}
                _ => return Err(refusal(session, reply).await),
            }
        }
    }

    async fn patch(
        &self,
        repository: &Repository,
        session: &mut Session,
        part: Part,
    ) -> Result<Reply, Trouble> {
        let (start, end) = (part.range.start, part.range.end);
        session.offered = session.offered.max(end);
        // Gitea reads exactly this form: no unit, no total, and the last byte is included.
        let range = HeaderValue::from_str(&format!("{start}-{}", end - 1));
        let mut call = Call::new(
            Method::PATCH,
            session.location.clone(),
            Scope::of(repository),
        );
        call.header = Some((CONTENT_RANGE, range.expect("digits and a hyphen")));
        self.exchange(&call.with(Payload::Part(Box::new(part))))
            .await
    }

    /// Takes what the registry says it holds now for what it holds, if that can be.
    fn acknowledge(&self, session: &mut Session, reply: Reply, sent: u64) -> Result<(), Trouble> {
        if let Some(location) = self.next_location(&reply)? {
            session.location = location;
        }
        match held(&reply) {
            Some(held) if held == sent || held > session.held.max(1) && held < sent => {
                session.held = held;
            }
            // It does not say, so the digest will.
            None => session.held = sent,
            // distribution 2.8 appends whatever comes, and has then more than it was sent.
            Some(held) => {
                session.spoilt = true;
                let failure = Failure::WrongRange { held, sent };
                return Err(passing(reply.request, failure));
            }
        }
        session.strikes = 0;
        Ok(())
    }

    /// Learns from a 413 how much is too much, and says whether less can be sent.
    fn sends_less(&self, blob: &Blob, session: &Session, refused: u64) -> bool {
        let before = self.habits.most();
        match self.habits.too_many(refused) {
            Some(most) if most.max(session.least) < refused => {
                if most < before {
                    self.events.tell(Event::Note(format!(
                        "{} MiB are too many for one request: uploading in chunks of {} MiB",
                        refused.div_ceil(MEBIBYTE),
                        most / MEBIBYTE
                    )));
                }
                let digest = blob.descriptor.digest.clone();
                let sent = session.held;
                self.events.tell(Event::BlobProgress { digest, sent });
                true
            }
            _ => false,
        }
    }

    /// Gives a session up, as far as the registry lets that happen: nothing depends on it.
    pub(super) async fn abandon(&self, repository: &Repository, session: &Session) {
        let patience = self.timeout.min(FAREWELL);
        let cancelled = tokio::time::timeout(patience, self.cancel(repository, session)).await;
        if !matches!(cancelled, Ok(Ok(()))) {
            tracing::debug!(?cancelled, "an upload session is left behind");
        }
    }

    /// Cancels a session where it stands.
    async fn cancel(&self, repository: &Repository, session: &Session) -> Result<(), Trouble> {
        let call = |method, at: &Url| Call::new(method, at.clone(), Scope::of(repository));
        let (mut at, mut moments) = (session.location.clone(), MOMENTS.iter());
        loop {
            let reply = self.exchange(&call(Method::DELETE, &at)).await?;
            let moment = match (reply.status(), moments.next()) {
                (200..=299 | 404, _) => return Ok(()),
                (416, Some(moment)) => Duration::from_millis(*moment),
                _ => return Err(reply.into_error().await.into()),
            };
            // distribution 3 writes into a location how far the session has come, takes no other, and may still be
            // reading what was sent last.
            tokio::time::sleep(moment).await;
            let reply = self.exchange(&call(Method::GET, &at)).await?;
            match self.next_location(&reply)? {
                Some(next) if matches!(reply.status(), 200 | 202 | 204) => at = next,
                _ => return Err(reply.into_error().await.into()),
            }
        }
    }

    /// Where an answer says that the session goes on.
    pub(super) fn next_location(&self, reply: &Reply) -> Result<Option<Url>, Error> {
        let Some(location) = reply.header(LOCATION) else {
            return Ok(None);
        };
        location::resolve(&reply.url, location, &self.endpoint)
            .map(Some)
            .map_err(|problem| Error::ProtocolViolation {
                request: reply.request.clone(),
                problem: problem.to_string(),
            })
    }
}

/// What a session's "no" means: a session that was taken up in vain, or is gone, is replaced; other refusals stay.
async fn refusal(session: &mut Session, reply: Reply) -> Trouble {
    let error = reply.into_error().await;
    let Error::Rejected { request, answer } = error else {
        return error.into();
    };
    let replaced = match answer.status {
        // GHCR forgets sessions at random.
        404 => says(&answer, "BLOB_UPLOAD_"),
        416 => session.held > 0,
        _ => false,
    };
    // Hardly anything is wrong with the blob, which was hashed before its last byte went, here or where it was exported,
    // but perhaps with what they have.
    session.spoilt |= session.doubtful;
    if replaced || session.doubtful {
        return passing(request, Failure::Answered(answer));
    }
    Error::Rejected { request, answer }.into()
}

fn passing(request: crate::Request, failure: Failure) -> Trouble {
    Trouble::Passing(Box::new(Passing {
        request,
        failure,
        retry_after: None,
    }))
}

fn says(answer: &Answer, code: &str) -> bool {
    answer.words.iter().any(|word| word.starts_with(code))
}

/// Whether a status is one of those by which proxies say that they know nothing of the registry's own answer.
fn is_of_a_gateway(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 502..=504 | 520..=524)
}

/// How many bytes a `Range: 0-<last>` says are there.
fn held(reply: &Reply) -> Option<u64> {
    let range = reply.header(RANGE)?;
    let range = range.strip_prefix("bytes=").unwrap_or(range);
    range
        .strip_prefix("0-")?
        .parse::<u64>()
        .ok()?
        .checked_add(1)
}

/// The digest is added to what the query holds already, exactly as it was written there.
pub(super) fn append_digest(url: &mut Url, digest: &Digest) {
    url.query_pairs_mut()
        .append_pair("digest", &digest.to_string());
}

const MEBIBYTE: u64 = 1 << 20;

/// How long a registry may need to notice that a request was cut, in milliseconds, each time that it is asked.
const MOMENTS: [u64; 5] = [20, 40, 80, 160, 320];

/// How long the registry is waited for when an upload is given up.
const FAREWELL: Duration = Duration::from_secs(2);

//! How a blob comes into a repository: mounted where the registry has it elsewhere, else uploaded.
//!
//! distribution-spec, "Pushing blobs" and "Mounting a blob from another repository".

use std::sync::Arc;

use oci::Repository;
use reqwest::Method;

use super::body;
use super::part::Part;
use super::request::{Call, Connection, Payload};
use super::retry::{Attempts, Trouble};
use super::session::{Session, append_digest};
use super::token::Scope;
use crate::blob::Blob;
use crate::{Answer, BlobOutcome, Error, Event};

/// What became of the wish to upload.
enum Start {
    /// The registry had the blob elsewhere.
    Mounted,
    /// The blob went with the request.
    Uploaded,
    /// The blob is awaited.
    Session(Session),
}

/// A blob on its way into a repository.
struct Upload<'a> {
    connection: &'a Arc<Connection>,
    repository: &'a Repository,
    blob: &'a Blob,
    /// A repository that is known to have it.
    from: Option<&'a Repository>,
    session: Option<Session>,
    /// The most bytes that any session of it was known to hold.
    furthest: u64,
    /// It is not the first attempt.
    again: bool,
}

impl Upload<'_> {
    /// Makes one attempt, which goes on where the last one came to if the registry knows that too.
    async fn attempt(&mut self) -> Result<BlobOutcome, Trouble> {
        let (connection, repository) = (self.connection, self.repository);
        // The answer may have been lost, and not the blob.
        if self.again && !connection.reupload && connection.got_through(repository, self.blob).await
        {
            self.session = None;
            return Ok(BlobOutcome::Uploaded);
        }
        self.again = true;
        if let Some(session) = &mut self.session
            && !connection.take_up(repository, session).await?
        {
            self.session = None;
        }
        let session = match &mut self.session {
            Some(session) => session,
            none => match connection.begin(repository, self.blob, self.from).await? {
                Start::Mounted => return Ok(BlobOutcome::Mounted),
                Start::Uploaded => return Ok(BlobOutcome::Uploaded),
                Start::Session(session) => none.insert(session),
            },
        };
        connection.finish(repository, self.blob, session).await?;
        self.session = None;
        Ok(BlobOutcome::Uploaded)
    }

    /// Looks at what a failed attempt left, and says whether it came further than any before it.
    async fn settle(&mut self, trouble: &Trouble) -> bool {
        let Some(session) = &mut self.session else {
            return false;
        };
        let further = session.held() > self.furthest;
        self.furthest = self.furthest.max(session.held());
        if !session.survives(trouble, self.blob.descriptor.size) {
            self.abandon().await;
        }
        further
    }

    async fn abandon(&mut self) {
        if let Some(session) = &self.session {
            self.connection.abandon(self.repository, session).await;
        }
        self.session = None;
    }

    fn held(&self) -> u64 {
        self.session.as_ref().map_or(0, Session::held)
    }
}

impl Drop for Upload<'_> {
    /// Nobody waits for what was dropped, so a session that is open is given up in the background.
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            let (connection, repository) = (Arc::clone(self.connection), self.repository.clone());
            self.connection.farewells.say(async move {
                connection.abandon(&repository, &session).await;
            });
        }
    }
}

impl Connection {
    /// Brings a blob into a repository that lacks it.
    pub(super) async fn push_blob(
        self: &Arc<Self>,
        repository: &Repository,
        blob: &Blob,
        from: Option<&Repository>,
    ) -> Result<BlobOutcome, Error> {
        let mut upload = Upload {
            connection: self,
            repository,
            blob,
            from,
            session: None,
            furthest: 0,
            again: false,
        };
        let mut attempts = Attempts::new(self.retries);
        loop {
            let trouble = match upload.attempt().await {
                Ok(outcome) => return Ok(outcome),
                Err(trouble) => trouble,
            };
            // What came further than ever is a request of its own that failed for the first time.
            if upload.settle(&trouble).await {
                attempts = Attempts::new(self.retries);
            }
            if let Err(error) = attempts.again(&self.events, trouble).await {
                upload.abandon().await;
                return Err(whose_fault(blob, error).await);
            }
            let (digest, sent) = (blob.descriptor.digest.clone(), upload.held());
            self.events.tell(Event::BlobProgress { digest, sent });
        }
    }

    async fn begin(
        &self,
        repository: &Repository,
        blob: &Blob,
        from: Option<&Repository>,
    ) -> Result<Start, Trouble> {
        match self.start_with_mount(repository, blob, from).await? {
            Some(start) => Ok(start),
            None => self.start(repository, blob).await,
        }
    }

    /// Asks for a mount where that is worth a request; none where it led nowhere.
    async fn start_with_mount(
        &self,
        repository: &Repository,
        blob: &Blob,
        from: Option<&Repository>,
    ) -> Result<Option<Start>, Trouble> {
        if self.reupload {
            return Ok(None);
        }
        let bare = from.is_none();
        // A small blob is sent as quickly as it is asked for.
        let worth_it =
            !bare || self.habits.bare_mount() && !self.habits.single_post(blob.descriptor.size);
        if !worth_it {
            return Ok(None);
        }
        let start = self.mount(repository, blob, from).await;
        if bare && !matches!(start, Ok(Some(_))) {
            self.habits.no_bare_mount();
        }
        start
    }

    async fn mount(
        &self,
        repository: &Repository,
        blob: &Blob,
        from: Option<&Repository>,
    ) -> Result<Option<Start>, Trouble> {
        let digest = &blob.descriptor.digest;
        let mut url = self.endpoint.uploads(repository);
        url.query_pairs_mut()
            .append_pair("mount", &digest.to_string());
        if let Some(from) = from {
            url.query_pairs_mut().append_pair("from", from.as_str());
        }
        let scope = Scope {
            repository: repository.clone(),
            from: from.cloned(),
        };
        let reply = self.exchange(&Call::new(Method::POST, url, scope)).await?;
        match reply.status() {
            // Gitea of 2022 said so without doing it.
            201 if self.got_through(repository, blob).await => Ok(Some(Start::Mounted)),
            202 => Ok(Some(Start::Session(self.session(reply)?))),
            _ => Ok(None),
        }
    }

    /// Opens a session, or for a small blob does without one; whatever goes wrong with that is not tried twice.
    async fn start(&self, repository: &Repository, blob: &Blob) -> Result<Start, Trouble> {
        let (url, scope) = (self.endpoint.uploads(repository), Scope::of(repository));
        if self.habits.single_post(blob.descriptor.size) {
            let mut url = url.clone();
            append_digest(&mut url, &blob.descriptor.digest);
            let call = Call::new(Method::POST, url, scope.clone())
                .with(Payload::Part(Box::new(Part::whole(blob))));
            let reply = self.exchange(&call).await;
            if !matches!(&reply, Ok(reply) if matches!(reply.status(), 200 | 201 | 204)) {
                self.habits.no_single_post();
            }
            let reply = reply?;
            match reply.status() {
                200 | 201 | 204 => return Ok(Start::Uploaded),
                401 | 403 => return Err(reply.into_error().await.into()),
                202 => return Ok(Start::Session(self.session(reply)?)),
                // The session below says whether it was the blob or the way it came.
                _ => {}
            }
        }
        let reply = self.exchange(&Call::new(Method::POST, url, scope)).await?;
        match reply.status() {
            200..=202 | 204 => Ok(Start::Session(self.session(reply)?)),
            _ => Err(reply.into_error().await.into()),
        }
    }
}

/// What a refusal means for a blob that was not hashed on its way: whether it is the promised one is looked at only now.
///
/// A registry that says this of the bytes has seen all of them, so that none has to be waited for.
async fn whose_fault(blob: &Blob, error: Error) -> Error {
    let is_of_bytes = |answer: &Answer| {
        let codes = ["DIGEST_INVALID", "SIZE_INVALID"];
        let mut words = answer.words.iter();
        words.any(|word| codes.iter().any(|code| word.starts_with(code)))
    };
    match &error {
        Error::Rejected { answer, .. } if blob.is_checked() && is_of_bytes(answer) => {}
        _ => return error,
    }
    match body::check(blob).await {
        Err(own @ (Error::DigestMismatch { .. } | Error::MalformedImage { .. })) => own,
        _ => error,
    }
}

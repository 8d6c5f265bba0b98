//! How a blob comes into a repository: mounted where the registry has it elsewhere, else uploaded.
//!
//! distribution-spec, "Pushing blobs" and "Mounting a blob from another repository".

use oci::{Digest, Repository};
use reqwest::Method;
use reqwest::header::LOCATION;
use url::Url;

use super::failure::Failure;
use super::location;
use super::part::Part;
use super::reply::{self, Reply};
use super::request::{Call, Connection, Payload};
use super::retry::{Attempts, Passing, Trouble};
use super::token::Scope;
use crate::blob::Blob;
use crate::{BlobOutcome, Error, Event};

/// What became of the wish to upload.
enum Start {
    /// The registry had the blob elsewhere.
    Mounted,
    /// The blob went with the request.
    Uploaded,
    /// The blob is awaited at a location.
    Session(Url),
}

impl Connection {
    /// Brings a blob into a repository that lacks it.
    pub(super) async fn push_blob(
        &self,
        repository: &Repository,
        blob: &Blob,
        from: Option<&Repository>,
    ) -> Result<BlobOutcome, Error> {
        let mut attempts = Attempts::new(self.retries);
        loop {
            let trouble = match self.bring(repository, blob, from).await {
                Ok(outcome) => return Ok(outcome),
                Err(trouble) => trouble,
            };
            attempts.again(&self.events, trouble).await?;
            let digest = blob.descriptor.digest.clone();
            self.events.tell(Event::BlobProgress { digest, sent: 0 });
            // The answer may have been lost, and not the blob.
            if !self.reupload && self.got_through(repository, blob).await {
                return Ok(BlobOutcome::Uploaded);
            }
        }
    }

    async fn bring(
        &self,
        repository: &Repository,
        blob: &Blob,
        from: Option<&Repository>,
    ) -> Result<BlobOutcome, Trouble> {
        let start = match self.start_with_mount(repository, blob, from).await? {
            Some(start) => start,
            None => self.start(repository, blob).await?,
        };
        match start {
            Start::Mounted => Ok(BlobOutcome::Mounted),
            Start::Uploaded => Ok(BlobOutcome::Uploaded),
            Start::Session(location) => {
                self.put_blob(repository, blob, location).await?;
                Ok(BlobOutcome::Uploaded)
            }
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

    /// Sends the whole blob to its session and closes that.
    async fn put_blob(
        &self,
        repository: &Repository,
        blob: &Blob,
        location: Url,
    ) -> Result<(), Trouble> {
        let mut url = location;
        append_digest(&mut url, &blob.descriptor.digest);
        let call = Call::new(Method::PUT, url, Scope::of(repository))
            .with(Payload::Part(Box::new(Part::whole(blob))));
        let reply = self.exchange(&call).await?;
        match reply.status() {
            200..=202 | 204 => Ok(()),
            404 => Err(lost_session(reply).await),
            _ => Err(reply.into_error().await.into()),
        }
    }

    /// Where the session of an upload goes on.
    fn session(&self, reply: Reply) -> Result<Url, Error> {
        let Some(location) = reply.header(LOCATION) else {
            return Err(reply.violation("it opens an upload session without a `Location`"));
        };
        match location::resolve(&reply.url, location, &self.endpoint) {
            Ok(url) => Ok(url),
            Err(problem) => Err(reply.violation(&problem.to_string())),
        }
    }
}

/// The registry has forgotten the session (GHCR does at random), and a new one is as good; other 404s stay.
async fn lost_session(reply: Reply) -> Trouble {
    let Reply {
        response,
        request,
        timeout,
        ..
    } = reply;
    let answer = reply::answer(response, timeout).await;
    if !answer
        .words
        .iter()
        .any(|word| word.starts_with("BLOB_UPLOAD_"))
    {
        return Error::Rejected { request, answer }.into();
    }
    Trouble::Passing(Box::new(Passing {
        request,
        failure: Failure::Answered(answer),
        retry_after: None,
    }))
}

/// The digest is added to what the query holds already, exactly as it was written there.
fn append_digest(url: &mut Url, digest: &Digest) {
    url.query_pairs_mut()
        .append_pair("digest", &digest.to_string());
}

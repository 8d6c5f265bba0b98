//! The registry client: everything that is said to a registry, and nothing about where images come from.

mod authorize;
mod body;
mod certs_d;
mod challenge;
mod checkup;
mod connect;
mod credentials;
mod docker_config;
mod endpoint;
mod exists;
mod failure;
mod flow;
mod frame;
mod habits;
mod helper;
mod location;
mod manifest;
mod options;
mod part;
mod realm;
mod reply;
mod request;
mod retry;
mod session;
mod tls;
mod token;
mod token_server;
mod transport;
mod upload;
mod verify;
mod witness;

use std::fmt;
use std::sync::Arc;

use oci::{Descriptor, Digest, Document, Registry, Repository, Scheme, Tag};
use request::Connection;

use crate::blob::Blob;
use crate::{BlobOutcome, Environment, Error, Events};

pub use checkup::{Check, Subject, Verdict, Warning, examine};
pub use exists::FoundBlob;
pub use failure::Failure;
pub use options::{ChunkSize, ClientCertificate, Credentials, Options, Resolve};

/// A connection to one registry, with its trust, its credentials and its tokens; cheap to clone.
#[derive(Clone)]
pub struct Client {
    connection: Arc<Connection>,
}

/// How a manifest is addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference<'a> {
    /// By a tag, which can move.
    Tag(&'a Tag),
    /// By its digest.
    Digest(&'a Digest),
}

impl Client {
    /// Finds out whether and how the registry can be spoken to: scheme, trust, challenge.
    ///
    /// # Errors
    /// [`Error::Unreachable`] where nothing answers, [`Error::ProtocolViolation`] where something else than a
    /// registry does, [`Error::OptionFile`] for a certificate file that cannot be used.
    pub async fn connect(
        registry: &Registry,
        scheme: Option<Scheme>,
        options: Options,
        environment: &Environment,
        events: Events,
    ) -> Result<Self, Error> {
        let contact = connect::contact(registry, scheme, &options, environment, &events).await?;
        Ok(Self {
            connection: Arc::new(Connection::new(contact, &options, environment, events)),
        })
    }

    /// Whether the repository has the blob; anything but a clear yes is a no.
    ///
    /// # Errors
    /// [`Error::Unauthorized`], [`Error::Denied`] and [`Error::Unreachable`].
    pub async fn blob_exists(
        &self,
        repository: &Repository,
        blob: &Descriptor,
    ) -> Result<bool, Error> {
        self.connection
            .blob_exists(repository, &blob.digest, blob.size)
            .await
    }

    /// The blob of a digest, where the repository has it; anything but a clear yes is a no.
    ///
    /// # Errors
    /// Those of [`blob_exists`](Self::blob_exists).
    pub async fn find_blob(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<Option<FoundBlob>, Error> {
        self.connection.find_blob(repository, digest).await
    }

    /// Brings a blob that the repository lacks into it: by a mount where the registry has it elsewhere, else by an
    /// upload of its bytes, which are hashed on the way unless that was done before.
    ///
    /// `from` is a repository of the same registry that is known to have the blob.
    ///
    /// # Errors
    /// [`Error::DigestMismatch`] where the bytes are not what the descriptor says; the registry's and the network's.
    pub async fn push_blob(
        &self,
        repository: &Repository,
        blob: &Blob,
        from: Option<&Repository>,
    ) -> Result<BlobOutcome, Error> {
        self.connection.push_blob(repository, blob, from).await
    }

    /// Puts a manifest or an index, and returns the digest that the registry confirmed.
    ///
    /// # Errors
    /// [`Error::Rejected`] where the registry does not take it; [`Error::VerifyMismatch`] where it confirms another
    /// digest than was sent.
    pub async fn put_manifest(
        &self,
        repository: &Repository,
        reference: Reference<'_>,
        document: &Document,
    ) -> Result<Digest, Error> {
        self.connection
            .put_manifest(repository, reference, document)
            .await
    }

    /// Reads a manifest's exact bytes back, with the media type that the registry gives it.
    ///
    /// # Errors
    /// [`Error::ProtocolViolation`] where what comes is no manifest; the network's.
    pub async fn manifest(
        &self,
        repository: &Repository,
        reference: Reference<'_>,
    ) -> Result<Option<Document>, Error> {
        self.connection.manifest(repository, reference).await
    }

    /// Deletes a manifest, and with it what only it refers to, as far as the registry does that.
    ///
    /// # Errors
    /// [`Error::Rejected`] where the registry does not; one that is not there is no error.
    pub async fn delete_manifest(
        &self,
        repository: &Repository,
        reference: Reference<'_>,
    ) -> Result<(), Error> {
        self.connection.delete_manifest(repository, reference).await
    }

    /// Reads a whole blob back and compares every byte's part in its digest.
    ///
    /// # Errors
    /// [`Error::VerifyMismatch`] where it is missing or differs.
    pub async fn verify_blob(
        &self,
        repository: &Repository,
        blob: &Descriptor,
    ) -> Result<(), Error> {
        self.connection.verify_blob(repository, blob).await
    }

    /// The registry that this client speaks to.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.connection.endpoint.registry
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("registry", self.registry())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Reference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => tag.fmt(f),
            Self::Digest(digest) => fmt::Display::fmt(digest, f),
        }
    }
}

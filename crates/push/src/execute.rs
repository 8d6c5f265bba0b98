//! The engine: sends what the registry lacks, blobs first, then manifests, then indexes, and tags last.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::future;
use futures::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use oci::{Digest, Document, Registry, Repository};

use crate::blob::{Blob, Released};
use crate::event::{BlobKind, BlobOutcome, Event, Events};
use crate::operation::{PushOptions, Verify};
use crate::prepare::Prepared;
use crate::registry::{Client, Reference};
use crate::report::{Failed, Pushed, Report};
use crate::source::Stop;
use crate::{Answer, Error};

/// One push under way.
pub(crate) struct Execution<'a> {
    /// The registry.
    pub(crate) client: &'a Client,
    /// Its name in what is reported.
    pub(crate) shown_as: &'a Registry,
    /// How it is done.
    pub(crate) options: &'a PushOptions,
    /// Who wants to know.
    pub(crate) events: &'a Events,
    /// Repositories that are known to have a blob, because this push found or brought it there.
    holders: Mutex<HashMap<Digest, Vec<Repository>>>,
    bytes_sent: AtomicU64,
}

impl<'a> Execution<'a> {
    /// Starts a push of which nothing is known yet.
    pub(crate) fn new(
        client: &'a Client,
        shown_as: &'a Registry,
        options: &'a PushOptions,
        events: &'a Events,
    ) -> Self {
        let (holders, bytes_sent) = (Mutex::default(), AtomicU64::new(0));
        Self {
            client,
            shown_as,
            options,
            events,
            holders,
            bytes_sent,
        }
    }

    /// Pushes every image, one after the other; one that fails does not keep the others from being pushed.
    pub(crate) async fn run(self, images: &[Prepared]) -> Report {
        let (mut pushed, mut failed) = (Vec::new(), Vec::new());
        for image in images {
            match self.push(image).await {
                Ok(written) => pushed.extend(written),
                Err(error) => failed.push(self.failure(image, error)),
            }
        }
        Report {
            pushed,
            failed,
            bytes_sent: self.bytes_sent.into_inner(),
        }
    }

    /// Brings blobs of a stream, several at once, as they turn up; they may still be arriving.
    pub(crate) async fn bring_streamed(
        &self,
        repository: &Repository,
        blobs: impl Stream<Item = (Blob, BlobKind)>,
        reading: Stop,
    ) -> Result<(), Error> {
        let (mut seen, reading) = (HashSet::new(), &reading);
        blobs
            .filter(|(blob, _)| future::ready(seen.insert(blob.descriptor.digest.clone())))
            .enumerate()
            .map(|(n, (blob, kind))| async move {
                if n == 0 && !reading.is_over() {
                    let repository = format!("{}/{repository}", self.shown_as);
                    self.events.tell(Event::Streaming { repository });
                }
                let outcome = self.bring(repository, &blob, kind).await?;
                // What nobody has checked may be read once more to understand the archive.
                if outcome == BlobOutcome::Uploaded && blob.is_checked() {
                    blob.release();
                }
                Ok(())
            })
            .buffer_unordered(self.options.jobs.get())
            .try_collect()
            .await
    }

    /// The report of a push whose one image failed before all of it was there.
    pub(crate) fn failed(self, image: &Prepared, error: Error) -> Report {
        Report {
            pushed: Vec::new(),
            failed: vec![self.failure(image, error)],
            bytes_sent: self.bytes_sent.into_inner(),
        }
    }

    fn failure(&self, image: &Prepared, error: Error) -> Failed {
        Failed {
            references: image.references(self.shown_as),
            error,
        }
    }

    async fn push(&self, image: &Prepared) -> Result<Vec<Pushed>, Error> {
        self.bring_blobs(image).await?;
        match self.put_documents(image).await {
            // A blob that was there when it was asked about can be gone by now: Gitea drops the ones that only an
            // overwritten tag used, and old versions of it answer a mount with 201 without linking the blob.
            Err(error) if lacks_blobs(&error) => {
                self.forget(image);
                match self.bring_blobs(image).await {
                    // It took a layer that is released by now, and lost it: its own words say more.
                    Err(Error::OpenSource { source, .. }) if is_released(&source) => {
                        return Err(error);
                    }
                    other => other?,
                }
                self.put_documents(image).await?;
            }
            other => other?,
        }
        self.verify(image).await?;
        let pushed = |tag| Pushed {
            registry: self.shown_as.clone(),
            repository: image.repository.clone(),
            tag,
            digest: image.digest().clone(),
        };
        if image.tags.is_empty() {
            return Ok(vec![pushed(None)]);
        }
        Ok(image.tags.iter().cloned().map(Some).map(pushed).collect())
    }

    /// Brings all blobs of an image, several at once.
    async fn bring_blobs(&self, image: &Prepared) -> Result<(), Error> {
        // A closure here would make the future of the whole push one that cannot be spawned (rust-lang/rust#110338).
        let mut brought = Vec::with_capacity(image.blobs.len());
        for (blob, kind) in image.largest_first() {
            brought.push(self.bring(&image.repository, blob, *kind));
        }
        stream::iter(brought)
            .buffer_unordered(self.options.jobs.get())
            .map_ok(drop)
            .try_collect()
            .await
    }

    async fn bring(
        &self,
        repository: &Repository,
        blob: &Blob,
        kind: BlobKind,
    ) -> Result<BlobOutcome, Error> {
        let descriptor = &blob.descriptor;
        let (digest, size) = (descriptor.digest.clone(), descriptor.size);
        let holder = self.holder(&digest, repository);
        if holder.as_ref() == Some(repository) {
            return Ok(BlobOutcome::AlreadyThere);
        }
        self.events.tell(Event::BlobStarted {
            digest: digest.clone(),
            kind,
            size,
        });
        let asked = !self.options.registry.reupload;
        let outcome = if asked && self.client.blob_exists(repository, descriptor).await? {
            BlobOutcome::AlreadyThere
        } else {
            self.client
                .push_blob(repository, blob, holder.as_ref())
                .await?
        };
        if outcome == BlobOutcome::Uploaded {
            self.bytes_sent.fetch_add(size, Ordering::Relaxed);
        }
        self.holders()
            .entry(digest.clone())
            .or_default()
            .push(repository.clone());
        self.events.tell(Event::BlobFinished {
            digest,
            size,
            outcome,
        });
        Ok(outcome)
    }

    /// A repository that has the blob: this one rather than another.
    fn holder(&self, digest: &Digest, repository: &Repository) -> Option<Repository> {
        let holders = self.holders();
        let known = holders.get(digest)?;
        known
            .iter()
            .find(|holder| *holder == repository)
            .or_else(|| known.first())
            .cloned()
    }

    fn forget(&self, image: &Prepared) {
        let mut holders = self.holders();
        for (blob, _) in &image.blobs {
            holders.remove(&blob.descriptor.digest);
        }
    }

    fn holders(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Vec<Repository>>> {
        // Nothing is left half-done under the lock, so a panic elsewhere does not spoil what it guards.
        self.holders
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Puts what is below by digest, one after the other (Gitea takes no two at once), and the image under its tags.
    async fn put_documents(&self, image: &Prepared) -> Result<(), Error> {
        let root = image.root();
        for document in image
            .documents
            .iter()
            .filter(|document| document.digest() != root.digest())
        {
            self.put(image, Reference::Digest(document.digest()), document)
                .await?;
        }
        if image.tags.is_empty() {
            self.put(image, Reference::Digest(root.digest()), root)
                .await?;
        }
        for tag in &image.tags {
            self.put(image, Reference::Tag(tag), root).await?;
            let reference = format!("{}/{}:{tag}", self.shown_as, image.repository);
            self.events.tell(Event::Tagged {
                reference,
                digest: root.digest().clone(),
            });
        }
        Ok(())
    }

    async fn put(
        &self,
        image: &Prepared,
        reference: Reference<'_>,
        document: &Document,
    ) -> Result<(), Error> {
        let digest = self
            .client
            .put_manifest(&image.repository, reference, document)
            .await?;
        self.events.tell(Event::ManifestPushed {
            digest,
            size: document.descriptor.size,
        });
        Ok(())
    }

    async fn verify(&self, image: &Prepared) -> Result<(), Error> {
        let (root, repository) = (image.root(), &image.repository);
        if self.options.verify == Verify::Nothing {
            return Ok(());
        }
        for tag in &image.tags {
            self.verify_document(repository, Reference::Tag(tag), root)
                .await?;
        }
        if image.tags.is_empty() {
            self.verify_document(repository, Reference::Digest(root.digest()), root)
                .await?;
        }
        if self.options.verify == Verify::Full {
            for document in &image.documents {
                self.verify_document(repository, Reference::Digest(document.digest()), document)
                    .await?;
            }
            for (blob, _) in &image.blobs {
                self.client
                    .verify_blob(repository, &blob.descriptor)
                    .await?;
            }
        }
        Ok(())
    }

    async fn verify_document(
        &self,
        repository: &Repository,
        reference: Reference<'_>,
        expected: &Document,
    ) -> Result<(), Error> {
        let shown = match reference {
            Reference::Tag(tag) => format!("{}/{repository}:{tag}", self.shown_as),
            Reference::Digest(digest) => format!("{}/{repository}@{digest}", self.shown_as),
        };
        self.events.tell(Event::Verifying {
            reference: shown.clone(),
        });
        let found = self.client.manifest(repository, reference).await?;
        match found {
            Some(found) if found.digest() == expected.digest() => Ok(()),
            found => Err(Error::VerifyMismatch {
                reference: shown,
                expected: expected.digest().to_string(),
                actual: found
                    .map_or_else(|| "nothing".to_owned(), |found| found.digest().to_string()),
            }),
        }
    }
}

fn is_released(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|cause| cause.is::<Released>())
}

/// Whether a registry refused a manifest because it has not got a blob of it.
fn lacks_blobs(error: &Error) -> bool {
    let unknown = |answer: &Answer| {
        answer.words.iter().any(|words| {
            words.starts_with("BLOB_UNKNOWN") || words.starts_with("MANIFEST_BLOB_UNKNOWN")
        })
    };
    matches!(error, Error::Rejected { answer, .. } if unknown(answer))
}

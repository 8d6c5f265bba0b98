//! Seeding: images of archives brought into a registry before its test begins.
//!
//! An embedded registry is seeded past its front: by a second one on the same directory that asks for nothing, does
//! nothing wrong and writes nothing down.

use std::path::{Path, PathBuf};

use oci::{Destination, Digest, Repository, Tag};
use push::source::SourceSpec;
use push::{Environment, Events, PushOperation, PushOptions, Pushed, registry};

use crate::{Error, Registry, embedded};

/// An image that is in a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeded(Pushed);

impl Seeded {
    /// `HOST:PORT/REPOSITORY:TAG`.
    #[must_use]
    pub fn reference(&self) -> String {
        self.0.reference()
    }

    /// `HOST:PORT/REPOSITORY@DIGEST`: the same image, whatever happens to the tag.
    #[must_use]
    pub fn pinned(&self) -> String {
        let Pushed {
            registry,
            repository,
            digest,
            ..
        } = &self.0;
        format!("{registry}/{repository}@{digest}")
    }

    /// The digest of the manifest or index.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.0.digest
    }

    /// The repository.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.0.repository
    }

    /// The tag; none where only the digest names the image.
    #[must_use]
    pub fn tag(&self) -> Option<&Tag> {
        self.0.tag.as_ref()
    }
}

impl Registry {
    /// Brings an archive's first image into the registry, under the first name that the archive gives it.
    ///
    /// The archive is anything that `push` reads from a file; its path is relative to the directory that the test
    /// runs in, which cargo makes the one of its package. Blocks until it is done.
    ///
    /// # Errors
    /// [`Error::Seed`], and [`Error::NoImage`] for an archive without one.
    pub fn seed(&self, archive: impl AsRef<Path>) -> Result<Seeded, Error> {
        first(archive.as_ref(), self.seed_all(&archive)?)
    }

    /// As [`seed`](Self::seed), for async tests.
    ///
    /// # Errors
    /// As there.
    pub async fn seed_async(&self, archive: impl AsRef<Path>) -> Result<Seeded, Error> {
        first(archive.as_ref(), self.seed_all_async(&archive).await?)
    }

    /// Brings an archive's only image into the registry, under a name as [`reference`](Self::reference) takes it,
    /// such as `team/app:1`.
    ///
    /// # Errors
    /// As [`seed`](Self::seed), and [`Error::Name`].
    pub fn seed_as(&self, archive: impl AsRef<Path>, name: &str) -> Result<Seeded, Error> {
        let seeding = self.seeding(archive.as_ref(), &self.reference(name))?;
        first(archive.as_ref(), self.run_here(seeding)?)
    }

    /// As [`seed_as`](Self::seed_as), for async tests.
    ///
    /// # Errors
    /// As there.
    pub async fn seed_as_async(
        &self,
        archive: impl AsRef<Path>,
        name: &str,
    ) -> Result<Seeded, Error> {
        let seeding = self.seeding(archive.as_ref(), &self.reference(name))?;
        first(archive.as_ref(), self.run(seeding).await?)
    }

    /// Brings all images of an archive into the registry, each under all names that the archive gives it.
    ///
    /// # Errors
    /// As [`seed`](Self::seed); an archive without images gives an empty list.
    pub fn seed_all(&self, archive: impl AsRef<Path>) -> Result<Vec<Seeded>, Error> {
        let seeding = self.seeding(archive.as_ref(), &self.prefix())?;
        self.run_here(seeding)
    }

    /// As [`seed_all`](Self::seed_all), for async tests.
    ///
    /// # Errors
    /// As there.
    pub async fn seed_all_async(&self, archive: impl AsRef<Path>) -> Result<Vec<Seeded>, Error> {
        let seeding = self.seeding(archive.as_ref(), &self.prefix())?;
        self.run(seeding).await
    }

    fn prefix(&self) -> String {
        #[cfg(feature = "cluster")]
        if let Some(guest) = &self.guest {
            return format!("{}/{}/", self.host, guest.prefix);
        }
        match &self.user {
            Some(user) => format!("{}/{}/", self.host, user.owner),
            None => format!("{}/", self.host),
        }
    }

    async fn run(&self, seeding: Seeding) -> Result<Vec<Seeded>, Error> {
        let running = self.background.run(|| seeding.run());
        let seeded = running.await.expect("the work does not panic");
        seeded.inspect(|seeded| self.remember(seeded))
    }

    fn run_here(&self, seeding: Seeding) -> Result<Vec<Seeded>, Error> {
        let seeded = self.background.wait(|| seeding.run());
        seeded.inspect(|seeded| self.remember(seeded))
    }

    /// What is in somebody else's registry has to be taken away again.
    #[cfg_attr(
        not(feature = "cluster"),
        expect(
            clippy::unused_self,
            unused_variables,
            reason = "a cluster alone is not its test's own"
        )
    )]
    fn remember(&self, seeded: &[Seeded]) {
        #[cfg(feature = "cluster")]
        if let Some(guest) = &self.guest {
            guest.remember(seeded.iter().map(|seeded| seeded.0.clone()));
        }
    }

    /// How the registry is reached; the fixture's own ones take whoever comes.
    #[cfg_attr(
        not(feature = "cluster"),
        expect(clippy::unused_self, reason = "a cluster alone is not its test's own")
    )]
    fn options(&self) -> registry::Options {
        #[cfg(feature = "cluster")]
        if let Some(guest) = &self.guest {
            return guest.options.clone();
        }
        registry::Options::default()
    }

    fn seeding(&self, archive: &Path, destination: &str) -> Result<Seeding, Error> {
        // Gitea looks tags up in lower case, however they were written.
        let destination = match self.user {
            Some(_) => destination.to_lowercase(),
            None => destination.to_owned(),
        };
        let parsed = destination.parse();
        let destination: Destination = parsed.map_err(|source| Error::Name {
            name: destination,
            source,
        })?;
        Ok(Seeding {
            archive: archive.to_owned(),
            destination,
            directory: self.directory.as_ref().map(|own| own.path().to_owned()),
            options: self.options(),
        })
    }
}

/// One archive on its way into one registry.
struct Seeding {
    archive: PathBuf,
    destination: Destination,
    /// Where the registry is kept; none where it can only be pushed to.
    directory: Option<PathBuf>,
    options: registry::Options,
}

impl Seeding {
    async fn run(self) -> Result<Vec<Seeded>, Error> {
        let pushed = match &self.directory {
            None => self.push(self.destination.clone(), None).await,
            Some(directory) => {
                let registry = embedded_registry::Registry::start(embedded::config(directory));
                let registry = registry.await.map_err(Error::Embedded)?;
                let pushed = self.push_past_front(&registry).await;
                registry.stop().await;
                pushed
            }
        };
        pushed.map_err(|source| Error::Seed {
            archive: self.archive,
            source: Box::new(source),
        })
    }

    async fn push_past_front(
        &self,
        registry: &embedded_registry::Registry,
    ) -> Result<Vec<Seeded>, push::Error> {
        let host = registry.address().to_string();
        let host = host.parse().expect("an address is a registry");
        let mut destination = self.destination.clone();
        let shown_as = destination.registry.replace(host);
        self.push(destination, shown_as).await
    }

    async fn push(
        &self,
        destination: Destination,
        shown_as: Option<oci::Registry>,
    ) -> Result<Vec<Seeded>, push::Error> {
        let operation = PushOperation {
            source: SourceSpec::Path(self.archive.clone()),
            destination,
            options: PushOptions {
                shown_as,
                registry: self.options.clone(),
                ..PushOptions::default()
            },
            environment: Environment::default(),
        };
        let mut report = operation.execute(&Events::ignored()).await?;
        match report.failed.pop() {
            Some(failed) => Err(failed.error),
            None => Ok(report.pushed.into_iter().map(Seeded).collect()),
        }
    }
}

fn first(archive: &Path, seeded: Vec<Seeded>) -> Result<Seeded, Error> {
    seeded.into_iter().next().ok_or_else(|| Error::NoImage {
        archive: archive.to_owned(),
    })
}

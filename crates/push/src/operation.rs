//! A push as a whole: what to push, where, and how; first as a plan, then as a deed.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use oci::{Destination, ParseReferenceError, Platform, Registry, Repository, Tag, Target};

use crate::event::{Event, Events};
use crate::execute::Execution;
use crate::naming::Naming;
use crate::plan::Plan;
use crate::prepare::Prepared;
use crate::reading::{Reading, is_of_source};
use crate::registry::Client;
use crate::report::Report;
use crate::source::{Arrivals, DaemonImage, Export, Exporting, SourceSpec};
use crate::{Environment, Error, naming, plan, registry, selection, source, unchanged, unexported};

/// One push: a source, a destination, and the options for both.
///
/// Dropping the future of [`plan`](Self::plan) or [`execute`](Self::execute) cancels it: nothing is tagged after
/// that, temporary files are gone, and upload sessions that were open are cancelled in the background
/// ([`Farewells`](crate::Farewells)).
#[derive(Clone, Debug)]
pub struct PushOperation {
    /// Where the images are read from.
    pub source: SourceSpec,
    /// Where they go; its registry must be named.
    pub destination: Destination,
    /// How.
    pub options: PushOptions,
    /// The process that this runs in.
    pub environment: Environment,
}

/// How a push is done; the defaults are those of the command line.
#[derive(Clone, Debug)]
pub struct PushOptions {
    /// How the registry is reached and trusted.
    pub registry: registry::Options,
    /// One image of several: a name, a tag, or `@N` by position, from 0.
    pub image: Option<String>,
    /// Tags beside the destination's.
    pub tags: Vec<Tag>,
    /// The platforms to push; none is all.
    pub platforms: Vec<Platform>,
    /// Media types of manifests that are composed or converted.
    pub format: ManifestFormat,
    /// Whose rules the names keep, beside the specification's.
    pub naming: Naming,
    /// Blobs in flight at once.
    pub jobs: NonZeroUsize,
    /// What is read back afterwards.
    pub verify: Verify,
    /// The registry's name in the references that are reported, where it differs from the one that is spoken to.
    pub shown_as: Option<Registry>,
}

/// Media types of the manifests that are pushed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ManifestFormat {
    /// As the source has them; Docker v2s2 where one must be composed.
    #[default]
    Keep,
    /// OCI.
    Oci,
    /// Docker v2s2.
    Docker,
}

/// What is read back after a push.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verify {
    /// The manifest under each tag and under its digest.
    #[default]
    Manifest,
    /// Every byte.
    Full,
    /// Nothing.
    Nothing,
}

impl PushOperation {
    /// Reads the source, asks the registry what it has, and says what a push would do; sends nothing.
    ///
    /// A daemon's image is not exported for that: what only the export would tell stays open.
    ///
    /// # Errors
    /// Those of the source and of the registry.
    pub async fn plan(&self, events: &Events) -> Result<Plan, Error> {
        if let Some(image) = self.daemon_image().await? {
            let (shown_as, client) = (self.shown_as()?, self.connect(events).await?);
            return unexported::plan(self, shown_as, &image, &client, events).await;
        }
        let (operation, telling) = (self.clone(), events.clone());
        let reading = Reading::start(None, move |arrivals| {
            operation.read(None, &telling, arrivals.of_none())
        });
        let images = reading.images().await?;
        let client = self.connect(events).await?;
        plan::plan(&client, self.shown_as()?, &images, &self.options).await
    }

    /// Pushes.
    ///
    /// Of several images those that can be pushed are; the report has the failures of the others. Large layers of a
    /// stream are sent while it is still read, where the destination or a daemon's image names the repository.
    ///
    /// # Errors
    /// What keeps every image from being pushed: those of the source, and of a registry that cannot be reached. Of a
    /// stream also those of the first layer that cannot be sent before its images are known.
    pub async fn execute(&self, events: &Events) -> Result<Report, Error> {
        let shown_as = self.shown_as()?;
        if let Some(repository) = self.repository() {
            naming::check_early(self.options.naming, repository)?;
        }
        let image = self.daemon_image().await?;
        let mut connected = None;
        if let Some(image) = &image {
            let client = self.connect(events).await?;
            let unchanged = unchanged::report(self, shown_as, image, &client, events);
            if let Some(report) = unchanged.await? {
                return Ok(report);
            }
            connected = Some(client);
        }
        let early = match &image {
            Some(image) => unchanged::repository(self, image),
            None => self.repository().cloned(),
        };
        let (export, _exporting) = self.export(image)?.unzip();
        let mut reading = self.start_reading(export, early.clone(), shown_as, events);
        if !reading.is_stream().await {
            let images = reading.images().await?;
            let client = self.connect(events).await?;
            let execution = Execution::new(&client, shown_as, &self.options, events);
            return Ok(execution.run(&images).await);
        }
        let client = match connected {
            Some(client) => client,
            None => reading.beside(self.connect(events)).await?,
        };
        let execution = Execution::new(&client, shown_as, &self.options, events);
        if let Some(repository) = &early {
            let (blobs, stop) = (reading.blobs(), reading.stop());
            let bringing = execution.bring_streamed(repository, blobs, stop);
            if let Err(error) = reading.beside(bringing).await {
                return match reading.known().await? {
                    [image] if !is_of_source(&error) => Ok(execution.failed(image, error)),
                    _ => Err(error),
                };
            }
        }
        let images = reading.images().await?;
        Ok(execution.run(&images).await)
    }

    /// Reads the source and makes of it what will be pushed; nothing is asked of the registry.
    fn start_reading(
        &self,
        export: Option<Export>,
        repository: Option<Repository>,
        shown_as: &Registry,
        events: &Events,
    ) -> Reading {
        let (operation, events, shown_as) = (self.clone(), events.clone(), shown_as.clone());
        let everything = export
            .as_ref()
            .map_or(self.options.platforms.is_empty(), Export::is_wanted);
        let all = everything && self.image().is_none();
        let early = repository.is_some();
        Reading::start(repository, move |arrivals| {
            let arrivals = match early {
                false => arrivals.of_none(),
                true if all => arrivals.of_all_images(),
                true => arrivals,
            };
            let images = operation.read(export, &events, arrivals)?;
            events.tell(planned(&images, &shown_as));
            Ok(images)
        })
    }

    /// Asks the Docker daemon for its image, where the source is one.
    async fn daemon_image(&self) -> Result<Option<DaemonImage>, Error> {
        let SourceSpec::DockerDaemon(name) = &self.source else {
            return Ok(None);
        };
        let image = DaemonImage::find(name, &self.environment).await?;
        image.check_platforms(&self.options.platforms)?;
        Ok(Some(image))
    }

    /// Starts the export of a daemon's image; it ends when the second part is dropped.
    fn export(&self, image: Option<DaemonImage>) -> Result<Option<(Export, Exporting)>, Error> {
        image
            .map(|image| image.export(&self.options.platforms, &self.environment))
            .transpose()
    }

    fn read(
        &self,
        export: Option<Export>,
        events: &Events,
        arrivals: Arrivals,
    ) -> Result<Vec<Prepared>, Error> {
        let contents = match export {
            Some(export) => export.read(&self.environment, events, arrivals)?,
            None => source::open_arriving(&self.source, &self.environment, events, arrivals)?,
        };
        contents
            .notes
            .iter()
            .cloned()
            .for_each(|note| events.tell(Event::Note(note)));
        let selected = selection::select(
            &contents,
            self.image(),
            &self.destination,
            &self.options.tags,
        )?;
        naming::check(self.options.naming, &selected, events)?;
        selected
            .iter()
            .map(|selected| Prepared::of(selected, &self.options, events))
            .collect()
    }

    /// Which image of several is wanted, where somebody said.
    fn image(&self) -> Option<&str> {
        let image = self.options.image.as_deref();
        image.or_else(|| self.source.image())
    }

    /// The repository that everything goes to, where that does not depend on the images' names.
    fn repository(&self) -> Option<&Repository> {
        match &self.destination.target {
            Target::Repository { repository, .. } => Some(repository),
            Target::Prefix(_) => None,
        }
    }

    async fn connect(&self, events: &Events) -> Result<Client, Error> {
        let (registry, options) = (self.registry()?, self.options.registry.clone());
        Client::connect(
            registry,
            self.destination.scheme,
            options,
            &self.environment,
            events.clone(),
        )
        .await
    }

    fn registry(&self) -> Result<&Registry, Error> {
        self.destination
            .registry
            .as_ref()
            .ok_or_else(|| Error::InvalidReference {
                input: self.destination.to_string(),
                source: ParseReferenceError::Missing("registry"),
            })
    }

    fn shown_as(&self) -> Result<&Registry, Error> {
        self.options
            .shown_as
            .as_ref()
            .map_or_else(|| self.registry(), Ok)
    }
}

fn planned(images: &[Prepared], shown_as: &Registry) -> Event {
    let mut blobs = HashMap::new();
    for (blob, _) in images.iter().flat_map(|image| &image.blobs) {
        blobs.insert(&blob.descriptor.digest, blob.descriptor.size);
    }
    Event::Planned {
        references: images
            .iter()
            .flat_map(|image| image.references(shown_as))
            .collect(),
        blobs: blobs.len(),
        bytes: blobs.values().sum(),
    }
}

impl Default for PushOptions {
    fn default() -> Self {
        Self {
            registry: registry::Options::default(),
            image: None,
            tags: Vec::new(),
            platforms: Vec::new(),
            format: ManifestFormat::default(),
            naming: Naming::default(),
            jobs: NonZeroUsize::new(4).expect("four is not zero"),
            verify: Verify::default(),
            shown_as: None,
        }
    }
}

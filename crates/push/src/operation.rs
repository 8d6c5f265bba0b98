//! A push as a whole: what to push, where, and how; first as a plan, then as a deed.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use oci::{Destination, ParseReferenceError, Platform, Registry, Tag};

use crate::event::{Event, Events};
use crate::execute::Execution;
use crate::naming::Naming;
use crate::plan::Plan;
use crate::prepare::Prepared;
use crate::registry::Client;
use crate::report::Report;
use crate::source::SourceSpec;
use crate::{Environment, Error, naming, plan, registry, selection, source};

/// One push: a source, a destination, and the options for both.
///
/// Dropping the future of [`plan`](Self::plan) or [`execute`](Self::execute) cancels it: nothing is tagged after
/// that, and temporary files are gone.
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
    /// # Errors
    /// Those of the source and of the registry.
    pub async fn plan(&self, events: &Events) -> Result<Plan, Error> {
        let images = self.prepare(events).await?;
        let client = self.connect(events).await?;
        plan::plan(&client, self.shown_as()?, &images, &self.options).await
    }

    /// Pushes.
    ///
    /// Of several images those that can be pushed are; the report has the failures of the others.
    ///
    /// # Errors
    /// What keeps every image from being pushed: those of the source, and of a registry that cannot be reached.
    pub async fn execute(&self, events: &Events) -> Result<Report, Error> {
        let images = self.prepare(events).await?;
        let shown_as = self.shown_as()?;
        events.tell(planned(&images, shown_as));
        let client = self.connect(events).await?;
        Ok(Execution::new(&client, shown_as, &self.options, events)
            .run(&images)
            .await)
    }

    /// Reads the source and makes of it what will be pushed; nothing is asked of the registry.
    async fn prepare(&self, events: &Events) -> Result<Vec<Prepared>, Error> {
        let (operation, events) = (self.clone(), events.clone());
        let reading = tokio::task::spawn_blocking(move || operation.read(&events));
        match reading.await {
            Ok(prepared) => prepared,
            Err(stopped) => std::panic::resume_unwind(stopped.into_panic()),
        }
    }

    fn read(&self, events: &Events) -> Result<Vec<Prepared>, Error> {
        let contents = source::open(&self.source, &self.environment, events)?;
        contents
            .notes
            .iter()
            .cloned()
            .for_each(|note| events.tell(Event::Note(note)));
        let image = self
            .options
            .image
            .as_deref()
            .or_else(|| self.source.image());
        let selected = selection::select(&contents, image, &self.destination, &self.options.tags)?;
        naming::check(self.options.naming, &selected, events)?;
        selected
            .iter()
            .map(|selected| Prepared::of(selected, &self.options, events))
            .collect()
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

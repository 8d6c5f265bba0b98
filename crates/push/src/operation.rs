//! A push as a whole: what to push, where, and how; first as a plan, then as a deed.

use std::num::NonZeroUsize;

use oci::{Destination, Platform, Registry, Tag};

use crate::event::Events;
use crate::plan::Plan;
use crate::report::Report;
use crate::source::SourceSpec;
use crate::{Environment, Error, registry};

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
        let _ = events;
        Err(self.not_supported())
    }

    /// Pushes.
    ///
    /// Of several images those that can be pushed are; the report has the failures of the others.
    ///
    /// # Errors
    /// What keeps every image from being pushed: those of the source, and of a registry that cannot be reached.
    pub async fn execute(&self, events: &Events) -> Result<Report, Error> {
        let _ = events;
        Err(self.not_supported())
    }

    fn not_supported(&self) -> Error {
        Error::Ambiguous {
            problem: "pushing is not supported yet".to_owned(),
            choices: Vec::new(),
        }
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
            jobs: NonZeroUsize::new(4).expect("four is not zero"),
            verify: Verify::default(),
            shown_as: None,
        }
    }
}

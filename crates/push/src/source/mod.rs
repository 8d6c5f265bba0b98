//! Sources: where images are read from, and nothing about where they go.

mod spec;

use crate::blob::Place;
use crate::image::Image;
use crate::{Environment, Error, Events};

pub use spec::SourceSpec;

/// What a source holds.
#[derive(Debug)]
pub struct Contents {
    /// The source as a whole.
    pub place: Place,
    /// What it turned out to be.
    pub format: Format,
    /// Its images, in its order.
    pub images: Vec<Image>,
    /// What the user should know although nothing is wrong.
    pub notes: Vec<String>,
}

/// The formats of sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `docker save` and what imitates it, read by its `manifest.json`.
    DockerArchive,
    /// A directory with an `oci-layout` file.
    OciLayout,
    /// A tar with an `oci-layout` file, read by its `index.json`.
    OciArchive,
}

/// Opens a source and reads what it says of its images; blocks.
///
/// Layers of docker archives that are compressed are read once, because nothing in the archive says what their
/// digests are; no other layer is.
///
/// # Errors
/// Those of the file in [`Error`], [`Error::Spool`] where a temporary file cannot be written, and [`Error::Daemon`]
/// for a Docker daemon, which cannot be read yet.
pub fn open(
    spec: &SourceSpec,
    environment: &Environment,
    events: &Events,
) -> Result<Contents, Error> {
    let _ = (environment, events);
    Err(Error::UnknownFormat {
        place: Place::source(&spec.to_string()),
        found: "no format is supported yet".to_owned(),
    })
}

//! Sources: where images are read from, and nothing about where they go.
//!
//! Archives are read in place: an index of what lies where, and readers at offsets. Only what cannot be read at offsets
//! is copied, once, to a temporary file.

mod arrivals;
mod daemon;
mod decode;
mod directory;
mod docker_archive;
mod docker_layer;
mod file;
mod growth;
mod legacy_id;
mod lookout;
mod oci_layout;
mod oci_node;
mod open;
mod pax;
mod scratch;
mod section;
mod sniff;
mod spec;
mod spool;
mod system;
mod tar_index;
mod tar_members;

use std::io::Read;

use crate::blob::Place;
use crate::image::Image;
use crate::{Environment, Error, Events};

pub use arrivals::{Arrival, Arrivals, Stop};
pub(crate) use daemon::{DaemonImage, Export, Exporting};
pub use daemon::{FoundDaemon, daemon_has, find_daemon};
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

/// The images of one format.
struct Listing {
    images: Vec<Image>,
    notes: Vec<String>,
}

/// Opens a source and reads what it says of its images; blocks.
///
/// Layers of docker archives that are compressed are read once, because nothing in the archive says what their
/// digests are; no other layer is.
///
/// # Errors
/// Those of the file in [`Error`], [`Error::Spool`] where a temporary file cannot be written, and [`Error::Daemon`]
/// where a Docker daemon cannot be used.
pub fn open(
    spec: &SourceSpec,
    environment: &Environment,
    events: &Events,
) -> Result<Contents, Error> {
    open_arriving(spec, environment, events, Arrivals::ignored())
}

/// Opens a source and tells of what is certain before it has been read to its end; blocks until then.
///
/// # Errors
/// Those of [`open`].
pub fn open_arriving(
    spec: &SourceSpec,
    environment: &Environment,
    events: &Events,
    arrivals: Arrivals,
) -> Result<Contents, Error> {
    open::Opening::new(&spec.to_string(), environment, events, arrivals).source(spec)
}

/// Opens an archive that comes as a stream and has the given name in messages; blocks until it has come to its end.
///
/// The stream is read by a thread of its own, which ends with the stream, or at the first bytes that nobody wants.
///
/// # Errors
/// Those of [`open`], except for the daemon's; [`Error::Spool`] before anything is read where it is known that the disk
/// has no room.
pub fn open_stream(
    reader: impl Read + Send + 'static,
    name: &str,
    environment: &Environment,
    events: &Events,
    arrivals: Arrivals,
) -> Result<Contents, Error> {
    open::Opening::new(name, environment, events, arrivals).stream(reader, None)
}

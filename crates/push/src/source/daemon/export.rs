//! An export on its way: a task that asks the daemon, and the archive as it arrives.

use std::sync::Arc;

use oci::{Digest, Platform};
use tokio::task::JoinHandle;

use super::client::Daemon;
use super::connection::Connection;
use super::pipe::{Broken, PipeReader, PipeWriter, pipe};
use super::{DaemonImage, failed};
use crate::blob::Place;
use crate::image::Name;
use crate::source::spool::Spool;
use crate::source::{Arrivals, Contents, open_stream};
use crate::{DaemonFailure, Environment, Error, Event, Events};

/// The archive of an image as the daemon sends it; to be read on a thread that may block.
pub(crate) struct Export {
    written: String,
    address: String,
    names: Vec<Name>,
    /// Whether nothing is in it that nobody wants.
    is_wanted: bool,
    /// The digests of its layers, and how many bytes it has at least, as far as the daemon says.
    layers: Option<Vec<Digest>>,
    size: Option<u64>,
    reader: PipeReader,
}

/// The export goes on while this lives.
pub(crate) struct Exporting(JoinHandle<()>);

impl DaemonImage {
    /// Starts an export; must be called within a runtime.
    ///
    /// # Errors
    /// [`Error::ImageNotFound`] where the daemon has the image for other platforms only, and [`Error::Spool`] where it
    /// is known that the disk has no room.
    pub(crate) fn export(
        self,
        wanted: &[Platform],
        environment: &Environment,
    ) -> Result<(Export, Exporting), Error> {
        let platform = self.platform(wanted)?;
        let size = self.details.least_size(platform.as_ref());
        Spool::new(environment, &Events::ignored()).with_room_for(size)?;
        let (writer, reader) = pipe();
        let export = Export {
            address: self.daemon.address().to_owned(),
            names: self.names(),
            is_wanted: platform.is_some() || self.details.is_nothing_but(wanted),
            layers: self.exported_layers(),
            size,
            written: self.written,
            reader,
        };
        let task = tokio::spawn(carry(self.daemon, self.query.reference, platform, writer));
        Ok((export, Exporting(task)))
    }

    /// Refuses platforms that the daemon does not have of it.
    ///
    /// # Errors
    /// [`Error::ImageNotFound`] with the platforms that it has.
    pub(crate) fn check_platforms(&self, wanted: &[Platform]) -> Result<(), Error> {
        self.platform(wanted).map(drop)
    }

    /// The one platform to export; none is all that there are.
    fn platform(&self, wanted: &[Platform]) -> Result<Option<Platform>, Error> {
        let available = self.details.platforms();
        let mut chosen = None;
        for wanted in wanted {
            chosen = available.iter().find(|it| it.satisfies(wanted));
            if chosen.is_none() {
                return Err(Error::ImageNotFound {
                    place: Place::source(&self.written),
                    wanted: format!("image for {wanted}"),
                    available: available.iter().map(Platform::to_string).collect(),
                });
            }
        }
        let only = wanted.len() == 1 && self.details.has_several();
        Ok(chosen.filter(|_| only).cloned())
    }
}

/// Asks for the archive, and says how it ended.
async fn carry(
    daemon: Arc<Connection>,
    reference: String,
    platform: Option<Platform>,
    mut pipe: PipeWriter,
) {
    let exported = daemon.export(&reference, platform.as_ref(), &mut pipe);
    match exported.await {
        Ok(()) => pipe.end().await,
        Err(failure) => {
            let why = reason(&*daemon, &reference, failure).await;
            pipe.fail(why).await;
        }
    }
}

/// Finds out whether an export failed because of the image, which may be gone by now.
async fn reason(daemon: &impl Daemon, reference: &str, failure: DaemonFailure) -> Broken {
    if let DaemonFailure::Refused { message, .. } = &failure
        && message.contains(EMPTY)
    {
        return Broken::NoLayers;
    }
    let answered = !matches!(
        failure,
        DaemonFailure::Unreachable { .. } | DaemonFailure::Cut { .. }
    );
    if answered && matches!(daemon.image(reference).await, Ok(None)) {
        return Broken::Removed;
    }
    Broken::Daemon(failure)
}

impl Export {
    /// Whether all that is in it is wanted, because the daemon has no more or was asked for no more.
    pub(crate) fn is_wanted(&self) -> bool {
        self.is_wanted
    }

    /// Reads the archive to its end; blocks.
    ///
    /// # Errors
    /// Those of [`open_stream`], [`Error::Daemon`] where the export ends early, [`Error::ImageNotFound`] where the image
    /// was removed meanwhile, and [`Error::OpenSource`] where the daemon exports no such image.
    pub(crate) fn read(
        self,
        environment: &Environment,
        events: &Events,
        arrivals: Arrivals,
    ) -> Result<Contents, Error> {
        let Self {
            written,
            address,
            names,
            layers,
            size,
            reader,
            ..
        } = self;
        let arrivals = size.into_iter().fold(arrivals, Arrivals::of_size);
        let arrivals = layers.into_iter().fold(arrivals, Arrivals::expecting);
        // Of layers in its own store Docker "guarantees that the data that is produced is the exact data that the layer
        // was registered with" (moby, `layer/ro_layer.go`); those of containerd's are not expected. Podman's are, and
        // are left to the registry's check alone, as far as Podman does not compare them.
        let arrivals = arrivals.checked_by_exporter().repeatable();
        // Docker 20.10 deletes what it wrote for the export before it ends its answer.
        let arrivals = arrivals.ending_with_mark();
        // Docker copies the image first, which may take minutes, and says nothing meanwhile.
        events.tell(Event::Spooling { read: 0 });
        let mut contents = open_stream(reader, &written, environment, events, arrivals)
            .map_err(|error| explain(error, &written, &address))?;
        // By a digest or an ID an image has no name, whatever the archive says.
        if let [image] = &mut contents.images[..] {
            image.names = names;
        }
        Ok(contents)
    }
}

/// What an error of the archive is where the export is to blame.
fn explain(error: Error, written: &str, address: &str) -> Error {
    let Error::OpenSource { place, source } = error else {
        return error;
    };
    match source.downcast::<Broken>() {
        Ok(Broken::Removed) => Error::ImageNotFound {
            place: Place::source(address),
            wanted: format!("image `{written}` any more: it was removed during the export"),
            available: Vec::new(),
        },
        Ok(Broken::NoLayers) => {
            let problem =
                format!("it has no layers, and the daemon at `{address}` exports no such image");
            Error::OpenSource {
                place: Place::source(written),
                source: std::io::Error::other(problem),
            }
        }
        Ok(Broken::Daemon(failure)) => failed(written)(failure),
        Ok(cancelled @ Broken::Cancelled) => Error::OpenSource {
            place,
            source: std::io::Error::other(cancelled),
        },
        Err(source) => Error::OpenSource { place, source },
    }
}

impl Drop for Exporting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What Docker says, with its own store, of an image without layers.
const EMPTY: &str = "empty export";

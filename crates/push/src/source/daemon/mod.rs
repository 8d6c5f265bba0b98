//! The local Docker daemon as a source: where it is, what it has, and the archive that it exports.
//!
//! Only `api` knows how the daemon is spoken to.

mod address;
mod api;
mod client;
mod connection;
mod context;
mod details;
mod export;
mod locate;
mod manifests;
mod name;
mod nearest;
mod pipe;
mod reach;
#[cfg(unix)]
mod relay;
#[cfg(not(unix))]
#[path = "no_relay.rs"]
mod relay;
mod runtime;
#[cfg(unix)]
mod ssh;
#[cfg(unix)]
mod tls;

use std::sync::Arc;

use oci::{Digest, Platform};

use address::Address;
use client::Daemon;
use connection::Connection;
use details::Details;
use name::Query;
use runtime::Runtime;

use super::{Arrivals, Contents};
use crate::blob::Place;
use crate::image::Name;
use crate::{DaemonFailure, Environment, Error, Events};

pub(crate) use export::{Export, Exporting};

/// An image that the daemon has.
pub(crate) struct DaemonImage {
    daemon: Arc<Connection>,
    /// As it was asked for.
    written: String,
    query: Query,
    details: Details,
}

/// A Docker daemon that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundDaemon {
    /// Where it is.
    pub address: String,
    /// How many names of images it knows.
    pub names: usize,
}

/// Finds the local Docker daemon and asks it for its images' names.
///
/// # Errors
/// Whatever would keep an image from being read out of it.
pub async fn find_daemon(environment: &Environment) -> Result<FoundDaemon, DaemonFailure> {
    let address = reach::reach(locate::addresses(environment)?).await?;
    let daemon = Connection::open(&address, environment).await?;
    Ok(FoundDaemon {
        names: daemon.names().await?.len(),
        address: daemon.address().to_owned(),
    })
}

/// Whether the local Docker daemon has an image of that name or ID; nobody is logged in anywhere to find out.
///
/// # Errors
/// Where the daemon cannot be asked.
pub async fn daemon_has(written: &str, environment: &Environment) -> Result<bool, DaemonFailure> {
    let Ok(queries) = name::queries(written) else {
        return Ok(false);
    };
    let mut addresses = locate::addresses(environment)?;
    addresses.retain(|address| !matches!(address, Address::Ssh(_)));
    let daemon = Connection::open(&reach::reach(addresses).await?, environment).await?;
    Ok(ask(&daemon, queries).await?.is_some())
}

/// Asks a daemon for an image in one way after the other.
async fn ask(
    daemon: &Connection,
    queries: Vec<Query>,
) -> Result<Option<(Query, Details)>, DaemonFailure> {
    for query in queries {
        let Some(details) = daemon.image(&query.reference).await? else {
            continue;
        };
        // Docker takes digits for the beginning of an ID, but may find another image by such a name.
        if query.id.as_ref().is_none_or(|id| details.has_id(id)) {
            return Ok(Some((query, details)));
        }
    }
    Ok(None)
}

/// Opens an image of the local Docker daemon; blocks.
pub(super) fn open(
    written: &str,
    environment: &Environment,
    events: &Events,
    arrivals: Arrivals,
) -> Result<Contents, Error> {
    let runtime = Runtime::here().map_err(failed(written))?;
    let (export, _exporting) = runtime.block_on(async {
        let image = DaemonImage::find(written, environment).await?;
        image.export(&[], environment)
    })?;
    export.read(environment, events, arrivals)
}

impl DaemonImage {
    /// Asks the daemon for an image.
    ///
    /// # Errors
    /// [`Error::Daemon`] where the daemon cannot be used, [`Error::ImageNotFound`] where it has no such image, and
    /// [`Error::InvalidReference`] for what is neither a name nor an ID.
    pub(crate) async fn find(written: &str, environment: &Environment) -> Result<Self, Error> {
        let queries = name::queries(written).map_err(|source| Error::InvalidReference {
            input: written.to_owned(),
            source,
        })?;
        let addresses = locate::addresses(environment).map_err(failed(written))?;
        let address = reach::reach(addresses).await.map_err(failed(written))?;
        let connection = Connection::open(&address, environment).await;
        let daemon = connection.map_err(failed(written))?;
        let wanted = queries[0].reference.clone();
        let found = ask(&daemon, queries).await.map_err(failed(written))?;
        if let Some((query, details)) = found {
            return Ok(Self {
                daemon: Arc::new(daemon),
                written: written.to_owned(),
                query,
                details,
            });
        }
        // Without the list there is just no hint.
        let names = daemon.names().await.unwrap_or_default();
        Err(Error::ImageNotFound {
            place: Place::source(daemon.address()),
            wanted: format!("image `{wanted}`"),
            available: nearest::nearest(&wanted, names),
        })
    }

    /// As it was asked for.
    pub(crate) fn written(&self) -> &str {
        &self.written
    }

    /// The name that it goes by; none where it was asked for by digest or ID.
    pub(crate) fn names(&self) -> Vec<Name> {
        self.query.name.iter().cloned().collect()
    }

    /// Its ID: the digest of its config, or with containerd's store that of its manifest or index.
    pub(crate) fn digest(&self) -> Option<Digest> {
        self.details.digest()
    }

    /// The digest of the manifest or index that a push of these platforms writes, where that is known by now.
    pub(crate) fn root(&self, wanted: &[Platform]) -> Option<Digest> {
        self.details.root(wanted)
    }

    /// The digest of the config in an export, where that is known by now.
    pub(crate) fn config(&self) -> Option<Digest> {
        self.details.config()
    }

    /// The digests of the layers in an export, base layer first, where these are known by now.
    pub(crate) fn exported_layers(&self) -> Option<Vec<Digest>> {
        self.details.exported_layers()
    }

    /// The platforms that the daemon has of it.
    pub(crate) fn platforms(&self) -> Vec<Platform> {
        self.details.platforms()
    }
}

/// What stopped the reading of an image; made for `map_err`.
fn failed(image: &str) -> impl Fn(DaemonFailure) -> Error {
    move |source| Error::Daemon {
        image: image.to_owned(),
        source,
    }
}

//! A daemon that is being spoken to: directly, or through a relay that knows better what went wrong.

use oci::Platform;

use super::address::Address;
use super::api::DockerApi;
use super::client::Daemon;
use super::details::Details;
use super::pipe::PipeWriter;
use super::relay::Relay;
use crate::{DaemonFailure, Environment};

/// A way to the daemon.
pub(super) struct Connection {
    api: DockerApi,
    relay: Option<Relay>,
    address: String,
}

impl Connection {
    /// Opens a way to an address.
    pub(super) async fn open(
        address: &Address,
        environment: &Environment,
    ) -> Result<Self, DaemonFailure> {
        let shown = address.to_string();
        let relay = Relay::open(address, environment).await?;
        let near = relay
            .as_ref()
            .map_or_else(|| address.clone(), Relay::address);
        Ok(Self {
            api: DockerApi::new(&near, shown.clone())?,
            relay,
            address: shown,
        })
    }

    /// Where the daemon is, for messages.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// What the relay knows of a failure, of which a client only sees that the connection ended.
    fn explain(&self, failure: DaemonFailure) -> DaemonFailure {
        let Some(behind) = self.relay.as_ref().and_then(Relay::failure) else {
            return failure;
        };
        match (failure, behind) {
            (DaemonFailure::Unreachable { .. }, behind) => behind,
            (DaemonFailure::Cut { read, .. }, DaemonFailure::Unreachable { source, .. }) => {
                DaemonFailure::Cut { read, source }
            }
            (failure, _) => failure,
        }
    }
}

impl Daemon for Connection {
    async fn image(&self, reference: &str) -> Result<Option<Details>, DaemonFailure> {
        let image = self.api.image(reference).await;
        image.map_err(|failure| self.explain(failure))
    }

    async fn names(&self) -> Result<Vec<String>, DaemonFailure> {
        let names = self.api.names().await;
        names.map_err(|failure| self.explain(failure))
    }

    async fn export(
        &self,
        reference: &str,
        platform: Option<&Platform>,
        pipe: &mut PipeWriter,
    ) -> Result<(), DaemonFailure> {
        let exported = self.api.export(reference, platform, pipe).await;
        exported.map_err(|failure| self.explain(failure))
    }
}

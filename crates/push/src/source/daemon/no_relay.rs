//! Where there are no unix sockets there is nothing to relay to: daemons behind TLS and ssh cannot be reached.

use super::address::Address;
use crate::{DaemonFailure, Environment};

/// Never made.
pub(super) enum Relay {}

impl Relay {
    pub(super) async fn open(
        address: &Address,
        _: &Environment,
    ) -> Result<Option<Self>, DaemonFailure> {
        match address {
            Address::Socket(_) | Address::Tcp(_) => Ok(None),
            Address::Tls(..) | Address::Ssh(_) => Err(DaemonFailure::Configuration {
                what: format!("`{address}`"),
                problem: "it needs a system with unix sockets".to_owned(),
            }),
        }
    }

    pub(super) fn address(&self) -> Address {
        match *self {}
    }

    pub(super) fn failure(&self) -> Option<DaemonFailure> {
        match *self {}
    }
}

//! Where the Docker daemon is: where it was said to be, else at the sockets where daemons usually are.

use super::address::Address;
use crate::{DaemonFailure, Environment};

/// Where to look for the daemon, in order; the first that answers is it.
///
/// `DOCKER_HOST` comes before contexts, as it does for `docker`.
pub(super) fn addresses(_: &Environment) -> Result<Vec<Address>, DaemonFailure> {
    Err(DaemonFailure::Configuration {
        what: "the Docker daemon".to_owned(),
        problem: "it is not looked for yet".to_owned(),
    })
}

#[cfg(test)]
use std::path::PathBuf;

#[cfg(test)]
mod tests;

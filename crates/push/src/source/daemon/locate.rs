//! Where the Docker daemon is: where it was said to be, else at the sockets where daemons usually are.

use std::path::{Path, PathBuf};

use super::address::Address;
use super::context;
use crate::{DaemonFailure, Environment};

/// Where to look for the daemon, in order; the first that answers is it.
///
/// `DOCKER_HOST` comes before contexts, as it does for `docker`.
pub(super) fn addresses(environment: &Environment) -> Result<Vec<Address>, DaemonFailure> {
    let directory = docker_directory(environment);
    if let Some(host) = &environment.docker_host {
        return of_host(host, directory, environment).map(|address| vec![address]);
    }
    let context = match (&environment.docker_context, &directory) {
        (Some(name), _) => Some(name.clone()).filter(|name| context::is_named(name)),
        (None, Some(directory)) => context::current(directory)?,
        (None, None) => None,
    };
    let named = match (context, &directory) {
        (Some(name), Some(directory)) => context::address(directory, &name)?,
        (Some(name), None) => {
            return Err(DaemonFailure::Configuration {
                what: format!("the Docker context `{name}`"),
                problem: "there is no home directory to look for it".to_owned(),
            });
        }
        (None, _) => None,
    };
    Ok(named.map_or_else(|| usual(environment), |address| vec![address]))
}

fn of_host(
    host: &str,
    directory: Option<PathBuf>,
    environment: &Environment,
) -> Result<Address, DaemonFailure> {
    let given = environment.docker_cert_path.clone();
    let certificates = given.or_else(|| directory.filter(|_| environment.docker_tls_verify));
    Address::read(host, certificates).map_err(|problem| DaemonFailure::Configuration {
        what: "`DOCKER_HOST`".to_owned(),
        problem,
    })
}

fn docker_directory(environment: &Environment) -> Option<PathBuf> {
    let home = || Some(environment.home.as_ref()?.join(".docker"));
    environment.docker_config.clone().or_else(home)
}

/// Docker as root, rootless, Docker Desktop, Colima, Podman.
fn usual(environment: &Environment) -> Vec<Address> {
    let (runtime, home) = (environment.runtime.as_deref(), environment.home.as_deref());
    let below = |base: Option<&Path>, path: &str| base.map(|base| base.join(path));
    let sockets = [
        Some(PathBuf::from("/var/run/docker.sock")),
        below(runtime, "docker.sock"),
        below(home, ".docker/run/docker.sock"),
        below(home, ".docker/desktop/docker.sock"),
        below(home, ".colima/default/docker.sock"),
        below(runtime, "podman/podman.sock"),
        Some(PathBuf::from("/run/podman/podman.sock")),
    ];
    sockets.into_iter().flatten().map(Address::Socket).collect()
}

#[cfg(test)]
mod tests;

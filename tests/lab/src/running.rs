//! What a test finds of a lab that runs: the stand-in cluster with its keys, and a Docker daemon.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::gitea::Admin;
use crate::ingress::DOMAIN;
use crate::kubeconfig::{CONTEXT, READER_CONTEXT};
use crate::kubernetes_api::KubernetesApi;
use crate::server::loopback;
use crate::state::State;
use crate::{Absent, Part, docker, gitea, place};

const REMEDY: &str = "cargo xtask lab up";

/// A stand-in for an idpbuilder cluster, as `cargo xtask lab up` leaves it: its Gitea, ingress and Kubernetes API.
#[derive(Clone)]
pub struct Cluster {
    run: PathBuf,
    gitea: SocketAddr,
    ingress: SocketAddr,
    kubernetes: SocketAddr,
    admin: Admin,
}

impl Cluster {
    /// Finds the one that runs.
    ///
    /// # Errors
    ///
    /// `Absent` where a part of it does not run.
    pub fn running() -> Result<Self, Absent> {
        Self::running_in(&place::run())
    }

    pub(crate) fn running_in(run: &Path) -> Result<Self, Absent> {
        let state = read(run)?;
        running_part(&state, Part::Etcd)?;
        Ok(Self {
            run: run.to_owned(),
            gitea: running_part(&state, Part::Gitea)?,
            ingress: running_part(&state, Part::Ingress)?,
            kubernetes: running_part(&state, Part::KubeApiserver)?,
            admin: gitea::admin(&run.join(Part::Gitea.name()))
                .map_err(|error| absent(error.to_string()))?,
        })
    }

    /// A kubeconfig with two contexts, of which [`Cluster::context`] is the current one.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        KubernetesApi::kubeconfig(&self.run.join(Part::KubeApiserver.name()))
    }

    /// The context of a user who may do everything, named as kind names it: `kind-localdev`.
    #[must_use]
    pub fn context(&self) -> &'static str {
        CONTEXT
    }

    /// The context of a user who may read `localbuilds`, and no secret.
    #[must_use]
    pub fn reader_context(&self) -> &'static str {
        READER_CONTEXT
    }

    /// Where the Kubernetes API listens, in TLS.
    #[must_use]
    pub fn kubernetes(&self) -> SocketAddr {
        self.kubernetes
    }

    /// The registry's host, `gitea.cnoe.localtest.me`, which may not resolve: connect to [`Cluster::ingress`].
    #[must_use]
    pub fn registry_host(&self) -> String {
        format!("gitea.{DOMAIN}")
    }

    /// `HOST:PORT` of the registry, as it stands in references.
    #[must_use]
    pub fn registry(&self) -> String {
        format!("{}:{}", self.registry_host(), self.ingress.port())
    }

    /// Where the ingress listens, in TLS: on loopback.
    #[must_use]
    pub fn ingress(&self) -> SocketAddr {
        self.ingress
    }

    /// `HOST:PORT:ADDRESS` of the registry, as `--resolve` takes it.
    #[must_use]
    pub fn resolve(&self) -> String {
        format!("{}:{}", self.registry(), self.ingress.ip())
    }

    /// The certificate that the ingress shows, which is its own authority.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.run.join(Part::Ingress.name()).join("certificate.pem")
    }

    /// Where Gitea itself listens, in plain HTTP.
    #[must_use]
    pub fn gitea(&self) -> SocketAddr {
        self.gitea
    }

    /// Gitea's administrator, `giteaAdmin`.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.admin.username
    }

    /// The administrator's password, with the odd characters that idpbuilder's have.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.admin.password
    }

    /// The administrator's personal access token, with every scope.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.admin.token
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("gitea", &self.gitea)
            .field("ingress", &self.ingress)
            .field("kubernetes", &self.kubernetes)
            .finish_non_exhaustive()
    }
}

/// A Docker daemon that runs: the machine's own, or the lab's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DockerDaemon {
    socket: PathBuf,
}

impl DockerDaemon {
    /// Finds the lab's, else the machine's own.
    ///
    /// # Errors
    ///
    /// `Absent` where neither answers.
    pub fn running() -> Result<Self, Absent> {
        let lab = docker::socket(&place::run().join(Part::Docker.name()));
        let socket = docker::answers(&lab)
            .then_some(lab)
            .or_else(docker::of_the_machine)
            .ok_or_else(|| absent("Docker daemon".to_owned()))?;
        Ok(Self { socket })
    }

    /// Its Unix socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The same as `DOCKER_HOST` takes it.
    #[must_use]
    pub fn host(&self) -> String {
        format!("unix://{}", self.socket.display())
    }
}

fn read(run: &Path) -> Result<State, Absent> {
    State::read(run).map_err(|error| absent(error.chain().to_string()))
}

fn running_part(state: &State, part: Part) -> Result<SocketAddr, Absent> {
    let port = state.process(part).and_then(|_| state.ports.get(&part));
    port.map(|&port| loopback(port))
        .ok_or_else(|| absent(format!("running {part}")))
}

fn absent(part: String) -> Absent {
    Absent {
        part,
        remedy: REMEDY,
    }
}

#[cfg(test)]
mod tests {
    use super::Cluster;

    #[test]
    fn what_does_not_run_is_named_with_its_remedy() {
        let run = tempfile::tempdir().unwrap();
        let absent = Cluster::running_in(run.path()).unwrap_err();
        assert_eq!(absent.to_string(), "no running etcd (cargo xtask lab up)");
    }
}

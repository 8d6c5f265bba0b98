//! A cluster with its registry: what is known once the Kubernetes API has been asked.

use oci::{Registry, Scheme};

use crate::{Certificate, Error, Selection};

/// Who owns what is pushed without an owner: the administrator `giteaAdmin`, as references write it.
pub const OWNER: &str = "giteaadmin";

/// An idpbuilder cluster, and how its registry is reached.
#[derive(Debug)]
pub struct Cluster {
    /// The context of the kubeconfig.
    pub context: String,
    /// The name that `idpbuilder create` gave to the build.
    pub build: String,
    /// Whether the Kubernetes API is on this machine, and with it the registry.
    pub on_loopback: bool,
    /// Host and port, by which nodes pull too; the port is always written.
    pub registry: Registry,
    /// What the registry speaks.
    pub scheme: Scheme,
    /// Whether Gitea is below `/gitea` of the cluster's host, instead of on a host of its own.
    pub path_routing: bool,
    /// Whether Gitea has answered to idpbuilder.
    pub available: bool,
    /// What to trust there, or why that is not known; none where it is plain HTTP.
    pub certificate: Option<Result<Certificate, Error>>,
}

impl Cluster {
    /// Finds the registry of the cluster that is meant; reads no credentials.
    ///
    /// # Errors
    /// Every variant but [`Error::Starting`]: no cluster, one that may not be asked without being named, one that does
    /// not answer within 5 seconds, no permission, none of idpbuilder's.
    pub async fn find(selection: &Selection) -> Result<Self, Error> {
        Err(Error::Unusable {
            context: selection.context.clone().unwrap_or_default(),
            problem: "clusters cannot be asked yet".to_owned(),
        })
    }
}

//! A cluster with its registry: what is known once the Kubernetes API has been asked.

use oci::{Registry, Scheme};

use crate::api::Api;
use crate::localbuild::Localbuild;
use crate::secret::{self, CERTIFICATE};
use crate::{Certificate, Credentials, Error, Selection};

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
    api: Api,
}

impl Cluster {
    /// Finds the registry of the cluster that is meant; reads no credentials.
    ///
    /// # Errors
    /// Every variant but [`Error::Starting`]: no cluster, one that may not be asked without being named, one that does
    /// not answer within 5 seconds, no permission, none of idpbuilder's.
    pub async fn find(selection: &Selection) -> Result<Self, Error> {
        let api = Api::of(selection).await?;
        let build = Localbuild::read(&api).await?;
        let certificate = match build.scheme {
            Scheme::Http => None,
            Scheme::Https => Some(certificate(&api, build.certificate).await),
        };
        tracing::debug!(
            context = api.context,
            build = build.name,
            registry = %build.registry,
            "cluster"
        );
        Ok(Self {
            context: api.context.clone(),
            build: build.name,
            on_loopback: api.on_loopback,
            registry: build.registry,
            scheme: build.scheme,
            path_routing: build.path_routing,
            available: build.available,
            certificate,
            api,
        })
    }

    /// Reads the credentials of Gitea's administrator.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where this user may not read the secret, [`Error::Starting`] where it is not complete yet,
    /// and those of an API that does not answer.
    pub async fn credentials(&self) -> Result<Credentials, Error> {
        Credentials::read(&self.api, self.available).await
    }
}

async fn certificate(api: &Api, in_build: Option<String>) -> Result<Certificate, Error> {
    let pem = match in_build {
        Some(pem) => pem,
        None => secret::certificate(api)
            .await?
            .ok_or_else(|| Error::Missing {
                context: api.context.clone(),
                what: CERTIFICATE.name.replacen("the ", "", 1),
            })?,
    };
    Certificate::read(pem).map_err(|problem| Error::Malformed {
        context: api.context.clone(),
        what: "the certificate".to_owned(),
        problem,
    })
}

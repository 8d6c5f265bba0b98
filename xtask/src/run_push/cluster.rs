//! The idpbuilder cluster whose registry is the target: whether it is asked, and what its answer means for a push.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, SystemTime};

use ::cluster::{Certificate, Cluster, Kind, Selection};
use oci::{Registry, Scheme};
use push::registry::{Credentials, Resolve};

use super::credentials::same;
use crate::cli::{ClusterArgs, ConnectionArgs, PushArgs};
use crate::console::Console;
use crate::environment::Environment;
use crate::failure::Failure;

/// What a push has to know of a cluster's registry.
#[derive(Debug)]
pub(super) struct AtCluster {
    /// Host and port, as a pod names it.
    pub(super) registry: Registry,
    /// What to trust there, in PEM.
    pub(super) certificate: Option<String>,
    /// It says `http` of itself.
    pub(super) plain_http: bool,
    /// Where to connect, where its name means nothing here.
    pub(super) resolve: Vec<Resolve>,
}

/// Finds the cluster that is meant.
///
/// # Errors
/// [`Failure::Cluster`].
pub(super) async fn find(
    typed: &PushArgs,
    environment: &Environment,
    destination: &str,
) -> Result<Cluster, Failure> {
    Cluster::find(&selection(&typed.cluster, environment))
        .await
        .map_err(|error| failure(destination, error))
}

/// Which cluster is meant, by what is typed and by the environment.
pub(crate) fn selection(typed: &ClusterArgs, environment: &Environment) -> Selection {
    Selection {
        kubeconfig: typed.kubeconfig.clone(),
        variable: environment.kubeconfig.clone(),
        home: environment.push.home.clone(),
        context: typed.context.clone(),
    }
}

/// The cluster that a registry belongs to, where one is asked and says so.
///
/// # Errors
/// [`Failure::Cluster`] where the context was named; otherwise a cluster that cannot be asked is none.
pub(super) async fn serving(
    typed: &PushArgs,
    registry: &Registry,
    scheme: Option<Scheme>,
    environment: &Environment,
) -> Result<Option<Cluster>, Failure> {
    let named = typed.cluster.context.is_some();
    if !named && !may_be_local(&typed.connection, registry, scheme).await {
        return Ok(None);
    }
    let destination = typed.destination.as_deref().unwrap_or_default();
    match find(typed, environment, destination).await {
        Ok(cluster) if same(&cluster.registry, registry, scheme) => Ok(Some(cluster)),
        Ok(cluster) => {
            tracing::debug!(
                "{registry} is not the cluster's, which is {}",
                cluster.registry
            );
            Ok(None)
        }
        Err(failure) if named => Err(failure),
        Err(failure) => {
            tracing::debug!(?failure, "no cluster is asked about {registry}");
            Ok(None)
        }
    }
}

/// Whether a host is a name for this machine, or one that means nothing here: a cluster's, without a network.
pub(crate) async fn may_be_local(
    typed: &ConnectionArgs,
    registry: &Registry,
    scheme: Option<Scheme>,
) -> bool {
    let host = registry.host();
    if host == "localhost" || host.parse::<IpAddr>().is_ok() {
        return false;
    }
    let port = registry
        .port()
        .unwrap_or_else(|| scheme.unwrap_or(Scheme::Https).default_port());
    match addresses(typed, host, port).await {
        Some(addresses) => addresses.iter().all(IpAddr::is_loopback),
        None => true,
    }
}

/// Where a host is, as `--resolve` or the system says; none where nobody knows.
async fn addresses(typed: &ConnectionArgs, host: &str, port: u16) -> Option<Vec<IpAddr>> {
    let chosen = typed.resolve.iter();
    let chosen: Vec<IpAddr> = chosen
        .filter(|resolve| resolve.host == host && resolve.port == port)
        .map(|resolve| resolve.address)
        .collect();
    if !chosen.is_empty() {
        return Some(chosen);
    }
    let lookup = tokio::time::timeout(LOOKUP_TIMEOUT, tokio::net::lookup_host((host, port)));
    let found = lookup.await.ok()?.ok()?;
    Some(found.map(|address| address.ip()).collect())
}

/// What a cluster's answer means, with a word about what the user should know of it.
pub(super) async fn at(cluster: &Cluster, typed: &PushArgs, console: &Console) -> AtCluster {
    let resolve = nearby(cluster, &typed.connection).await;
    if resolve.is_some() {
        console.note(&format!(
            "`{}` does not resolve here; its cluster is on this machine, so it is looked for on loopback",
            cluster.registry.host()
        ));
    }
    AtCluster {
        registry: cluster.registry.clone(),
        certificate: certificate(cluster, typed, console).map(|it| it.pem.clone()),
        plain_http: cluster.scheme == Scheme::Http,
        resolve: resolve.unwrap_or_default(),
    }
}

/// Where a cluster's registry is whose name means nothing here: on this machine, if the cluster is.
pub(crate) async fn nearby(cluster: &Cluster, typed: &ConnectionArgs) -> Option<Vec<Resolve>> {
    let host = cluster.registry.host();
    let port = cluster.registry.port().unwrap_or_default();
    let unknown = addresses(typed, host, port).await.is_none();
    (unknown && cluster.on_loopback).then(|| on_loopback(host, port))
}

/// Where its credentials come from, in words.
pub(crate) fn origin(cluster: &Cluster) -> String {
    format!("the secret gitea/gitea-credential of `{}`", cluster.context)
}

fn on_loopback(host: &str, port: u16) -> Vec<Resolve> {
    let addresses = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    addresses
        .into_iter()
        .map(|address| Resolve {
            host: host.to_owned(),
            port,
            address,
        })
        .collect()
}

fn certificate<'a>(
    cluster: &'a Cluster,
    typed: &PushArgs,
    console: &Console,
) -> Option<&'a Certificate> {
    match cluster.certificate.as_ref()? {
        Ok(certificate) => {
            if certificate.is_expired(SystemTime::now()) && !typed.connection.insecure {
                console.warn(&format!(
                    "the certificate of the cluster of context `{}` has expired, and idpbuilder does not renew it: create the cluster anew, or take it as it is with `--insecure`",
                    cluster.context
                ));
            }
            Some(certificate)
        }
        Err(error) => {
            console.warn(&format!(
                "{error}; give its certificate with `--ca-file PEM`, or take any with `--insecure`"
            ));
            None
        }
    }
}

/// The administrator's credentials, where nobody brings any; none where this user may not read them.
///
/// # Errors
/// [`Failure::Cluster`] where they are not there, or the cluster does not answer any more.
pub(super) async fn credentials(
    cluster: &Cluster,
    typed: &PushArgs,
    console: &Console,
) -> Result<Option<Credentials>, Failure> {
    if typed.credentials.authfile.is_some() {
        return Ok(None);
    }
    match cluster.credentials().await {
        Ok(found) => {
            if found.kind == Kind::Password {
                console.note("the cluster has no token for its Gitea, so the password is used");
            }
            Ok(Some(Credentials::Basic {
                username: found.username,
                password: found.secret,
                origin: origin(cluster),
            }))
        }
        Err(error @ ::cluster::Error::Forbidden { .. }) => {
            console.warn(&format!(
                "{error}; Docker's and Podman's files are asked instead"
            ));
            Ok(None)
        }
        Err(error) => Err(failure(
            typed.destination.as_deref().unwrap_or_default(),
            error,
        )),
    }
}

fn failure(destination: &str, error: ::cluster::Error) -> Failure {
    let doing = if destination.is_empty() {
        "cannot push without a DESTINATION".to_owned()
    } else {
        format!("cannot push to `{destination}`")
    };
    Failure::Cluster {
        doing,
        error: Box::new(error),
    }
}

/// With the time that a connection may take, this stays within the 5 s in which nothing there must be an error.
const LOOKUP_TIMEOUT: Duration = Duration::from_millis(500);

//! The registry of a developer's idpbuilder cluster: somebody's real one, so a test is a guest there.
//!
//! Everything goes below a prefix that no one else has, and is taken away again; nothing else is touched.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use ::cluster::{Cluster, OWNER, Selection};
use oci::{Content, Digest, Repository, Scheme};
use push::registry::{self, Client, Reference, Resolve};
use push::{Environment, Events, Pushed};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;

use crate::background::{self, Background};
use crate::exchange::Exchanges;
use crate::faults::Faults;
use crate::{Credentials, Error, Registry};

/// The registry of a cluster that is not looked for yet: the current context's, where that is a local kind cluster.
#[derive(Clone, Debug)]
#[must_use = "nothing is found before it is asked for"]
pub struct InCluster {
    selection: Selection,
}

/// A test's stay; its end takes away what the test has brought.
pub(crate) struct Guest {
    /// `OWNER/NAME`, which nobody else has.
    pub(crate) prefix: String,
    pub(crate) scheme: Scheme,
    pub(crate) options: registry::Options,
    /// A PEM file of what to trust.
    pub(crate) ca: Option<PathBuf>,
    registry: oci::Registry,
    brought: Arc<Mutex<Vec<(Repository, Digest)>>>,
    runtime: tokio::runtime::Handle,
    _directory: TempDir,
}

impl InCluster {
    /// Reads this kubeconfig instead of `KUBECONFIG` or `~/.kube/config`.
    pub fn kubeconfig(mut self, path: impl Into<PathBuf>) -> Self {
        self.selection.kubeconfig = Some(path.into());
        self
    }

    /// Asks the cluster of this context.
    pub fn context(mut self, name: &str) -> Self {
        self.selection.context = Some(name.to_owned());
        self
    }

    /// Finds it, with its certificate and its administrator's credentials; blocks.
    ///
    /// # Errors
    /// [`Error::Cluster`], and [`Error::Machine`].
    pub fn start(self) -> Result<Registry, Error> {
        let background = Background::start()?;
        let found = background.wait(|| self.find());
        found.and_then(|found| found.into_registry(background))
    }

    /// As [`start`](Self::start), for async tests.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// Never.
    pub async fn start_async(self) -> Result<Registry, Error> {
        let background = Background::start()?;
        let found = background.run(|| self.find()).await;
        let found = found.expect("the work does not panic");
        found.and_then(|found| found.into_registry(background))
    }

    async fn find(self) -> Result<Found, Error> {
        let cluster = Cluster::find(&self.selection).await.map_err(failed)?;
        let credentials = cluster.credentials().await.map_err(failed)?;
        Ok(Found {
            credentials: Credentials {
                username: credentials.username,
                password: credentials.secret.expose_secret().to_owned(),
            },
            certificate: match &cluster.certificate {
                Some(Ok(certificate)) => Some(certificate.pem.clone()),
                _ => None,
            },
            registry: cluster.registry,
            scheme: cluster.scheme,
            on_loopback: cluster.on_loopback,
            runtime: tokio::runtime::Handle::current(),
        })
    }
}

impl Registry {
    /// The registry of the developer's own cluster, which is not stopped and not emptied.
    ///
    /// Where the cluster is on this machine, the registry is looked for on loopback, whatever its name means. All names
    /// are below a prefix of this test's own, and what was seeded is taken away at the end. It does no wrong on purpose, and writes nothing down.
    pub fn cluster() -> InCluster {
        #[expect(
            clippy::disallowed_methods,
            reason = "a fixture is an edge: a test starts it without any arguments"
        )]
        let read = |name| std::env::var_os(name);
        InCluster {
            selection: Selection {
                variable: read("KUBECONFIG"),
                home: read("HOME").map(PathBuf::from),
                ..Selection::default()
            },
        }
    }
}

struct Found {
    registry: oci::Registry,
    scheme: Scheme,
    credentials: Credentials,
    certificate: Option<String>,
    /// The cluster is on this machine.
    on_loopback: bool,
    runtime: tokio::runtime::Handle,
}

impl Found {
    /// Where it listens: on loopback where its cluster is, whatever its name means without a network.
    fn address(&self, port: u16) -> Result<SocketAddr, Error> {
        if self.on_loopback {
            return Ok((Ipv4Addr::LOCALHOST, port).into());
        }
        let machine = Error::machine("address of the cluster");
        match (self.registry.host(), port).to_socket_addrs() {
            Ok(mut found) => found
                .next()
                .ok_or_else(|| machine(io::ErrorKind::NotFound.into())),
            Err(error) => Err(machine(error)),
        }
    }

    /// How its registry is reached.
    fn options(&self, pinned: Option<Resolve>) -> registry::Options {
        registry::Options {
            certificate: self.certificate.clone(),
            plain_http: self.scheme == Scheme::Http,
            credentials: Some(registry::Credentials::Basic {
                username: self.credentials.username.clone(),
                password: self.credentials.password.as_str().into(),
                origin: "the cluster".to_owned(),
            }),
            resolve: pinned.into_iter().collect(),
            ..registry::Options::default()
        }
    }

    fn into_registry(self, background: Background) -> Result<Registry, Error> {
        let directory = TempDir::with_prefix("registry-fixture-");
        let directory = directory.map_err(Error::machine("temporary directory"))?;
        let ca = directory.path().join("ca.pem");
        let ca = self.certificate.as_ref().map(|pem| {
            std::fs::write(&ca, pem).map_err(Error::machine("file for a certificate"))?;
            Ok(ca)
        });
        let port = self
            .registry
            .port()
            .unwrap_or_else(|| self.scheme.default_port());
        let address = self.address(port)?;
        let pinned = self.on_loopback.then(|| Resolve {
            host: self.registry.host().to_owned(),
            port,
            address: address.ip(),
        });
        let guest = Guest {
            prefix: prefix(),
            scheme: self.scheme,
            options: self.options(pinned),
            ca: ca.transpose()?,
            registry: self.registry.clone(),
            brought: Arc::default(),
            runtime: self.runtime,
            _directory: directory,
        };
        Ok(Registry {
            guest: Some(guest),
            #[cfg(feature = "container")]
            _container: None,
            background,
            directory: None,
            address,
            host: self.registry.to_string(),
            credentials: Some(self.credentials),
            user: None,
            certificate: None,
            faults: Faults::default(),
            exchanges: Exchanges::default(),
        })
    }
}

impl Guest {
    /// Takes note of what is to be taken away.
    pub(crate) fn remember(&self, pushed: impl Iterator<Item = Pushed>) {
        let pushed = pushed.map(|it| (it.repository, it.digest));
        self.brought
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(pushed);
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let brought =
            std::mem::take(&mut *self.brought.lock().unwrap_or_else(PoisonError::into_inner));
        let (registry, scheme, options) =
            (self.registry.clone(), self.scheme, self.options.clone());
        background::wait(&self.runtime, move || async move {
            let environment = Environment::default();
            let client = Client::connect(
                &registry,
                Some(scheme),
                options,
                &environment,
                Events::ignored(),
            );
            // A cluster that is gone by now has nothing to take away.
            let Ok(client) = client.await else { return };
            for (repository, digest) in brought {
                if let Err(error) = take_away(&client, &repository, digest).await {
                    tracing::warn!(%repository, %error, "something is left in the cluster's registry");
                }
            }
        });
    }
}

/// Deletes a manifest, or an index and then everything below it.
async fn take_away(
    client: &Client,
    repository: &Repository,
    digest: Digest,
) -> Result<(), push::Error> {
    let mut digests = vec![digest];
    while let Some(digest) = digests.pop() {
        let reference = Reference::Digest(&digest);
        let found = client.manifest(repository, reference).await?;
        client.delete_manifest(repository, reference).await?;
        if let Some(Content::Index(index)) = found.map(|found| found.content) {
            let children = index.children().iter();
            digests.extend(children.map(|child| child.digest.clone()));
        }
    }
    Ok(())
}

/// A name that nobody has had: of this process, this moment and this call.
fn prefix() -> String {
    static STARTED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = STARTED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let moment = now.map_or(0, |now| now.as_micros());
    format!("{OWNER}/fixture-{}-{moment}-{number}", process::id())
}

fn failed(error: ::cluster::Error) -> Error {
    Error::Cluster(Box::new(error))
}

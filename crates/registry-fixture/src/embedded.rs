//! The embedded registry as a fixture: what it is to be like, and its start.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use embedded_registry::Config;
use rustls::ServerConfig;
use tempfile::TempDir;

use crate::background::Background;
use crate::certificate::Certificate;
use crate::exchange::Exchanges;
use crate::faults::Faults;
use crate::gitea::User;
use crate::service::{Front, Service};
use crate::{Credentials, Error, Fault, Gitea, Registry, server};

/// An embedded registry that is not started yet; anonymous and plain HTTP unless said otherwise.
#[derive(Clone, Debug, Default)]
#[must_use = "it serves nothing before it is started"]
pub struct Embedded {
    credentials: Option<Credentials>,
    tls: bool,
    faults: Vec<Fault>,
    gitea: Option<Gitea>,
}

impl Embedded {
    /// Asks everybody for this name and password.
    pub fn credentials(mut self, username: &str, password: &str) -> Self {
        self.credentials = Some(Credentials {
            username: username.to_owned(),
            password: password.to_owned(),
        });
        self
    }

    /// Serves HTTPS, with a certificate for `127.0.0.1`, `localhost` and `*.cnoe.localtest.me`.
    ///
    /// An authority of its own has signed it; where the registry is Gitea-like, it is that authority itself, as
    /// idpbuilder's is.
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Does something wrong on purpose.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Does several things wrong; of those that fit a request, the first that is not used up happens.
    pub fn faults(mut self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.faults.extend(faults);
        self
    }

    /// Behaves as idpbuilder's Gitea 1.24 does where that differs from the specification.
    pub fn gitea_like(self) -> Self {
        self.gitea(Gitea::default())
    }

    /// The same, with owners and limits of your own.
    pub fn gitea(mut self, gitea: Gitea) -> Self {
        self.gitea = Some(gitea);
        self
    }

    /// Starts it; it answers as soon as this returns, and nothing here waits, so that async tests call it as well.
    ///
    /// # Errors
    /// [`Error::Machine`], [`Error::Embedded`], and [`Error::Certificate`] or [`Error::Tls`] with TLS.
    pub fn start(self) -> Result<Registry, Error> {
        let directory = TempDir::with_prefix("registry-fixture-");
        let directory = directory.map_err(Error::machine("temporary directory"))?;
        let certificate = self.certificate(directory.path())?;
        let mut config = config(directory.path());
        let mut credentials = self.credentials;
        let user = self.gitea.as_ref().map(|_| User::of(credentials.take()));
        config.credentials = credentials.as_ref().map(Credentials::guard);
        let router = embedded_registry::service(config).map_err(Error::Embedded)?;
        let front = match (&self.gitea, &user) {
            (Some(gitea), Some(user)) => Front::gitea(gitea, user.clone(), self.tls, router),
            _ => Front::plain(router),
        };
        let (faults, exchanges) = (Faults::new(self.faults), Exchanges::default());
        let service = Service::new(front, faults.clone(), exchanges.clone());
        let background = Background::start()?;
        let tls = certificate.as_ref().map(|made| Arc::clone(&made.server));
        let address = listen(&background, service, tls).map_err(Error::machine("port"))?;
        Ok(Registry {
            #[cfg(feature = "cluster")]
            guest: None,
            #[cfg(feature = "container")]
            _container: None,
            background,
            directory: Some(directory),
            address,
            host: address.to_string(),
            credentials: user
                .as_ref()
                .map(|user| user.credentials.clone())
                .or(credentials),
            user,
            certificate,
            faults,
            exchanges,
        })
    }

    fn certificate(&self, directory: &Path) -> Result<Option<Certificate>, Error> {
        match (self.tls, &self.gitea) {
            (false, _) => Ok(None),
            (true, None) => Certificate::signed(directory).map(Some),
            (true, Some(_)) => Certificate::its_own_authority(directory).map(Some),
        }
    }
}

/// How the embedded registry below `directory` is run; waiting for the disk is nothing that a test needs.
pub(crate) fn config(directory: &Path) -> Config {
    let mut config = Config::new(directory.join("registry"));
    config.sync = false;
    config
}

/// Once this returns the system takes connections, and keeps them until the thread comes to them.
fn listen(
    background: &Background,
    service: Service,
    tls: Option<Arc<ServerConfig>>,
) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    let _context = background.enter();
    let listener = tokio::net::TcpListener::from_std(listener)?;
    background.spawn(server::serve(listener, service, tls));
    Ok(address)
}

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
use crate::service::Service;
use crate::{Credentials, Error, Fault, Registry, server};

/// An embedded registry that is not started yet; anonymous and plain HTTP unless said otherwise.
#[derive(Clone, Debug, Default)]
#[must_use = "it serves nothing before it is started"]
pub struct Embedded {
    credentials: Option<Credentials>,
    tls: bool,
    faults: Vec<Fault>,
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
    /// An authority of its own has signed it.
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

    /// Starts it; it answers as soon as this returns, and nothing here waits, so that async tests call it as well.
    ///
    /// # Errors
    /// [`Error::Machine`], [`Error::Embedded`], and [`Error::Certificate`] or [`Error::Tls`] with TLS.
    pub fn start(self) -> Result<Registry, Error> {
        let directory = TempDir::with_prefix("registry-fixture-");
        let directory = directory.map_err(Error::machine("temporary directory"))?;
        let certificate = self.tls.then(|| Certificate::signed(directory.path()));
        let certificate = certificate.transpose()?;
        let mut config = config(directory.path());
        config.credentials = self.credentials.as_ref().map(Credentials::guard);
        let router = embedded_registry::service(config).map_err(Error::Embedded)?;
        let (faults, exchanges) = (Faults::new(self.faults), Exchanges::default());
        let service = Service::new(router, faults.clone(), exchanges.clone());
        let background = Background::start()?;
        let tls = certificate.as_ref().map(|made| Arc::clone(&made.server));
        let address = listen(&background, service, tls).map_err(Error::machine("port"))?;
        Ok(Registry {
            background,
            directory,
            address,
            host: address.to_string(),
            credentials: self.credentials,
            certificate,
            faults,
            exchanges,
        })
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

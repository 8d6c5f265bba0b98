//! A daemon behind TLS: the certificates that Docker keeps for it, and connections that show them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::address::HostPort;
use crate::{DaemonFailure, Environment};

/// How a daemon behind TLS is connected to.
pub(super) struct Tls {
    to: HostPort,
    name: ServerName<'static>,
    connector: TlsConnector,
}

impl Tls {
    /// Reads `ca.pem`, `cert.pem` and `key.pem` of a directory; each may be missing, as it may for `docker`.
    pub(super) async fn read(
        to: HostPort,
        directory: PathBuf,
        environment: &Environment,
    ) -> Result<Self, DaemonFailure> {
        let unusable = |what: &Path, problem: String| DaemonFailure::Configuration {
            what: format!("`{}`", what.display()),
            problem,
        };
        let name = ServerName::try_from(to.host.clone())
            .map_err(|error| unusable(Path::new(&to.host), error.to_string()))?;
        let bundle = environment.ssl_cert_file.clone();
        let shown = directory.clone();
        let reading = tokio::task::spawn_blocking(move || configuration(&directory, bundle));
        let config = match reading.await {
            Ok(config) => config.map_err(|(path, problem)| unusable(&path, problem))?,
            Err(stopped) => return Err(unusable(&shown, stopped.to_string())),
        };
        Ok(Self {
            to,
            name,
            connector: TlsConnector::from(Arc::new(config)),
        })
    }

    /// Connects, and greets.
    pub(super) async fn connect(&self) -> io::Result<TlsStream<TcpStream>> {
        let connecting = async {
            let tcp = TcpStream::connect((self.to.host.as_str(), self.to.port)).await?;
            self.connector.connect(self.name.clone(), tcp).await
        };
        tokio::time::timeout(PATIENCE, connecting).await?
    }
}

/// A file that cannot be used, and why.
type Unusable = (PathBuf, String);

fn configuration(directory: &Path, bundle: Option<PathBuf>) -> Result<ClientConfig, Unusable> {
    let mut roots = RootCertStore::empty();
    let authority = Some(directory.join("ca.pem")).filter(|path| path.exists());
    match authority.or(bundle) {
        Some(path) => {
            for certificate in certificates(&path)? {
                roots
                    .add(certificate)
                    .map_err(|error| (path.clone(), error.to_string()))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks every version that is safe")
        .with_root_certificates(roots);
    let (chain, key) = (directory.join("cert.pem"), directory.join("key.pem"));
    if !chain.exists() && !key.exists() {
        return Ok(config.with_no_client_auth());
    }
    let secret = PrivateKeyDer::from_pem_file(&key).map_err(|error| (key, error.to_string()))?;
    config
        .with_client_auth_cert(certificates(&chain)?, secret)
        .map_err(|error| (chain, error.to_string()))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    let unusable = |problem: String| (path.to_owned(), problem);
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path)
        .map_err(|error| unusable(error.to_string()))?
        .collect();
    let found = found.map_err(|error| unusable(error.to_string()))?;
    if found.is_empty() {
        return Err(unusable("it holds no certificate in PEM form".to_owned()));
    }
    Ok(found)
}

/// How long a connection and its greeting may take.
const PATIENCE: Duration = Duration::from_secs(30);

//! Servers on loopback for a command that runs beside them: TLS before a real registry, or a registry that misbehaves.

use std::net::SocketAddr;
use std::sync::Arc;

use embedded_registry::{Config, Credentials, Registry};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

/// A server; it ends when it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    _runtime: Runtime,
    /// What keeps a real registry alive.
    _registry: Option<(Registry, TempDir)>,
}

/// A certificate that has signed itself, as idpbuilder makes one: authority and leaf in one.
pub(crate) struct Certificate {
    pub(crate) pem: String,
    config: Arc<ServerConfig>,
}

/// The head of a request.
pub(crate) struct Head {
    /// Such as `GET /v2/`; without the query.
    pub(crate) what: String,
    /// The declared length of the body.
    pub(crate) length: u64,
    /// Whether credentials of any kind are shown.
    pub(crate) authorized: bool,
}

impl Certificate {
    /// For `registry.example`, valid from 2020 until the first day of a year.
    pub(crate) fn until(year: i32) -> Self {
        let mut params = CertificateParams::new(vec!["registry.example".to_owned()])
            .expect("a name for a certificate");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let made = params.self_signed(&key).expect("a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.der().clone()], private)
            .expect("a certificate with its key");
        Self {
            pem: made.pem(),
            config: Arc::new(config),
        }
    }
}

impl Server {
    /// A real registry, for `me` with the password `secret` alone, behind TLS where there is a certificate.
    pub(crate) fn registry(certificate: Option<&Certificate>) -> Self {
        let runtime = Runtime::new().expect("threads");
        let directory = tempfile::tempdir().expect("a directory");
        let mut config = Config::new(directory.path());
        config.credentials = Some(Credentials {
            username: "me".to_owned(),
            password: "secret".into(),
        });
        let registry = runtime
            .block_on(Registry::start(config))
            .expect("a registry");
        let behind = registry.address();
        let address = match certificate {
            None => behind,
            Some(certificate) => {
                let tls = TlsAcceptor::from(Arc::clone(&certificate.config));
                runtime.block_on(listen(move |connection| {
                    let tls = tls.clone();
                    async move {
                        // Who does not like the certificate hangs up.
                        if let Ok(mut stream) = tls.accept(connection).await
                            && let Ok(mut registry) = TcpStream::connect(behind).await
                        {
                            drop(tokio::io::copy_bidirectional(&mut stream, &mut registry).await);
                        }
                    }
                }))
            }
        };
        Self {
            address,
            _runtime: runtime,
            _registry: Some((registry, directory)),
        }
    }

    /// Answers every request as it is told to, as soon as the head is there.
    pub(crate) fn scripted(answer: impl Fn(&Head) -> String + Send + Sync + 'static) -> Self {
        let runtime = Runtime::new().expect("threads");
        let answer = Arc::new(answer);
        let address = runtime.block_on(listen(move |connection| {
            let answer = Arc::clone(&answer);
            async move { exchange(connection, &*answer).await }
        }));
        Self {
            address,
            _runtime: runtime,
            _registry: None,
        }
    }
}

/// An answer, with one more header line where that is not empty.
pub(crate) fn reply(status: u16, header: &str, body: &str) -> String {
    let header = if header.is_empty() {
        String::new()
    } else {
        format!("{header}\r\n")
    };
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Status\r\n{header}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

async fn listen<F, W>(mut serve: F) -> SocketAddr
where
    F: FnMut(TcpStream) -> W + Send + 'static,
    W: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(serve(connection));
        }
    });
    address
}

async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: &(dyn Fn(&Head) -> String + Send + Sync),
) {
    let mut read = Vec::new();
    let end = loop {
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        // A TLS greeting is no head, and is hung up on.
        let odd = read
            .first()
            .is_some_and(|byte: &u8| !byte.is_ascii_alphabetic());
        if odd || !matches!(stream.read_buf(&mut read).await, Ok(1..)) {
            return;
        }
    };
    let head = Head::read(&String::from_utf8_lossy(&read[..end]));
    let small = usize::try_from(head.length).unwrap_or(usize::MAX);
    while small < SMALL && read.len() < end + small {
        if !matches!(stream.read_buf(&mut read).await, Ok(1..)) {
            return;
        }
    }
    // Whoever has hung up wants no answer.
    drop(stream.write_all(answer(&head).as_bytes()).await);
    drop(stream.shutdown().await);
}

impl Head {
    fn read(text: &str) -> Self {
        let mut lines = text.lines();
        let mut words = lines.next().unwrap_or_default().split([' ', '?']);
        let mut word = || words.next().unwrap_or_default();
        let what = format!("{} {}", word(), word());
        let headers: Vec<_> = lines.filter_map(|line| line.split_once(": ")).collect();
        let find = |name: &str| {
            let found = headers
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| *value)
        };
        Self {
            what,
            length: find("content-length")
                .and_then(|length| length.parse().ok())
                .unwrap_or(0),
            authorized: find("authorization").is_some(),
        }
    }
}

/// Bodies below this are read before they are answered.
const SMALL: usize = 1 << 16;

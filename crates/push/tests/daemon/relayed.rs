//! Daemons behind TLS and ssh: the same answers, by another way.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use push::source::SourceSpec;
use push::{Environment, Error, Events};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio::net::{TcpListener, UnixStream};
use tokio_rustls::TlsAcceptor;

use crate::fake::FakeDaemon;
use crate::{environment, hello};

/// The names of the image, or what is said instead, one line each.
fn opened(environment: &Environment) -> Vec<String> {
    let spec = SourceSpec::DockerDaemon("corpus/hello:1".to_owned());
    match push::source::open(&spec, environment, &Events::ignored()) {
        Ok(contents) => {
            let names = contents.images.iter().flat_map(|image| &image.names);
            names.map(|name| name.written.clone()).collect()
        }
        Err(error) => lines(&error),
    }
}

fn lines(error: &Error) -> Vec<String> {
    let mut lines = vec![error.to_string()];
    let mut next = std::error::Error::source(error);
    while let Some(error) = next {
        lines.push(error.to_string());
        next = error.source();
    }
    lines
}

/// A directory with `ca.pem`, and `cert.pem` and `key.pem` for 127.0.0.1 that it has signed.
struct Certificates(TempDir);

impl Certificates {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let write = |name: &str, text: String| {
            fs::write(directory.path().join(name), text).expect("a file");
        };
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        write(
            "ca.pem",
            params.self_signed(&key).expect("a certificate").pem(),
        );
        let issuer = Issuer::new(params, key);
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &issuer).expect("a certificate");
        write("cert.pem", certificate.pem());
        write("key.pem", key.serialize_pem());
        Self(directory)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// What a daemon with `--tlsverify` shows and asks for.
    fn server(&self) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let read = |name| CertificateDer::from_pem_file(self.path(name)).expect("a certificate");
        let mut roots = RootCertStore::empty();
        roots.add(read("ca.pem")).expect("an authority");
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let key = PrivateKeyDer::from_pem_file(self.path("key.pem")).expect("a key");
        ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_client_cert_verifier(verifier.build().expect("a verifier"))
            .with_single_cert(vec![read("cert.pem")], key)
            .expect("a pair")
    }
}

/// Puts TLS before a daemon, and says where.
async fn serve_tls(daemon: &FakeDaemon, certificates: &Certificates) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let acceptor = TlsAcceptor::from(Arc::new(certificates.server()));
    let socket = daemon.socket();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let (acceptor, socket) = (acceptor.clone(), socket.clone());
            tokio::spawn(async move {
                let mut far = acceptor.accept(tcp).await?;
                let mut near = UnixStream::connect(socket).await?;
                tokio::io::copy_bidirectional(&mut far, &mut near).await
            });
        }
    });
    address
}

async fn opened_over_tls(daemon: &FakeDaemon, shown: &Certificates, to: SocketAddr) -> Vec<String> {
    let environment = Environment {
        docker_host: Some(format!("tcp://{to}")),
        docker_cert_path: Some(shown.0.path().to_owned()),
        docker_tls_verify: true,
        ..environment(daemon)
    };
    let opened = tokio::task::spawn_blocking(move || opened(&environment));
    let opened = opened.await.expect("it does not panic");
    opened
        .iter()
        .map(|line| line.replace(&to.to_string(), "<address>"))
        .collect()
}

#[tokio::test]
async fn a_daemon_behind_tls_is_reached_with_its_certificates() {
    let (daemon, certificates) = (FakeDaemon::start(vec![hello()], None), Certificates::new());
    let address = serve_tls(&daemon, &certificates).await;
    let opened = opened_over_tls(&daemon, &certificates, address).await;
    assert_eq!(opened, ["corpus/hello:1"]);
    assert_eq!(daemon.requests().len(), 2);
}

#[tokio::test]
async fn a_daemon_that_shows_anothers_certificate_is_not_believed() {
    let (daemon, certificates) = (FakeDaemon::start(vec![hello()], None), Certificates::new());
    let address = serve_tls(&daemon, &certificates).await;
    let said = opened_over_tls(&daemon, &Certificates::new(), address).await;
    assert_eq!(
        said[0],
        "cannot read `corpus/hello:1` from the Docker daemon"
    );
    assert_eq!(said[1], "`tcp://<address>` does not answer");
    assert!(said[2].starts_with("invalid peer certificate"), "{said:?}");
    assert!(daemon.requests().is_empty());
}

#[tokio::test]
async fn a_daemon_that_asks_for_a_certificate_says_so() {
    let (daemon, certificates) = (FakeDaemon::start(vec![hello()], None), Certificates::new());
    let address = serve_tls(&daemon, &certificates).await;
    for name in ["cert.pem", "key.pem"] {
        fs::remove_file(certificates.path(name)).unwrap();
    }
    let said = opened_over_tls(&daemon, &certificates, address).await;
    assert!(said[2].contains("CertificateRequired"), "{said:?}");
    fs::remove_file(certificates.path("ca.pem")).unwrap();
    fs::write(certificates.path("ca.pem"), "no certificate").unwrap();
    let said = opened_over_tls(&daemon, &certificates, address).await;
    assert!(
        said[1].ends_with("ca.pem` cannot be used: it holds no certificate in PEM form"),
        "{said:?}"
    );
}

/// A place where `ssh` is a script that answers as the far daemon would.
struct FarMachine(TempDir);

impl FarMachine {
    fn new(script: &str) -> Self {
        let machine = Self(tempfile::tempdir().expect("a temporary directory"));
        let ssh = machine.path().join("ssh");
        let script = format!("#!/bin/sh\ncd '{}'\n{script}", machine.path().display());
        fs::write(&ssh, script).expect("a script");
        fs::set_permissions(&ssh, fs::Permissions::from_mode(0o755)).expect("a mode");
        let image = hello();
        let details = format!(
            r#"{{"Id":"{}","Os":"linux","Architecture":"amd64"}}"#,
            image.id
        );
        machine.answer("inspect", details.as_bytes());
        machine.answer("export", &fs::read(image.archive).expect("an archive"));
        machine
    }

    fn answer(&self, name: &str, body: &[u8]) {
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        let answer = [answer.as_bytes(), body].concat();
        fs::write(self.path().join(name), answer).expect("a file");
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn environment(&self) -> Environment {
        Environment {
            tmpdir: Some(PathBuf::from(env!("CARGO_TARGET_TMPDIR"))),
            docker_host: Some("ssh://me@build:2222".to_owned()),
            path: Some(self.path().into()),
            ..Environment::default()
        }
    }

    fn opened(&self) -> Vec<String> {
        opened(&self.environment())
    }
}

#[test]
fn a_daemon_behind_ssh_is_reached_as_docker_reaches_it() {
    let machine = FarMachine::new(
        r#"
        echo "$@" > words
        read -r method target version
        case "$target" in
            */json*) exec /bin/cat inspect ;;
            *) exec /bin/cat export ;;
        esac
        "#,
    );
    assert_eq!(machine.opened(), ["corpus/hello:1"]);
    let words = fs::read_to_string(machine.path().join("words")).unwrap();
    assert_eq!(
        words,
        "-l me -p 2222 -o ConnectTimeout=30 -o BatchMode=yes -T -- build docker system dial-stdio\n"
    );
}

#[test]
fn what_ssh_complains_of_is_said() {
    let machine = FarMachine::new("echo 'build: Permission denied (publickey).' >&2\nexit 255\n");
    let said = machine.opened();
    assert_eq!(said[1], "`ssh://me@build:2222` does not answer");
    assert_eq!(
        said[2],
        "`ssh` ended with exit status: 255: build: Permission denied (publickey)."
    );
    let nowhere = FarMachine(tempfile::tempdir().unwrap());
    let said = nowhere.opened();
    assert!(said[2].starts_with("cannot run `ssh`"), "{said:?}");
}

#[test]
fn of_many_words_of_ssh_the_last_are_said() {
    let machine = FarMachine::new(
        r#"
        for line in $(/usr/bin/seq 300); do echo "All use of this machine is watched."; done >&2
        printf 'Host key for build has changed.\r\nHost key verification failed.\r\n\r\n' >&2
        exit 255
        "#,
    );
    assert_eq!(
        machine.opened()[2],
        "`ssh` ended with exit status: 255: Host key for build has changed. Host key verification failed."
    );
}

/// A process that is stopped has no time to tidy up.
#[cfg(target_os = "linux")]
#[test]
fn the_private_socket_has_no_name_while_it_is_used() {
    let runtime = tempfile::tempdir().unwrap();
    let machine = FarMachine::new(&format!(
        r#"
        /bin/ls -A '{}' >> seen
        read -r method target version
        case "$target" in
            */json*) exec /bin/cat inspect ;;
            *) exec /bin/cat export ;;
        esac
        "#,
        runtime.path().display()
    ));
    let said = opened(&Environment {
        runtime: Some(runtime.path().to_owned()),
        ..machine.environment()
    });
    assert_eq!(said, ["corpus/hello:1"]);
    let seen = fs::read_to_string(machine.path().join("seen")).unwrap();
    assert_eq!(seen, "");
}

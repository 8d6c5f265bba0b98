//! Whose certificate is believed, and what is said of the others.

use std::path::PathBuf;
use std::sync::Arc;

use insta::assert_snapshot;
use push::Error;
use push::registry::{Client, ClientCertificate, Failure, Options, Resolve};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

use crate::fake::{Fake, Setup};
use crate::support::{chain, connect_to, options};

pub(crate) struct Pair {
    certificate: CertificateDer<'static>,
    pub(crate) pem: String,
    key: KeyPair,
}

/// A certificate that has signed itself, as idpbuilder makes one: authority and leaf in one.
pub(crate) fn its_own_authority(params: impl FnOnce(&mut CertificateParams)) -> Pair {
    let mut made = CertificateParams::new(vec!["registry.example".to_owned()]).expect("a name");
    made.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params(&mut made);
    let key = KeyPair::generate().expect("a key");
    let certificate = made.self_signed(&key).expect("a certificate");
    Pair {
        certificate: certificate.der().clone(),
        pem: certificate.pem(),
        key,
    }
}

/// An authority, and a certificate for `registry.example` that it has signed.
pub(crate) fn signed() -> (Pair, Pair) {
    let mut params = CertificateParams::new(Vec::new()).expect("no name");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    let (authority, pem) = (certificate.der().clone(), certificate.pem());
    let leaf_key = KeyPair::generate().expect("a key");
    let leaf = CertificateParams::new(vec!["registry.example".to_owned()]).expect("a name");
    let leaf = leaf
        .signed_by(&leaf_key, &Issuer::from_params(&params, &key))
        .expect("a certificate");
    let leaf = Pair {
        certificate: leaf.der().clone(),
        pem: leaf.pem(),
        key: leaf_key,
    };
    (
        Pair {
            certificate: authority,
            pem,
            key,
        },
        leaf,
    )
}

pub(crate) async fn serve(pair: &Pair, clients: Option<&Pair>) -> Fake {
    Fake::with(Setup {
        tls: Some(acceptor(pair, clients)),
        ..Setup::default()
    })
    .await
}

pub(crate) fn acceptor(pair: &Pair, clients: Option<&Pair>) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let config = config
        .with_safe_default_protocol_versions()
        .expect("versions");
    let config = match clients {
        None => config.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots
                .add(authority.certificate.clone())
                .expect("an authority");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            config.with_client_cert_verifier(verifier.build().expect("a verifier"))
        }
    };
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pair.key.serialize_der()));
    let config = config
        .with_single_cert(vec![pair.certificate.clone()], key)
        .expect("a certificate");
    TlsAcceptor::from(Arc::new(config))
}

pub(crate) async fn connect(fake: &Fake, name: &str, options: Options) -> Result<Client, Error> {
    let port = fake.address.port();
    let resolve = vec![Resolve {
        host: name.to_owned(),
        port,
        address: fake.address.ip(),
    }];
    let registry = format!("{name}:{port}").parse().expect("a registry");
    connect_to(&registry, Options { resolve, ..options }).await
}

fn file(directory: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = directory.path().join(name);
    std::fs::write(&path, text).expect("a file");
    path
}

fn trusting(directory: &TempDir, pem: &str) -> Options {
    Options {
        ca_files: vec![file(directory, "ca.pem", pem)],
        ..options()
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_signed_is_refused() {
    let mut said = Vec::new();
    let (_, leaf) = signed();
    for pair in [leaf, its_own_authority(|_| {})] {
        let fake = serve(&pair, None).await;
        let error = connect(&fake, "registry.example", options())
            .await
            .expect_err("nobody signed it");
        said.push(chain(&error, &fake));
        let Error::Unreachable { source, .. } = error else {
            panic!("{error:?}");
        };
        assert!(matches!(
            source.downcast_ref(),
            Some(Failure::UntrustedCertificate)
        ));
    }
    assert_eq!(said[0], said[1]);
    assert_snapshot!(said[0], @r"
    GET https://registry.example:<port>/v2/ failed
      caused by: its certificate is not trusted: nobody this machine trusts has signed it
    ");
}

#[tokio::test]
async fn an_authority_from_a_file_is_believed() {
    let directory = tempfile::tempdir().expect("a directory");
    let (authority, leaf) = signed();
    let fake = serve(&leaf, None).await;
    connect(
        &fake,
        "registry.example",
        trusting(&directory, &authority.pem),
    )
    .await
    .expect("it is signed");
    assert_eq!(fake.count("GET"), 1);
}

#[tokio::test]
async fn a_certificate_that_is_its_own_authority_is_believed_when_it_was_given() {
    let directory = tempfile::tempdir().expect("a directory");
    let pair = its_own_authority(|_| {});
    let fake = serve(&pair, None).await;
    connect(&fake, "registry.example", trusting(&directory, &pair.pem))
        .await
        .expect("it was given");

    // A leaf without its authority can be given too.
    let (_, leaf) = signed();
    let fake = serve(&leaf, None).await;
    connect(&fake, "registry.example", trusting(&directory, &leaf.pem))
        .await
        .expect("it was given");

    // Another one of the same name is another one.
    let other = its_own_authority(|_| {});
    let fake = serve(&other, None).await;
    let error = connect(&fake, "registry.example", trusting(&directory, &pair.pem)).await;
    assert!(matches!(error, Err(Error::Unreachable { .. })));
}

#[tokio::test]
async fn a_given_certificate_must_still_have_the_name_and_be_valid() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut said = String::new();
    let pair = its_own_authority(|_| {});
    let fake = serve(&pair, None).await;
    let error = connect(&fake, "other.example", trusting(&directory, &pair.pem)).await;
    said.push_str(&chain(&error.expect_err("another name"), &fake));

    let expired = its_own_authority(|params| params.not_after = rcgen::date_time_ymd(2020, 1, 1));
    let future = its_own_authority(|params| params.not_before = rcgen::date_time_ymd(3000, 1, 1));
    for pair in [expired, future] {
        let fake = serve(&pair, None).await;
        let error = connect(&fake, "registry.example", trusting(&directory, &pair.pem)).await;
        said.push('\n');
        said.push_str(&chain(&error.expect_err("another time"), &fake));
    }
    assert_snapshot!(said, @r"
    GET https://other.example:<port>/v2/ failed
      caused by: its certificate is not for `other.example`, only for `registry.example`
    GET https://registry.example:<port>/v2/ failed
      caused by: its certificate has expired
    GET https://registry.example:<port>/v2/ failed
      caused by: its certificate is not valid yet
    ");
}

#[tokio::test]
async fn insecure_takes_any_certificate() {
    let insecure = Options {
        insecure: true,
        ..options()
    };
    let expired = its_own_authority(|params| params.not_after = rcgen::date_time_ymd(2020, 1, 1));
    for (pair, name) in [
        (signed().1, "registry.example"),
        (signed().1, "other.example"),
        (expired, "registry.example"),
    ] {
        let fake = serve(&pair, None).await;
        connect(&fake, name, insecure.clone())
            .await
            .expect("anything is fine");
        assert_eq!(fake.count("GET"), 1);
    }
}

#[tokio::test]
async fn a_client_certificate_is_shown() {
    let directory = tempfile::tempdir().expect("a directory");
    let (authority, leaf) = signed();
    let fake = serve(&leaf, Some(&authority)).await;
    let mut options = trusting(&directory, &authority.pem);
    connect(&fake, "registry.example", options.clone())
        .await
        .expect_err("nothing is shown");
    options.client_certificate = Some(ClientCertificate {
        certificate: file(&directory, "me.cert", &leaf.pem),
        key: file(&directory, "me.key", &leaf.key.serialize_pem()),
    });
    connect(&fake, "registry.example", options)
        .await
        .expect("it is shown");
}

#[tokio::test]
async fn files_that_hold_no_certificate_are_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let fake = Fake::start().await;
    let mut said = String::new();
    let missing = Options {
        ca_files: vec![directory.path().join("missing.pem")],
        ..options()
    };
    for options in [trusting(&directory, "hello"), missing] {
        let error = connect(&fake, "registry.example", options)
            .await
            .expect_err("it holds none");
        assert!(matches!(
            error,
            Error::OptionFile {
                option: "--ca-file",
                ..
            }
        ));
        let text = chain(&error, &fake).replace(&directory.path().display().to_string(), "<dir>");
        said.push_str(&text);
        said.push('\n');
    }
    assert_snapshot!(said, @r"
    cannot use `<dir>/ca.pem` given with `--ca-file`
      caused by: it holds no certificate in PEM form
    cannot use `<dir>/missing.pem` given with `--ca-file`
      caused by: No such file or directory (os error 2)
    ");
    assert_eq!(fake.transcript(), "");
}

#[tokio::test]
async fn tls_is_said_to_be_missing_where_it_is() {
    let fake = Fake::start().await;
    let registry: oci::Registry = fake.registry();
    let environment = crate::support::hermetic();
    let scheme = Some(oci::Scheme::Https);
    let error = Client::connect(
        &registry,
        scheme,
        options(),
        &environment,
        push::Events::ignored(),
    )
    .await;
    assert_snapshot!(chain(&error.expect_err("no TLS there"), &fake), @r"
    GET https://<registry>/v2/ failed
      caused by: it does not speak TLS on that port
    ");
}

//! Certificates for a registry on loopback, made anew for each.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::Error;

/// Who vouches for a registry, and what it serves TLS with.
#[derive(Debug)]
pub(crate) struct Certificate {
    /// The authority's certificate, PEM.
    pub(crate) ca: PathBuf,
    pub(crate) server: Arc<ServerConfig>,
}

impl Certificate {
    /// An authority and a certificate that it has signed, which every client believes that is given the authority.
    pub(crate) fn signed(directory: &Path) -> Result<Self, Error> {
        let authority = authority(Vec::new())?;
        let authority_key = KeyPair::generate().map_err(Error::Certificate)?;
        let root = authority.self_signed(&authority_key);
        let root = root.map_err(Error::Certificate)?;
        let key = KeyPair::generate().map_err(Error::Certificate)?;
        let mut leaf = CertificateParams::new(names()).map_err(Error::Certificate)?;
        leaf.subject_alt_names.extend(addresses());
        let leaf = leaf.signed_by(&key, &Issuer::from_params(&authority, &authority_key));
        let leaf = leaf.map_err(Error::Certificate)?;
        Self::of(directory, &root.pem(), leaf.der().clone(), &key)
    }

    /// One certificate that is the authority and the leaf, as idpbuilder makes it; webpki refuses such a leaf.
    pub(crate) fn its_own_authority(directory: &Path) -> Result<Self, Error> {
        let mut params = authority(names())?;
        params.subject_alt_names.extend(addresses());
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().map_err(Error::Certificate)?;
        let made = params.self_signed(&key).map_err(Error::Certificate)?;
        Self::of(directory, &made.pem(), made.der().clone(), &key)
    }

    fn of(
        directory: &Path,
        pem: &str,
        leaf: CertificateDer<'static>,
        key: &KeyPair,
    ) -> Result<Self, Error> {
        let ca = directory.join("ca.pem");
        fs::write(&ca, pem).map_err(Error::machine("temporary directory"))?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        // The provider is named, so that the fixture works whatever the test has installed.
        let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder
                    .with_no_client_auth()
                    .with_single_cert(vec![leaf], key)
            });
        let server = Arc::new(server.map_err(Error::Tls)?);
        Ok(Self { ca, server })
    }
}

fn authority(names: Vec<String>) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::new(names).map_err(Error::Certificate)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::KeyCertSign,
    ];
    Ok(params)
}

/// The second is for tests that have a name lead to this machine.
fn names() -> Vec<String> {
    vec!["localhost".to_owned(), "*.cnoe.localtest.me".to_owned()]
}

fn addresses() -> [SanType; 2] {
    [
        SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)),
    ]
}

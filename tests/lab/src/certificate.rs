//! Certificates of the lab: idpbuilder's, which is its own authority and served as it is, and an honest pair.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use tempfile::NamedTempFile;

use crate::Error;

/// As long as idpbuilder's is valid.
const LIFETIME: Duration = Duration::from_hours(8766);

/// A certificate with its private key, in PEM.
#[derive(Clone)]
pub struct Certificate {
    certificate: String,
    key: String,
}

impl Certificate {
    /// What idpbuilder makes for a domain: one certificate for it and `*.` of it, self-signed, an authority, served.
    ///
    /// # Panics
    ///
    /// Where `domain` is not a domain.
    #[must_use]
    pub fn of_idpbuilder(domain: &str) -> Self {
        Self::authority_as_leaf(domain, SystemTime::now() + LIFETIME)
    }

    /// The same, years after its end.
    ///
    /// # Panics
    ///
    /// Where `domain` is not a domain.
    #[must_use]
    pub fn expired(domain: &str) -> Self {
        Self::authority_as_leaf(domain, date_time_ymd(2024, 1, 1).into())
    }

    /// The certificate.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.certificate
    }

    fn authority_as_leaf(domain: &str, end: SystemTime) -> Self {
        let mut params = params(&[domain, &format!("*.{domain}")], end);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyCertSign,
        ];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = private_key();
        let certificate = params.self_signed(&key).expect("a key that can sign");
        Self {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    /// Reads both from a folder, or makes them there.
    pub(crate) fn kept(folder: &Path, make: impl FnOnce() -> Self) -> Result<Self, Error> {
        let (certificate, key) = Self::files(folder);
        if certificate.is_file() && key.is_file() {
            let read = |path: &Path| fs::read_to_string(path).map_err(Error::file("read", path));
            return Ok(Self {
                certificate: read(&certificate)?,
                key: read(&key)?,
            });
        }
        let made = make();
        made.write(folder)?;
        Ok(made)
    }

    /// Writes both into a folder and returns their files.
    pub(crate) fn write(&self, folder: &Path) -> Result<(PathBuf, PathBuf), Error> {
        let (certificate, key) = Self::files(folder);
        write_secret(&key, &self.key)?;
        fs::write(&certificate, &self.certificate).map_err(Error::file("write", &certificate))?;
        Ok((certificate, key))
    }

    fn files(folder: &Path) -> (PathBuf, PathBuf) {
        (folder.join("certificate.pem"), folder.join("key.pem"))
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Certificate(…)")
    }
}

/// A certificate for loopback, and the authority that has signed it.
pub(crate) fn for_loopback() -> (Certificate, String) {
    let end = SystemTime::now() + LIFETIME;
    let mut authority = params(&[], end);
    // A certificate whose issuer has its own name would be taken for self-signed.
    authority
        .distinguished_name
        .push(DnType::CommonName, "kubernetes");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority =
        CertifiedIssuer::self_signed(authority, private_key()).expect("a key that can sign");
    let key = private_key();
    let leaf = params(&["127.0.0.1", "localhost"], end)
        .signed_by(&key, &authority)
        .expect("an authority that can sign");
    let leaf = Certificate {
        certificate: leaf.pem(),
        key: key.serialize_pem(),
    };
    (leaf, authority.pem())
}

/// Writes a file that its owner alone may read.
pub(crate) fn write_secret(path: &Path, secret: &str) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(secret.as_bytes())?;
        file.persist(path).map_err(|failed| failed.error)
    });
    written.map(drop).map_err(Error::file("write", path))
}

fn private_key() -> KeyPair {
    KeyPair::generate().expect("a P-256 key, which ring makes")
}

fn params(names: &[&str], end: SystemTime) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names of hosts");
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::OrganizationName, "cnoe.io");
    params.not_before = date_time_ymd(2023, 1, 1);
    params.not_after = end.into();
    params
}

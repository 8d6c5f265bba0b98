//! The certificate that a cluster's registry shows: that it is one, and until when.

use std::time::{Duration, SystemTime};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

/// A certificate to trust for one registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// As the cluster has it: PEM, of one or more certificates.
    pub pem: String,
    /// The last moment at which the first of them is valid.
    pub not_after: SystemTime,
}

impl Certificate {
    /// Checks what a cluster gives as its certificate.
    pub(crate) fn read(pem: String) -> Result<Self, String> {
        let first = CertificateDer::pem_slice_iter(pem.as_bytes())
            .next()
            .and_then(Result::ok)
            .ok_or("it is not a certificate in PEM form")?;
        let not_after = not_after(&first)?;
        Ok(Self { pem, not_after })
    }

    /// Whether it is past its time; idpbuilder gives a year, and never a new one.
    #[must_use]
    pub fn is_expired(&self, now: SystemTime) -> bool {
        now > self.not_after
    }
}

/// webpki keeps the dates to itself, but says when a certificate ended; at the end of time every one has.
fn not_after(certificate: &CertificateDer<'_>) -> Result<SystemTime, String> {
    let end = UnixTime::since_unix_epoch(Duration::from_secs(u64::MAX));
    let unusable = |error: webpki::Error| format!("it is not a usable certificate: {error}");
    let certificate = EndEntityCert::try_from(certificate).map_err(unusable)?;
    let verdict =
        certificate.verify_for_usage(&[], &[], &[], end, KeyUsage::server_auth(), None, None);
    match verdict.err() {
        Some(webpki::Error::CertExpired { not_after, .. }) => {
            Ok(SystemTime::UNIX_EPOCH + Duration::from_secs(not_after.as_secs()))
        }
        Some(error) => Err(unusable(error)),
        None => Err("it never ends".to_owned()),
    }
}

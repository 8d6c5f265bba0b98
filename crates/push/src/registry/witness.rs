//! A witness of TLS greetings: which certificate was shown, whatever was made of it; verifying is left to `tls`.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

/// Keeps what was shown last; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Witness(Arc<Mutex<Option<Shown>>>);

/// The certificate that somebody has shown, and those that came with it.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) certificate: CertificateDer<'static>,
    intermediates: Vec<CertificateDer<'static>>,
    name: ServerName<'static>,
}

/// Who vouches for a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voucher {
    /// An authority of this machine.
    System,
    /// An authority that the user gave.
    GivenAuthority,
    /// The user, who gave this very certificate.
    User,
    /// The cluster whose registry it is.
    Cluster,
    /// Nobody; it is taken as any is.
    Nobody,
}

impl Witness {
    pub(super) fn see(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
    ) {
        let owned = |certificate: &CertificateDer<'_>| certificate.clone().into_owned();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Shown {
            certificate: owned(certificate),
            intermediates: intermediates.iter().map(owned).collect(),
            name: name.to_owned(),
        });
    }

    pub(super) fn shown(&self) -> Option<Shown> {
        let shown = self.0.lock();
        shown.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Shown {
    /// Whether a verifier believes it now.
    pub(super) fn is_believed_by(&self, verifier: &dyn ServerCertVerifier) -> bool {
        let now = UnixTime::now();
        let (certificate, name) = (&self.certificate, &self.name);
        let verdict = verifier.verify_server_cert(certificate, &self.intermediates, name, &[], now);
        verdict.is_ok()
    }
}

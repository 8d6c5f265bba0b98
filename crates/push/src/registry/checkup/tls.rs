//! TLS: the certificate, who vouches for it, and until when.

use std::time::{Duration, SystemTime};

use super::super::connect::{Approach, Contact};
use super::super::failure::Failure;
use super::super::witness::{Shown, Voucher};
use super::certificate::Certificate;
use super::{Broken, Verdict, Warning};
use crate::Error;

/// Whether the first contact has failed in its TLS greeting.
pub(super) fn is_to_blame(approach: &Approach<'_>, error: &Error) -> bool {
    let Error::Unreachable { source, .. } = error else {
        return false;
    };
    if is_plain(error) {
        return false;
    }
    let of_tls = matches!(
        source.downcast_ref(),
        Some(
            Failure::UntrustedCertificate
                | Failure::WrongName { .. }
                | Failure::ExpiredCertificate
                | Failure::FutureCertificate
                | Failure::Tls(_)
                | Failure::NotTls
        )
    );
    of_tls || approach.trust.shown().is_none()
}

/// That failure, with the certificate that was shown.
pub(super) fn broken(approach: &Approach<'_>, error: Error) -> Broken {
    let shown = approach.trust.shown();
    Broken {
        error: Box::new(error),
        found: shown.map(|shown| Certificate::read(&shown.certificate).to_string()),
    }
}

/// What a contact whose greeting did not fail has shown.
pub(super) fn verdict(approach: &Approach<'_>, contact: Result<&Contact, &Error>) -> Verdict {
    let plain = match contact {
        Ok(contact) => contact.endpoint.base.scheme() == "http",
        Err(error) => is_plain(error),
    };
    match approach.trust.shown() {
        Some(shown) if !plain => of_certificate(approach, &shown),
        _ => {
            let why = match approach.scheme {
                Some(_) => "as it was asked to",
                None if approach.addresses.are_loopback() => "which does not leave this machine",
                None => "which `--insecure` allows",
            };
            Verdict::Passed(format!("none: it speaks plain HTTP, {why}"))
        }
    }
}

fn of_certificate(approach: &Approach<'_>, shown: &Shown) -> Verdict {
    let certificate = Certificate::read(&shown.certificate);
    let who = match approach.trust.voucher(shown) {
        Voucher::System => "an authority of this machine vouches for it",
        Voucher::GivenAuthority => "an authority that was given vouches for it",
        Voucher::User => "it is trusted because it was given",
        Voucher::Cluster => "its cluster vouches for it",
        Voucher::Nobody => {
            return Verdict::Warned(Warning::Unverified {
                certificate: certificate.to_string(),
            });
        }
    };
    match certificate.until {
        Some(until) if until < SystemTime::now() + SOON => Verdict::Warned(Warning::EndsSoon {
            certificate: certificate.to_string(),
            until,
        }),
        _ => Verdict::Passed(format!("{certificate}; {who}")),
    }
}

/// Whether what failed was said without TLS.
fn is_plain(error: &Error) -> bool {
    let (Error::Unreachable { request, .. }
    | Error::ProtocolViolation { request, .. }
    | Error::Rejected { request, .. }
    | Error::Denied { request, .. }
    | Error::Unauthorized { request, .. }) = error
    else {
        return false;
    };
    request.url.starts_with("http://")
}

/// Long enough to get another certificate.
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);

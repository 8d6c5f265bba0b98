//! A certificate in words: whose it is, who has signed it, until when, and how to tell it from another.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use oci::Digest;
use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

/// What a person knows a certificate by; nothing here is verified.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Certificate {
    /// Host names and addresses, as far as they can be read.
    names: Vec<String>,
    /// The issuer; none where it has signed itself.
    issuer: Option<String>,
    pub(super) until: Option<SystemTime>,
    /// The first 16 digits of the SHA-256 fingerprint.
    fingerprint: String,
}

impl Certificate {
    /// Reads what can be read, and leaves out the rest.
    pub(super) fn read(der: &CertificateDer<'_>) -> Self {
        let parsed = X509Certificate::from_der(der);
        let parsed = parsed.ok().map(|(_, parsed)| parsed);
        let digest = Digest::of(der);
        Self {
            names: parsed.as_ref().map(names).unwrap_or_default(),
            issuer: parsed.as_ref().and_then(issuer),
            until: parsed.as_ref().and_then(until),
            fingerprint: digest.hex()[..16].to_ascii_uppercase(),
        }
    }
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "certificate {}…", self.fingerprint)?;
        if !self.names.is_empty() {
            write!(f, " for {}", self.names.join(", "))?;
        }
        match &self.issuer {
            Some(issuer) => write!(f, ", signed by `{issuer}`")?,
            None => write!(f, ", signed by itself")?,
        }
        match self.until {
            Some(until) => write!(f, ", until {}", date(until)),
            None => Ok(()),
        }
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let names = extension.value.general_names.iter();
    let names = names.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(format!("`{name}`")),
        GeneralName::IPAddress(bytes) => match **bytes {
            [a, b, c, d] => Some(format!("`{a}.{b}.{c}.{d}`")),
            ref bytes => {
                let bytes = <[u8; 16]>::try_from(bytes).ok()?;
                Some(format!("`{}`", std::net::Ipv6Addr::from(bytes)))
            }
        },
        _ => None,
    });
    names.collect()
}

fn issuer(certificate: &X509Certificate<'_>) -> Option<String> {
    let (issuer, subject) = (certificate.issuer(), certificate.subject());
    (issuer != subject).then(|| issuer.to_string())
}

fn until(certificate: &X509Certificate<'_>) -> Option<SystemTime> {
    let seconds = certificate.validity().not_after.timestamp();
    UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?))
}

/// `2027-01-31`, in UTC.
pub(super) fn date(time: SystemTime) -> String {
    // IMF-fixdate of RFC 9110: `Sun, 06 Nov 1994 08:49:37 GMT`.
    let text = httpdate::fmt_http_date(time);
    let mut words = text.split(' ').skip(1);
    let (day, month, year) = (words.next(), words.next(), words.next());
    let month = month.and_then(|month| MONTHS.iter().position(|name| *name == month));
    match (day, month, year) {
        (Some(day), Some(month), Some(year)) => format!("{year}-{:02}-{day}", month + 1),
        _ => text,
    }
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, date_time_ymd};

    use super::*;

    #[test]
    fn a_certificate_is_told_by_its_names_and_its_end() {
        let names = vec![
            "*.cnoe.localtest.me".to_owned(),
            "127.0.0.1".to_owned(),
            "::1".to_owned(),
        ];
        let mut params = CertificateParams::new(names).unwrap();
        params.not_after = date_time_ymd(2031, 2, 3);
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::OrganizationName, "cnoe.io");
        let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let read = Certificate::read(made.der());
        let fingerprint = read.fingerprint.clone();
        assert_eq!(
            read.to_string().replace(&fingerprint, "<print>"),
            "certificate <print>… for `*.cnoe.localtest.me`, `127.0.0.1`, `::1`, signed by itself, until 2031-02-03"
        );
        assert_eq!(fingerprint.len(), 16);
    }

    #[test]
    fn what_is_no_certificate_is_told_all_the_same() {
        let read = Certificate::read(&CertificateDer::from(b"junk".to_vec()));
        assert_eq!(read.until, None);
    }

    #[test]
    fn dates_are_written_as_numbers() {
        let seconds = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(date(seconds(0)), "1970-01-01");
        assert_eq!(date(seconds(784_111_777)), "1994-11-06");
        assert_eq!(date(seconds(4_102_444_799)), "2099-12-31");
        // The formatter of HTTP dates ends with the year 9999.
    }
}

//! Why a request got no answer that can be used, in plain words; the source of [`Error::Unreachable`].
//!
//! What an answer that can be used means is left to `reply`.
//!
//! [`Error::Unreachable`]: crate::Error::Unreachable

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use crate::Answer;

/// Why a request got no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The name has no address.
    #[error("the name `{0}` does not resolve")]
    UnknownName(String),
    /// Nobody listens there.
    #[error("the connection was refused")]
    Refused,
    /// No connection within the time that one may take.
    #[error("no connection within {} s", .0.as_secs_f32())]
    ConnectTimeout(Duration),
    /// Nobody who is trusted has signed the certificate.
    #[error("its certificate is not trusted: nobody this machine trusts has signed it")]
    UntrustedCertificate,
    /// The certificate belongs to somebody else.
    #[error("its certificate is not for `{expected}`, only for {}", presented.join(", "))]
    WrongName {
        /// The name that was asked for.
        expected: String,
        /// What the certificate is for.
        presented: Vec<String>,
    },
    /// The certificate is too old.
    #[error("its certificate has expired")]
    ExpiredCertificate,
    /// The certificate is too new, or the clock is wrong.
    #[error("its certificate is not valid yet")]
    FutureCertificate,
    /// TLS failed in another way; the text is the TLS library's.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// What answered the TLS greeting is no TLS.
    #[error("it does not speak TLS on that port")]
    NotTls,
    /// There are bytes to send, and the other side takes none.
    #[error("it took no byte for {} s, with {sent} of {size} sent", waited.as_secs_f32())]
    Stalled {
        /// Bytes that were handed to the network.
        sent: u64,
        /// Bytes there are.
        size: u64,
        /// How long nothing moved.
        waited: Duration,
    },
    /// Everything is sent, and no answer comes.
    #[error("no answer within {} s", .0.as_secs_f32())]
    NoAnswer(Duration),
    /// The connection ended in the middle.
    #[error("the connection was cut")]
    Cut,
    /// An answer that may be another one next time.
    #[error("the registry answered {0}")]
    Answered(Answer),
    /// It said yes before it could have seen the whole blob.
    #[error("the registry answered {0} before the whole blob was sent")]
    TooEarly(u16),
    /// An upload session does not stand where it should.
    #[error("the registry holds {held} bytes of the blob where {sent} were sent")]
    WrongRange {
        /// What it says it has.
        held: u64,
        /// What it was sent.
        sent: u64,
    },
    /// Something else; the text is the HTTP library's.
    #[error("{0}")]
    Other(String),
}

impl Failure {
    /// Whether the same request may succeed a little later, once the host has answered at all.
    pub(super) fn may_pass(&self) -> bool {
        !matches!(
            self,
            Self::UntrustedCertificate
                | Self::WrongName { .. }
                | Self::ExpiredCertificate
                | Self::FutureCertificate
                | Self::Tls(_)
                | Self::NotTls
        )
    }

    /// What a failed request of the HTTP library comes down to; its URL, which may hold secrets, is left out.
    pub(super) fn of(error: reqwest::Error, connect_timeout: Duration) -> Self {
        let host = error
            .url()
            .and_then(|url| url.host_str().map(str::to_owned));
        let (in_connect, timed_out) = (error.is_connect(), error.is_timeout());
        let error = error.without_url();
        let chain = || causes(&error);
        if let Some(tls) = chain().find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
            return Self::of_tls(tls);
        }
        if in_connect && timed_out {
            return Self::ConnectTimeout(connect_timeout);
        }
        if in_connect && chain().any(|cause| cause.to_string() == "dns error") {
            return Self::UnknownName(host.unwrap_or_default());
        }
        let mut kinds =
            chain().filter_map(|cause| cause.downcast_ref::<io::Error>().map(io::Error::kind));
        if let Some(failure) = kinds.find_map(Self::of_kind) {
            return failure;
        }
        let closed = |cause: &(dyn StdError + 'static)| {
            cause
                .to_string()
                .contains("closed before message completed")
        };
        if chain().any(closed) {
            return Self::Cut;
        }
        Self::Other(chain().last().map_or_else(String::new, ToString::to_string))
    }

    fn of_kind(kind: io::ErrorKind) -> Option<Self> {
        match kind {
            io::ErrorKind::ConnectionRefused => Some(Self::Refused),
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => Some(Self::Cut),
            _ => None,
        }
    }

    fn of_tls(error: &rustls::Error) -> Self {
        use rustls::CertificateError as Certificate;
        match error {
            rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => {
                Self::NotTls
            }
            rustls::Error::InvalidCertificate(problem) => match problem {
                Certificate::UnknownIssuer => Self::UntrustedCertificate,
                Certificate::Expired | Certificate::ExpiredContext { .. } => {
                    Self::ExpiredCertificate
                }
                Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                    Self::FutureCertificate
                }
                Certificate::NotValidForNameContext {
                    expected,
                    presented,
                } => Self::WrongName {
                    expected: expected.to_str().into_owned(),
                    presented: presented.iter().map(|name| plain_name(name)).collect(),
                },
                // An authority that nobody vouched for, or one that has the name of a trusted one, and not its key.
                Certificate::Other(_) | Certificate::BadSignature => Self::UntrustedCertificate,
                other => Self::Tls(other.to_string()),
            },
            other => Self::Tls(other.to_string()),
        }
    }
}

/// `DnsName("a.example")` is how the TLS library writes the names of a certificate.
fn plain_name(name: &str) -> String {
    let inner = name
        .split_once('(')
        .map_or(name, |(_, rest)| rest.trim_end_matches(')'));
    format!("`{}`", inner.trim_matches('"'))
}

/// The error and everything below it; an [`io::Error`] hides what it wraps from `source`.
fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let wrapped = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        match wrapped {
            Some(wrapped) => Some(wrapped as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}

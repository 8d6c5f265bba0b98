//! The certificate that a cluster's registry shows: that it is one, and until when.

use std::time::SystemTime;

/// A certificate to trust for one registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// As the cluster has it: PEM, of one or more certificates.
    pub pem: String,
    /// The last moment at which the first of them is valid.
    pub not_after: SystemTime,
}

impl Certificate {
    /// Whether it is past its time; idpbuilder gives a year, and never a new one.
    #[must_use]
    pub fn is_expired(&self, now: SystemTime) -> bool {
        now > self.not_after
    }
}

//! A registry that runs: where it is, who may use it, and what it was asked.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

use oci::Scheme;
use tempfile::TempDir;

use crate::background::Background;
use crate::certificate::Certificate;
use crate::exchange::Exchanges;
use crate::faults::Faults;
use crate::gitea::User;
use crate::{Credentials, Embedded, Exchange, Fault};

/// A registry that is running; dropping it stops it and removes all that it has made, and nothing else.
pub struct Registry {
    // In this order: the container is removed by the thread, and whoever writes to the directory ends before it goes.
    #[cfg(feature = "container")]
    pub(crate) _container: Option<crate::container::Running>,
    /// In somebody's cluster.
    #[cfg(feature = "cluster")]
    pub(crate) guest: Option<crate::cluster::Guest>,
    pub(crate) background: Background,
    /// What an embedded one is kept in.
    pub(crate) directory: Option<TempDir>,
    pub(crate) address: SocketAddr,
    pub(crate) host: String,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) user: Option<User>,
    pub(crate) certificate: Option<Certificate>,
    pub(crate) faults: Faults,
    pub(crate) exchanges: Exchanges,
}

impl Registry {
    /// A registry in this process: needs nothing installed, and starts within milliseconds.
    pub fn embedded() -> Embedded {
        Embedded::default()
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `HOST:PORT`, as it stands in references.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// `http://HOST:PORT`, or with `https`.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = match self.certificate {
            Some(_) => Scheme::Https,
            None => Scheme::Http,
        };
        #[cfg(feature = "cluster")]
        let scheme = self.guest.as_ref().map_or(scheme, |guest| guest.scheme);
        format!("{}://{}", scheme.as_str(), self.host)
    }

    /// What it asks for; none where anybody may read and write.
    #[must_use]
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// A personal access token, where it is Gitea-like: good as the password, and no bearer token.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        Some(&self.user.as_ref()?.token)
    }

    /// A PEM file of the certificate to trust, where it serves TLS.
    #[must_use]
    pub fn ca(&self) -> Option<&Path> {
        #[cfg(feature = "cluster")]
        if let Some(guest) = &self.guest {
            return guest.ca.as_deref();
        }
        Some(&self.certificate.as_ref()?.ca)
    }

    /// `HOST:PORT/NAME`; where the registry is Gitea-like, a name without an owner is the user's own,
    /// and in a cluster every name is below a prefix of this test.
    #[must_use]
    pub fn reference(&self, name: &str) -> String {
        #[cfg(feature = "cluster")]
        if let Some(guest) = &self.guest {
            return format!("{}/{}/{name}", self.host, guest.prefix);
        }
        match &self.user {
            Some(user) if !name.contains('/') => format!("{}/{}/{name}", self.host, user.owner),
            _ => format!("{}/{name}", self.host),
        }
    }

    /// Has it do something wrong from now on, after what it was told before.
    pub fn add_fault(&self, fault: Fault) {
        self.faults.add(fault);
    }

    /// How often it has done something wrong on purpose.
    #[must_use]
    pub fn faults_triggered(&self) -> usize {
        let exchanges = self.exchanges().into_iter();
        exchanges
            .filter(|exchange| exchange.fault.is_some())
            .count()
    }

    /// What it was asked and what came of it, in the order of its answers; seeding is not among it.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.all()
    }

    /// The same as text, one exchange a line: for the message of an assertion that fails.
    #[must_use]
    pub fn transcript(&self) -> String {
        let lines = self.exchanges().into_iter();
        lines.map(|exchange| format!("{exchange}\n")).collect()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

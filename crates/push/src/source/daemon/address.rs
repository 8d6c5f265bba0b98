//! The address of a Docker daemon, as `DOCKER_HOST` and contexts write it.

use std::fmt;
use std::path::PathBuf;

/// Where a daemon is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::source) enum Address {
    /// `unix://PATH`.
    Socket(PathBuf),
    /// `tcp://HOST[:PORT]`, in the clear.
    Tcp(HostPort),
    /// The same with TLS, and the directory of `ca.pem`, `cert.pem` and `key.pem`.
    Tls(HostPort, PathBuf),
    /// `ssh://[USER@]HOST[:PORT]`.
    Ssh(SshHost),
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::source) struct HostPort {
    /// The host; an IPv6 address without its brackets.
    pub(super) host: String,
    pub(super) port: u16,
}

/// A machine whose daemon is reached by running `docker` on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::source) struct SshHost {
    pub(super) user: Option<String>,
    pub(super) host: String,
    pub(super) port: Option<u16>,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(to) | Self::Tls(to, _) => write!(f, "tcp://{to}"),
            Self::Ssh(SshHost { user, host, port }) => {
                f.write_str("ssh://")?;
                user.as_ref().map_or(Ok(()), |user| write!(f, "{user}@"))?;
                f.write_str(host)?;
                port.map_or(Ok(()), |port| write!(f, ":{port}"))
            }
        }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

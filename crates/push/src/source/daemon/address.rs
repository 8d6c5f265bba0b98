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

impl Address {
    /// Reads an address; TCP means TLS where there is a directory of certificates.
    pub(super) fn read(text: &str, certificates: Option<PathBuf>) -> Result<Self, String> {
        Self::take_apart(text, certificates).map_err(|problem| {
            // There may be a password before the `@`.
            if text.contains('@') {
                problem
            } else {
                format!("`{text}`: {problem}")
            }
        })
    }

    fn take_apart(text: &str, certificates: Option<PathBuf>) -> Result<Self, String> {
        let (scheme, rest) = text
            .split_once("://")
            .ok_or("it is not like unix://PATH, tcp://HOST:PORT or ssh://HOST")?;
        match (scheme, certificates) {
            ("unix", _) if rest.is_empty() => Err("it names no socket".to_owned()),
            ("unix", _) => Ok(Self::Socket(PathBuf::from(rest))),
            ("tcp" | "https", Some(directory)) => Ok(Self::Tls(host_port(rest, 2376)?, directory)),
            ("tcp" | "http", _) => Ok(Self::Tcp(host_port(rest, 2375)?)),
            ("https", None) => Err("there are no certificates for TLS".to_owned()),
            ("ssh", _) => ssh_host(rest).map(Self::Ssh),
            (other, _) => Err(format!("`{other}://` is not supported")),
        }
    }
}

fn host_port(text: &str, default: u16) -> Result<HostPort, String> {
    let (host, port) = split(text)?;
    let port = port.unwrap_or(default);
    Ok(HostPort { host, port })
}

fn ssh_host(text: &str) -> Result<SshHost, String> {
    let (user, rest) = match text.rsplit_once('@') {
        Some((user, rest)) => (Some(user.to_owned()), rest),
        None => (None, text),
    };
    // A password has no place on a command line, and a word that begins with `-` would be an option of ssh.
    if user
        .as_deref()
        .is_some_and(|user| user.is_empty() || user.starts_with('-') || user.contains(':'))
    {
        return Err("its user is not a name".to_owned());
    }
    let (host, port) = split(rest)?;
    Ok(SshHost { user, host, port })
}

fn split(text: &str) -> Result<(String, Option<u16>), String> {
    let text = text.trim_end_matches('/');
    if text.contains('@') {
        return Err("a user has no place in it".to_owned());
    }
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    if host.is_empty() || host.starts_with('-') || host.contains(['/', '?', '#']) {
        return Err("it names no host".to_owned());
    }
    let port = port.map(|port| {
        port.parse()
            .map_err(|_| format!("`{port}` is not the number of a port"))
    });
    Ok((host.to_owned(), port.transpose()?))
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

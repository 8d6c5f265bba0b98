//! The parts of a reference: registry, repository and tag, each checked when it is made.

use std::fmt;
use std::str::FromStr;

use crate::ParseDigestError;

/// The host of a registry, with its port where one is written: `localhost:5000`, `[::1]:5000`, `docker.io`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Registry {
    host: String,
    port: Option<u16>,
}

/// The name of a repository within its registry: `team/app`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository(String);

/// A tag: at most 128 of the characters that distribution-spec allows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

/// Why some text is not a reference, by the part that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseReferenceError {
    /// There is nothing at all.
    #[error("it is empty")]
    Empty,
    /// The host or its port is wrong.
    #[error("`{0}` is not a host name with an optional port")]
    Registry(String),
    /// The repository has upper-case letters, which no registry takes.
    #[error("the repository `{0}` must be lower case")]
    UpperCase(String),
    /// The repository is not a name.
    #[error(
        "the repository `{0}` is not a name: lower-case letters and digits, separated by `.`, `_`, `__`, `-` or `/`"
    )]
    Repository(String),
    /// The repository is longer than the 255 characters that registries agree on.
    #[error("the repository is longer than 255 characters")]
    TooLong,
    /// The tag is not one.
    #[error(
        "`{0}` is not a tag: letters, digits, `_`, `.` and `-`, at most 128, and neither `.` nor `-` first"
    )]
    Tag(String),
    /// What follows `@` is not a digest.
    #[error("`{input}` is not a digest: {problem}")]
    Digest {
        /// What was written.
        input: String,
        /// What is wrong with it.
        problem: ParseDigestError,
    },
    /// A scheme or a trailing part asks for a host or a repository that is not there.
    #[error("it names no {0}")]
    Missing(&'static str),
    /// There is a query, user info, or another scheme than http and https.
    #[error("`{0}` has no place in a reference")]
    Unexpected(String),
}

impl Registry {
    /// Docker Hub, under the one name it has here.
    pub const DOCKER_HUB: &'static str = "docker.io";

    /// The host alone; an IPv6 address without its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, where one is written.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether it is Docker Hub, whose API answers at another host and whose one-part names live below `library/`.
    #[must_use]
    pub fn is_docker_hub(&self) -> bool {
        self.host == Self::DOCKER_HUB && matches!(self.port, None | Some(443))
    }

    /// Whether the name is `localhost`, one below it, or a loopback address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let name = self.host == "localhost" || self.host.ends_with(".localhost");
        name || self
            .host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
    }
}

impl FromStr for Registry {
    type Err = ParseReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseReferenceError::Registry(text.to_owned());
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, port) = rest.split_once(']').ok_or_else(wrong)?;
                address.parse::<std::net::Ipv6Addr>().map_err(|_| wrong())?;
                let port = if port.is_empty() {
                    None
                } else {
                    Some(port.strip_prefix(':').ok_or_else(wrong)?)
                };
                (address, port)
            }
            None => match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        if !text.starts_with('[') && !is_host_name(host) {
            return Err(wrong());
        }
        let port = match port {
            Some(port) if port.bytes().all(|b| b.is_ascii_digit()) => {
                Some(port.parse().map_err(|_| wrong())?)
            }
            Some(_) => return Err(wrong()),
            None => None,
        };
        let host = match host.to_ascii_lowercase() {
            host if DOCKER_HUB_ALIASES.contains(&&*host) => Self::DOCKER_HUB.to_owned(),
            host => host,
        };
        Ok(Self { host, port })
    }
}

const DOCKER_HUB_ALIASES: [&str; 3] = [
    "index.docker.io",
    "registry-1.docker.io",
    "registry.hub.docker.com",
];

fn is_host_name(host: &str) -> bool {
    let label = |label: &str| {
        let character = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        !label.is_empty()
            && label.bytes().all(character)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253 && host.split('.').all(label)
}

impl fmt::Display for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl Repository {
    /// The name, as it stands in URLs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This name below `prefix`.
    ///
    /// # Errors
    /// [`ParseReferenceError::TooLong`] where the two together are.
    pub fn below(&self, prefix: &Self) -> Result<Self, ParseReferenceError> {
        format!("{prefix}/{self}").parse()
    }
}

impl FromStr for Repository {
    type Err = ParseReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(ParseReferenceError::Missing("repository"));
        }
        if text.len() > 255 {
            return Err(ParseReferenceError::TooLong);
        }
        if !text.split('/').all(is_path_component) {
            let lower = text.to_ascii_lowercase();
            let only_case = lower != text && lower.split('/').all(is_path_component);
            let error = if only_case {
                ParseReferenceError::UpperCase
            } else {
                ParseReferenceError::Repository
            };
            return Err(error(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*` of distribution-spec, "Pulling manifests".
fn is_path_component(text: &str) -> bool {
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let separator =
        |run: &[u8]| matches!(run, b"." | b"_" | b"__") || run.iter().all(|b| *b == b'-');
    let bytes = text.as_bytes();
    let ends = |end: Option<&u8>| end.is_some_and(|b| alphanumeric(*b));
    ends(bytes.first())
        && ends(bytes.last())
        && bytes
            .split(|b| alphanumeric(*b))
            .filter(|run| !run.is_empty())
            .all(separator)
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Tag {
    /// The tag, as it stands in URLs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `latest`, what a tag is where none is given.
    #[must_use]
    pub fn latest() -> Self {
        Self("latest".to_owned())
    }
}

impl FromStr for Tag {
    type Err = ParseReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let valid = text.len() <= 128
            && text.bytes().next().is_some_and(word)
            && text.bytes().all(|b| word(b) || b == b'.' || b == b'-');
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseReferenceError::Tag(text.to_owned()))
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;

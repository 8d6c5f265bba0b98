//! DESTINATION: `[http://|https://]HOST[:PORT]/REPOSITORY[:TAG][@DIGEST]`, a repository without a host, or a prefix.

use std::fmt;
use std::str::FromStr;

use crate::{Digest, ParseReferenceError, Registry, Repository, Tag};

/// Where a push goes, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The scheme, where one is written out.
    pub scheme: Option<Scheme>,
    /// The registry, where one is named.
    pub registry: Option<Registry>,
    /// What is named there.
    pub target: Target,
}

/// What a [`Destination`] names at its registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// It ends in `/`: images go below it under their own names; `None` is the root.
    Prefix(Option<Repository>),
    /// One repository.
    Repository {
        /// Its name.
        repository: Repository,
        /// The tag to write, where one is given.
        tag: Option<Tag>,
        /// The digest that what is pushed must have, where one is given.
        digest: Option<Digest>,
    },
}

/// How a registry is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// The scheme as it stands in URLs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port where none is written.
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl FromStr for Destination {
    type Err = ParseReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = split_scheme(text)?;
        if rest.is_empty() {
            return Err(if scheme.is_some() {
                ParseReferenceError::Missing("host")
            } else {
                ParseReferenceError::Empty
            });
        }
        if let Some(odd) = rest.find(['?', '#']) {
            return Err(ParseReferenceError::Unexpected(rest[odd..].to_owned()));
        }
        let (registry, path) = match rest.split_once('/') {
            Some((first, path)) if scheme.is_some() || is_host(first) => {
                (Some(first.parse()?), path)
            }
            None if scheme.is_some() => return Err(ParseReferenceError::Missing("repository")),
            _ => (None, rest),
        };
        let target = match path.strip_suffix('/') {
            Some(prefix) => Target::Prefix(Some(prefix.parse()?)),
            None if path.is_empty() => Target::Prefix(None),
            None => parse_repository(path, registry.as_ref())?,
        };
        Ok(Self {
            scheme,
            registry,
            target,
        })
    }
}

fn split_scheme(text: &str) -> Result<(Option<Scheme>, &str), ParseReferenceError> {
    match text.split_once("://") {
        Some(("http", rest)) => Ok((Some(Scheme::Http), rest)),
        Some(("https", rest)) => Ok((Some(Scheme::Https), rest)),
        Some((other, _)) => Err(ParseReferenceError::Unexpected(format!("{other}://"))),
        None => Ok((None, text)),
    }
}

/// The first component is a host when it contains `.` or `:` or is `localhost`.
fn is_host(component: &str) -> bool {
    component.contains(['.', ':']) || component == "localhost"
}

fn parse_repository(
    path: &str,
    registry: Option<&Registry>,
) -> Result<Target, ParseReferenceError> {
    let (name, digest) = match path.split_once('@') {
        Some((name, digest)) => (name, Some(parse_digest(digest)?)),
        None => (path, None),
    };
    let (name, tag) = match name.rsplit_once(':') {
        Some((name, tag)) => (name, Some(tag.parse()?)),
        None => (name, None),
    };
    let library = registry.is_some_and(Registry::is_docker_hub) && !name.contains('/');
    let repository = if library {
        format!("library/{name}").parse()?
    } else {
        name.parse()?
    };
    Ok(Target::Repository {
        repository,
        tag,
        digest,
    })
}

fn parse_digest(text: &str) -> Result<Digest, ParseReferenceError> {
    text.parse().map_err(|problem| ParseReferenceError::Digest {
        input: text.to_owned(),
        problem,
    })
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = self.scheme {
            write!(f, "{scheme}://")?;
        }
        if let Some(registry) = &self.registry {
            write!(f, "{registry}/")?;
        }
        match &self.target {
            Target::Prefix(None) => Ok(()),
            Target::Prefix(Some(prefix)) => write!(f, "{prefix}/"),
            Target::Repository {
                repository,
                tag,
                digest,
            } => {
                write!(f, "{repository}")?;
                tag.as_ref().map_or(Ok(()), |tag| write!(f, ":{tag}"))?;
                digest
                    .as_ref()
                    .map_or(Ok(()), |digest| write!(f, "@{digest}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// Scheme, registry, repository or prefix, and tag, with `-` for what is not there.
    fn parts(text: &str) -> String {
        let destination: Destination = text.parse().unwrap();
        let scheme = destination.scheme.map_or("-", Scheme::as_str);
        let registry = destination
            .registry
            .map_or("-".to_owned(), |registry| registry.to_string());
        let target = match destination.target {
            Target::Repository {
                repository, tag, ..
            } => {
                format!("{repository} {}", tag.as_ref().map_or("-", Tag::as_str))
            }
            Target::Prefix(None) => "/ -".to_owned(),
            Target::Prefix(Some(prefix)) => format!("{prefix}/ -"),
        };
        format!("{scheme} {registry} {target}")
    }

    #[test]
    fn destinations_are_taken_apart() {
        let table = [
            (
                "registry.example.com/myimage:latest",
                "- registry.example.com myimage latest",
            ),
            (
                "localhost:5000/myimage:latest",
                "- localhost:5000 myimage latest",
            ),
            ("localhost/app", "- localhost app -"),
            ("http://registry/app:1", "http registry app 1"),
            ("https://r.io/a/b/c", "https r.io a/b/c -"),
            ("app:1", "- - app 1"),
            ("team/app:1", "- - team/app 1"),
            ("app", "- - app -"),
            ("docker.io/me/app", "- docker.io me/app -"),
            ("docker.io/app:1", "- docker.io library/app 1"),
            ("registry-1.docker.io/me/app", "- docker.io me/app -"),
            ("[::1]:5000/app", "- [::1]:5000 app -"),
            ("localhost:5000/team/", "- localhost:5000 team/ -"),
            ("localhost:5000/", "- localhost:5000 / -"),
            ("team/", "- - team/ -"),
        ];
        for (text, expected) in table {
            assert_eq!(parts(text), expected, "{text}");
        }
    }

    #[test]
    fn a_digest_is_an_assertion_beside_the_tag() {
        let destination: Destination = format!("r.io/app:1@{EMPTY}").parse().unwrap();
        let Target::Repository { tag, digest, .. } = &destination.target else {
            panic!("a repository")
        };
        assert_eq!(tag.as_ref().map(Tag::as_str), Some("1"));
        assert_eq!(digest.as_ref(), Some(&Digest::of(b"")));
        assert_eq!(destination.to_string(), format!("r.io/app:1@{EMPTY}"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let table = [
            ("", "it is empty"),
            ("https://", "it names no host"),
            ("https://registry.example.com", "it names no repository"),
            ("ftp://r.io/app", "`ftp://` has no place in a reference"),
            (
                "r.io/Team/App:1",
                "the repository `Team/App` must be lower case",
            ),
            (
                "r.io/app:-1",
                "`-1` is not a tag: letters, digits, `_`, `.` and `-`, at most 128, and neither `.` nor `-` first",
            ),
            (
                "r.io/app@sha256:1",
                "`sha256:1` is not a digest: sha256 takes 64 lower-case hexadecimal digits",
            ),
            ("r.io/app?x=1", "`?x=1` has no place in a reference"),
            (
                "user:pw@r.io/app",
                "`user:pw@r.io` is not a host name with an optional port",
            ),
            (
                "r.io:port/app",
                "`r.io:port` is not a host name with an optional port",
            ),
            (
                "r.io//app",
                "the repository `/app` is not a name: lower-case letters and digits, separated by `.`, `_`, `__`, `-` or `/`",
            ),
            ("r.io/:1", "it names no repository"),
        ];
        for (text, expected) in table {
            assert_eq!(
                text.parse::<Destination>().unwrap_err().to_string(),
                expected,
                "{text}"
            );
        }
    }
}

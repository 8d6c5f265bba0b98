//! DESTINATION, from what is typed to what it means: a registry that is named, the cluster's, or the embedded one.

use ::cluster::OWNER;
use oci::{Destination, ParseReferenceError, Registry, Repository, Target};

use crate::failure::Failure;

/// Where a push goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// A registry that the destination names.
    Named(Destination, Registry),
    /// The cluster's registry; the destination has no host.
    Cluster(Destination),
    /// The embedded registry; the destination has no host.
    Embedded(Destination),
}

impl Goal {
    /// Finds out what a destination means.
    ///
    /// # Errors
    /// [`Failure::Usage`] and [`Failure::Push`] where it cannot be meant.
    pub(super) fn resolve(text: Option<&str>, embedded: bool) -> Result<Self, Failure> {
        let destination = text.map(parse).transpose()?;
        if embedded {
            return of_embedded(destination);
        }
        let destination = destination.unwrap_or(NOWHERE);
        Ok(match destination.registry.clone() {
            Some(registry) => Self::Named(destination, registry),
            None => Self::Cluster(destination),
        })
    }
}

/// What is meant by no destination at all: every image under its own name.
const NOWHERE: Destination = Destination {
    scheme: None,
    registry: None,
    target: Target::Prefix(None),
};

/// A destination without a host, at the registry of a cluster: what has no owner is the administrator's.
pub(crate) fn at_cluster(
    destination: Destination,
    registry: &Registry,
) -> Result<Destination, Failure> {
    let owner = || -> Repository { OWNER.parse().expect("a constant that is a repository") };
    let target = match destination.target {
        Target::Prefix(None) => Target::Prefix(Some(owner())),
        Target::Repository {
            repository,
            tag,
            digest,
        } if !repository.as_str().contains('/') => Target::Repository {
            repository: repository
                .below(&owner())
                .map_err(|source| not_a_reference(repository.as_str(), source))?,
            tag,
            digest,
        },
        target => target,
    };
    Ok(Destination {
        registry: Some(registry.clone()),
        target,
        ..destination
    })
}

/// The destination with Gitea's administrator written as references write an owner, where it is not.
pub(crate) fn with_lower_owner(text: &str) -> Option<String> {
    let start = text.find("://").map_or(0, |at| at + 3);
    let path = match text[start..].split_once('/') {
        Some((first, path)) if start > 0 || first.contains(['.', ':']) || first == "localhost" => {
            text.len() - path.len()
        }
        _ => start,
    };
    let (owner, rest) = text[path..].split_once('/')?;
    let written_otherwise = owner != OWNER && owner.eq_ignore_ascii_case(OWNER);
    written_otherwise.then(|| format!("{}{OWNER}/{rest}", &text[..path]))
}

fn of_embedded(destination: Option<Destination>) -> Result<Goal, Failure> {
    match destination {
        Some(Destination {
            registry: Some(registry),
            ..
        }) => Err(Failure::usage(
            format!(
                "`--embedded` pushes to the embedded registry, and DESTINATION names `{registry}`"
            ),
            "leave out one of the two",
        )),
        Some(destination) => Ok(Goal::Embedded(destination)),
        None => Ok(Goal::Embedded(NOWHERE)),
    }
}

/// Reads a destination.
///
/// # Errors
/// [`Failure::Usage`] where it holds a password, [`Failure::Push`] where it is no reference.
pub(crate) fn parse(text: &str) -> Result<Destination, Failure> {
    if has_user_info(text) {
        // Not even quoted: what stands there is a password.
        return Err(Failure::usage(
            "DESTINATION holds a user name or a password",
            "give them as `--username` and `--password-stdin`",
        ));
    }
    text.parse().map_err(|source| not_a_reference(text, source))
}

fn not_a_reference(text: &str, source: ParseReferenceError) -> Failure {
    Failure::Push {
        doing: "cannot push".to_owned(),
        error: Box::new(push::Error::InvalidReference {
            input: text.to_owned(),
            source,
        }),
    }
}

/// Whether what stands for the host has an `@`, as in `user:password@host/app`.
fn has_user_info(text: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let (first, path) = rest.split_once('/').unwrap_or((rest, ""));
    first.contains('@') && !path.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The goal in a word, with what fails in the diagnostic's words.
    fn goal(text: Option<&str>, embedded: bool) -> String {
        match Goal::resolve(text, embedded) {
            Ok(Goal::Named(destination, registry)) => format!("{registry} | {destination}"),
            Ok(Goal::Cluster(destination)) => {
                let registry = "gitea.test:8443".parse().expect("a registry");
                at_cluster(destination, &registry).map_or_else(
                    |failure| format!("{failure:?}"),
                    |destination| format!("cluster | {destination}"),
                )
            }
            Ok(Goal::Embedded(destination)) => format!("embedded | {destination}"),
            Err(Failure::Usage { problem, .. }) => format!("usage: {problem}"),
            Err(Failure::Push { error, .. }) => error.to_string(),
            Err(other) => format!("{other:?}"),
        }
    }

    #[test]
    fn a_host_names_the_registry() {
        let table = [
            (
                "registry.example.com/myimage:latest",
                "registry.example.com | registry.example.com/myimage:latest",
            ),
            ("http://r.io:80/team/", "r.io:80 | http://r.io:80/team/"),
            ("localhost:5000/", "localhost:5000 | localhost:5000/"),
        ];
        for (text, expected) in table {
            assert_eq!(goal(Some(text), false), expected);
        }
    }

    #[test]
    fn without_a_host_the_cluster_is_meant() {
        let table = [
            (Some("app:1"), "giteaadmin/app:1"),
            (Some("app"), "giteaadmin/app"),
            (Some("team/app:1"), "team/app:1"),
            (Some("team/"), "team/"),
            (None, "giteaadmin/"),
        ];
        for (text, expected) in table {
            let expected = format!("cluster | gitea.test:8443/{expected}");
            assert_eq!(goal(text, false), expected);
        }
        let long = "a".repeat(250);
        assert!(goal(Some(&long), false).contains("TooLong"));
    }

    #[test]
    fn the_administrator_is_written_in_lower_case() {
        let table = [
            ("giteaAdmin/app:1", Some("giteaadmin/app:1")),
            ("GITEAADMIN/", Some("giteaadmin/")),
            ("r.io/giteaAdmin/app", Some("r.io/giteaadmin/app")),
            (
                "https://host:8443/giteaAdmin/a/b",
                Some("https://host:8443/giteaadmin/a/b"),
            ),
            ("giteaadmin/app", None),
            ("giteaAdmin", None),
            ("team/giteaAdmin/app", None),
            ("r.io/giteaAdmin", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(with_lower_owner(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_embedded_registry_takes_no_host() {
        assert_eq!(goal(Some("team/app:1"), true), "embedded | team/app:1");
        assert_eq!(goal(None, true), "embedded | ");
        assert_eq!(
            goal(Some("r.io/app"), true),
            "usage: `--embedded` pushes to the embedded registry, and DESTINATION names `r.io`"
        );
    }

    #[test]
    fn a_password_in_the_destination_is_never_repeated() {
        for text in [
            "me:s3cret@r.io/app:1",
            "https://me:s3cret@r.io/app",
            "s3cret@r.io/app",
        ] {
            assert_eq!(
                goal(Some(text), false),
                "usage: DESTINATION holds a user name or a password"
            );
        }
        assert_eq!(
            goal(Some("App@sha256:1"), false),
            "`App@sha256:1` is not a reference"
        );
    }
}

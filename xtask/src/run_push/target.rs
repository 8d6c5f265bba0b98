//! DESTINATION, from what is typed to what it means: a registry that is named, or the embedded one.

use oci::{Destination, Registry, Target};

use crate::failure::Failure;

/// Where a push goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// A registry that the destination names.
    Named(Destination, Registry),
    /// The embedded registry; the destination has no host.
    Embedded(Destination),
}

impl Goal {
    /// Finds out what a destination means.
    ///
    /// # Errors
    /// [`Failure::Usage`] and [`Failure::Push`] where it cannot be meant, [`Failure::NoCluster`] where only the
    /// cluster's registry can be meant.
    pub(super) fn resolve(text: Option<&str>, embedded: bool) -> Result<Self, Failure> {
        let destination = text.map(parse).transpose()?;
        if embedded {
            return of_embedded(destination);
        }
        match destination {
            Some(destination) => match destination.registry.clone() {
                Some(registry) => Ok(Self::Named(destination, registry)),
                None => Err(Failure::NoCluster {
                    destination: Some(destination.to_string()),
                }),
            },
            None => Err(Failure::NoCluster { destination: None }),
        }
    }
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
        None => Ok(Goal::Embedded(Destination {
            scheme: None,
            registry: None,
            target: Target::Prefix(None),
        })),
    }
}

fn parse(text: &str) -> Result<Destination, Failure> {
    if has_user_info(text) {
        // Not even quoted: what stands there is a password.
        return Err(Failure::usage(
            "DESTINATION holds a user name or a password",
            "give them as `--username` and `--password-stdin`",
        ));
    }
    text.parse().map_err(|source| Failure::Push {
        doing: "cannot push".to_owned(),
        error: Box::new(push::Error::InvalidReference {
            input: text.to_owned(),
            source,
        }),
    })
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
            Ok(Goal::Embedded(destination)) => format!("embedded | {destination}"),
            Err(Failure::Usage { problem, .. }) => format!("usage: {problem}"),
            Err(Failure::Push { error, .. }) => error.to_string(),
            Err(Failure::NoCluster { destination }) => format!("cluster: {destination:?}"),
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
        assert_eq!(
            goal(Some("team/app:1"), false),
            "cluster: Some(\"team/app:1\")"
        );
        assert_eq!(goal(None, false), "cluster: None");
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

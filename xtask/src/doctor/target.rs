//! DESTINATION of a check-up: a registry or the cluster's, and the repository that somebody would push to.

use oci::{Destination, Registry, Repository, Scheme, Tag, Target};

use crate::failure::Failure;
use crate::run_push;

/// What is looked at.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Site {
    pub(super) registry: Registry,
    pub(super) scheme: Option<Scheme>,
    /// Where an upload is tried.
    pub(super) repository: Option<Repository>,
    /// What would be pulled, where one image is named.
    image: Option<(Repository, Option<Tag>)>,
}

/// Reads a destination; a host alone is enough, and none at all is the cluster's registry.
///
/// # Errors
/// Those of a destination that is none.
pub(super) fn read(text: Option<&str>) -> Result<Destination, Failure> {
    let Some(text) = text else {
        return Ok(Destination {
            scheme: None,
            registry: None,
            target: Target::Prefix(None),
        });
    };
    if names_user(text) {
        // Not even quoted: what stands there is a password.
        return Err(Failure::usage(
            "DESTINATION holds a user name or a password",
            "give them as `--username` and `--password-stdin`",
        ));
    }
    let lowered = run_push::with_lower_owner(text);
    let text = lowered.as_deref().unwrap_or(text);
    if is_host(text) {
        return run_push::parse(&format!("{text}/"));
    }
    run_push::parse(text)
}

impl Site {
    /// What a destination at a registry means.
    pub(super) fn of(destination: Destination, registry: Registry) -> Self {
        let (repository, image) = match destination.target {
            Target::Prefix(None) => (None, None),
            Target::Prefix(Some(prefix)) => (probe(&prefix), None),
            Target::Repository {
                repository, tag, ..
            } => (Some(repository.clone()), Some((repository, tag))),
        };
        Self {
            registry,
            scheme: destination.scheme,
            repository,
            image,
        }
    }

    /// The reference by which the image would be pulled.
    pub(super) fn pull_address(&self) -> Option<String> {
        let (repository, tag) = self.image.as_ref()?;
        let tag = tag.as_ref().map_or("latest", Tag::as_str);
        Some(format!("{}/{repository}:{tag}", self.registry))
    }
}

/// A repository below a prefix, which nobody minds; none where the name gets too long.
fn probe(prefix: &Repository) -> Option<Repository> {
    let name: Repository = "xtask-doctor".parse().ok()?;
    name.below(prefix).ok()
}

/// Whether a host alone has an `@` in it, as in `user:password@host`.
fn names_user(text: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    rest.contains('@') && !rest.contains('/')
}

/// Whether it is a host and nothing else, which a push would take for a repository with a tag.
fn is_host(text: &str) -> bool {
    if let Some((_, rest)) = text.split_once("://") {
        return !rest.contains('/');
    }
    let host = text.split(':').next().unwrap_or_default();
    !text.contains('/') && (host.contains('.') || host == "localhost" || text.starts_with('['))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(text: &str) -> Site {
        let destination = read(Some(text)).expect(text);
        let registry = destination.registry.clone().expect(text);
        Site::of(destination, registry)
    }

    #[test]
    fn a_host_is_enough() {
        let table = [
            ("localhost:5000", "localhost:5000 -"),
            ("r.io", "r.io -"),
            ("[::1]:5000", "[::1]:5000 -"),
            ("https://r.io:8443", "r.io:8443 -"),
            ("r.io/", "r.io -"),
            ("r.io/team/", "r.io team/xtask-doctor"),
            ("r.io/team/app:1", "r.io team/app"),
            ("r.io/giteaAdmin/app", "r.io giteaadmin/app"),
            ("http://registry/app", "registry app"),
        ];
        for (text, expected) in table {
            let site = site(text);
            let repository = site.repository.as_ref().map_or("-", Repository::as_str);
            assert_eq!(
                format!("{} {repository}", site.registry),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn without_a_host_no_registry_is_named() {
        for text in [None, Some("app"), Some("app:1"), Some("team/app:1")] {
            assert_eq!(
                read(text).expect("a destination").registry,
                None,
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_password_in_the_destination_is_never_repeated() {
        for text in [
            "me:s3cret@r.io",
            "https://me:s3cret@r.io",
            "https://me:s3cret@r.io/app",
        ] {
            let Err(Failure::Usage { problem, .. }) = read(Some(text)) else {
                panic!("{text}");
            };
            assert_eq!(problem, "DESTINATION holds a user name or a password");
        }
    }

    #[test]
    fn an_image_is_pulled_by_its_tag() {
        let address = |text| site(text).pull_address();
        assert_eq!(address("r.io/app:1").as_deref(), Some("r.io/app:1"));
        assert_eq!(address("r.io/app").as_deref(), Some("r.io/app:latest"));
        assert_eq!(address("r.io"), None);
        assert_eq!(address("r.io/team/"), None);
    }
}

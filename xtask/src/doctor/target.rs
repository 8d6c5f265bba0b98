//! DESTINATION of a check-up: a registry, and the repository that somebody would push to.

use oci::{Destination, Registry, Repository, Scheme, Tag, Target};

use crate::failure::Failure;
use crate::run_push;

/// What is looked at.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Site {
    pub(super) registry: Registry,
    pub(super) scheme: Option<Scheme>,
    pub(super) repository: Option<Repository>,
    pub(super) tag: Option<Tag>,
}

impl Site {
    /// Reads a destination; a host alone is enough.
    ///
    /// # Errors
    /// [`Failure::Usage`] where no registry is named, and those of a destination that is none.
    pub(super) fn read(text: &str) -> Result<Self, Failure> {
        if names_user(text) {
            // Not even quoted: what stands there is a password.
            return Err(Failure::usage(
                "DESTINATION holds a user name or a password",
                "give them as `--username` and `--password-stdin`",
            ));
        }
        let written = if is_host(text) {
            format!("{text}/")
        } else {
            text.to_owned()
        };
        let Destination {
            scheme,
            registry,
            target,
        } = run_push::parse(&written)?;
        let Some(registry) = registry else {
            return Err(Failure::usage(
                format!("`{text}` names no registry"),
                "name it: HOST[:PORT]/REPOSITORY",
            ));
        };
        let (repository, tag) = match target {
            Target::Prefix(prefix) => (prefix, None),
            Target::Repository {
                repository, tag, ..
            } => (Some(repository), tag),
        };
        Ok(Self {
            registry,
            scheme,
            repository,
            tag,
        })
    }

    /// The reference by which the image would be pulled.
    pub(super) fn pull_address(&self) -> Option<String> {
        let repository = self.repository.as_ref()?;
        let tag = self.tag.as_ref().map_or("latest", Tag::as_str);
        Some(format!("{}/{repository}:{tag}", self.registry))
    }
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

    #[test]
    fn a_host_is_enough() {
        let table = [
            ("localhost:5000", "localhost:5000 -"),
            ("r.io", "r.io -"),
            ("[::1]:5000", "[::1]:5000 -"),
            ("https://r.io:8443", "r.io:8443 -"),
            ("r.io/", "r.io -"),
            ("r.io/team/", "r.io team"),
            ("r.io/team/app:1", "r.io team/app"),
            ("http://registry/app", "registry app"),
        ];
        for (text, expected) in table {
            let site = Site::read(text).expect(text);
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
        for text in ["app", "app:1", "team/app:1"] {
            assert!(
                matches!(Site::read(text), Err(Failure::Usage { .. })),
                "{text}"
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
            let Err(Failure::Usage { problem, .. }) = Site::read(text) else {
                panic!("{text}");
            };
            assert_eq!(problem, "DESTINATION holds a user name or a password");
        }
    }

    #[test]
    fn an_image_is_pulled_by_its_tag() {
        let address = |text| Site::read(text).expect(text).pull_address();
        assert_eq!(address("r.io/app:1").as_deref(), Some("r.io/app:1"));
        assert_eq!(address("r.io/app").as_deref(), Some("r.io/app:latest"));
        assert_eq!(address("r.io"), None);
    }
}

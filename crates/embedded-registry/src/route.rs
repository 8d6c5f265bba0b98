//! Addresses: which noun of the specification a path below `/v2/` names.

use std::fmt;

use oci::{Digest, Repository, Tag};

use crate::error_code::Error;

/// What a path names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// `_catalog`: the repositories.
    Catalog,
    /// `<name>/blobs/<digest>`.
    Blob(Repository, Digest),
    /// `<name>/blobs/uploads/`: where upload sessions start.
    Uploads(Repository),
    /// `<name>/blobs/uploads/<session>`.
    Upload(Repository, String),
    /// `<name>/manifests/<tag or digest>`.
    Manifest(Repository, Reference),
    /// `<name>/tags/list`.
    Tags(Repository),
    /// `<name>/referrers/<digest>`.
    Referrers(Repository, Digest),
}

/// What a manifest is asked for by.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    /// A tag, which may move.
    Tag(Tag),
    /// A digest, which cannot.
    Digest(Digest),
}

impl Route {
    /// Parses what follows `/v2/`.
    pub(crate) fn parse(path: &str) -> Result<Self, Error> {
        if path == "_catalog" {
            return Ok(Self::Catalog);
        }
        // Repositories have slashes of their own, so a path is read from its end.
        let (start, last) = path.rsplit_once('/').ok_or(Error::NotFound)?;
        if let Some(name) = start.strip_suffix("/blobs/uploads") {
            let name = repository(name)?;
            return Ok(match last {
                "" => Self::Uploads(name),
                session => Self::Upload(name, session.to_owned()),
            });
        }
        let (name, noun) = start.rsplit_once('/').ok_or(Error::NotFound)?;
        match (noun, last) {
            ("blobs", "uploads") => Ok(Self::Uploads(repository(name)?)),
            ("blobs", text) => Ok(Self::Blob(repository(name)?, digest(text)?)),
            ("manifests", text) => Ok(Self::Manifest(repository(name)?, reference(text)?)),
            ("tags", "list") => Ok(Self::Tags(repository(name)?)),
            ("referrers", text) => Ok(Self::Referrers(repository(name)?, digest(text)?)),
            _ => Err(Error::NotFound),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => tag.fmt(f),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

fn repository(text: &str) -> Result<Repository, Error> {
    text.parse().map_err(Error::NameInvalid)
}

fn reference(text: &str) -> Result<Reference, Error> {
    if text.contains(':') {
        return digest(text).map(Reference::Digest);
    }
    let tag = text.parse().map_err(Error::ReferenceInvalid)?;
    Ok(Reference::Tag(tag))
}

/// Parses a digest that a client sent.
pub(crate) fn digest(text: &str) -> Result<Digest, Error> {
    text.parse().map_err(|problem| Error::NotADigest {
        digest: text.to_owned(),
        problem,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: &Route) {
        assert_eq!(&Route::parse(path).expect(path), expected);
    }

    #[test]
    fn a_path_is_read_from_its_end() {
        let name = |text: &str| text.parse::<Repository>().expect("a repository");
        let digest = Digest::of(b"");
        check("_catalog", &Route::Catalog);
        check("a/blobs/uploads/", &Route::Uploads(name("a")));
        check("a/blobs/uploads", &Route::Uploads(name("a")));
        check(
            "a/b/blobs/uploads/x1",
            &Route::Upload(name("a/b"), "x1".to_owned()),
        );
        check(
            &format!("a/b/c/blobs/{digest}"),
            &Route::Blob(name("a/b/c"), digest.clone()),
        );
        check(
            "a/manifests/1.0",
            &Route::Manifest(name("a"), Reference::Tag("1.0".parse().unwrap())),
        );
        check(
            &format!("a/manifests/{digest}"),
            &Route::Manifest(name("a"), Reference::Digest(digest.clone())),
        );
        check("tags/tags/list", &Route::Tags(name("tags")));
        check(
            "blobs/manifests/blobs/manifests/list",
            &Route::Manifest(
                name("blobs/manifests/blobs"),
                Reference::Tag("list".parse().unwrap()),
            ),
        );
        check(
            &format!("a/referrers/{digest}"),
            &Route::Referrers(name("a"), digest),
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for (path, expected) in [
            ("a", "this address is not part of the API"),
            ("a/tags", "this address is not part of the API"),
            ("a/tags/other", "this address is not part of the API"),
            (
                "a/blobs/sha256:../../x",
                "this address is not part of the API",
            ),
            ("A/tags/list", "the repository `A` must be lower case"),
            ("../../manifests/x", "the repository `../..` is not a name"),
            ("a/blobs/sha256:bad", "`sha256:bad` is not a digest: "),
            ("a/manifests/sha256:bad", "`sha256:bad` is not a digest: "),
            ("a/manifests/-x", "`-x` is not a tag"),
        ] {
            let error = Route::parse(path).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{path}: {error}");
        }
    }
}

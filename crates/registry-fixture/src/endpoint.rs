//! Endpoints: what a path of the API is about; distribution-spec, "Endpoints".

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `/v2/`.
    Base,
    /// `/v2/token`, where Gitea gives tokens.
    Token,
    /// `/v2/_catalog`.
    Catalog,
    /// `<name>/blobs/<digest>`.
    Blob,
    /// `<name>/blobs/uploads/`: where upload sessions start, blobs come in one request, and mounts are asked for.
    Uploads,
    /// `<name>/blobs/uploads/<session>`.
    Upload,
    /// `<name>/manifests/<tag or digest>`.
    Manifest,
    /// `<name>/tags/list`.
    Tags,
    /// `<name>/referrers/<digest>`.
    Referrers,
    /// Anything else.
    Other,
}

/// A path, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address<'a> {
    pub(crate) endpoint: Endpoint,
    /// The repository; empty where the endpoint has none.
    pub(crate) repository: &'a str,
    /// The digest, the tag or the session; empty where the endpoint has none.
    pub(crate) last: &'a str,
}

impl<'a> Address<'a> {
    pub(crate) fn of(path: &'a str) -> Self {
        let address = |endpoint, repository, last| Self {
            endpoint,
            repository,
            last,
        };
        let Some(rest) = path.strip_prefix("/v2") else {
            return address(Endpoint::Other, "", "");
        };
        let rest = rest.trim_matches('/');
        match rest {
            "" => return address(Endpoint::Base, "", ""),
            "token" => return address(Endpoint::Token, "", ""),
            "_catalog" => return address(Endpoint::Catalog, "", ""),
            _ => {}
        }
        // Repositories have slashes of their own, so a path is read from its end.
        if let Some(name) = rest.strip_suffix("/blobs/uploads") {
            return address(Endpoint::Uploads, name, "");
        }
        let (start, last) = rest.rsplit_once('/').unwrap_or(("", rest));
        if let Some(name) = start.strip_suffix("/blobs/uploads") {
            return address(Endpoint::Upload, name, last);
        }
        let (name, noun) = start.rsplit_once('/').unwrap_or(("", start));
        match (noun, last) {
            ("blobs", _) => address(Endpoint::Blob, name, last),
            ("manifests", _) => address(Endpoint::Manifest, name, last),
            ("tags", "list") => address(Endpoint::Tags, name, ""),
            ("referrers", _) => address(Endpoint::Referrers, name, last),
            _ => address(Endpoint::Other, "", ""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Endpoint};

    #[test]
    fn paths_are_read_from_their_end() {
        let cases = [
            ("/v2", Endpoint::Base, "", ""),
            ("/v2/", Endpoint::Base, "", ""),
            ("/v2/token", Endpoint::Token, "", ""),
            ("/v2/_catalog", Endpoint::Catalog, "", ""),
            ("/v2/a/blobs/sha256:0", Endpoint::Blob, "a", "sha256:0"),
            ("/v2/a/b/blobs/uploads/", Endpoint::Uploads, "a/b", ""),
            ("/v2/a/blobs/uploads", Endpoint::Uploads, "a", ""),
            ("/v2/a/blobs/uploads/x", Endpoint::Upload, "a", "x"),
            (
                "/v2/a/manifests/b/manifests/1",
                Endpoint::Manifest,
                "a/manifests/b",
                "1",
            ),
            ("/v2/a/tags/list", Endpoint::Tags, "a", ""),
            ("/v2/a/referrers/d", Endpoint::Referrers, "a", "d"),
            ("/v2/blobs/uploads", Endpoint::Blob, "", "uploads"),
            ("/v2/what", Endpoint::Other, "", ""),
            ("/", Endpoint::Other, "", ""),
        ];
        for (path, endpoint, repository, last) in cases {
            let expected = Address {
                endpoint,
                repository,
                last,
            };
            assert_eq!(Address::of(path), expected, "{path}");
        }
    }
}

//! Where a registry is, once it has answered: its origin, the URLs below it, and what may be said to it.

use oci::{Digest, Registry, Repository, Scheme};
use url::Url;

use super::Reference;

/// A registry that has answered.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    pub(super) registry: Registry,
    /// Scheme, host and port.
    pub(super) base: Url,
    /// Whether credentials may be sent although everybody on the way can read them.
    pub(super) secrets_in_clear: bool,
    /// Whether the certificate proved who it is.
    pub(super) verified: bool,
}

impl Endpoint {
    /// Whether a URL has the registry's own scheme, host and port, to which credentials are bound.
    pub(super) fn is_own(&self, url: &Url) -> bool {
        self.base.origin() == url.origin()
    }

    pub(super) fn blob(&self, repository: &Repository, digest: &Digest) -> Url {
        self.below(&format!("/v2/{repository}/blobs/{digest}"))
    }

    pub(super) fn uploads(&self, repository: &Repository) -> Url {
        self.below(&format!("/v2/{repository}/blobs/uploads/"))
    }

    pub(super) fn manifest(&self, repository: &Repository, reference: Reference<'_>) -> Url {
        self.below(&format!("/v2/{repository}/manifests/{reference}"))
    }

    pub(super) fn below(&self, path: &str) -> Url {
        self.base
            .join(path)
            .expect("names, tags and digests are made of characters that a path takes")
    }
}

/// The URL of a registry's root; Docker Hub's API answers at another host than its name says.
pub(super) fn base(registry: &Registry, scheme: Scheme, port: Option<u16>) -> Url {
    let host = if registry.is_docker_hub() {
        "registry-1.docker.io"
    } else {
        registry.host()
    };
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let port = port.unwrap_or_else(|| scheme.default_port());
    Url::parse(&format!("{scheme}://{host}:{port}/"))
        .expect("a registry is a host name or an address")
}

#[cfg(test)]
impl Endpoint {
    pub(super) fn for_tests(base: &str) -> Self {
        let base = Url::parse(base).expect("a URL");
        let host = base.host_str().expect("a host");
        let port = base.port().map_or(String::new(), |port| format!(":{port}"));
        Self {
            registry: format!("{host}{port}").parse().expect("a registry"),
            secrets_in_clear: false,
            verified: base.scheme() == "https",
            base,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_answer_where_their_name_says_but_for_docker_hub() {
        let table = [
            (
                "localhost:5000",
                "http://localhost:5000/",
                "https://localhost:5000/",
            ),
            ("r.example", "http://r.example/", "https://r.example/"),
            ("[::1]:5000", "http://[::1]:5000/", "https://[::1]:5000/"),
            (
                "docker.io",
                "http://registry-1.docker.io/",
                "https://registry-1.docker.io/",
            ),
        ];
        for (registry, http, https) in table {
            let registry: Registry = registry.parse().unwrap();
            assert_eq!(
                base(&registry, Scheme::Http, registry.port()).as_str(),
                http
            );
            assert_eq!(
                base(&registry, Scheme::Https, registry.port()).as_str(),
                https
            );
        }
    }

    #[test]
    fn another_scheme_or_port_is_another_origin() {
        let endpoint = Endpoint::for_tests("https://r.example/");
        for (url, own) in [
            ("https://r.example/v2/", true),
            ("https://r.example:443/x", true),
            ("https://r.example:8443/x", false),
            ("http://r.example/x", false),
            ("https://s.r.example/x", false),
        ] {
            assert_eq!(endpoint.is_own(&Url::parse(url).unwrap()), own, "{url}");
        }
    }

    #[test]
    fn urls_are_those_of_the_specification() {
        let endpoint = Endpoint::for_tests("https://r.example/");
        let repository = "team/app".parse().unwrap();
        let digest = Digest::of(b"");
        let uploads = "https://r.example/v2/team/app/blobs/uploads/";
        assert_eq!(endpoint.uploads(&repository).as_str(), uploads);
        let blob = format!("https://r.example/v2/team/app/blobs/{digest}");
        assert_eq!(endpoint.blob(&repository, &digest).as_str(), blob);
        let manifest = endpoint.manifest(&repository, Reference::Digest(&digest));
        assert_eq!(
            manifest.as_str(),
            format!("https://r.example/v2/team/app/manifests/{digest}")
        );
    }
}

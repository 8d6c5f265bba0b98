//! Token servers: where a challenge sends its client, and whether credentials may go there.
//!
//! A realm is chosen by whoever answers, and has been used to steal credentials (CVE-2026-48978 and its family).

use oci::Registry;
use url::{Host, Url};

use super::endpoint::Endpoint;

/// Why a realm is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RealmError {
    /// It breaks a rule that no option lifts.
    Invalid(&'static str),
    /// Credentials may not go there unless the user says so.
    Foreign { host: String },
}

/// The URL of the token server that a challenge names.
///
/// Gitea guesses its own name, and behind a port-forward it guesses wrong; its token server is always its own origin.
pub(super) fn token_server(
    realm: &str,
    service: Option<&str>,
    endpoint: &Endpoint,
) -> Result<Url, RealmError> {
    let url = endpoint
        .base
        .join(realm)
        .map_err(|_| RealmError::Invalid("its realm is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(RealmError::Invalid("its realm is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(RealmError::Invalid("its realm holds credentials"));
    }
    if service == Some("container_registry") && !endpoint.is_own(&url) {
        return Ok(endpoint.below("/v2/token"));
    }
    Ok(url)
}

/// Whether credentials may be sent to a token server.
pub(super) fn may_have_credentials(
    url: &Url,
    endpoint: &Endpoint,
    trusted: &[Registry],
) -> Result<(), RealmError> {
    if endpoint.is_own(url) {
        return Ok(());
    }
    if url.scheme() == "http" && endpoint.base.scheme() == "https" {
        return Err(RealmError::Invalid("its realm leads from https to http"));
    }
    let same_host = url.host() == endpoint.base.host();
    if url.scheme() == "http" && !same_host && !is_loopback(url) {
        return Err(RealmError::Invalid(
            "its realm asks for credentials over plain HTTP",
        ));
    }
    let kin = url.scheme() == "https"
        && endpoint.verified
        && same_domain(url.host(), endpoint.base.host());
    let paired = url.scheme() == "https" && PAIRS.iter().any(|pair| is_pair(pair, url, endpoint));
    let trusted = trusted.iter().any(|trusted| is_at(trusted, url));
    if same_host || kin || paired || trusted {
        return Ok(());
    }
    Err(RealmError::Foreign {
        host: host_and_port(url),
    })
}

fn is_pair([registry, realm]: &[&str; 2], url: &Url, endpoint: &Endpoint) -> bool {
    endpoint.base.port().is_none()
        && endpoint.registry.host() == *registry
        && url.host_str() == Some(realm)
}

fn is_at(trusted: &Registry, url: &Url) -> bool {
    let port = url.port_or_known_default();
    let host = url.host_str().map(|host| host.trim_matches(['[', ']']));
    host == Some(trusted.host())
        && (trusted.port().is_none() && url.port().is_none() || trusted.port() == port)
}

/// Whether the realm is on this machine by its address, or by the one name that cannot mean another.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether two names belong to one owner by the public suffix list; addresses have no owner.
fn same_domain(one: Option<Host<&str>>, other: Option<Host<&str>>) -> bool {
    let (Some(Host::Domain(one)), Some(Host::Domain(other))) = (one, other) else {
        return false;
    };
    match (psl::domain_str(one), psl::domain_str(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// A host as it is written after `--trust-realm`.
pub(super) fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Registries whose token server has a name of its own.
const PAIRS: [[&str; 2]; 2] = [
    ["docker.io", "auth.docker.io"],
    ["registry.gitlab.com", "gitlab.com"],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(base: &str, realm: &str, trusted: &[&str], expected: Result<(), &str>) {
        let endpoint = Endpoint::for_tests(base);
        let trusted: Vec<_> = trusted
            .iter()
            .map(|host| host.parse().expect("a host"))
            .collect();
        let verdict = token_server(realm, None, &endpoint)
            .and_then(|url| may_have_credentials(&url, &endpoint, &trusted));
        let said = match &verdict {
            Ok(()) => Ok(()),
            Err(RealmError::Invalid(problem)) => Err(*problem),
            Err(RealmError::Foreign { host }) => Err(host.as_str()),
        };
        assert_eq!(said, expected, "{base} {realm}");
    }

    #[test]
    fn credentials_go_to_the_registry_and_its_kin_alone() {
        let base = "https://registry.example.com/";
        check(base, "https://registry.example.com/token", &[], Ok(()));
        check(base, "/token", &[], Ok(()));
        check(base, "https://registry.example.com:8443/token", &[], Ok(()));
        check(base, "https://auth.example.com/token", &[], Ok(()));
        check(
            base,
            "https://auth.example.org/token",
            &[],
            Err("auth.example.org"),
        );
        check(
            base,
            "https://example.com.evil.org/token",
            &[],
            Err("example.com.evil.org"),
        );
        check(base, "https://10.0.0.1/token", &[], Err("10.0.0.1"));
        check(
            "https://a.github.io/",
            "https://b.github.io/token",
            &[],
            Err("b.github.io"),
        );
        check(
            "https://10.0.0.1:5000/",
            "https://10.0.0.1:5001/token",
            &[],
            Ok(()),
        );
        check(
            "https://10.0.0.1/",
            "https://10.0.0.2/token",
            &[],
            Err("10.0.0.2"),
        );
    }

    #[test]
    fn a_token_server_can_be_trusted_by_name() {
        let base = "https://registry.example.com/";
        let realm = "https://auth.example.org/token";
        check(base, realm, &["auth.example.org"], Ok(()));
        check(base, realm, &["auth.example.org:443"], Ok(()));
        check(
            base,
            realm,
            &["auth.example.org:8443"],
            Err("auth.example.org"),
        );
        check(
            base,
            "https://auth.example.org:8443/t",
            &["auth.example.org"],
            Err("auth.example.org:8443"),
        );
        check(
            "https://registry.gitlab.com/",
            "https://gitlab.com/jwt/auth",
            &[],
            Ok(()),
        );
    }

    #[test]
    fn some_realms_are_never_used() {
        let base = "https://registry.example.com/";
        check(
            base,
            "http://registry.example.com/t",
            &["registry.example.com:80"],
            Err("its realm leads from https to http"),
        );
        check(
            base,
            "https://me:x@registry.example.com/t",
            &[],
            Err("its realm holds credentials"),
        );
        check(
            base,
            "file:///etc/passwd",
            &[],
            Err("its realm is neither http nor https"),
        );
        check(
            "http://localhost:5000/",
            "http://localhost:5001/t",
            &[],
            Ok(()),
        );
        check(
            "http://localhost:5000/",
            "http://127.0.0.1:5001/t",
            &[],
            Err("127.0.0.1:5001"),
        );
        let plain = Err("its realm asks for credentials over plain HTTP");
        check(
            "http://localhost:5000/",
            "http://evil.example/t",
            &["evil.example:80"],
            plain,
        );
        // Without TLS on the registry's side, a name of the same domain proves nothing.
        check(
            "http://a.example.com/",
            "https://b.example.com/t",
            &[],
            Err("b.example.com"),
        );
    }

    #[test]
    fn giteas_guess_at_its_own_name_is_corrected() {
        let endpoint = Endpoint::for_tests("http://localhost:32223/");
        let realm = "https://gitea.cnoe.localtest.me:8443/v2/token";
        let url = token_server(realm, Some("container_registry"), &endpoint).unwrap();
        assert_eq!(url.as_str(), "http://localhost:32223/v2/token");
        let url = token_server(realm, Some("other"), &endpoint).unwrap();
        assert_eq!(url.as_str(), realm);
    }
}

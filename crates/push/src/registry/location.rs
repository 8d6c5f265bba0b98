//! Where an upload goes on and where a redirect leads: URLs that the other side chose, checked before they are used.

use url::Url;

use super::endpoint::Endpoint;

/// Why a URL that the other side chose is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LocationError {
    #[error("its `Location` is not a URL")]
    NotAUrl,
    #[error("its `Location` is neither http nor https")]
    Scheme,
    #[error("its `Location` leads from https to http")]
    Downgrade,
    #[error("its `Location` holds credentials")]
    UserInfo,
}

/// Resolves a `Location` against the URL whose answer held it.
///
/// Harbor and others behind a proxy that ends TLS write `http://` and mean themselves: on the registry's own host
/// that becomes https, and anywhere else it is refused.
pub(super) fn resolve(
    requested: &Url,
    location: &str,
    endpoint: &Endpoint,
) -> Result<Url, LocationError> {
    let mut url = requested
        .join(location)
        .map_err(|_| LocationError::NotAUrl)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(LocationError::UserInfo);
    }
    match (requested.scheme(), url.scheme()) {
        ("https", "http") if url.host() == endpoint.base.host() => {
            let port = url.port().or(endpoint.base.port());
            url.set_scheme("https")
                .map_err(|()| LocationError::Scheme)?;
            url.set_port(port).map_err(|()| LocationError::Scheme)?;
        }
        ("https", "http") => return Err(LocationError::Downgrade),
        (_, "http" | "https") => {}
        _ => return Err(LocationError::Scheme),
    }
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(base: &str, location: &str, expected: Result<&str, LocationError>) {
        let endpoint = Endpoint::for_tests(base);
        let requested = Url::parse(base)
            .unwrap()
            .join("/v2/a/blobs/uploads/")
            .unwrap();
        let found = resolve(&requested, location, &endpoint);
        assert_eq!(
            found.as_ref().map(Url::as_str),
            expected.as_ref().map(|url| *url),
            "{location}"
        );
    }

    #[test]
    fn locations_are_resolved_against_the_request() {
        let base = "https://r.example:8443/";
        check(
            base,
            "/v2/a/blobs/uploads/1",
            Ok("https://r.example:8443/v2/a/blobs/uploads/1"),
        );
        check(
            base,
            "1?_state=a%2Bb%3D",
            Ok("https://r.example:8443/v2/a/blobs/uploads/1?_state=a%2Bb%3D"),
        );
        check(
            base,
            "?x=1",
            Ok("https://r.example:8443/v2/a/blobs/uploads/?x=1"),
        );
        check(base, "//s3.example/1", Ok("https://s3.example/1"));
        check(base, "https://s3.example/1#f", Ok("https://s3.example/1"));
        check(
            "http://r.example/",
            "https://r.example/1",
            Ok("https://r.example/1"),
        );
    }

    #[test]
    fn the_registry_itself_is_never_left_for_http() {
        check(
            "https://r.example/",
            "http://r.example/1",
            Ok("https://r.example/1"),
        );
        check(
            "https://r.example:8443/",
            "http://r.example/1",
            Ok("https://r.example:8443/1"),
        );
        check(
            "https://r.example:8443/",
            "http://r.example:8443/1",
            Ok("https://r.example:8443/1"),
        );
        check(
            "https://r.example/",
            "http://other.example/1",
            Err(LocationError::Downgrade),
        );
        check(
            "https://r.example/",
            "ftp://r.example/1",
            Err(LocationError::Scheme),
        );
        check(
            "https://r.example/",
            "https://me:x@r.example/1",
            Err(LocationError::UserInfo),
        );
        check(
            "https://r.example/",
            "https://",
            Err(LocationError::NotAUrl),
        );
    }
}

//! Basic credentials: what a client must present where the registry is protected.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use oci::Digest;
use secrecy::{ExposeSecret as _, SecretString};

use crate::error_code::Error;

/// A user name and a password that every request must carry.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: SecretString,
}

impl Credentials {
    /// Refuses a request that does not carry them.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Error> {
        let presented = presented(headers).ok_or(Error::Unauthorized)?;
        let expected = format!("{}:{}", self.username, self.password.expose_secret());
        if same(&presented, expected.as_bytes()) {
            Ok(())
        } else {
            Err(Error::Unauthorized)
        }
    }
}

fn presented(headers: &HeaderMap) -> Option<Vec<u8>> {
    let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = header.split_once(' ')?;
    let basic = scheme.eq_ignore_ascii_case("basic");
    basic.then(|| BASE64_STANDARD.decode(credentials.trim()).ok())?
}

/// Compares in a time that depends on neither the lengths nor the place of the first difference.
fn same(presented: &[u8], expected: &[u8]) -> bool {
    let (presented, expected) = (Digest::of(presented), Digest::of(expected));
    let pairs = presented.hex().bytes().zip(expected.hex().bytes());
    pairs.fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    #[test]
    fn only_the_right_credentials_pass() {
        let credentials = Credentials {
            username: "admin".to_owned(),
            password: "se:cret".into(),
        };
        let table = [
            ("Basic YWRtaW46c2U6Y3JldA==", true),
            ("basic YWRtaW46c2U6Y3JldA==", true),
            ("Basic YWRtaW46c2U6Y3JldAA=", false),
            ("Basic YWRtaW46", false),
            ("Basic", false),
            ("Basic %%%", false),
            ("Bearer YWRtaW46c2U6Y3JldA==", false),
            ("", false),
        ];
        for (header, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, header.parse().unwrap());
            assert_eq!(credentials.check(&headers).is_ok(), expected, "{header}");
        }
        assert!(credentials.check(&HeaderMap::new()).is_err());
    }

    #[test]
    fn the_password_is_not_shown() {
        let credentials = Credentials {
            username: "admin".to_owned(),
            password: "secret".into(),
        };
        assert!(!format!("{credentials:?}").contains("secret\""));
    }
}

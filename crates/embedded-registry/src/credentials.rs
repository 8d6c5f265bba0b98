//! Basic credentials: what a client must present where the registry is protected.

use axum::http::HeaderMap;
use secrecy::SecretString;

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
    pub(crate) fn check(&self, _headers: &HeaderMap) -> Result<(), Error> {
        Err(Error::Unsupported)
    }
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

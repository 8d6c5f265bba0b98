//! Bearer tokens: the scope that is asked for, what a token server answers, and how long that holds.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use oci::Repository;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// What a request needs to be allowed: everything in one repository, and reading where it mounts from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Scope {
    pub(super) repository: Repository,
    pub(super) from: Option<Repository>,
}

impl Scope {
    pub(super) fn of(repository: &Repository) -> Self {
        Self {
            repository: repository.clone(),
            from: None,
        }
    }

    /// As the token server takes it; the one to push to stands first, because some read only that.
    pub(super) fn parts(&self) -> Vec<String> {
        let own = format!("repository:{}:pull,push", self.repository);
        let from = self.from.as_ref().filter(|from| **from != self.repository);
        let from = from.map(|from| format!("repository:{from}:pull"));
        std::iter::once(own).chain(from).collect()
    }
}

/// A token that a registry takes for a while.
#[derive(Clone, Debug)]
pub(super) struct Token {
    secret: SecretString,
    good_until: Instant,
    /// From when it was given.
    pub(super) lifetime: Duration,
}

#[derive(Deserialize)]
struct TokenAnswer {
    #[serde(default)]
    token: String,
    #[serde(default)]
    access_token: String,
    #[serde(default)]
    expires_in: Option<f64>,
}

impl Token {
    /// Reads a token server's answer; none where there is no token in it.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let answer: TokenAnswer = serde_json::from_slice(body).ok()?;
        let secret = if answer.token.is_empty() {
            answer.access_token
        } else {
            answer.token
        };
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let lifetime = lifetime(answer.expires_in, &secret, now);
        (!secret.is_empty()).then(|| Self {
            good_until: Instant::now() + lifetime - leeway(lifetime),
            lifetime,
            secret: secret.into(),
        })
    }

    pub(super) fn is_good(&self) -> bool {
        Instant::now() < self.good_until
    }

    pub(super) fn header(&self) -> Option<HeaderValue> {
        bearer(&self.secret)
    }

    /// The JSON of its claims, unverified, where it is a JWT; nothing in it opens a door.
    pub(super) fn claims(&self) -> Option<Vec<u8>> {
        claims(self.secret.expose_secret())
    }
}

/// The header of a bearer token; none for a token that no header can hold.
pub(super) fn bearer(token: &SecretString) -> Option<HeaderValue> {
    secret_header(&format!("Bearer {}", token.expose_secret()))
}

/// The header of a name and a password; none where a header cannot hold them.
pub(super) fn basic(username: &str, password: &SecretString) -> Option<HeaderValue> {
    let pair = SecretString::from(format!("{username}:{}", password.expose_secret()));
    secret_header(&format!("Basic {}", STANDARD.encode(pair.expose_secret())))
}

/// A header that no debug output shows.
fn secret_header(text: &str) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_str(text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// How long a token holds: as its server says, else as it says itself, else the minute of the specification.
fn lifetime(expires_in: Option<f64>, token: &str, now: Duration) -> Duration {
    let said = expires_in
        .filter(|seconds| *seconds > 0.0)
        .map(|seconds| Duration::from_secs_f64(seconds.min(LONGEST)));
    let own = || {
        Some(Duration::from_secs(expiry(token)?).saturating_sub(now)).filter(|left| !left.is_zero())
    };
    said.or_else(own).unwrap_or(USUAL_LIFETIME)
}

/// So much before its end a token is not used any more.
fn leeway(lifetime: Duration) -> Duration {
    (lifetime / 4).min(Duration::from_secs(30))
}

/// The `exp` of a JWT, unverified: it only decides when a new token is asked for.
fn expiry(token: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Claims {
        exp: f64,
    }
    let Claims { exp } = serde_json::from_slice(&claims(token)?).ok()?;
    (exp >= 0.0).then(|| exp.min(MAXIMAL_TIME) as u64)
}

/// The payload of a JWT (RFC 7519, section 3).
fn claims(token: &str) -> Option<Vec<u8>> {
    let payload = token.split('.').nth(1)?;
    URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()
}

const USUAL_LIFETIME: Duration = Duration::from_secs(60);
/// A year, in seconds; longer ones only overflow.
const LONGEST: f64 = 31_536_000.0;
/// The year 5138, in seconds.
const MAXIMAL_TIME: f64 = 1e11;

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(claims: &str) -> String {
        format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn a_scope_is_written_with_the_repository_to_push_to_first() {
        let repository: Repository = "team/app".parse().unwrap();
        let mut scope = Scope::of(&repository);
        assert_eq!(scope.parts(), ["repository:team/app:pull,push"]);
        scope.from = Some("base/alpine".parse().unwrap());
        assert_eq!(
            scope.parts(),
            [
                "repository:team/app:pull,push",
                "repository:base/alpine:pull"
            ]
        );
        scope.from = Some(repository);
        assert_eq!(scope.parts(), ["repository:team/app:pull,push"]);
    }

    #[test]
    fn a_token_holds_as_long_as_somebody_says() {
        let now = Duration::from_secs(1_000_000);
        let seconds = Duration::from_secs;
        let table = [
            (Some(300.0), String::new(), seconds(300)),
            (Some(300.0), jwt(r#"{"exp": 1000010}"#), seconds(300)),
            (None, jwt(r#"{"exp": 1086400}"#), seconds(86_400)),
            (Some(0.0), jwt(r#"{"exp": 1000010.5}"#), seconds(10)),
            (None, jwt(r#"{"exp": 5}"#), seconds(60)),
            (None, jwt(r#"{"exp": 1e300}"#), seconds(99_999_000_000)),
            (None, jwt("{}"), seconds(60)),
            (None, "opaque".to_owned(), seconds(60)),
            (Some(-5.0), String::new(), seconds(60)),
            (Some(1e300), String::new(), seconds(31_536_000)),
        ];
        for (expires_in, token, expected) in table {
            assert_eq!(
                lifetime(expires_in, &token, now),
                expected,
                "{expires_in:?} {token}"
            );
        }
        assert_eq!(leeway(seconds(60)), seconds(15));
        assert_eq!(leeway(seconds(86_400)), seconds(30));
    }

    #[test]
    fn both_names_of_a_token_are_read() {
        let read = |json: &str| {
            Token::read(json.as_bytes()).map(|token| token.secret.expose_secret().to_owned())
        };
        assert_eq!(read(r#"{"token": "a"}"#).as_deref(), Some("a"));
        assert_eq!(
            read(r#"{"access_token": "b", "expires_in": 300}"#).as_deref(),
            Some("b")
        );
        assert_eq!(
            read(r#"{"token": "a", "access_token": "b"}"#).as_deref(),
            Some("a")
        );
        assert_eq!(read("{}"), None);
        assert_eq!(read("<html>"), None);
    }
}

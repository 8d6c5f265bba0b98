//! `config.json` of Docker and `auth.json` of Podman: what such a file says of one registry.
//!
//! Helpers are named here and asked in `helper`; which file wins is decided in `credentials`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use oci::{Registry, Repository};
use secrecy::SecretString;
use serde::Deserialize;

use super::credentials::Secret;

/// A file of credentials, of either tool.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct DockerConfig {
    auths: BTreeMap<String, Entry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
    registrytoken: String,
}

/// Why a file of credentials cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum DockerConfigError {
    /// The JSON library's own words may quote the file, and with it a password: only the place is kept.
    #[error("it is not valid JSON at line {line}, column {column}")]
    Json { line: usize, column: usize },
    #[error("`auth` of `{0}` is not the base64 of `name:password`")]
    Auth(String),
}

impl DockerConfig {
    pub(super) fn parse(json: &[u8]) -> Result<Self, DockerConfigError> {
        serde_json::from_slice(json).map_err(|error| DockerConfigError::Json {
            line: error.line(),
            column: error.column(),
        })
    }

    /// The helpers to ask, in order: the registry's own, then the one for all.
    pub(super) fn helpers(&self, registry: &Registry) -> Vec<&str> {
        let own = self
            .cred_helpers
            .iter()
            .filter(|(key, _)| below(key, registry) == Some(""));
        let own = own.map(|(_, helper)| helper.as_str()).take(1);
        own.chain(self.creds_store.as_deref())
            .filter(|name| !name.is_empty())
            .collect()
    }

    /// What the file itself holds for a repository; Podman's keys may name a part of it, and the longest one wins.
    pub(super) fn secret(
        &self,
        registry: &Registry,
        repository: &Repository,
    ) -> Result<Option<Secret>, DockerConfigError> {
        let holds = |key: &str| {
            let path = below(key, registry)?;
            let rest = repository.as_str().strip_prefix(path)?;
            let whole = path.is_empty() || rest.is_empty() || rest.starts_with('/');
            whole.then_some(path.len())
        };
        let candidates = self
            .auths
            .iter()
            .filter_map(|(key, entry)| Some((holds(key)?, key, entry)));
        let mut candidates: Vec<_> = candidates.collect();
        candidates.sort_by_key(|(length, ..)| std::cmp::Reverse(*length));
        for (_, key, entry) in candidates {
            if let Some(secret) = entry.secret(key)? {
                return Ok(Some(secret));
            }
        }
        Ok(None)
    }
}

impl Entry {
    fn secret(&self, key: &str) -> Result<Option<Secret>, DockerConfigError> {
        if !self.registrytoken.is_empty() {
            return Ok(Some(Secret::Bearer(self.registrytoken.as_str().into())));
        }
        let (username, password) = self.name_and_password(key)?;
        if !self.identitytoken.is_empty() {
            let token = self.identitytoken.as_str().into();
            return Ok(Some(Secret::Identity { username, token }));
        }
        let empty =
            username.is_empty() && secrecy::ExposeSecret::expose_secret(&password).is_empty();
        Ok((!empty).then_some(Secret::Basic { username, password }))
    }

    fn name_and_password(&self, key: &str) -> Result<(String, SecretString), DockerConfigError> {
        if self.auth.is_empty() {
            return Ok((self.username.clone(), self.password.as_str().into()));
        }
        let wrong = || DockerConfigError::Auth(key.to_owned());
        let lenient =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let decoded = GeneralPurpose::new(&STANDARD, lenient).decode(self.auth.trim());
        let text = String::from_utf8(decoded.map_err(|_| wrong())?).map_err(|_| wrong())?;
        let (name, password) = text.split_once(':').ok_or_else(wrong)?;
        // Docker has written trailing NULs, and trims them.
        Ok((name.to_owned(), password.trim_end_matches('\0').into()))
    }
}

/// The path that a key has below the registry, empty for the registry as a whole; none for another registry's.
fn below<'a>(key: &'a str, registry: &Registry) -> Option<&'a str> {
    let bare = key
        .strip_prefix("https://")
        .or_else(|| key.strip_prefix("http://"))
        .unwrap_or(key);
    let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
    let host: Registry = host.parse().ok()?;
    let same = host.host() == registry.host()
        && host.port().unwrap_or(443) == registry.port().unwrap_or(443);
    let path = path.trim_end_matches('/');
    let path = if matches!(path, "v1" | "v2") {
        ""
    } else {
        path
    };
    same.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    /// `name:password`, `identity …`, `bearer …` or `-`.
    #[track_caller]
    fn found(json: &str, registry: &str, repository: &str) -> String {
        let config = DockerConfig::parse(json.as_bytes()).expect("valid");
        let secret = config.secret(
            &registry.parse().expect("valid"),
            &repository.parse().expect("valid"),
        );
        match secret {
            Ok(None) => "-".to_owned(),
            Ok(Some(Secret::Basic { username, password })) => {
                format!("{username}:{}", password.expose_secret())
            }
            Ok(Some(Secret::Identity { username, token })) => {
                format!("identity {username}:{}", token.expose_secret())
            }
            Ok(Some(Secret::Bearer(token))) => format!("bearer {}", token.expose_secret()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn entries_are_found_under_every_way_to_write_a_registry() {
        // me:secret
        let table = [
            ("r.example", "r.example", "me:secret"),
            ("https://r.example", "r.example", "me:secret"),
            ("https://r.example/v1/", "r.example", "me:secret"),
            ("r.example:443", "r.example", "me:secret"),
            ("r.example:5000", "r.example:5000", "me:secret"),
            ("r.example:5000", "r.example", "-"),
            ("r.example", "r.example:5000", "-"),
            ("https://index.docker.io/v1/", "docker.io", "me:secret"),
            ("docker.io", "docker.io", "me:secret"),
            ("r.example.org", "r.example", "-"),
        ];
        for (key, registry, expected) in table {
            let json = format!(r#"{{"auths": {{"{key}": {{"auth": "bWU6c2VjcmV0"}}}}}}"#);
            assert_eq!(
                found(&json, registry, "team/app"),
                expected,
                "{key} for {registry}"
            );
        }
    }

    #[test]
    fn the_most_specific_key_of_podman_wins() {
        let json = r#"{"auths": {
            "r.example": {"username": "all", "password": "1"},
            "r.example/team": {"username": "team", "password": "2"},
            "r.example/team/app": {"username": "app", "password": "3"}}}"#;
        assert_eq!(found(json, "r.example", "team/app"), "app:3");
        assert_eq!(found(json, "r.example", "team/app/sub"), "app:3");
        assert_eq!(found(json, "r.example", "team/apple"), "team:2");
        assert_eq!(found(json, "r.example", "teamwork"), "all:1");
    }

    #[test]
    fn every_shape_of_an_entry_is_read() {
        let table = [
            (r#"{"auth": "bWU6YTpi"}"#, "me:a:b"),
            (r#"{"auth": "bWU6c2VjcmV0AAA="}"#, "me:secret"),
            (r#"{"auth": "bWU6c2VjcmV0AAA"}"#, "me:secret"),
            (r#"{"auth": "", "username": "me", "password": "x"}"#, "me:x"),
            (r#"{"auth": "bWU6", "identitytoken": "t"}"#, "identity me:t"),
            (r#"{"registrytoken": "t"}"#, "bearer t"),
            ("{}", "-"),
            (
                r#"{"auth": "!!"}"#,
                "`auth` of `r.example` is not the base64 of `name:password`",
            ),
            (
                r#"{"auth": "bWU="}"#,
                "`auth` of `r.example` is not the base64 of `name:password`",
            ),
        ];
        for (entry, expected) in table {
            let json = format!(r#"{{"auths": {{"r.example": {entry}}}}}"#);
            assert_eq!(found(&json, "r.example", "app"), expected, "{entry}");
        }
    }

    #[test]
    fn a_registrys_own_helper_comes_before_the_one_for_all() {
        let json = r#"{"credsStore": "all", "credHelpers": {"r.example": "own", "https://index.docker.io/v1/": "hub"}}"#;
        let config = DockerConfig::parse(json.as_bytes()).unwrap();
        assert_eq!(
            config.helpers(&"r.example".parse().unwrap()),
            ["own", "all"]
        );
        assert_eq!(
            config.helpers(&"docker.io".parse().unwrap()),
            ["hub", "all"]
        );
        assert_eq!(config.helpers(&"other".parse().unwrap()), ["all"]);
    }

    #[test]
    fn a_broken_file_is_not_quoted() {
        let error = DockerConfig::parse(b"{\"auths\": {\"r\": {\"password\": secret}}}")
            .err()
            .unwrap();
        assert_eq!(
            error.to_string(),
            "it is not valid JSON at line 1, column 30"
        );
    }
}

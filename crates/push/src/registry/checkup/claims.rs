//! What a token says of itself: the actions that it grants, or only who shows it. Nothing here is verified.

use oci::Repository;
use serde::Deserialize;

/// The claims that say something of uploads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Claims {
    /// The actions on one repository ("Docker Registry v2 authentication", the `access` claim), none of them twice.
    Grants(Vec<String>),
    /// Gitea's: who it is, and to what a personal access token was limited.
    User { id: i64, scope: Option<String> },
    /// Nothing that is known here.
    Opaque,
}

#[derive(Deserialize)]
struct Payload {
    access: Option<Vec<Access>>,
    #[serde(rename = "UserID")]
    user: Option<i64>,
    #[serde(rename = "Scope", default)]
    scope: String,
}

#[derive(Deserialize)]
struct Access {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    actions: Vec<String>,
}

impl Claims {
    /// Reads the payload of a JWT, as far as it is about this repository.
    pub(super) fn read(payload: Option<&[u8]>, repository: &Repository) -> Self {
        let payload = payload.and_then(|json| serde_json::from_slice(json).ok());
        let Some(Payload {
            access,
            user,
            scope,
        }) = payload
        else {
            return Self::Opaque;
        };
        match (access, user) {
            (Some(access), _) => {
                let own = access.into_iter().filter(|access| {
                    access.kind == "repository" && access.name == repository.as_str()
                });
                let mut actions: Vec<_> = own.flat_map(|access| access.actions).collect();
                actions.sort();
                actions.dedup();
                Self::Grants(actions)
            }
            (None, Some(id)) => Self::User {
                id,
                scope: Some(scope).filter(|scope| !scope.is_empty()),
            },
            (None, None) => Self::Opaque,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(actions: &[&str]) -> Claims {
        Claims::Grants(actions.iter().map(|&action| action.to_owned()).collect())
    }

    #[test]
    fn claims_are_read_as_token_servers_write_them() {
        let table = [
            (
                r#"{"access": [{"type": "repository", "name": "team/app", "actions": ["push", "pull"]}]}"#,
                grants(&["pull", "push"]),
            ),
            (
                r#"{"access": [{"type": "repository", "name": "other", "actions": ["push"]}, {"type": "registry"}]}"#,
                grants(&[]),
            ),
            (r#"{"access": []}"#, grants(&[])),
            (
                r#"{"UserID": -1, "Scope": "", "exp": 1}"#,
                Claims::User {
                    id: -1,
                    scope: None,
                },
            ),
            (
                r#"{"UserID": 1, "Scope": "read:package"}"#,
                Claims::User {
                    id: 1,
                    scope: Some("read:package".to_owned()),
                },
            ),
            (r#"{"sub": "me"}"#, Claims::Opaque),
            ("[]", Claims::Opaque),
        ];
        let repository = "team/app".parse().unwrap();
        for (payload, expected) in table {
            let read = Claims::read(Some(payload.as_bytes()), &repository);
            assert_eq!(read, expected, "{payload}");
        }
        assert_eq!(Claims::read(None, &repository), Claims::Opaque);
    }
}

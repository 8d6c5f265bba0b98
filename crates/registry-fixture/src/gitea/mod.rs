//! Gitea's registry as idpbuilder deploys it, 1.24.3: where it differs from the specification, and only that.
//!
//! What is the same is left to the embedded registry behind it; the files here are one for each of Gitea's own ways.

mod access;
mod ingress;
mod manifest;
mod name;
mod refusal;
mod service;
mod session;
mod upload;

pub(crate) use service::Service;

use crate::Credentials;

/// A registry that behaves as idpbuilder's Gitea does.
///
/// Its user is `giteaAdmin`, or whoever [`credentials`](crate::Embedded::credentials) names; the owner of the same
/// name in lower case is the user's own. A registry so started
///
/// - asks for a bearer token whose realm is made from `Host`, gives `{"token"}` alone, a read-only one to anybody who
///   asks without credentials, and knows no `POST` there; Basic is taken everywhere;
/// - refuses in text: `authGroup.Verify` without a challenge, `reqPackageAccess` with 401, `Not found.` for owners
///   that do not exist;
/// - wants two or more path segments with single separators, and keeps tags in lower case;
/// - is strict about `Content-Range`, says no `Range` of an empty session, appends the body of the closing PUT before
///   it looks at the digest, and answers 500 for ever where a body broke off;
/// - wants every layer, and its size, to be as the manifest says (404 `BLOB_UNKNOWN`, 400 `SIZE_INVALID`), refuses
///   nested indexes and has no referrers;
/// - answers 413 in HTML where a body is larger than the ingress lets through.
#[derive(Clone, Debug)]
pub struct Gitea {
    owners: Vec<String>,
    foreign_owners: Vec<String>,
    body_limit: u64,
    behind_ingress: bool,
    locked_commits: usize,
}

/// Who may write, and under which owner.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) credentials: Credentials,
    pub(crate) token: String,
    pub(crate) owner: String,
}

impl Gitea {
    /// As idpbuilder's is on its first day: one user, one owner, no body over 1 GiB.
    #[must_use]
    pub fn new() -> Self {
        Self {
            owners: Vec::new(),
            foreign_owners: Vec::new(),
            body_limit: 1 << 30,
            behind_ingress: false,
            locked_commits: 0,
        }
    }

    /// Has one more owner to whom the user may push, in lower case.
    #[must_use]
    pub fn owner(mut self, name: &str) -> Self {
        self.owners.push(name.to_owned());
        self
    }

    /// Has one more owner that exists and to whom the user may not push, in lower case.
    #[must_use]
    pub fn foreign_owner(mut self, name: &str) -> Self {
        self.foreign_owners.push(name.to_owned());
        self
    }

    /// Takes no body of more bytes; one that does not say its length is held in memory up to here.
    #[must_use]
    pub fn body_limit(mut self, bytes: u64) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Stands behind an ingress that holds every body until it is whole, in memory: what breaks off never comes to
    /// Gitea, and its session goes on.
    #[must_use]
    pub fn behind_ingress(mut self) -> Self {
        self.behind_ingress = true;
        self
    }

    /// Finds its database locked at the first so many closing PUTs, after it has appended their bodies.
    #[must_use]
    pub fn locked_commits(mut self, times: usize) -> Self {
        self.locked_commits = times;
        self
    }
}

impl Default for Gitea {
    fn default() -> Self {
        Self::new()
    }
}

impl User {
    pub(crate) fn of(credentials: Option<Credentials>) -> Self {
        let credentials = credentials.unwrap_or_else(|| Credentials {
            username: "giteaAdmin".to_owned(),
            password: "developer".to_owned(),
        });
        Self {
            owner: credentials.username.to_lowercase(),
            token: "0123456789abcdef0123456789abcdef01234567".to_owned(),
            credentials,
        }
    }
}

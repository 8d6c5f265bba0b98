//! Credentials: what a registry asks for.

use std::fmt;

/// A user name and a password; made for one test, and yet not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: String,
}

impl Credentials {
    /// As the embedded registry wants them.
    pub(crate) fn guard(&self) -> embedded_registry::Credentials {
        embedded_registry::Credentials {
            username: self.username.clone(),
            password: self.password.clone().into(),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

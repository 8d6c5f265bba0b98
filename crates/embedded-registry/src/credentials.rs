//! Basic credentials: what a client must present where the registry is protected.

use secrecy::SecretString;

/// A user name and a password that every request must carry.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: SecretString,
}

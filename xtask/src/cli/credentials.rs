//! Who is pushing, as it is typed.

use std::convert::Infallible;
use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;

/// Credentials for the registry; at most one secret.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Credentials")]
pub(crate) struct CredentialArgs {
    /// A user and a password.
    #[command(flatten)]
    pub(crate) basic: PasswordArgs,
    /// Personal access token, in the password's place
    #[arg(long, value_parser = secret, conflicts_with_all = ["password", "password_stdin"])]
    pub(crate) token: Option<SecretString>,
    /// Bearer token, sent as it is
    #[arg(
        long,
        value_name = "TOKEN",
        value_parser = secret,
        conflicts_with_all = ["username", "password", "password_stdin", "token"]
    )]
    pub(crate) registry_token: Option<SecretString>,
    /// Read credentials from this config.json or auth.json instead of the usual places
    #[arg(long, value_name = "PATH")]
    pub(crate) authfile: Option<PathBuf>,
}

/// A user and a password.
#[derive(Debug, Default, Args)]
pub(crate) struct PasswordArgs {
    /// User name; without a password it is asked for on the terminal
    #[arg(short, long, value_name = "NAME")]
    pub(crate) username: Option<String>,
    /// Password; others can see a command line, so --password-stdin is better
    #[arg(short, long, value_parser = secret, conflicts_with = "password_stdin")]
    pub(crate) password: Option<SecretString>,
    /// Read the password from standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "clap wants a parser, and any text is a secret"
)]
fn secret(text: &str) -> Result<SecretString, Infallible> {
    Ok(text.into())
}

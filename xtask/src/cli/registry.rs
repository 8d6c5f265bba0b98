//! `cargo xtask registry`, as it is typed.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::PasswordArgs;

/// The arguments of `registry`.
#[derive(Debug, Args)]
pub(crate) struct RegistryArgs {
    /// Address and port to listen on; another than loopback needs a password, or --allow-anonymous-writes
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:5000")]
    pub(crate) listen: SocketAddr,
    /// Keep the registry there [default: target/registry]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Who may write; anybody may on loopback where nobody is named.
    #[command(flatten)]
    pub(crate) writer: PasswordArgs,
    /// Let anybody write, from wherever they come
    #[arg(long, conflicts_with_all = ["username", "password", "password_stdin"])]
    pub(crate) allow_anonymous_writes: bool,
}

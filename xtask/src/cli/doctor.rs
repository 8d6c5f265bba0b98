//! `cargo xtask doctor`, as it is typed.

use clap::Args;

use super::{ConnectionArgs, CredentialArgs, Output};

/// The arguments of `doctor`.
#[derive(Debug, Args)]
// A diagnosis that comes soon is worth more than one that is patient.
#[command(
    mut_arg("retries", |retries| retries.default_value("0")),
    mut_arg("timeout", |timeout| timeout.default_value("10")),
    mut_arg("chunk_size", |size| size.hide(true))
)]
pub(crate) struct DoctorArgs {
    /// DESTINATION, as it is written.
    #[arg(
        help = "[http://|https://]HOST[:PORT][/REPOSITORY], as for push; a right to upload is one to a repository"
    )]
    pub(crate) destination: String,
    /// Print text or one JSON document
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) output: Output,

    /// Who would push.
    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,
    /// How the registry is reached.
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

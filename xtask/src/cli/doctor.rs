//! `cargo xtask doctor`, as it is typed.

use clap::Args;

use super::{ClusterArgs, ConnectionArgs, CredentialArgs, Output};

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
        help = "[http://|https://]HOST[:PORT][/REPOSITORY]; without a HOST, or left out, it is the cluster's registry"
    )]
    pub(crate) destination: Option<String>,
    /// Print text or one JSON document
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) output: Output,

    /// Who would push.
    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,
    /// How the registry is reached.
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    /// Which cluster is asked.
    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
}

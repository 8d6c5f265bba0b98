//! Which cluster, as it is typed.

use std::path::PathBuf;

use clap::Args;

/// The idpbuilder cluster whose registry is meant.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Cluster")]
pub(crate) struct ClusterArgs {
    /// Ask the cluster of this context [default: the current one, where it is a local kind cluster]
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Read this kubeconfig instead of the usual ones
    #[arg(long, value_name = "PATH")]
    pub(crate) kubeconfig: Option<PathBuf>,
}

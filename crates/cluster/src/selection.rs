//! Which kubeconfig files and which context: what the edge knows, and where files are therefore looked for.

use std::ffi::OsString;
use std::path::PathBuf;

/// Which cluster is meant; empty by default, which means none.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The one file that was named; it must exist.
    pub kubeconfig: Option<PathBuf>,
    /// The value of `KUBECONFIG`: files that are merged, of which some may be missing.
    pub variable: Option<OsString>,
    /// The home directory, whose `.kube/config` is read where no other is named.
    pub home: Option<PathBuf>,
    /// The context that was named; without one only a local kind cluster is taken.
    pub context: Option<String>,
}

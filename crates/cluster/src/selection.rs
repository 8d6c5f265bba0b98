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

impl Selection {
    /// The files to read, the first of which wins; and whether they must all be there.
    pub(crate) fn files(&self) -> (Vec<PathBuf>, bool) {
        if let Some(path) = &self.kubeconfig {
            return (vec![path.clone()], true);
        }
        let listed: Vec<PathBuf> = self
            .variable
            .iter()
            .flat_map(std::env::split_paths)
            .filter(|path| !path.as_os_str().is_empty())
            .collect();
        if !listed.is_empty() {
            return (listed, false);
        }
        let usual = self.home.iter().map(|home| home.join(".kube/config"));
        (usual.collect(), false)
    }
}

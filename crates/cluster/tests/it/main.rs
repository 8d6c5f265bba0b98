//! How a cluster is found: kubeconfig files as people have them, and an API that says what real ones say.

mod contexts;
mod credentials;
#[path = "../../../../tests/support/kubernetes.rs"]
mod kubernetes;
mod registry;
mod trouble;

use cluster::{Cluster, Error, Selection};
use tempfile::TempDir;

use kubernetes::Kubernetes;

/// A home directory with kubeconfig files.
struct Home(TempDir);

impl Home {
    /// A home whose `.kube/config` has this text.
    fn with(config: &str) -> Self {
        Self::empty().file(".kube/config", config)
    }

    fn empty() -> Self {
        let home = tempfile::tempdir().expect("a directory");
        std::fs::create_dir(home.path().join(".kube")).expect("a new directory");
        Self(home)
    }

    fn file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.0.path().join(name), text).expect("a file");
        self
    }

    fn selection(&self) -> Selection {
        Selection {
            home: Some(self.0.path().to_owned()),
            ..Selection::default()
        }
    }

    /// What an error says, with `~` for this directory.
    fn said(&self, error: &Error) -> String {
        let home = self.0.path().to_string_lossy();
        error.to_string().replace(&*home, "~")
    }
}

/// Finds the cluster of a current kind context with this API.
async fn find(api: &Kubernetes) -> Result<Cluster, Error> {
    let config = kubernetes::kubeconfig(&[("kind-localdev", &api.server())]);
    Cluster::find(&Home::with(&config).selection()).await
}

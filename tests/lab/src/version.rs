//! The versions of the parts that are built, in one place; Debian's are what its packages hold.

/// Of the CNCF distribution registry.
pub(crate) const DISTRIBUTION: &str = "3.1.2";
/// Of Gitea.
pub(crate) const GITEA: &str = "1.26.0";
/// Of etcd, which keeps what the Kubernetes API is told.
pub(crate) const ETCD: &str = "3.6.16";
/// Of the Kubernetes API server.
pub(crate) const KUBERNETES: &str = "1.34.3";
/// Of the modules that Kubernetes publishes apart from itself.
pub(crate) const KUBERNETES_MODULES: &str = "0.34.3";

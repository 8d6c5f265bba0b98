//! Real parts for end-to-end tests: registries started on a free port of loopback, and the tools of others.
//!
//! A test starts what it wants for itself, such as an [`Engine`], or finds what `cargo xtask lab up` has started: a
//! [`Cluster`], a [`DockerDaemon`]. What is absent says how to get it.
//! A test that needs what is absent skips, or fails where `IDPBUILDER_REQUIRE_REAL=1` says that all must be there:
//!
//! ```
//! use lab::{Distribution, or_skip};
//!
//! let Some(distribution) = or_skip(Distribution::v2_8()) else {
//!     return;
//! };
//! let registry = distribution.start();
//! assert!(registry.address().ip().is_loopback());
//! ```

mod absent;
mod aside;
mod bridge;
mod certificate;
mod command;
mod curl;
mod debian;
mod debian_root;
mod distribution;
mod docker;
mod engine;
mod error;
mod etcd;
mod gitea;
mod golang;
mod ingress;
mod kubeconfig;
mod kubernetes_api;
mod lab;
mod localbuild;
mod part;
mod place;
mod process;
mod running;
mod running_engine;
mod server;
mod state;
mod status;
mod version;

pub use absent::{Absent, or_skip};
pub use certificate::Certificate;
pub use distribution::{Distribution, PASSWORD, Registry, USERNAME};
pub use engine::{Engine, Store};
pub use error::Error;
pub use ingress::{DOMAIN, Ingress, Routing, RunningIngress};
pub use lab::Lab;
pub use part::Part;
pub use place::skopeo;
pub use running::{Cluster, DockerDaemon};
pub use running_engine::RunningEngine;
pub use status::{Condition, Status, Up};

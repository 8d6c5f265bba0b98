//! Finds the registry of an idpbuilder cluster: its address, what to trust there, and whose credentials to use.
//!
//! It asks the Kubernetes API and nothing else: the registry itself is for `push`.
//! It never prints and never reads the environment: which kubeconfig and which context are handed in as a
//! [`Selection`].
//!
//! ```no_run
//! # async fn example() -> Result<(), cluster::Error> {
//! let selection = cluster::Selection {
//!     home: Some("/home/me".into()),
//!     ..cluster::Selection::default()
//! };
//! let cluster = cluster::Cluster::find(&selection).await?;
//! println!("{} of {}", cluster.registry, cluster.context);
//! let credentials = cluster.credentials().await?;
//! println!("{}", credentials.username);
//! # Ok(())
//! # }
//! ```

mod api;
mod certificate;
mod discover;
mod error;
mod kubeconfig;
mod localbuild;
mod secret;
mod selection;

pub use certificate::Certificate;
pub use discover::{Cluster, OWNER};
pub use error::{Error, Refusal};
pub use secret::{Credentials, Kind};
pub use selection::Selection;

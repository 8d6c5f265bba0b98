//! Registries for the end-to-end tests of services: each on a port and in a directory of its own, seeded from image
//! archives, broken on request, and gone when it is dropped.
//!
//! What a service's test looks like, whether it is `#[test]` or `#[tokio::test]`; the registry runs on a thread of its
//! own, so nothing here needs a runtime:
//!
//! ```
//! use registry_fixture::{Endpoint, Fault, Registry};
//!
//! # std::env::set_current_dir("../..")?;
//! // The registry stumbles once, and the service under test is expected to get up again.
//! let registry = Registry::embedded()
//!     .credentials("ci", "secret")
//!     .fault(Fault::status(503).retry_after(0).on("GET", Endpoint::Manifest))
//!     .start()?;
//! let image = registry.seed_as("testdata/docker20-hello.tar", "team/app:1")?;
//! assert_eq!(image.reference(), registry.reference("team/app:1"));
//!
//! // Here the service is given `image.pinned()`, the credentials and `registry.host()`, and pulls.
//! # let mut stream = std::net::TcpStream::connect(registry.address())?;
//! # std::io::Write::write_all(&mut stream, b"GET /v2/team/app/manifests/1 HTTP/1.0\r\n\r\n")?;
//! # std::io::Read::read_to_end(&mut stream, &mut Vec::new())?;
//!
//! assert_eq!(registry.faults_triggered(), 1, "{}", registry.transcript());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Registry::embedded`] needs nothing installed and starts within milliseconds. Seeding goes past credentials,
//! faults and the transcript, so that these are about the service alone. With the feature `container`, a registry of others
//! runs in a container instead (`Registry::container`), and with the feature `cluster` a test is a guest in the registry
//! of the developer's own cluster (`Registry::cluster`). What is asserted about an image is left to
//! the test, and so are registries that a test does not start itself.

mod background;
mod body;
mod certificate;
#[cfg(feature = "cluster")]
mod cluster;
#[cfg(feature = "container")]
mod container;
mod credentials;
mod embedded;
mod endpoint;
mod error;
mod exchange;
mod fault;
mod faults;
mod gitea;
mod registry;
mod seed;
mod server;
mod service;

#[cfg(feature = "cluster")]
pub use cluster::InCluster;
#[cfg(feature = "container")]
pub use container::Container;
pub use credentials::Credentials;
pub use embedded::Embedded;
pub use endpoint::Endpoint;
pub use error::Error;
pub use exchange::Exchange;
pub use fault::Fault;
pub use gitea::Gitea;
pub use registry::Registry;
pub use seed::Seeded;

//! Registries for the end-to-end tests of services: each on a port and in a directory of its own, seeded from image
//! archives, and gone when it is dropped.
//!
//! What a service's test looks like, whether it is `#[test]` or `#[tokio::test]`; the registry runs on a thread of its
//! own, so nothing here needs a runtime:
//!
//! ```
//! use registry_fixture::Registry;
//!
//! # std::env::set_current_dir("../..")?;
//! let registry = Registry::embedded()
//!     .credentials("ci", "secret")
//!     .start()?;
//! let image = registry.seed_as("testdata/docker20-hello.tar", "team/app:1")?;
//! assert_eq!(image.reference(), registry.reference("team/app:1"));
//!
//! // Here the service is given `image.pinned()`, the credentials and `registry.host()`, and pulls.
//! # let mut stream = std::net::TcpStream::connect(registry.address())?;
//! # std::io::Write::write_all(&mut stream, b"GET /v2/team/app/manifests/1 HTTP/1.0\r\n\r\n")?;
//! # std::io::Read::read_to_end(&mut stream, &mut Vec::new())?;
//!
//! assert_eq!(registry.exchanges().len(), 1, "{}", registry.transcript());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Registry::embedded`] needs nothing installed and starts within milliseconds. Seeding goes past credentials
//! and the transcript, so that these are about the service alone. What is asserted about an image is left to
//! the test, and so are registries that a test does not start itself.

mod background;
mod certificate;
mod credentials;
mod embedded;
mod error;
mod exchange;
mod registry;
mod seed;
mod server;
mod service;

pub use credentials::Credentials;
pub use embedded::Embedded;
pub use error::Error;
pub use exchange::Exchange;
pub use registry::Registry;
pub use seed::Seeded;

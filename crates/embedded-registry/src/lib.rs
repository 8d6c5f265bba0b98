//! An OCI registry in the process, kept in a directory.
//!
//! All of distribution-spec 1.1, with memory that does not grow with what is pushed. It starts within milliseconds,
//! several processes can serve one directory at once, and one that dies at any moment leaves nothing half-written
//! in sight. It speaks plain HTTP, knows no users beyond one name and password, and injects no faults: [`service`]
//! is a router that others can wrap.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use embedded_registry::{Config, Registry};
//!
//! let directory = tempfile::tempdir()?;
//! let registry = Registry::start(Config::new(directory.path())).await?;
//! println!("push to {}/my/app:1.0", registry.address());
//! registry.stop().await;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod blob;
mod catalog;
mod config;
mod credentials;
mod error_code;
mod manifest;
mod mount;
mod page;
mod parameters;
mod range;
mod receive;
mod referrers;
mod route;
mod server;
mod service;
mod session;
mod store;
mod sweep;
mod tag;
mod upload;

pub use config::{Config, StartError};
pub use credentials::Credentials;
pub use server::Registry;
pub use service::service;

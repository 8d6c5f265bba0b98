//! The words of the OCI specifications, as types that cannot be wrong once they exist.
//!
//! Digests, media types, references, descriptors, manifests and image configs, each with its own parse error.
//! No I/O, no network, no files: what has been read elsewhere is given its meaning here.
//!
//! ```
//! use oci::{Destination, Digest};
//!
//! let digest = Digest::of(b"hello");
//! assert!(digest.to_string().starts_with("sha256:2cf24dba"));
//!
//! let destination: Destination = "localhost:5000/team/app:1.2".parse()?;
//! assert_eq!(destination.registry.unwrap().to_string(), "localhost:5000");
//! # Ok::<(), oci::ParseReferenceError>(())
//! ```

mod config;
mod descriptor;
mod destination;
mod digest;
mod document;
mod media_type;
mod platform;
mod reference;

pub use config::{ImageConfig, RootFs};
pub use descriptor::Descriptor;
pub use destination::{Destination, Scheme, Target};
pub use digest::{Algorithm, Digest, Hasher, ParseDigestError};
pub use document::{Content, Document, Index, Manifest, ParseDocumentError};
pub use media_type::{Compression, MediaType};
pub use platform::{ParsePlatformError, Platform};
pub use reference::{ParseReferenceError, Registry, Repository, Tag};

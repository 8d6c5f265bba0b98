//! The shared push library: a source yields images whose blobs can be opened at any offset, a plan says what the
//! registry lacks, and one engine sends it.
//!
//! It never prints and never reads the environment: what happens is told as [`Event`]s, and what it needs to know of
//! the process is handed in as an [`Environment`].

pub mod blob;
mod compose;
mod daemon_failure;
mod environment;
mod error;
mod event;
mod execute;
mod farewell;
pub mod image;
mod naming;
mod operation;
mod plan;
mod platforms;
mod prepare;
mod reading;
pub mod registry;
mod report;
mod selection;
pub mod source;
mod unchanged;
mod unexported;
pub mod validate;

pub use daemon_failure::DaemonFailure;
pub use environment::Environment;
pub use error::{Answer, Error, NameProblem, Request};
pub use event::{BlobKind, BlobOutcome, Event, Events};
pub use farewell::Farewells;
pub use naming::Naming;
pub use operation::{ManifestFormat, PushOperation, PushOptions, Verify};
pub use plan::{Action, Plan, PlannedBlob, PlannedImage, UnknownBlobs};
pub use report::{Failed, Pushed, Report};

//! Real parts for end-to-end tests: registries started on a free port of loopback, and the tools of others.
//!
//! Finds what is installed and says how to get what is not; installing is left to `.ci/run`.
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
mod distribution;
mod place;

pub use absent::{Absent, or_skip};
pub use distribution::{Distribution, PASSWORD, Registry, USERNAME};
pub use place::skopeo;

//! Which build this is.

/// The version and the commit: `0.1.0 (0123456789ab)`; the commit is `unknown` where it was built without git.
pub(crate) const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (", env!("XTASK_COMMIT"), ")");

//! What it means to a script, and to a person, that a cluster's registry is not known.

use ::cluster::Error;

use crate::exit_code;

/// The exit code for a failure, and what can be done about it.
pub(super) fn verdict(error: &Error) -> (u8, String) {
    tracing::debug!(%error, "nobody knows yet what to do about it");
    (exit_code::OTHER, String::new())
}

//! A check-up: everything between here and an upload, one thing after the other, with what was found of each.
//!
//! Nothing is left behind at the registry, and nothing secret is in what was found.
//! What can be done about it is left to those who show it.

mod verdict;

use oci::{Registry, Repository, Scheme};

use super::options::Options;
use crate::{Environment, Error};

pub use verdict::{Check, Subject, Verdict, Warning};

/// Looks at everything between here and an upload to a repository, in the order of [`Subject`].
///
/// What comes after the first failure is not checked. Without a repository nothing is said of uploads.
///
/// # Errors
/// Those of the options alone, such as [`Error::OptionFile`]; everything else is found out and said.
#[expect(clippy::unused_async, reason = "nothing is looked at yet")]
pub async fn examine(
    _: &Registry,
    _: Option<Scheme>,
    _: Option<&Repository>,
    _: &Options,
    _: &Environment,
) -> Result<Vec<Check>, Error> {
    Ok(Vec::new())
}

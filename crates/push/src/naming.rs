//! Names that a registry would refuse although the specification allows them; found before anything is sent.

use crate::Error;
use crate::event::Events;
use crate::selection::Selected;

/// Whose rules for names hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// The specification's alone.
    #[default]
    Specification,
    /// Gitea's too: an owner, single separators, and tags in lower case.
    Gitea,
}

/// Refuses what would be refused, and says what would be altered.
#[expect(clippy::unnecessary_wraps, reason = "nothing is refused yet")]
pub(crate) fn check(
    _naming: Naming,
    _selected: &[Selected<'_>],
    _events: &Events,
) -> Result<(), Error> {
    Ok(())
}

#[cfg(test)]
mod tests;

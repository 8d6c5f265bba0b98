//! Progress on standard error; not shown yet.

use push::Events;

use crate::cli::ProgressMode;
use crate::console::Console;

/// Progress that is being shown.
pub(crate) struct Progress;

impl Progress {
    /// Begins to show what `events` is told.
    pub(crate) fn start(_mode: Option<ProgressMode>, _console: &Console) -> Self {
        Self
    }

    /// Where the push library tells what happens.
    #[expect(clippy::unused_self, reason = "nobody listens yet")]
    pub(crate) fn events(&self) -> Events {
        Events::ignored()
    }

    /// Shows what is left.
    pub(crate) fn finish(self) {}
}

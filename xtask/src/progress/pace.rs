//! How fast a push goes, in words: its rate and the time to go, or that it stands still.

use std::time::Duration;

/// When bytes last moved.
#[derive(Debug, Default)]
pub(super) struct Pace {
    last: Option<(u64, Duration)>,
}

impl Pace {
    /// Takes note of how much is sent, and says for how long it has been that much; times count from the start.
    pub(super) fn still(&mut self, sent: u64, now: Duration) -> Duration {
        match self.last {
            Some((before, since)) if before == sent => now.saturating_sub(since),
            _ => {
                self.last = Some((sent, now));
                Duration::ZERO
            }
        }
    }
}

/// Rate and time to go where bytes move, given how many go in a second, how many are left, and how long none went.
pub(super) fn words(_rate: u64, _left: u64, _still: Duration) -> String {
    String::new()
}

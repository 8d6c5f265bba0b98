//! How fast a push goes, in words: its rate and the time to go, or that it stands still.

use std::time::Duration;

use indicatif::{DecimalBytes, HumanDuration};

/// How long no byte moves until that is a standstill.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

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
pub(super) fn words(rate: u64, left: u64, still: Duration) -> String {
    if left > 0 && still >= PATIENCE {
        return "stalled".to_owned();
    }
    if left == 0 || rate == 0 {
        return String::new();
    }
    let to_go = HumanDuration(Duration::from_secs(left.div_ceil(rate)));
    format!("{}/s, {to_go:#} to go", DecimalBytes(rate))
}

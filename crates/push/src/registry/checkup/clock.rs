//! The clock: this machine's beside the registry's, by which certificates and tokens are judged.

use std::time::{Duration, SystemTime};

use super::super::connect::Contact;
use super::{Verdict, Warning};

/// Compares the clocks by the `Date` of the first answer, which has come just now.
pub(super) fn verdict(contact: &Contact) -> Verdict {
    contact.date.map_or_else(
        || Verdict::Skipped("the registry does not say what time it is".to_owned()),
        |date| compare(date, SystemTime::now()),
    )
}

fn compare(there: SystemTime, here: SystemTime) -> Verdict {
    let (by, behind) = match there.duration_since(here) {
        Ok(by) => (by, true),
        Err(error) => (error.duration(), false),
    };
    if by > TOLERANCE {
        return Verdict::Warned(Warning::ClockSkew { by, behind });
    }
    Verdict::Passed("this machine's clock and the registry's agree".to_owned())
}

/// A time in one unit, to the nearest: `90 s`, `5 min`, `24 h`, `3 days`.
pub(super) fn in_words(time: Duration) -> String {
    let seconds = time.as_secs();
    let nearest = |unit: u64| (seconds + unit / 2) / unit;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_170 => format!("{} min", nearest(60)),
        7_170..171_000 => format!("{} h", nearest(3_600)),
        _ => format!("{} days", nearest(86_400)),
    }
}

/// `Date` has whole seconds, and an answer takes its time; nothing here is decided by less than this.
const TOLERANCE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_may_differ_by_a_minute() {
        let here = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let table = [
            (0, false, "this machine's clock and the registry's agree"),
            (60, false, "this machine's clock and the registry's agree"),
            (
                61,
                false,
                "this machine's clock is 61 s ahead of the registry's",
            ),
            (
                7_200,
                true,
                "this machine's clock is 2 h behind the registry's",
            ),
        ];
        for (seconds, behind, expected) in table {
            let by = Duration::from_secs(seconds);
            let there = if behind { here + by } else { here - by };
            let said = match compare(there, here) {
                Verdict::Passed(text) => text,
                Verdict::Warned(warning) => warning.to_string(),
                other => format!("{other:?}"),
            };
            assert_eq!(said, expected);
        }
    }

    #[test]
    fn times_are_told_in_one_unit() {
        let table = [
            (0, "0 s"),
            (119, "119 s"),
            (120, "2 min"),
            (299, "5 min"),
            (7_169, "119 min"),
            (7_170, "2 h"),
            (86_399, "24 h"),
            (171_000, "2 days"),
            (31_536_000, "365 days"),
        ];
        for (seconds, expected) in table {
            assert_eq!(in_words(Duration::from_secs(seconds)), expected);
        }
    }
}

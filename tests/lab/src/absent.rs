//! What a test does where a part is not installed: it skips and says so, or fails where everything must be there.

use std::fmt;
use std::io::{self, Write};
use std::thread;

use crate::place;

/// A part that this machine does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// What was looked for, and where.
    pub(crate) part: String,
    /// A command that gets it.
    pub(crate) remedy: &'static str,
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no {} ({})", self.part, self.remedy)
    }
}

/// Hands over a part, or says on standard error that the running test is skipped, and why.
///
/// # Panics
///
/// Where the part is absent and `IDPBUILDER_REQUIRE_REAL` is `1`.
#[must_use = "a test that goes on without the part tests nothing"]
#[track_caller]
pub fn or_skip<T>(part: Result<T, Absent>) -> Option<T> {
    part.map_err(|absent| {
        let test = thread::current().name().unwrap_or("a test").to_owned();
        // libtest keeps what `eprintln!` writes in a test that passes.
        skip(&test, &absent, place::real_is_required(), &mut io::stderr());
    })
    .ok()
}

#[track_caller]
fn skip(test: &str, absent: &Absent, required: bool, out: &mut impl Write) {
    assert!(
        !required,
        "{test}: {absent}, and IDPBUILDER_REQUIRE_REAL=1 forbids to skip"
    );
    writeln!(out, "SKIPPED {test}: {absent}").expect("standard error can be written");
}

#[cfg(test)]
mod tests {
    use std::panic;

    use super::{Absent, or_skip, skip};

    fn absent() -> Absent {
        Absent {
            part: "skopeo in PATH".to_owned(),
            remedy: "apt-get install skopeo",
        }
    }

    #[test]
    fn a_part_that_is_there_is_handed_over() {
        assert_eq!(or_skip(Ok(1)), Some(1));
    }

    #[test]
    fn a_skipped_test_says_its_name_and_why() {
        let mut out = Vec::new();
        skip("images::pull", &absent(), false, &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "SKIPPED images::pull: no skopeo in PATH (apt-get install skopeo)\n"
        );
    }

    #[test]
    fn where_real_parts_are_required_absence_fails() {
        let failed = panic::catch_unwind(|| skip("pull", &absent(), true, &mut Vec::new()));
        let said = *failed.unwrap_err().downcast::<String>().unwrap();
        assert!(said.contains("no skopeo in PATH"), "{said}");
    }
}

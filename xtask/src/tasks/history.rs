//! Test first, as the history shows it: each `feat(area)` comes after a `test(area)` of its own.
//!
//! Only the subjects of commits are looked at; whether the test was red is for its reviewer.

use std::collections::BTreeSet;

use crate::tasks::step::Step;

/// What can be known of the history of this checkout.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum History {
    /// The subjects of its commits, oldest first, merges left out.
    Subjects(Vec<String>),
    /// There is none, or not the whole of it, and why.
    Absent(&'static str),
}

/// What is wrong with a history.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HistoryError {
    #[error("git cannot tell the history")]
    Unreadable,
    #[error("a feature without an area: `{subject}`")]
    NoArea { subject: String },
    #[error("no `test({area})` commit between `{subject}` and the feature of `{area}` before it")]
    Untested { area: String, subject: String },
}

/// Reads the history of the workspace.
pub(crate) fn read() -> Result<History, HistoryError> {
    let shallow = Step::new("git", "rev-parse --is-shallow-repository").output();
    match shallow.as_deref().map(str::trim) {
        None => return Ok(History::Absent("because this is no git checkout")),
        Some("true") => return Ok(History::Absent("because this clone is shallow")),
        Some(_) => {}
    }
    let log = Step::new("git", "log --reverse --topo-order --no-merges --format=%s");
    let subjects = log.output().ok_or(HistoryError::Unreadable)?;
    Ok(History::Subjects(
        subjects.lines().map(str::to_owned).collect(),
    ))
}

/// Counts the features of a history, each of which has a test of its area since the last feature of that area.
pub(crate) fn check<'a>(
    subjects: impl IntoIterator<Item = &'a str>,
) -> Result<usize, HistoryError> {
    let mut tested = BTreeSet::new();
    let mut features = 0;
    for subject in subjects {
        match kind_and_area(subject) {
            ("test", Some(area)) => {
                tested.insert(area);
            }
            ("feat", Some(area)) if tested.remove(area) => features += 1,
            ("feat", Some(area)) => {
                return Err(HistoryError::Untested {
                    area: area.to_owned(),
                    subject: subject.to_owned(),
                });
            }
            ("feat", None) => {
                let subject = subject.to_owned();
                return Err(HistoryError::NoArea { subject });
            }
            _ => {}
        }
    }
    Ok(features)
}

/// `feat(push)!: …` is `("feat", Some("push"))`.
fn kind_and_area(subject: &str) -> (&str, Option<&str>) {
    let Some((head, _)) = subject.split_once(": ") else {
        return ("", None);
    };
    let head = head.trim_end_matches('!');
    match head.strip_suffix(')').and_then(|head| head.split_once('(')) {
        Some((kind, area)) => (kind, Some(area)),
        None => (head, None),
    }
}

#[cfg(test)]
mod tests {
    use super::{HistoryError, check};

    fn untested(area: &str, subject: &str) -> HistoryError {
        HistoryError::Untested {
            area: area.to_owned(),
            subject: subject.to_owned(),
        }
    }

    #[test]
    fn a_feature_after_its_test_is_counted() {
        let subjects = [
            "build(workspace): an empty house",
            "test(oci): digests are what the spec says",
            "test(oci): references too",
            "refactor(oci): make room",
            "feat(oci): digests and references",
            "docs: say so",
            "test(oci): platforms",
            "feat(oci)!: platforms",
        ];
        assert_eq!(check(subjects), Ok(2));
    }

    #[test]
    fn areas_may_be_interleaved() {
        let subjects = ["test(a): x", "test(b): x", "feat(a): x", "feat(b): x"];
        assert_eq!(check(subjects), Ok(2));
    }

    #[test]
    fn a_feature_without_a_test_is_found() {
        assert_eq!(check(["feat(a): x"]), Err(untested("a", "feat(a): x")));
        let other_area = ["test(b): x", "feat(a): y"];
        assert_eq!(check(other_area), Err(untested("a", "feat(a): y")));
        let late = ["feat(a): x", "test(a): x"];
        assert_eq!(check(late), Err(untested("a", "feat(a): x")));
    }

    #[test]
    fn a_test_serves_one_feature_only() {
        let subjects = ["test(a): x", "feat(a): x", "feat(a): y"];
        assert_eq!(check(subjects), Err(untested("a", "feat(a): y")));
    }

    #[test]
    fn a_feature_says_its_area() {
        let subject = "feat: x".to_owned();
        assert_eq!(check(["feat: x"]), Err(HistoryError::NoArea { subject }));
    }

    #[test]
    fn other_subjects_are_left_alone() {
        assert_eq!(
            check(["Initial commit", "fix(a): x", "feature(a) x", ""]),
            Ok(0)
        );
    }
}

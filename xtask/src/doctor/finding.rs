//! What was found, ready to be shown: a verdict in words, and where something is wrong what can be done.

use push::Error;
use push::registry::{Check, Subject, Verdict};

use crate::{diagnostic, hint};

/// One line of a check-up.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// What was looked at.
    pub(super) subject: &'static str,
    pub(super) outcome: Outcome,
    /// What was found, or why nothing was looked for.
    pub(super) text: String,
    /// What can be done about it.
    pub(super) hint: Option<String>,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    Warned,
    /// With the exit code that says it to scripts.
    Failed(u8),
    Skipped,
}

impl Finding {
    pub(super) fn new(subject: &'static str, outcome: Outcome, text: impl Into<String>) -> Self {
        Self {
            subject,
            outcome,
            text: text.into(),
            hint: None,
        }
    }

    /// With what can be done about it.
    pub(super) fn with(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }

    /// What was not looked at because something else had failed.
    pub(super) fn after(failed: &'static str, subject: &'static str) -> Self {
        Self::new(subject, Outcome::Skipped, format!("{failed} failed"))
    }

    /// What the push library has found.
    pub(super) fn of(check: &Check) -> Self {
        let subject = check.subject.as_str();
        match &check.verdict {
            Verdict::Passed(text) => Self::new(subject, Outcome::Passed, text),
            Verdict::Skipped(why) => Self::new(subject, Outcome::Skipped, why),
            Verdict::Warned(warning) => Self {
                hint: hint::of_warning(warning),
                ..Self::new(subject, Outcome::Warned, warning.to_string())
            },
            Verdict::Failed { error, found } => {
                let (code, hint) = diagnostic::verdict(error);
                let found = found.as_ref().map(|found| format!(" ({found})"));
                let text = words(check.subject, error) + &found.unwrap_or_default();
                Self {
                    hint,
                    ..Self::new(subject, Outcome::Failed(code), text)
                }
            }
        }
    }
}

/// The whole chain in one line; below HTTP there was no request yet, and the reason alone is told.
fn words(subject: Subject, error: &Error) -> String {
    let causes = diagnostic::chain(error);
    match (subject, &causes[..]) {
        (Subject::Name | Subject::Port | Subject::Tls, [_, .., last]) => last.clone(),
        (_, causes) => causes.join(": "),
    }
}

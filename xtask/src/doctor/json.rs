//! A check-up for scripts: one JSON document.

use serde::Serialize;

use super::finding::{Finding, Outcome};
use crate::document::{SCHEMA_VERSION, to_line};

/// The whole document, on one line.
pub(super) fn render(destination: Option<&str>, findings: &[Finding]) -> String {
    to_line(&Document {
        schema_version: SCHEMA_VERSION,
        destination,
        checks: findings.iter().map(Entry::of).collect(),
    }) + "\n"
}

/// The JSON document of `doctor --output json`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    schema_version: u32,
    /// As it was typed; nothing secret gets this far.
    destination: Option<&'a str>,
    checks: Vec<Entry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    check: &'a str,
    /// `passed`, `warned`, `failed` or `notChecked`.
    verdict: &'static str,
    text: &'a str,
    hint: Option<&'a str>,
    /// Of a failure alone.
    exit_code: Option<u8>,
}

impl<'a> Entry<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            check: finding.subject,
            verdict: match finding.outcome {
                Outcome::Passed => "passed",
                Outcome::Warned => "warned",
                Outcome::Failed(_) => "failed",
                Outcome::Skipped => "notChecked",
            },
            text: &finding.text,
            hint: finding.hint.as_deref(),
            exit_code: match finding.outcome {
                Outcome::Failed(code) => Some(code),
                _ => None,
            },
        }
    }
}

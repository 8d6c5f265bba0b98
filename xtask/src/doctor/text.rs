//! A check-up for people: a line for each thing, and below it what can be done.

use super::finding::{Finding, Outcome};
use crate::text::one_line;

/// The whole text.
pub(super) fn render(findings: &[Finding]) -> String {
    let longest = findings.iter().map(|finding| finding.subject.len()).max();
    let width = longest.unwrap_or_default();
    let mut text = String::new();
    for finding in findings {
        let (verdict, subject) = (verdict(finding.outcome), finding.subject);
        let found = one_line(&finding.text);
        text.push_str(&format!("{verdict:<11}  {subject:<width$}  {found}\n"));
        if let Some(hint) = &finding.hint {
            text.push_str(&format!("{:<11}  hint: {}\n", "", one_line(hint)));
        }
    }
    text
}

fn verdict(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "ok",
        Outcome::Warned => "warning",
        Outcome::Failed(_) => "failed",
        Outcome::Skipped => "not checked",
    }
}

//! What a person sees of a failure: a summary, its causes, one hint that can be acted on, and the exit code.
//!
//! Every variant is named here, so that a new one does not compile before somebody has thought about it.

use push::Error;

use crate::console::{Colour, paint};
use crate::failure::Failure;
use crate::interrupt::Signal;
use crate::{exit_code, text};

/// A failure, ready to be shown.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    summary: String,
    /// From the nearest to the last.
    causes: Vec<String>,
    hint: Option<String>,
    /// The exit code that says it to scripts.
    pub(crate) code: u8,
}

impl Diagnostic {
    /// What is to be shown of a failure; several where several images failed.
    pub(crate) fn of(failure: &Failure) -> Vec<Self> {
        match failure {
            Failure::Push { doing, error } => vec![Self::of_error(doing, error)],
            _ => vec![Self::new("not supported yet", exit_code::OTHER, None)],
        }
    }

    /// The text for standard error, each line of it without anything that a terminal acts on.
    pub(crate) fn render(&self, colour: bool) -> String {
        let label = paint("error", Colour::Red, colour);
        format!("{label}: {}\n", text::one_line(&self.summary))
    }

    fn new(summary: &str, code: u8, hint: Option<String>) -> Self {
        Self {
            summary: summary.to_owned(),
            causes: Vec::new(),
            hint,
            code,
        }
    }

    fn of_error(doing: &str, error: &Error) -> Self {
        let (code, hint) = verdict(error);
        Self {
            causes: chain(error),
            ..Self::new(doing, code, hint)
        }
    }
}

/// The exit code for a failure.
pub(crate) fn code(failure: &Failure) -> u8 {
    let _ = failure;
    exit_code::OTHER
}

/// What an error means to a script, and what a person can do about it.
fn verdict(error: &Error) -> (u8, Option<String>) {
    let _ = error;
    (exit_code::OTHER, None)
}

/// An error and its sources; one that only repeats what is already said is left out.
fn chain(error: &dyn std::error::Error) -> Vec<String> {
    vec![error.to_string()]
}

#[cfg(test)]
mod tests;

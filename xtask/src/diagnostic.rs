//! What a person sees of a failure: a summary, its causes, one hint that can be acted on, and the exit code.
//!
//! Every variant is named here, so that a new one does not compile before somebody has thought about it.

pub(crate) mod cluster;

use std::fmt::Write as _;

use push::Error;

use crate::console::{Colour, paint};
use crate::failure::Failure;
use crate::interrupt::Signal;
use crate::{exit_code, hint, text, words};

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
            Failure::Images { failed, .. } => failed.iter().map(Self::of_image).collect(),
            Failure::Push { doing, error } => vec![Self::of_error(doing, error)],
            Failure::Usage { problem, hint } => {
                vec![Self::new(problem, exit_code::USAGE, hint.clone())]
            }
            Failure::Cluster { doing, error } => {
                let (code, hint) = cluster::verdict(error);
                vec![Self {
                    causes: chain(error),
                    ..Self::new(doing, code, Some(hint))
                }]
            }
            Failure::Checks { failed, code } => {
                let count = words::count(failed.len(), "check");
                let summary = format!("{count} failed: {}", failed.join(", "));
                vec![Self::new(&summary, *code, None)]
            }
            Failure::Machine { doing, source } => vec![Self {
                causes: vec![source.to_string()],
                ..Self::new(doing, exit_code::OTHER, hint::of_machine(source))
            }],
            Failure::Embedded(error) => vec![Self {
                causes: chain(error),
                ..Self::new(
                    "cannot start the embedded registry",
                    exit_code::OTHER,
                    hint::of_start(error),
                )
            }],
            Failure::Lab(error) => vec![Self {
                causes: std::error::Error::source(error)
                    .map(chain)
                    .unwrap_or_default(),
                ..Self::new(&error.to_string(), exit_code::OTHER, hint::of_lab(error))
            }],
            Failure::Interrupted(signal) => vec![match signal {
                Signal::Interrupt => Self::new("interrupted", exit_code::INTERRUPTED, None),
                Signal::Terminate => Self::new("terminated", exit_code::TERMINATED, None),
            }],
        }
    }

    /// The text for standard error, each line of it without anything that a terminal acts on.
    pub(crate) fn render(&self, colour: bool) -> String {
        let mut shown = String::new();
        let mut line = |label: &str, content: &str| {
            writeln!(shown, "{label}: {}", text::one_line(content))
                .expect("a string takes any text");
        };
        line(&paint("error", Colour::Red, colour), &self.summary);
        for cause in &self.causes {
            line("  caused by", cause);
        }
        if let Some(hint) = &self.hint {
            line(&paint("hint", Colour::Cyan, colour), hint);
        }
        shown
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

    fn of_image(failed: &push::Failed) -> Self {
        let references = failed.references.join("`, `");
        Self::of_error(&format!("cannot push to `{references}`"), &failed.error)
    }
}

/// The exit code for a failure.
pub(crate) fn code(failure: &Failure) -> u8 {
    match failure {
        Failure::Images { pushed: 1.., .. } => exit_code::PARTIAL,
        _ => Diagnostic::of(failure)
            .first()
            .map_or(exit_code::OTHER, |diagnostic| diagnostic.code),
    }
}

/// What an error means to a script, and what a person can do about it.
pub(crate) fn verdict(error: &Error) -> (u8, Option<String>) {
    match error {
        Error::InvalidReference { source, .. } => (exit_code::USAGE, hint::of_reference(source)),
        Error::Ambiguous { choices, .. } => (exit_code::USAGE, hint::of_choices(choices)),
        Error::RefusedName { problem } => (exit_code::USAGE, Some(hint::of_name(problem))),
        Error::OptionFile { option, .. } => (exit_code::USAGE, hint::of_option(option)),
        Error::OpenSource { place, source } => (exit_code::SOURCE, hint::of_open(place, source)),
        Error::UnknownFormat { .. } => (exit_code::SOURCE, Some(hint::of_format())),
        Error::MalformedImage { .. } => (exit_code::SOURCE, Some(hint::of_malformed())),
        Error::ImageNotFound { available, .. } => {
            (exit_code::SOURCE, hint::of_available(available))
        }
        Error::DigestMismatch { promise, .. } => {
            (exit_code::SOURCE, Some(hint::of_digest(*promise)))
        }
        Error::Credentials { origin, .. } => {
            (exit_code::CREDENTIALS, Some(hint::of_credentials(origin)))
        }
        Error::Unauthorized {
            request,
            credentials,
            ..
        } => (
            exit_code::CREDENTIALS,
            Some(hint::of_unauthorized(request, credentials)),
        ),
        Error::Denied {
            request,
            answer,
            credentials,
        } => (
            exit_code::CREDENTIALS,
            Some(hint::of_denied(request, answer, credentials)),
        ),
        Error::UnsafeCredentials { permit, .. } => {
            (exit_code::CREDENTIALS, Some(hint::of_permit(permit)))
        }
        Error::Unreachable { source, .. } => {
            (exit_code::UNREACHABLE, hint::of_unreachable(&**source))
        }
        Error::Rejected { request, answer } => {
            (exit_code::REFUSED, hint::of_rejected(request, answer))
        }
        Error::ProtocolViolation { .. } => (exit_code::REFUSED, Some(hint::of_protocol())),
        Error::VerifyMismatch { .. } => (exit_code::MISMATCH, Some(hint::of_verify())),
        Error::Spool { source, .. } => (exit_code::OTHER, hint::of_spool(source)),
        Error::Daemon { source, .. } => (exit_code::UNREACHABLE, Some(hint::of_daemon(source))),
    }
}

/// An error and its sources; one that only repeats what is already said is left out.
pub(crate) fn chain(error: &dyn std::error::Error) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let cause = error.to_string();
        let repeats = causes.last().is_some_and(|last| last.ends_with(&cause));
        if !repeats {
            causes.push(cause);
        }
        next = error.source();
    }
    causes
}

#[cfg(test)]
mod tests;

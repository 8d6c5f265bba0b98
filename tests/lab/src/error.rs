//! What can go wrong with the lab, as data.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::{Absent, Part};

/// Why the lab, or one part of it, does not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program is not installed and was not to be.
    #[error("there is no {0}")]
    Absent(Absent),
    /// This machine cannot do what a part needs.
    #[error("{0}")]
    Unfit(&'static str),
    /// A file or a process of this machine.
    #[error("cannot {doing}")]
    Machine {
        /// What was being done.
        doing: String,
        /// What the system says.
        source: io::Error,
    },
    /// A program that was run to its end failed.
    #[error("`{command}` failed: {said}")]
    Command {
        /// Without its arguments that may be secret.
        command: String,
        /// The end of what it wrote.
        said: String,
    },
    /// A part ended, or did not answer in time.
    #[error("{why}; its log ends:\n{log}")]
    NotReady {
        /// What happened instead.
        why: String,
        /// The last lines of its log.
        log: String,
    },
    /// A server of the lab refused what the lab asked of it.
    #[error("{url} answered {status}: {body}")]
    Answered {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What else it said.
        body: String,
    },
    /// A file of the lab's own cannot be read.
    #[error("`{}` is not as the lab writes it", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A part that does not run without another.
    #[error("it needs {0}, which does not run")]
    Needs(Part),
    /// Some parts do not run; each has said why.
    #[error("{0} of the lab's parts did not start")]
    Failed(usize),
    /// Some parts do not run, and were not to be started.
    #[error("{0} of the lab's parts do not run")]
    Idle(usize),
}

impl Error {
    /// Something that this machine refuses; made for `map_err`.
    pub(crate) fn machine(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Machine { doing, source }
    }

    /// The same for a file.
    pub(crate) fn file(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let doing = format!("{verb} `{}`", path.display());
        move |source| Self::Machine { doing, source }
    }

    /// The same of the program that another one was asked to run.
    pub(crate) fn of(self, program: &str) -> Self {
        match self {
            Self::Command { said, .. } => Self::Command {
                command: program.to_owned(),
                said,
            },
            other => other,
        }
    }

    /// The error with its causes, on one line or more.
    #[must_use]
    pub fn chain(&self) -> impl fmt::Display {
        let mut shown = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            shown.push_str(": ");
            shown.push_str(&error.to_string());
            cause = error.source();
        }
        shown
    }
}

impl From<Absent> for Error {
    fn from(absent: Absent) -> Self {
        Self::Absent(absent)
    }
}

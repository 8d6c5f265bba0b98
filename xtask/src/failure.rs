//! Why a command failed, as data; what a person sees of it is the diagnostic's affair.

use std::io;

use crate::interrupt::Signal;
use embedded_registry::StartError;

/// What stopped a command.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line asks for what cannot be, in a way that its grammar alone does not show.
    Usage {
        /// What does not go together.
        problem: String,
        /// What to write instead.
        hint: Option<String>,
    },
    /// The registry of the cluster that is meant is not known.
    Cluster {
        /// What was being done, such as ``cannot push to `app:1` ``.
        doing: String,
        /// Why it cannot be known.
        error: Box<cluster::Error>,
    },
    /// The push library failed as a whole.
    Push {
        /// What was being done, such as ``cannot push to `localhost:5000/app` ``.
        doing: String,
        /// Why it cannot be done.
        error: Box<push::Error>,
    },
    /// Images of a source could not be pushed, and perhaps others were.
    Images {
        /// How many references were written.
        pushed: usize,
        /// The others; never empty.
        failed: Vec<push::Failed>,
    },
    /// Some checks of a check-up failed.
    Checks {
        /// What was looked at; never empty.
        failed: Vec<&'static str>,
        /// The exit code of the first.
        code: u8,
    },
    /// This machine refuses: a full disk, a file that cannot be written, no threads.
    Machine {
        /// What was being done, such as `cannot write the result`.
        doing: String,
        /// What the system says.
        source: io::Error,
    },
    /// The embedded registry does not start.
    Embedded(StartError),
    /// The lab, or a part of it, does not do what it was asked to.
    Lab(lab::Error),
    /// Somebody does not want it any more.
    Interrupted(Signal),
}

impl Failure {
    /// Wrong usage, with what to write instead.
    pub(crate) fn usage(problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage {
            problem: problem.into(),
            hint: Some(hint.into()),
        }
    }

    /// This machine refuses to do something; made for `map_err`.
    pub(crate) fn machine(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Machine { doing, source }
    }
}

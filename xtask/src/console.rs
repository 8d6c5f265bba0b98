//! Standard output and standard error: the result alone on the one, everything else on the other.
//!
//! A reader that has gone away is no error of ours, so nothing here panics on a closed pipe.

use std::io::{self, IsTerminal, Write};

use indicatif::MultiProgress;

use crate::diagnostic::Diagnostic;
use crate::text;

/// Where people read what happens; cheap to clone, and safe to use while progress bars are drawn.
#[derive(Clone)]
pub(crate) struct Console {
    bars: MultiProgress,
    quiet: bool,
    colour: bool,
}

/// How much text stands out on a terminal.
#[derive(Clone, Copy)]
pub(crate) enum Colour {
    /// Errors.
    Red,
    /// Warnings.
    Yellow,
    /// Notes and hints.
    Cyan,
}

impl Console {
    /// Standard error; `quiet` leaves out notes and warnings, and `colour` is used on a terminal alone.
    pub(crate) fn new(quiet: bool, colour: bool) -> Self {
        Self {
            bars: MultiProgress::new(),
            quiet,
            colour: colour && io::stderr().is_terminal(),
        }
    }

    /// The bars that are drawn at the bottom, which every line here makes room for.
    pub(crate) fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Whether notes and warnings are left out.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Writes one line to standard error.
    pub(crate) fn line(&self, line: &str) {
        self.write(&format!("{line}\n"));
    }

    /// Writes bytes that already end in a line break, such as those of the log.
    pub(crate) fn write(&self, text: &str) {
        // A standard error that nobody reads leaves nobody to tell.
        self.bars
            .suspend(|| drop(io::stderr().write_all(text.as_bytes())));
    }

    /// Says something that the user should know although nothing is wrong.
    pub(crate) fn note(&self, note: &str) {
        self.remark("note", Colour::Cyan, note);
    }

    /// Says something that the user should do otherwise.
    pub(crate) fn warn(&self, warning: &str) {
        self.remark("warning", Colour::Yellow, warning);
    }

    /// Says why a command failed.
    pub(crate) fn diagnose(&self, diagnostic: &Diagnostic) {
        self.write(&diagnostic.render(self.colour));
    }

    fn remark(&self, label: &str, colour: Colour, remark: &str) {
        if !self.quiet {
            let label = paint(label, colour, self.colour);
            self.line(&format!("{label}: {}", text::one_line(remark)));
        }
    }
}

/// A label, in colour where that is wanted.
pub(crate) fn paint(label: &str, colour: Colour, wanted: bool) -> String {
    let code = match colour {
        Colour::Red => 31,
        Colour::Yellow => 33,
        Colour::Cyan => 36,
    };
    if wanted {
        format!("\u{1b}[1;{code}m{label}\u{1b}[0m")
    } else {
        label.to_owned()
    }
}

/// Writes the result to standard output; a reader that has seen enough is no failure.
///
/// # Errors
/// Whatever else the system says, such as a full disk.
pub(crate) fn print(result: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    let written = output
        .write_all(result.as_bytes())
        .and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

//! The commands of a task: run one after the other, each printed before it runs and with its time at the end.

#![expect(clippy::print_stderr, reason = "a task talks to its developer")]

use std::fmt;
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// One command, run in the workspace's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    program: &'static str,
    arguments: Vec<String>,
    environment: Vec<(&'static str, String)>,
}

/// Why a step, and with it the task, failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    #[error("cannot start `{program}`")]
    Start {
        program: &'static str,
        source: io::Error,
    },
    #[error("`{step}` failed: {status}")]
    Failed { step: String, status: ExitStatus },
}

impl Step {
    /// A command from its program and its arguments, separated by spaces.
    pub(crate) fn new(program: &'static str, arguments: &str) -> Self {
        Self {
            program,
            arguments: arguments.split_whitespace().map(str::to_owned).collect(),
            environment: Vec::new(),
        }
    }

    /// Sets a variable of the command's environment.
    pub(crate) fn variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// Runs the command and returns how long it took.
    pub(crate) fn run(&self) -> Result<Duration, StepError> {
        eprintln!("\n$ {self}");
        let started = Instant::now();
        let status = self.command().status();
        let status = status.map_err(|source| StepError::Start {
            program: self.program,
            source,
        })?;
        if status.success() {
            return Ok(started.elapsed());
        }
        Err(StepError::Failed {
            step: self.to_string(),
            status,
        })
    }

    /// Whether the command can be run at all, found by running it without showing what it says.
    pub(crate) fn succeeds(&self) -> bool {
        let mut command = self.command();
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    /// What the command writes to standard output; nothing where it fails.
    pub(crate) fn output(&self) -> Option<String> {
        let output = self.command().stderr(Stdio::null()).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        output.status.success().then_some(text)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.program);
        command.args(&self.arguments).current_dir(workspace());
        // `cargo run` tells its program of the package it belongs to; ring's build script, told the same, runs again.
        let told = std::env::vars_os().map(|(name, _)| name);
        let told = told.filter(|name| {
            let name = name.to_string_lossy();
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        told.for_each(|name| {
            command.env_remove(name);
        });
        let variables = self.environment.iter();
        command.envs(variables.map(|(name, value)| (name, value)));
        command
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.environment {
            write!(f, "{name}={value:?} ")?;
        }
        f.write_str(self.program)?;
        self.arguments
            .iter()
            .try_for_each(|argument| write!(f, " {argument}"))
    }
}

/// The folder of the workspace.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is a folder of the workspace")
}

/// Runs every step until one fails, then says how long each took.
pub(crate) fn run_all(steps: &[Step]) -> Result<(), StepError> {
    let mut times = Vec::new();
    let outcome = steps.iter().try_for_each(|step| {
        times.push((step.run()?, step));
        Ok(())
    });
    eprintln!();
    for (time, step) in times {
        eprintln!("{:>7.1} s  {step}", time.as_secs_f64());
    }
    outcome
}

/// Says what failed, cause by cause, with a hint where there is one; the exit code of a task.
pub(crate) fn report(outcome: Result<(), &dyn std::error::Error>, hint: Option<&str>) -> ExitCode {
    let Err(error) = outcome else {
        return ExitCode::SUCCESS;
    };
    eprintln!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  caused by: {error}");
        cause = error.source();
    }
    if let Some(hint) = hint {
        eprintln!("hint: {hint}");
    }
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Step, StepError, run_all};

    #[test]
    fn a_step_reads_as_it_would_be_typed() {
        let step = Step::new("cargo", "doc --no-deps").variable("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(
            step.to_string(),
            "RUSTDOCFLAGS=\"-D warnings\" cargo doc --no-deps"
        );
    }

    #[test]
    fn a_step_that_passes_has_its_time() {
        let time = Step::new("rustc", "--version").run().unwrap();
        assert!(time > Duration::ZERO);
    }

    #[test]
    fn a_step_that_fails_is_named() {
        let error = Step::new("rustc", "--no-such-flag").run().unwrap_err();
        let said = error.to_string();
        assert!(
            said.starts_with("`rustc --no-such-flag` failed: "),
            "{said}"
        );
        let error = Step::new("no-such-program", "").run().unwrap_err();
        assert!(matches!(error, StepError::Start { .. }), "{error}");
    }

    #[test]
    fn nothing_runs_after_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        let made = folder.path().join("made");
        let fails = Step::new("rustc", "--no-such-flag");
        let mut makes = Step::new("mkdir", "");
        makes.arguments.push(made.to_string_lossy().into_owned());
        run_all(&[fails, makes.clone()]).unwrap_err();
        assert!(!made.exists());
        run_all(&[makes]).unwrap();
        assert!(made.exists());
    }

    #[test]
    fn what_a_step_says_can_be_read() {
        let said = Step::new("rustc", "--version").output().unwrap();
        assert!(said.starts_with("rustc "), "{said}");
        assert_eq!(Step::new("rustc", "--no-such-flag").output(), None);
        assert!(Step::new("rustc", "--version").succeeds());
        assert!(!Step::new("no-such-program", "").succeeds());
    }

    #[test]
    fn steps_are_not_told_of_the_package_that_runs_them() {
        let told = Step::new("env", "").output().unwrap();
        assert!(!told.contains("CARGO_PKG_NAME="), "{told}");
        assert!(!told.contains("CARGO_MANIFEST_DIR="), "{told}");
    }
}

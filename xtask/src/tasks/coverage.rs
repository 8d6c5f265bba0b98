//! The coverage of the tests: an lcov file, a report to read, and the floor below which CI fails.
//!
//! Everything of the workspace counts but its tests (`tests/` and `tests.rs`), which `cargo llvm-cov` leaves out.

use std::fs;
use std::io;
use std::process::ExitCode;

use crate::tasks::llvm::{self, LlvmTools, NoLlvmTools};
use crate::tasks::step::{Step, StepError, report, run_all, workspace};

/// Runs the tests and reports which lines they reach, in `target/coverage`; fails below 85 % of lines.
#[derive(Debug, clap::Args)]
pub(crate) struct Coverage {}

/// Percent of the workspace's lines that tests have to reach.
const FLOOR: u8 = 85;

/// Where the reports go, in the workspace.
const FOLDER: &str = "target/coverage";

/// Why there is no coverage, or too little.
#[derive(Debug, thiserror::Error)]
enum CoverageError {
    #[error("`cargo llvm-cov` is not installed")]
    NotInstalled,
    #[error(transparent)]
    NoLlvmTools(#[from] NoLlvmTools),
    #[error("cannot create `{FOLDER}`")]
    Folder { source: io::Error },
    #[error(transparent)]
    Step(#[from] StepError),
}

impl Coverage {
    #[expect(
        clippy::unused_self,
        reason = "a task is run like every other subcommand"
    )]
    pub(crate) fn run(&self) -> ExitCode {
        match measure() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => report(Err(&error), hint(&error)),
        }
    }
}

fn measure() -> Result<(), CoverageError> {
    if !Step::new("cargo", "llvm-cov --version").succeeds() {
        return Err(CoverageError::NotInstalled);
    }
    let steps = steps(&llvm::find()?);
    let folder = workspace().join(FOLDER);
    fs::create_dir_all(folder).map_err(|source| CoverageError::Folder { source })?;
    Ok(run_all(&steps)?)
}

fn hint(error: &CoverageError) -> Option<&'static str> {
    match error {
        CoverageError::NotInstalled => Some("cargo install cargo-llvm-cov --locked"),
        CoverageError::NoLlvmTools(_) => Some(
            "rustup component add llvm-tools, or the package llvm-NN of your system, NN that version",
        ),
        CoverageError::Folder { .. } | CoverageError::Step(_) => None,
    }
}

/// The commands of `cargo xtask coverage`: the tests once, then three reports of the same run.
fn steps(tools: &LlvmTools) -> Vec<Step> {
    let commands = [
        "llvm-cov --workspace --no-report".to_owned(),
        format!("llvm-cov report --lcov --output-path {FOLDER}/lcov.info"),
        format!("llvm-cov report --html --output-dir {FOLDER}"),
        format!("llvm-cov report --summary-only --fail-under-lines {FLOOR}"),
    ];
    let with_tools = |step: Step| match tools {
        LlvmTools::Found => step,
        LlvmTools::System { cov, profdata } => step
            .variable("LLVM_COV", cov.to_string_lossy())
            .variable("LLVM_PROFDATA", profdata.to_string_lossy()),
    };
    let steps = commands.iter().map(|command| Step::new("cargo", command));
    let steps = steps.map(|step| with_tools(step.variable("INSTA_UPDATE", "no")));
    steps.collect()
}

#[cfg(test)]
mod tests {
    use super::{CoverageError, NoLlvmTools, hint, steps};
    use crate::tasks::llvm::LlvmTools;

    #[test]
    fn tests_run_once_and_are_reported_three_times() {
        let shown: Vec<String> = steps(&LlvmTools::Found)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            shown,
            [
                "INSTA_UPDATE=\"no\" cargo llvm-cov --workspace --no-report",
                "INSTA_UPDATE=\"no\" cargo llvm-cov report --lcov --output-path target/coverage/lcov.info",
                "INSTA_UPDATE=\"no\" cargo llvm-cov report --html --output-dir target/coverage",
                "INSTA_UPDATE=\"no\" cargo llvm-cov report --summary-only --fail-under-lines 85",
            ]
        );
    }

    #[test]
    fn tools_of_the_system_are_handed_on() {
        let tools = LlvmTools::System {
            cov: "/usr/bin/llvm-cov-22".into(),
            profdata: "/usr/bin/llvm-profdata-22".into(),
        };
        for step in steps(&tools) {
            let shown = step.to_string();
            assert!(
                shown.contains("LLVM_COV=\"/usr/bin/llvm-cov-22\""),
                "{shown}"
            );
            assert!(
                shown.contains("LLVM_PROFDATA=\"/usr/bin/llvm-profdata-22\""),
                "{shown}"
            );
        }
    }

    #[test]
    fn what_is_missing_comes_with_a_command() {
        let said = hint(&CoverageError::NotInstalled);
        assert_eq!(said, Some("cargo install cargo-llvm-cov --locked"));
        let major = "22".to_owned();
        let said = hint(&CoverageError::NoLlvmTools(NoLlvmTools { major }));
        assert!(said.unwrap().contains("rustup component add llvm-tools"));
    }
}

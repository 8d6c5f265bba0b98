//! The coverage of the tests: an lcov file, a report to read, and the floor below which CI fails.
//!
//! Everything of the workspace counts but its tests (`tests/` and `tests.rs`), which `cargo llvm-cov` leaves out.

use std::process::ExitCode;

use crate::tasks::llvm::{self, LlvmTools, NoLlvmTools};
use crate::tasks::step::{Step, StepError, report, run_all};

/// Runs the tests and reports which lines they reach, in `target/coverage`; fails below 85 % of lines.
#[derive(Debug, clap::Args)]
pub(crate) struct Coverage {}

/// Percent of the workspace's lines that tests have to reach.
const FLOOR: u8 = 85;

/// Why there is no coverage, or too little.
#[derive(Debug, thiserror::Error)]
enum CoverageError {
    #[error("`cargo llvm-cov` is not installed")]
    NotInstalled,
    #[error(transparent)]
    NoLlvmTools(#[from] NoLlvmTools),
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
    Err(llvm::find().map(|_| CoverageError::NotInstalled)?)
}

fn hint(error: &CoverageError) -> Option<&'static str> {
    let _ = error;
    None
}

/// The commands of `cargo xtask coverage`: the tests once, then three reports of the same run.
fn steps(tools: &LlvmTools) -> Vec<Step> {
    let _ = tools;
    vec![Step::new("cargo", "llvm-cov")]
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

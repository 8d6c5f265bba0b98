//! Every check that CI runs and a developer can repeat: format, lints, tests, docs, dependencies, history.

#![expect(clippy::print_stderr, reason = "a task talks to its developer")]

use std::process::ExitCode;

use crate::tasks::history::{self, History};
use crate::tasks::step::{Step, report, run_all};

/// Runs every check that CI runs.
#[derive(Debug, clap::Args)]
pub(crate) struct Ci {
    /// Check only that each `feat` commit comes after a `test` commit of its area.
    #[arg(long, hide = true)]
    history: bool,
}

impl Ci {
    pub(crate) fn run(&self) -> ExitCode {
        if !self.history {
            let deny = Step::new("cargo", "deny --version").succeeds();
            if !deny {
                eprintln!(
                    "skipped: cargo deny, which is not installed (cargo install cargo-deny --locked)"
                );
            }
            if let Err(error) = run_all(&steps(deny)) {
                return report(Err(&error), None);
            }
        }
        check_history()
    }
}

/// The commands of `cargo xtask ci`, the quick ones first.
fn steps(deny: bool) -> Vec<Step> {
    let mut steps = vec![
        Step::new("cargo", "fmt --all --check"),
        // What is off by default in the fixture is somebody's code too.
        Step::new(
            "cargo",
            "clippy --locked --workspace --all-targets --features registry-fixture/container,registry-fixture/cluster -- -D warnings",
        ),
        // A snapshot that differs is a failure, not a file to look at later.
        Step::new("cargo", "test --workspace").variable("INSTA_UPDATE", "no"),
        // Off by default, because testcontainers takes longer to build than all the rest.
        Step::new(
            "cargo",
            "test --package registry-fixture --features container,cluster --test container --test cluster",
        ),
        Step::new("cargo", "doc --workspace --no-deps").variable("RUSTDOCFLAGS", "-D warnings"),
    ];
    if deny {
        steps.push(Step::new("cargo", "deny check bans licenses sources"));
    }
    steps
}

fn check_history() -> ExitCode {
    let outcome = history::read().and_then(|history| match history {
        History::Absent(why) => {
            eprintln!("skipped: the history, {why}");
            Ok(())
        }
        History::Subjects(subjects) => {
            let features = history::check(subjects.iter().map(String::as_str))?;
            eprintln!("history: {features} features, each after its test");
            Ok(())
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(
            Err(&error),
            Some("CONTRIBUTING.md says how commits are ordered"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::steps;

    #[test]
    fn ci_checks_format_lints_tests_docs_and_dependencies() {
        let shown: Vec<String> = steps(true).iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            [
                "cargo fmt --all --check",
                "cargo clippy --locked --workspace --all-targets --features registry-fixture/container,registry-fixture/cluster -- -D warnings",
                "INSTA_UPDATE=\"no\" cargo test --workspace",
                "cargo test --package registry-fixture --features container,cluster --test container --test cluster",
                "RUSTDOCFLAGS=\"-D warnings\" cargo doc --workspace --no-deps",
                "cargo deny check bans licenses sources",
            ]
        );
    }

    #[test]
    fn dependencies_are_checked_only_where_cargo_deny_is_installed() {
        assert_eq!(steps(false), steps(true)[..5]);
    }
}

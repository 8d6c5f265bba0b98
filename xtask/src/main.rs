//! What a developer of this monorepo runs, as `cargo xtask` (the alias is in `.cargo/config.toml`).
//!
//! This file reads the command line, starts the command, and reports how it ended; each command has a file of its own.

mod cli;
mod console;
mod diagnostic;
mod doctor;
mod document;
mod environment;
mod exit_code;
mod failure;
mod hint;
mod inspect;
mod interrupt;
mod log;
mod password;
mod progress;
mod rival;
mod run_lab;
mod run_push;
mod run_registry;
mod tasks;
mod text;
mod version;
mod words;
mod work;

use std::process::ExitCode;

use cli::{Cli, Command};
use console::Console;
use diagnostic::Diagnostic;
use environment::Environment;
use failure::Failure;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    let cli = match Cli::read(&words) {
        Ok(cli) => cli,
        Err(other) => return answer(&other),
    };
    let environment = Environment::of_this_process();
    let console = Console::new(cli.messages.quiet, environment.colour);
    log::start(cli.messages.verbose, environment.log.as_deref(), &console);
    let outcome = match &cli.command {
        Command::Push(typed) => run_push::run(typed, &environment, &console),
        Command::Inspect(typed) => inspect::run(typed, &environment, &console),
        Command::Registry(typed) => run_registry::run(typed, &environment, &console),
        Command::Doctor(typed) => doctor::run(typed, &environment, &console),
        Command::Lab(typed) => run_lab::run(typed),
        Command::Ci(task) => return task.run(),
        Command::Coverage(task) => return task.run(),
    };
    report(outcome, &console)
}

/// Shows what went wrong, and says it to scripts.
fn report(outcome: Result<(), Failure>, console: &Console) -> ExitCode {
    let Err(failure) = outcome else {
        return ExitCode::from(exit_code::SUCCESS);
    };
    for diagnostic in Diagnostic::of(&failure) {
        console.diagnose(&diagnostic);
    }
    ExitCode::from(diagnostic::code(&failure))
}

/// Prints what clap has to say: help and version on standard output, wrong usage on standard error.
fn answer(answer: &clap::Error) -> ExitCode {
    // A reader that has gone away has seen enough of it.
    drop(answer.print());
    if answer.use_stderr() {
        ExitCode::from(exit_code::USAGE)
    } else {
        ExitCode::from(exit_code::SUCCESS)
    }
}

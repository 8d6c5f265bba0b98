//! `cargo xtask push`: what is typed becomes an operation, is done or planned, and leaves its result.

mod credentials;
mod operation;
mod plan;
mod result;
mod target;

use crate::cli::PushArgs;
use crate::console::Console;
use crate::environment::Environment;
use crate::failure::Failure;

/// Pushes, or says what a push would do.
///
/// # Errors
/// Whatever keeps any image from being in the registry.
pub(crate) fn run(
    typed: &PushArgs,
    environment: &Environment,
    console: &Console,
) -> Result<(), Failure> {
    let _ = (typed, environment, console);
    Err(Failure::usage("not supported yet", "wait for it"))
}

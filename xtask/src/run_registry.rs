//! `cargo xtask registry`: the embedded registry in the foreground, until somebody stops it.

use crate::cli::RegistryArgs;
use crate::console::Console;
use crate::environment::Environment;
use crate::failure::Failure;

/// Serves until a signal comes, lets the requests that are under way end, and says by the exit code what stopped it.
///
/// # Errors
/// [`Failure::Usage`] where anybody could write from anywhere, [`Failure::Embedded`] where it does not start, and
/// [`Failure::Interrupted`] always in the end.
pub(crate) fn run(
    typed: &RegistryArgs,
    environment: &Environment,
    console: &Console,
) -> Result<(), Failure> {
    let _ = (typed, environment, console);
    Err(Failure::usage("not supported yet", "wait for it"))
}

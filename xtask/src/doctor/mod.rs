//! `cargo xtask doctor`: what works and what does not between here and a registry, and how to mend it.

use crate::cli::DoctorArgs;
use crate::console::Console;
use crate::environment::Environment;
use crate::failure::Failure;

/// Looks at everything, shows what was found, and fails where something did.
///
/// # Errors
/// [`Failure::Usage`] always: nothing is looked at yet.
pub(crate) fn run(typed: &DoctorArgs, _: &Environment, _: &Console) -> Result<(), Failure> {
    Err(Failure::usage(
        format!("cannot look at `{}` yet", typed.destination),
        "push there, and see what happens",
    ))
}

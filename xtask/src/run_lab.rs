//! `cargo xtask lab`: the real parts that tests talk to, brought up, looked at and taken down; a line for each part.

use lab::Lab;

use crate::cli::{LabAction, LabArgs};
use crate::console::print;
use crate::failure::Failure;

/// Does with the lab of this machine what was asked for.
///
/// # Errors
/// [`Failure::Lab`] where a part does not run, or does not end.
pub(crate) fn run(typed: &LabArgs) -> Result<(), Failure> {
    let lab = Lab::of_this_machine();
    match &typed.action {
        LabAction::Up { parts } => lab.up(parts, &mut |up| say(&up)).map_err(Failure::Lab),
        LabAction::Down => {
            let stopped = lab.down(&mut |part| say(&format_args!("{part} stopped")));
            stopped.map_err(Failure::Lab)
        }
        LabAction::Status => status(&lab),
    }
}

fn status(lab: &Lab) -> Result<(), Failure> {
    let status = lab.status().map_err(Failure::Lab)?;
    let idle = status.iter().filter(|part| part.is_idle()).count();
    for part in &status {
        print(&format!("{part}\n")).map_err(Failure::machine("cannot write the result"))?;
    }
    if idle > 0 {
        return Err(Failure::Lab(lab::Error::Idle(idle)));
    }
    Ok(())
}

/// A part that has come up or gone down is worth a line at once; where nobody reads, the work goes on.
fn say(line: &dyn std::fmt::Display) {
    let _ = print(&format!("{line}\n"));
}

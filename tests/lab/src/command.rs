//! Programs that are run to their end, and what they said.

use std::process::{Command, Stdio};

use crate::Error;

/// Lines of what a failed program said that are worth showing.
const LINES: usize = 20;

/// Runs a command and returns what it wrote to standard output.
///
/// # Errors
///
/// With the end of its standard error where it fails.
pub(crate) fn run(command: &mut Command) -> Result<String, Error> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(Error::machine(format!("run `{name}`")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = if output.stderr.is_empty() {
        output.stdout
    } else {
        output.stderr
    };
    Err(Error::Command {
        command: name,
        said: last_lines(&String::from_utf8_lossy(&said)),
    })
}

/// The end of a text.
pub(crate) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

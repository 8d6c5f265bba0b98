//! Pushes to real registries with the real binary, read back by other clients than our own.

mod chunks;
#[path = "../support/command.rs"]
#[expect(dead_code, reason = "shared with tests that need more of it")]
mod command;
mod corpus;
#[path = "../support/read_back.rs"]
mod read_back;
mod transport;

use command::{Outcome, run};

/// Runs `push` with these words, and no variables.
fn push(words: &[&str]) -> Outcome {
    run("push", &[], words)
}

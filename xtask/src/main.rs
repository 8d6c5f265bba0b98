//! What a developer of this monorepo runs.
#![expect(dead_code, reason = "the command line that fails like this comes next")]

mod console;
mod diagnostic;
mod embedded;
mod exit_code;
mod failure;
mod hint;
mod interrupt;
mod text;

fn main() {}

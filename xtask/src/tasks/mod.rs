//! What a developer of the workspace runs: every check of CI, and the coverage of the tests.
//!
//! A task is a list of commands; which of them fail is for the tools behind them to say.

pub(crate) mod ci;
pub(crate) mod coverage;
mod history;
mod llvm;
mod step;

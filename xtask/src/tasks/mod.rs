//! What a developer of the workspace runs: every check of CI.
//!
//! A task is a list of commands; which of them fail is for the tools behind them to say.

pub(crate) mod ci;
mod history;
mod step;

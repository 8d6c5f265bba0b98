//! `cargo xtask lab`, as it is typed.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use lab::Part;

/// The arguments of `lab`.
#[derive(Debug, Args)]
pub(crate) struct LabArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub(crate) action: LabAction,
}

/// What is done with the lab.
#[derive(Debug, Subcommand)]
pub(crate) enum LabAction {
    /// Install or build what is missing, once, and start what does not run
    Up {
        /// Only these, and what they need
        #[arg(value_name = "PART", value_parser = part())]
        parts: Vec<Part>,
    },
    /// Stop everything that `up` has started, and remove what it kept
    Down,
    /// Say what runs and where, and how to get what is missing; exit 1 unless all of it runs
    Status,
}

fn part() -> impl TypedValueParser<Value = Part> {
    PossibleValuesParser::new(Part::ALL.map(Part::name))
        .map(|name| Part::named(&name).expect("no other value is possible"))
}

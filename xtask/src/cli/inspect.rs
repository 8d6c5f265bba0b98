//! `cargo xtask inspect`, as it is typed.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::{Output, SOURCE_HELP};

/// The arguments of `inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// SOURCE, as it is written.
    #[arg(help = SOURCE_HELP, value_parser = NonEmptyStringValueParser::new())]
    pub(crate) source: String,
    /// Print text or one JSON document
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) output: Output,
}

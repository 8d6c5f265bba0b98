//! What is typed: the grammar of the command line, as types. What it means is found out elsewhere.

mod cluster;
mod connection;
mod credentials;
mod doctor;
mod inspect;
mod lab;
mod push;
mod registry;
mod value;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{ArgAction, CommandFactory, Parser, Subcommand};

pub(crate) use cluster::ClusterArgs;
pub(crate) use connection::ConnectionArgs;
pub(crate) use credentials::{CredentialArgs, PasswordArgs};
pub(crate) use doctor::DoctorArgs;
pub(crate) use inspect::InspectArgs;
pub(crate) use lab::{LabAction, LabArgs};
pub(crate) use push::{Compression, Format, Output, ProgressMode, PushArgs, Verify};
pub(crate) use registry::RegistryArgs;

/// What SOURCE can be; square brackets would be links in a doc comment.
const SOURCE_HELP: &str = "An archive, an OCI layout, `-` for standard input, or docker-archive:, oci:, oci-archive: PATH[:REF]";

/// Push container images to a registry, and what else a developer of this monorepo runs
#[derive(Debug, Parser)]
#[command(
    name = "xtask",
    bin_name = "cargo xtask",
    version = crate::version::VERSION,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    /// Which command.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// How much it says.
    #[command(flatten)]
    pub(crate) messages: MessageArgs,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Push one image, or every image of an archive, to a registry
    Push(Box<PushArgs>),
    /// Say what a source holds: images, tags, platforms, layers
    Inspect(InspectArgs),
    /// Run the embedded registry in the foreground
    Registry(RegistryArgs),
    /// Say what works and what does not between here and a registry, and how to mend it
    Doctor(Box<DoctorArgs>),
    /// Run a stand-in cluster of real parts for tests: registries, Gitea, ingress, Kubernetes API, Docker
    Lab(LabArgs),
    Ci(crate::tasks::ci::Ci),
    Coverage(crate::tasks::coverage::Coverage),
}

/// How much is said on standard error.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Messages")]
pub(crate) struct MessageArgs {
    /// Say more of what is done; twice: more still
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    pub(crate) verbose: u8,
    /// Say only what went wrong
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

impl Cli {
    /// Reads a command line, the name of the program included.
    ///
    /// # Errors
    /// What clap says of it; `--help` and `--version` are errors of that kind too.
    pub(crate) fn read(words: &[OsString]) -> Result<Self, clap::Error> {
        if let Some(word) = detached_progress(words) {
            let message = format!(
                "the value of `--progress` is given with `=`\n\n  tip: write `--progress={word}`; an image of that name is `docker-daemon:{word}`"
            );
            let mut command = Self::command();
            command.build();
            let push = command
                .find_subcommand_mut("push")
                .expect("there is a command of that name");
            return Err(push.error(ErrorKind::InvalidValue, message));
        }
        Self::try_parse_from(words)
    }
}

/// The value that somebody gave to `--progress` as they would to any option: `--progress plain x.tar`.
///
/// It would be taken for SOURCE, and asked of Docker; where there is such a file it is one.
fn detached_progress(words: &[OsString]) -> Option<&str> {
    let options = words.iter().take_while(|word| *word != "--");
    options
        .zip(words.iter().skip(1))
        .filter(|(option, _)| *option == "--progress")
        .filter_map(|(_, next)| next.to_str())
        .find(|next| ProgressMode::is_word(next) && !std::path::Path::new(next).exists())
}

#[cfg(test)]
mod tests;

//! `cargo xtask push`, as it is typed.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use oci::{Platform, Tag};

use super::{ClusterArgs, ConnectionArgs, CredentialArgs, SOURCE_HELP};

/// The arguments of `push`.
#[derive(Debug, Args)]
pub(crate) struct PushArgs {
    /// SOURCE, as it is written.
    #[arg(help = SOURCE_HELP, value_parser = NonEmptyStringValueParser::new())]
    pub(crate) source: String,
    /// DESTINATION, as it is written.
    #[arg(
        help = "[http://|https://]HOST[:PORT]/REPOSITORY[:TAG][@DIGEST], or a prefix that ends in `/`; without a host: the cluster's registry"
    )]
    pub(crate) destination: Option<String>,

    /// Also write this tag (repeatable)
    #[arg(short, long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<Tag>,
    /// Push one image of several: a name, a tag, or `@N` by position, from 0
    #[arg(long, value_name = "REF")]
    pub(crate) image: Option<String>,
    /// Push this platform of a multi-platform image (repeatable) [default: all]
    #[arg(long = "platform", value_name = "OS/ARCH[/VARIANT]")]
    pub(crate) platforms: Vec<Platform>,
    /// Compress layers that are not compressed
    #[arg(long, value_enum, value_name = "HOW", default_value_t)]
    pub(crate) compression: Compression,
    /// Media types of manifests that have to be composed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: Format,
    /// Push to the embedded registry: nothing to install, nothing to start
    #[arg(long, conflicts_with_all = ["context", "kubeconfig"])]
    pub(crate) embedded: bool,
    /// Keep the embedded registry there [default: target/registry]
    #[arg(long, value_name = "DIR", requires = "embedded")]
    pub(crate) dir: Option<PathBuf>,

    /// Show what would be sent, and send nothing
    #[arg(long, conflicts_with = "digest_file")]
    pub(crate) dry_run: bool,
    /// Read back after the push: the manifests, every byte, or nothing
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    pub(crate) verify: Verify,
    /// Upload even what the registry says it has
    #[arg(long)]
    pub(crate) reupload: bool,
    /// Blobs in flight at once
    #[arg(short, long, value_name = "N", default_value = "4")]
    pub(crate) jobs: NonZeroUsize,
    /// Show progress on standard error, always as --progress=HOW
    #[arg(
        long,
        value_enum,
        value_name = "HOW",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "auto"
    )]
    pub(crate) progress: Option<ProgressMode>,
    /// Print the result as text or as one JSON document
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) output: Output,
    /// Write the digest there, on success only; for one image
    #[arg(long, value_name = "PATH")]
    pub(crate) digest_file: Option<PathBuf>,

    /// Who is pushing.
    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,
    /// How the registry is reached.
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    /// Which cluster is asked.
    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
}

/// What happens to layers that are not compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compression {
    /// What is fastest for the kind of registry
    #[default]
    Auto,
    /// Layers are sent as they are
    Keep,
}

/// Media types of manifests that have to be composed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// As the source has them; Docker v2s2 where it has none
    #[default]
    Keep,
    /// OCI
    Oci,
    /// Docker v2s2
    Docker,
}

/// What is read back after the push.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Verify {
    /// Tag and digest
    #[default]
    Manifest,
    /// Every byte
    Full,
    /// Nothing
    None,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressMode {
    /// Bars on a terminal, plain lines elsewhere
    #[default]
    Auto,
    /// One bar for each blob in flight, and a total
    Bar,
    /// One line for each blob, manifest and tag
    Plain,
    /// One JSON object a line
    Json,
    /// Nothing
    None,
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people and line-wise scripts
    #[default]
    Text,
    /// One JSON document
    Json,
}

impl ProgressMode {
    /// Whether the word is one of the values that `--progress=` takes.
    pub(crate) fn is_word(word: &str) -> bool {
        Self::from_str(word, false).is_ok()
    }
}

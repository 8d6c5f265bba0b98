//! How a registry is reached and trusted, as it is typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use oci::Registry;
use push::registry::{ChunkSize, Resolve};

use super::value;

/// Reaching and trusting a registry.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectionArgs {
    /// Take any certificate, and plain HTTP where there is no TLS
    #[arg(short = 'k', long)]
    pub(crate) insecure: bool,
    /// Trust these certificates too (repeatable)
    #[arg(long = "ca-file", value_name = "PEM")]
    pub(crate) ca_files: Vec<PathBuf>,
    /// Show this client certificate
    #[arg(long, value_name = "PEM", requires = "key_file")]
    pub(crate) cert_file: Option<PathBuf>,
    /// Private key of the client certificate
    #[arg(long, value_name = "PEM", requires = "cert_file")]
    pub(crate) key_file: Option<PathBuf>,
    /// Connect to ADDR for that host and port (repeatable)
    #[arg(long, value_name = "HOST:PORT:ADDR", value_parser = value::resolve)]
    pub(crate) resolve: Vec<Resolve>,
    /// Let credentials go to this token server (repeatable)
    #[arg(long = "trust-realm", value_name = "HOST[:PORT]")]
    pub(crate) trust_realms: Vec<Registry>,
    /// Tries again for each request after the first
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) retries: u32,
    /// Longest time without progress while there are bytes to send
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = value::seconds)]
    pub(crate) timeout: Duration,
    /// Upload blobs in chunks of at most this size: 64MiB, 65536 bytes, `auto` where it helps, or `none`
    #[arg(long, value_name = "SIZE", default_value = "auto", value_parser = value::chunk_size)]
    pub(crate) chunk_size: ChunkSize,
}

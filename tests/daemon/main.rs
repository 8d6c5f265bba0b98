//! Images of real Docker daemons, to a real registry and back: 20.10, and 28 with its own store and with containerd's.
#![cfg(target_os = "linux")]

mod interrupted;
mod proxy;
#[path = "../support/read_back.rs"]
mod read_back;
mod round_trip;

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use lab::{Absent, Distribution, Engine, Registry, RunningEngine, or_skip};
use oci_client::Client;
use oci_client::client::{ClientConfig, ClientProtocol};

/// A daemon and a registry to push to; none, and said to be skipped, where this machine has not got both.
///
/// The daemon is one of its own, because a test kills it; who only reads may as well take another.
fn parts(engine: Result<Engine, Absent>) -> Option<(RunningEngine, Registry)> {
    let engine = or_skip(engine)?;
    let distribution = or_skip(Distribution::v2_8())?;
    Some((engine.start(), distribution.start()))
}

/// How a push ended.
#[derive(Debug)]
struct Outcome {
    stdout: String,
    stderr: String,
    code: Option<i32>,
}

/// Runs `push`, with an empty home and a directory of its own for temporary files.
fn push(host: &str, scratch: &Path, words: &[&str]) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .arg("push")
        .args(words)
        .env_clear()
        .env("HOME", scratch.join("home"))
        .env("TMPDIR", scratch)
        .env("DOCKER_HOST", host);
    // Nothing else of this environment reaches the binary, but its coverage counts.
    command.envs(std::env::vars_os().filter(|(name, _)| name == "LLVM_PROFILE_FILE"));
    let output = command.stdin(Stdio::null()).output();
    let output = output.expect("the binary starts");
    Outcome {
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
        code: output.status.code(),
    }
}

/// The digest in what a push printed.
fn digest(outcome: &Outcome) -> &str {
    let (_, digest) = outcome.stdout.trim_end().split_once('@').expect("a digest");
    digest
}

/// An independent reader of the registry.
fn reader() -> Client {
    // Whoever was first has installed the same one; there is one provider in the whole workspace.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::new(ClientConfig {
        protocol: ClientProtocol::Http,
        ..ClientConfig::default()
    })
}

/// A file of so many bytes that do not repeat soon and do not compress.
fn noise(path: &Path, size: u64) {
    let mut random = File::open("/dev/urandom").expect("Linux has it");
    let mut file = File::create(path).expect("a new file");
    let mut limited = std::io::Read::take(&mut random, size);
    std::io::copy(&mut limited, &mut file).expect("it never ends");
}

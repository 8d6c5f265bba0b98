//! Images of real Docker daemons, to a real registry and back: 20.10, and 28 with its own store and with containerd's.
#![cfg(target_os = "linux")]

#[path = "../support/daemon_image.rs"]
mod daemon_image;
mod interrupted;
mod proxy;
#[path = "../support/read_back.rs"]
mod read_back;
mod round_trip;

use std::path::Path;
use std::process::{Command, Stdio};

use lab::{Absent, Distribution, Engine, Registry, RunningEngine, or_skip};

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

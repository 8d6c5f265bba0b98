//! Runs `xtask push` away from everything of this machine but the registry.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// What a push printed and how it ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

/// Runs `push` with these words, in an empty home.
pub(crate) fn push(words: &[&str]) -> Outcome {
    let home = TempDir::new().expect("a temporary directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .arg("push")
        .args(words)
        .env_clear()
        .env("HOME", home.path());
    // Nothing else of this environment reaches the binary, but its coverage counts.
    command.envs(std::env::vars_os().filter(|(name, _)| name == "LLVM_PROFILE_FILE"));
    let output = command
        .stdin(Stdio::null())
        .output()
        .expect("the binary starts");
    Outcome {
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
        code: output.status.code(),
    }
}

/// An archive of `testdata`.
pub(crate) fn testdata(name: &str) -> String {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../testdata")
        .join(name);
    path.to_str().expect("a path in UTF-8").to_owned()
}

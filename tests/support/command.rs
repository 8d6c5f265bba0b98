//! Runs `xtask` away from everything of this machine but what a test hands it.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// What a push printed and how it ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

impl Outcome {
    /// The references that were pushed, each with its digest.
    #[track_caller]
    pub(crate) fn pushed(&self) -> Vec<&str> {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout.lines().collect()
    }

    /// The one reference that was pushed, and its digest.
    #[track_caller]
    pub(crate) fn only(&self) -> (&str, &str) {
        match self.pushed()[..] {
            [one] => one.split_once('@').expect("a reference with its digest"),
            _ => panic!("one reference: {self:?}"),
        }
    }
}

/// Runs a command of `xtask` with these variables, in an empty home.
pub(crate) fn run(name: &str, variables: &[(&str, &str)], words: &[&str]) -> Outcome {
    let home = TempDir::new().expect("a temporary directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .arg(name)
        .args(words)
        .env_clear()
        .env("HOME", home.path())
        .envs(variables.iter().copied());
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
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../testdata")
        .join(name);
    path.to_str().expect("a path in UTF-8").to_owned()
}

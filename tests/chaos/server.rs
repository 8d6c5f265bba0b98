//! `cargo xtask registry` as a process that can be killed at any moment.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

/// The process; dropping it kills it.
pub(crate) struct Server {
    child: Child,
    base: String,
}

impl Server {
    /// Starts one on a directory, and waits until it says where it listens.
    pub(crate) fn start(directory: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .args(["registry", "--listen", "127.0.0.1:0", "--dir"])
            .arg(directory)
            .env_clear()
            .env("HOME", directory)
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let mut stderr = BufReader::new(child.stderr.take().expect("it was asked for"));
        let mut line = String::new();
        stderr.read_line(&mut line).expect("text");
        let base = line
            .split_whitespace()
            .find(|word| word.starts_with("http://"));
        let base = base.unwrap_or_else(|| panic!("it says where it listens, not: {line}"));
        let base = base.to_owned();
        // Nobody reads what it says from here on, and it must not wait for that.
        thread::spawn(move || stderr.read_to_end(&mut Vec::new()));
        Self { child, base }
    }

    /// `http://ADDRESS`.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }
}

impl Drop for Server {
    /// SIGKILL: nothing is flushed, finished or tidied up.
    fn drop(&mut self) {
        self.child.kill().expect("it runs, and is ours");
        self.child.wait().expect("it ends");
    }
}

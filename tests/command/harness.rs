//! Runs the real binary where nothing of this machine reaches it, and shows what it says with stable names.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A place of its own: an empty working directory, an empty home, and an environment of a few variables.
pub(crate) struct Place {
    directory: TempDir,
}

/// What a command printed and how it ended; shows as one reviewable text.
#[must_use]
pub(crate) struct Shown(Output, PathBuf);

impl Place {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        for name in ["home", "work"] {
            std::fs::create_dir(directory.path().join(name)).expect("a new directory");
        }
        Self { directory }
    }

    /// The working directory of the commands.
    pub(crate) fn work(&self) -> PathBuf {
        self.directory.path().join("work")
    }

    /// Writes a file into the home directory.
    pub(crate) fn write_home(&self, name: &str, text: &str) {
        let path = self.directory.path().join("home").join(name);
        let parent = path.parent().expect("a file in a directory");
        std::fs::create_dir_all(parent).expect("a directory");
        std::fs::write(path, text).expect("a file");
    }

    /// A command that has not been started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let home = self.directory.path().join("home");
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .args(arguments)
            .current_dir(self.work())
            .env_clear()
            .env("HOME", &home)
            .env("DOCKER_CONFIG", home.join(".docker"))
            .env("COLUMNS", "100")
            .env("RUST_BACKTRACE", "1")
            .stdin(Stdio::null());
        // Nothing else of this environment reaches the binary, but its coverage counts.
        command.envs(std::env::vars_os().filter(|(name, _)| name == "LLVM_PROFILE_FILE"));
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Shown {
        self.finish(&mut self.command(arguments))
    }

    /// Runs a command that reads a file on standard input.
    pub(crate) fn run_reading(&self, file: std::fs::File, arguments: &[&str]) -> Shown {
        self.finish(self.command(arguments).stdin(file))
    }

    /// A file that a command has written into the working directory.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.work().join(name)).expect("a file that was written")
    }

    /// Runs a command with variables of the environment.
    pub(crate) fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Shown {
        let variables = variables.iter().copied();
        self.finish(self.command(arguments).envs(variables))
    }

    /// Runs a command with something on standard input.
    pub(crate) fn run_fed(&self, input: impl AsRef<[u8]>, arguments: &[&str]) -> Shown {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut stdin = child.stdin.take().expect("it was asked for");
        // A command that does not want its input may be gone already.
        drop(stdin.write_all(input.as_ref()));
        drop(stdin);
        let output = child.wait_with_output().expect("the binary ends");
        Shown(output, self.directory.path().to_owned())
    }

    /// Runs a command with something on standard input, and the rest of it when standard error has the line.
    pub(crate) fn run_fed_in_two(
        &self,
        [first, rest]: [&[u8]; 2],
        line: &str,
        arguments: &[&str],
    ) -> Shown {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut stdin = child.stdin.take().expect("it was asked for");
        stdin.write_all(first).expect("it is read");
        let mut stderr = BufReader::new(child.stderr.take().expect("it was asked for"));
        let mut said = read_until(&mut stderr, line);
        stdin.write_all(rest).expect("it is read");
        drop(stdin);
        stderr.read_to_string(&mut said).expect("text");
        let mut output = child.wait_with_output().expect("the binary ends");
        output.stderr = said.into_bytes();
        Shown(output, self.directory.path().to_owned())
    }

    /// Starts a command with an open standard input, and sends a signal when standard error has the line.
    #[cfg(unix)]
    pub(crate) fn stop(&self, signal: &str, line: &str, arguments: &[&str]) -> Shown {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stdin = child.stdin.take();
        let mut stderr = BufReader::new(child.stderr.take().expect("it was asked for"));
        let mut said = read_until(&mut stderr, line);
        let kill = format!("kill -{signal} {}", child.id());
        let killed = Command::new("sh").args(["-c", &kill]).status();
        assert!(killed.expect("a shell").success(), "{kill}");
        stderr.read_to_string(&mut said).expect("text");
        let mut output = child.wait_with_output().expect("the binary ends");
        drop(stdin);
        output.stderr = said.into_bytes();
        Shown(output, self.directory.path().to_owned())
    }

    fn finish(&self, command: &mut Command) -> Shown {
        let output = command.output().expect("the binary starts");
        Shown(output, self.directory.path().to_owned())
    }
}

/// What a command says until it says the line.
fn read_until(stderr: &mut impl BufRead, line: &str) -> String {
    let mut said = String::new();
    while !said.contains(line) {
        let read = stderr.read_line(&mut said).expect("a line");
        assert_ne!(read, 0, "it ended without `{line}`: {said}");
    }
    said
}

/// An archive of `testdata`.
pub(crate) fn testdata(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../testdata")
        .join(name);
    path.to_str().expect("a path in UTF-8").to_owned()
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(output, directory) = self;
        write!(f, "{}", stable(&output.stdout, directory))?;
        if !output.stderr.is_empty() {
            writeln!(f, "------- stderr -------")?;
            write!(f, "{}", stable(&output.stderr, directory))?;
        }
        match output.status.code() {
            Some(0) => Ok(()),
            Some(code) => write!(f, "[exit status: {code}]"),
            None => write!(f, "[{}]", output.status),
        }
    }
}

/// The text with stable names for what differs from run to run; every such rule is here.
fn stable(bytes: &[u8], directory: &Path) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.replace(&*directory.to_string_lossy(), "<place>");
    let text = text.replace(&testdata(""), "<testdata>/");
    match text.strip_prefix("xtask ") {
        Some(version) => format!("xtask {}", without_commit(version)),
        None => text,
    }
}

/// `0.1.0 (0123456789ab)` with `<commit>`, where what stands there can be one.
fn without_commit(version: &str) -> String {
    let commit = version
        .split_once('(')
        .and_then(|(_, rest)| rest.trim_end().strip_suffix(')'))
        .filter(|commit| {
            *commit == "unknown"
                || (commit.len() >= 12 && commit.bytes().all(|b| b.is_ascii_hexdigit()))
        });
    commit.map_or_else(
        || version.to_owned(),
        |commit| version.replace(commit, "<commit>"),
    )
}

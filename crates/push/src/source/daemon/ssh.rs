//! A daemon on another machine: `ssh HOST docker system dial-stdio`, as `docker` itself does it.

use std::error::Error;
use std::ffi::OsString;
use std::io;
use std::process::{ExitStatus, Stdio};

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use super::address::SshHost;
use super::relay::join;

/// How a daemon is reached by ssh.
pub(super) struct Ssh {
    host: SshHost,
    /// Where `ssh` is looked for.
    path: Option<OsString>,
}

/// Why there is no connection, in the words of `ssh` or of the far `docker`.
#[derive(Debug, thiserror::Error)]
#[error("`ssh` ended with {status}: {said}")]
struct Ended {
    status: ExitStatus,
    said: String,
}

impl Ssh {
    pub(super) fn new(host: SshHost, path: Option<OsString>) -> Self {
        Self { host, path }
    }

    /// Carries one connection; its `ssh` ends with it.
    pub(super) async fn carry(
        &self,
        near: &mut UnixStream,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut child = self
            .command()
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("cannot run `ssh`: {error}")))?;
        let (Some(mut to), Some(mut from), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err("`ssh` has no pipes".into());
        };
        let (joined, said) = tokio::join!(join(near, &mut from, &mut to), last_words(errors));
        drop(to);
        joined?;
        ended(child, said).await
    }

    fn command(&self) -> Command {
        let SshHost { user, host, port } = &self.host;
        let mut command = Command::new("ssh");
        if let Some(path) = &self.path {
            command.env("PATH", path);
        }
        if let Some(user) = user {
            command.args(["-l", user]);
        }
        if let Some(port) = port {
            command.arg("-p").arg(port.to_string());
        }
        // Nobody can answer a question here: what stands on standard input is for the daemon.
        command
            .args(["-o", "ConnectTimeout=30", "-o", "BatchMode=yes", "-T", "--"])
            .arg(host)
            .args(["docker", "system", "dial-stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

async fn ended(mut child: Child, said: String) -> Result<(), Box<dyn Error + Send + Sync>> {
    let status = child.wait().await?;
    if status.success() {
        return Ok(());
    }
    Err(Box::new(Ended { status, said }))
}

/// The last lines that are written to standard error: before them may come a banner of the far machine's, of any length.
async fn last_words(mut errors: impl AsyncRead + Unpin) -> String {
    let (mut said, mut buffer) = (Vec::new(), [0; WORDS]);
    while let Ok(read @ 1..) = errors.read(&mut buffer).await {
        said.extend_from_slice(&buffer[..read]);
        said.drain(..said.len().saturating_sub(WORDS));
    }
    let said = String::from_utf8_lossy(&said);
    let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<&str> = lines.collect();
    lines[lines.len().saturating_sub(LINES)..].join(" ")
}

const WORDS: usize = 1000;

/// `ssh` often says the reason, and then what that means.
const LINES: usize = 2;

//! The CNCF distribution registry, in the two versions that are out there, as a child process.
//!
//! It picks its own port and says which in its log: nothing is guessed, nothing is waited for by the clock.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::Absent;
use crate::place::{in_cache, in_path};

/// The user whom a registry with `basic` lets in.
pub const USERNAME: &str = "admin";
/// The password of [`USERNAME`].
pub const PASSWORD: &str = "secret";
/// A line of htpasswd for the two: bcrypt, at its lowest cost.
const HTPASSWD: &str = "admin:$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n";

/// The longest that a registry may take to listen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A distribution registry that is installed, and how it is to be run: plain HTTP and anonymous unless said otherwise.
#[derive(Debug, Clone)]
pub struct Distribution {
    program: PathBuf,
    tls: Option<(PathBuf, PathBuf)>,
    basic: bool,
}

impl Distribution {
    /// Finds version 2.8, as Debian packages it.
    ///
    /// # Errors
    ///
    /// `Absent` where it is not in `PATH`.
    pub fn v2_8() -> Result<Self, Absent> {
        let program = in_path("docker-registry", "apt-get install docker-registry");
        program.map(Self::new)
    }

    /// Finds version 3.1.2, as `.ci/run` builds it.
    ///
    /// # Errors
    ///
    /// `Absent` where it is not in the cache.
    pub fn v3_1() -> Result<Self, Absent> {
        in_cache("distribution-3.1.2", "registry").map(Self::new)
    }

    fn new(program: PathBuf) -> Self {
        Self {
            program,
            tls: None,
            basic: false,
        }
    }

    /// Serves HTTPS with this certificate chain and key, both PEM files.
    #[must_use]
    pub fn tls(mut self, certificate: &Path, key: &Path) -> Self {
        self.tls = Some((certificate.to_owned(), key.to_owned()));
        self
    }

    /// Asks everyone for Basic credentials; [`USERNAME`] and [`PASSWORD`] are let in.
    #[must_use]
    pub fn basic(mut self) -> Self {
        self.basic = true;
        self
    }

    /// Starts the registry on a free port of loopback, with storage of its own that goes when it does.
    ///
    /// # Panics
    ///
    /// Where it does not come to listen; the message holds its log.
    #[must_use = "a registry stops when it is dropped"]
    #[track_caller]
    pub fn start(&self) -> Registry {
        panic!("cannot start {}: not yet", self.program.display())
    }
}

/// A registry that runs; dropping it stops the process and removes its storage.
#[derive(Debug)]
pub struct Registry {
    address: SocketAddr,
    child: Child,
    folder: TempDir,
    log: Arc<Mutex<String>>,
}

impl Registry {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The folder it keeps blobs and manifests in.
    #[must_use]
    pub fn storage(&self) -> PathBuf {
        self.folder.path().join("storage")
    }

    /// What it has logged so far, each request among it.
    #[must_use]
    pub fn log(&self) -> String {
        String::new()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listening_address(line: &str) -> Option<SocketAddr> {
    let _ = line;
    None
}

#[cfg(test)]
mod tests {
    use super::listening_address;

    #[test]
    fn the_address_is_read_from_the_log() {
        let cases = [
            (
                r#"level=info msg="listening on 127.0.0.1:44095" go.version=go1.19"#,
                Some("127.0.0.1:44095"),
            ),
            (
                r#"level=info msg="listening on 127.0.0.1:5, tls" go.version=go1.26"#,
                Some("127.0.0.1:5"),
            ),
            (r#"level=info msg="redis not configured""#, None),
        ];
        for (line, expected) in cases {
            let found = listening_address(line).map(|address| address.to_string());
            assert_eq!(found.as_deref(), expected, "{line}");
        }
    }
}

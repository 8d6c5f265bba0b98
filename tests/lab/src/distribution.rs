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
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("htpasswd"), HTPASSWD).expect("a file in it");
        let config = folder.path().join("config.yml");
        fs::write(&config, self.config(folder.path())).expect("a file in it");
        let mut child = Command::new(&self.program)
            .arg("serve")
            .arg(&config)
            .env_clear()
            .env("OTEL_TRACES_EXPORTER", "none")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", self.program.display()));
        let log = Arc::new(Mutex::new(String::new()));
        let (listening, heard) = mpsc::channel();
        let stderr = child.stderr.take().expect("a pipe, as asked for above");
        let kept = Arc::clone(&log);
        thread::spawn(move || follow(stderr, &kept, &listening));
        let mut registry = Registry {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            child,
            folder,
            log,
        };
        registry.address = heard.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            let program = self.program.display();
            panic!("{program} does not listen; its log:\n{}", registry.log());
        });
        registry
    }

    fn config(&self, folder: &Path) -> String {
        let folder = folder.display();
        let mut config = format!(
            "version: 0.1\n\
             log: {{level: info}}\n\
             storage:\n  filesystem: {{rootdirectory: '{folder}/storage'}}\n  delete: {{enabled: true}}\n"
        );
        if self.basic {
            let auth = format!("auth: {{htpasswd: {{realm: lab, path: '{folder}/htpasswd'}}}}");
            writeln!(config, "{auth}").expect("a string can be written");
        }
        config.push_str("http:\n  addr: 127.0.0.1:0\n  secret: lab\n");
        if let Some((certificate, key)) = &self.tls {
            let (certificate, key) = (certificate.display(), key.display());
            writeln!(
                config,
                "  tls: {{certificate: '{certificate}', key: '{key}'}}"
            )
            .expect("a string can be written");
        }
        config
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
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.clone()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Keeps what a registry logs, and tells the address once it is there.
fn follow(stderr: impl Read, log: &Mutex<String>, listening: &Sender<SocketAddr>) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.push_str(&line);
            log.push('\n');
        }
        if let Some(address) = listening_address(&line) {
            // Who asked may have given up.
            let _ = listening.send(address);
        }
    }
}

fn listening_address(line: &str) -> Option<SocketAddr> {
    let (_, address) = line.split_once("listening on ")?;
    let end = address.find(|c: char| !(c.is_ascii_hexdigit() || ".:[]".contains(c)));
    address[..end.unwrap_or(address.len())].parse().ok()
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

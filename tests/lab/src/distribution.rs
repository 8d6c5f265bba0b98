//! The CNCF distribution registry, in the two versions that are out there, as a child process.
//!
//! It picks its own port and says which in its log: nothing is guessed, nothing is waited for by the clock.

use std::fmt::Write as _;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::golang::DISTRIBUTION_PROGRAM;
use crate::place::{in_cache, in_path};
use crate::server::{Server, Service, loopback};
use crate::{Absent, Error};

/// The user whom a registry with `basic` lets in.
pub const USERNAME: &str = "admin";
/// The password of [`USERNAME`].
pub const PASSWORD: &str = "secret";
/// A line of htpasswd for the two: bcrypt, at its lowest cost.
const HTPASSWD: &str = "admin:$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n";

/// A distribution registry that is installed, and how it is to be run: plain HTTP and anonymous unless said otherwise.
#[derive(Debug, Clone)]
pub struct Distribution {
    program: PathBuf,
    listen: SocketAddr,
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
        find_2_8().map(Self::new)
    }

    /// Finds version 3.1.2, as `lab up` builds it.
    ///
    /// # Errors
    ///
    /// `Absent` where it is not in the cache.
    pub fn v3_1() -> Result<Self, Absent> {
        find_3_1().map(Self::new)
    }

    fn new(program: PathBuf) -> Self {
        Self {
            program,
            listen: loopback(0),
            tls: None,
            basic: false,
        }
    }

    /// The program, for those who run it elsewhere; 3.1.2 needs no libraries.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
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

    /// Listens there instead of on a free port.
    #[must_use]
    pub(crate) fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
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
        let started = Server::spawn(self, folder.path(), false).and_then(|mut server| {
            server.ready(self)?;
            Ok(server)
        });
        let server = started.unwrap_or_else(|error| panic!("no registry: {}", error.chain()));
        Registry {
            address: listening(&server.log()).expect("it is ready once it has said where"),
            server,
            folder,
        }
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
        let listen = self.listen;
        write!(config, "http:\n  addr: {listen}\n  secret: lab\n")
            .expect("a string can be written");
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

/// Finds version 2.8, as Debian packages it.
pub(crate) fn find_2_8() -> Result<PathBuf, Absent> {
    in_path("docker-registry", "apt-get install docker-registry")
}

/// Finds version 3.1.2, as `lab up` builds it.
pub(crate) fn find_3_1() -> Result<PathBuf, Absent> {
    in_cache(&DISTRIBUTION_PROGRAM.folder(), DISTRIBUTION_PROGRAM.name)
}

impl Service for Distribution {
    fn settings(&self) -> Value {
        json!({"program": self.program, "listen": self.listen, "tls": self.tls, "basic": self.basic})
    }

    fn command(&self, folder: &Path) -> Result<Command, Error> {
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).map_err(Error::file("write", &path))
        };
        write("htpasswd", HTPASSWD)?;
        write("config.yml", &self.config(folder))?;
        let mut command = Command::new(&self.program);
        command
            .arg("serve")
            .arg(folder.join("config.yml"))
            .env_clear()
            .env("OTEL_TRACES_EXPORTER", "none");
        Ok(command)
    }

    fn answers(&self, log: &str) -> bool {
        listening(log).is_some_and(|address| TcpStream::connect(address).is_ok())
    }
}

/// A registry that runs; dropping it stops the process and removes its storage.
#[derive(Debug)]
pub struct Registry {
    address: SocketAddr,
    server: Server,
    folder: TempDir,
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
        self.server.log()
    }
}

/// Where a registry says that it listens; a line that is not whole yet says nothing.
fn listening(log: &str) -> Option<SocketAddr> {
    let whole = &log[..log.rfind('\n')?];
    whole.lines().find_map(listening_address)
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

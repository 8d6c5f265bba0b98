//! The Docker daemons that a test can have for itself, each apart from whatever else this machine runs.
//!
//! A daemon has namespaces of its own for processes and mounts, so that nothing of it outlives it; the network is the
//! machine's, so that it reaches what listens on loopback.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::bridge::Bridge;
use crate::debian::is_root;
use crate::place::{in_path, search_path};
use crate::running_engine::RunningEngine;
use crate::server::Service;
use crate::{Absent, Error, debian_root, docker};

/// What becomes the daemon once it is apart.
const APART: &str = include_str!("apart.sh");

/// A Docker daemon that is not started yet.
#[derive(Debug, Clone)]
pub struct Engine {
    /// What it sees as `/`.
    root: PathBuf,
    /// Its `daemon.json`.
    settings: Value,
}

/// Where a Docker daemon keeps its images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// Its own store: layers unpacked, and an image's ID is the digest of its config.
    Classic,
    /// containerd's: layers as they were sent, and an image's ID is the digest of its manifest or index.
    Containerd,
}

impl Engine {
    /// Finds the Docker that is installed: 20.10 is what Debian 12 has.
    ///
    /// # Errors
    ///
    /// `Absent` where it is not in `PATH`, or where this user is not root.
    pub fn installed() -> Result<Self, Absent> {
        for program in ["dockerd", "docker"] {
            in_path(program, "cargo xtask lab up")?;
        }
        Self::of("/".into(), json!({}))
    }

    /// Finds Docker 28, as `cargo xtask lab up` keeps it.
    ///
    /// # Errors
    ///
    /// `Absent` where it is not in the cache, or where this user is not root.
    pub fn docker_28(store: Store) -> Result<Self, Absent> {
        let containerd = store == Store::Containerd;
        Self::of(
            debian_root::find()?,
            json!({"features": {"containerd-snapshotter": containerd}}),
        )
    }

    fn of(root: PathBuf, settings: Value) -> Result<Self, Absent> {
        for program in ["setpriv", "unshare", "nsenter"] {
            in_path(program, "apt-get install util-linux")?;
        }
        in_path("ip", "apt-get install iproute2")?;
        if !is_root() {
            return Err(Absent {
                part: "right to start `dockerd`".to_owned(),
                remedy: "run the test as root",
            });
        }
        Ok(Self { root, settings })
    }

    /// Starts it, in a folder of its own.
    ///
    /// # Panics
    ///
    /// Where it does not start, with the end of its log.
    #[must_use]
    #[track_caller]
    pub fn start(&self) -> RunningEngine {
        RunningEngine::start(self).unwrap_or_else(|error| panic!("dockerd: {}", error.chain()))
    }
}

/// A daemon with the bridge that it is to use.
pub(crate) struct Bridged<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) bridge: &'a Bridge,
}

impl Service for Bridged<'_> {
    fn settings(&self) -> Value {
        self.engine.settings.clone()
    }

    fn command(&self, folder: &Path) -> Result<Command, Error> {
        docker::remove_stale(folder);
        let path = folder.join("daemon.json");
        fs::write(&path, self.engine.settings.to_string()).map_err(Error::file("write", &path))?;
        let mut command = Command::new(in_path("setpriv", "apt-get install util-linux")?);
        command
            // It ends with the thread of the test that started it, should that be killed.
            .args(["--pdeathsig", "KILL", "unshare"])
            .args(["--mount", "--propagation=private"])
            .args(["--pid", "--fork", "--kill-child"])
            .args(["sh", "-euc", APART, "sh"])
            .args([&self.engine.root, folder])
            .arg("dockerd")
            .args(docker::arguments(folder, self.bridge))
            .env("PATH", search_path());
        Ok(command)
    }

    fn answers(&self, log: &str) -> bool {
        log.contains("API listen on")
    }
}

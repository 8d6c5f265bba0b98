//! A Docker daemon of a test's own that runs, and the `docker` that asks it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

use crate::bridge::Bridge;
use crate::command::run;
use crate::engine::Bridged;
use crate::place::{in_path, search_path};
use crate::process::Process;
use crate::server::Server;
use crate::{Engine, Error, Store, docker};

/// How long the kernel may take to end what is killed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A daemon that runs until it is killed or dropped; dropping it takes away all that is left of it.
#[derive(Debug)]
pub struct RunningEngine {
    engine: Engine,
    bridge: Bridge,
    folder: TempDir,
    running: Mutex<Option<Running>>,
}

/// The daemon, and what has put it apart and waits for it.
#[derive(Debug)]
struct Running {
    daemon: Process,
    /// It ends by itself when the daemon has.
    _server: Server,
}

impl RunningEngine {
    pub(crate) fn start(engine: &Engine) -> Result<Self, Error> {
        let folder = tempfile::tempdir().map_err(Error::machine("create a temporary folder"))?;
        let engine = Self {
            engine: engine.clone(),
            bridge: Bridge::new()?,
            folder,
            running: Mutex::default(),
        };
        engine.spawn()?;
        Ok(engine)
    }

    fn spawn(&self) -> Result<(), Error> {
        let service = Bridged {
            engine: &self.engine,
            bridge: &self.bridge,
        };
        let mut server = Server::spawn(&service, self.folder(), false)?;
        server.ready(&service)?;
        let daemon = server.process()?.child();
        let daemon = daemon.map_err(Error::machine("find `dockerd`"))?;
        let running = Running {
            daemon,
            _server: server,
        };
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(running);
        Ok(())
    }

    /// Ends it as a crash would, and with it all that it has started and mounted; its images stay.
    ///
    /// # Panics
    ///
    /// Where the kernel does not end it.
    pub fn kill(&self) {
        let running = self
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // It is the first process of its namespace: it has ended when all the others have.
        let ended = running.map_or(Ok(()), |running| running.daemon.kill(PATIENCE));
        ended.expect("the kernel ends what root kills");
    }

    /// Starts it again, with the images that it had.
    ///
    /// # Panics
    ///
    /// Where it does not start, with the end of its log.
    #[track_caller]
    pub fn restart(&self) {
        self.kill();
        if let Err(error) = self.spawn() {
            panic!("dockerd: {}", error.chain());
        }
    }

    /// A folder of the test's that the daemon and its `docker` see under the same name.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its Unix socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        docker::socket(self.folder())
    }

    /// The same as `DOCKER_HOST` takes it.
    #[must_use]
    pub fn host(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Where it keeps its images.
    #[must_use]
    #[track_caller]
    pub fn store(&self) -> Store {
        let driver = self.docker(&["info", "--format", "{{json .DriverStatus}}"]);
        if driver.contains("io.containerd.snapshotter") {
            Store::Containerd
        } else {
            Store::Classic
        }
    }

    /// Runs the `docker` of its version and returns what that prints; of files it sees those of [`Self::folder`].
    ///
    /// # Panics
    ///
    /// Where the daemon does not run, and with what `docker` says where it fails.
    #[track_caller]
    pub fn docker(&self, words: &[&str]) -> String {
        let said = self.try_docker(words);
        said.unwrap_or_else(|error| panic!("docker {words:?}: {}", error.chain()))
    }

    fn try_docker(&self, words: &[&str]) -> Result<String, Error> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let running = running
            .as_ref()
            .ok_or(Error::Unfit("dockerd does not run"))?;
        let mut command = Command::new(in_path("nsenter", "apt-get install util-linux")?);
        command
            .args(["--mount", &format!("--target={}", running.daemon.pid)])
            .arg("docker")
            .args(words)
            .env("PATH", search_path())
            .env_remove("DOCKER_CONTEXT")
            // What BuildKit needs beside the daemon is not everywhere.
            .env("DOCKER_BUILDKIT", "0")
            .env("DOCKER_CONFIG", self.folder().join("config"))
            .env("DOCKER_HOST", self.host());
        run(&mut command).map(|said| said.trim().to_owned())
    }

    /// Builds an image of the files of a folder, a layer for each, in the order of their names.
    ///
    /// # Panics
    ///
    /// Where it cannot be built.
    #[track_caller]
    pub fn build(&self, name: &str, folder: &Path) {
        let context = tempfile::tempdir_in(self.folder()).expect("a temporary folder");
        let mut copies = Vec::new();
        for entry in fs::read_dir(folder).expect("a folder that can be read") {
            let file = entry.expect("an entry").file_name();
            fs::copy(folder.join(&file), context.path().join(&file)).expect("a file");
            let file = file.to_str().expect("a name that is text");
            copies.push(format!("COPY {file} /{file}\n"));
        }
        copies.sort();
        let copies = copies.concat();
        let dockerfile = format!("FROM scratch\n{copies}CMD [\"/none\"]\n");
        fs::write(context.path().join("Dockerfile"), dockerfile).expect("a new file");
        let context = context.path().to_str().expect("a name that is text");
        self.docker(&["build", "--quiet", "--tag", name, context]);
    }
}

impl Drop for RunningEngine {
    fn drop(&mut self) {
        self.kill();
        self.bridge.delete();
    }
}

//! A Docker daemon of a test's own, apart from whatever else this machine runs, and the `docker` that asks it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use tempfile::TempDir;

/// A daemon that runs until it is killed or dropped.
pub(crate) struct Dockerd {
    program: PathBuf,
    folder: TempDir,
    child: Mutex<Child>,
}

impl Dockerd {
    /// Starts the daemon in a folder of its own.
    pub(crate) fn start(program: PathBuf) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let child = Mutex::new(spawn(&program, folder.path()));
        Self {
            program,
            folder,
            child,
        }
    }

    /// Starts it again, with the images that it had.
    pub(crate) fn restart(&self) {
        let child = spawn(&self.program, self.folder.path());
        *self.child.lock().expect("nobody panics with it") = child;
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(&self) {
        let mut child = self.child.lock().expect("nobody panics with it");
        // It may be dead by now, which is as good.
        let _ = child.kill();
        let _ = child.wait();
        self.end_containerd();
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("d.sock")
    }

    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Runs `docker` and returns what it prints.
    pub(crate) fn docker(&self, words: &[&str]) -> String {
        let output = Command::new("docker")
            .args(words)
            .env_remove("DOCKER_CONTEXT")
            .env("DOCKER_BUILDKIT", "0")
            .env("DOCKER_CONFIG", self.folder.path().join("config"))
            .env("DOCKER_HOST", self.host())
            .output()
            .expect("docker comes with dockerd");
        assert!(output.status.success(), "docker {words:?}: {output:?}");
        String::from_utf8(output.stdout)
            .expect("text")
            .trim()
            .to_owned()
    }

    /// Builds an image of the files of a folder, a layer for each, in the order of their names.
    pub(crate) fn build(&self, name: &str, folder: &Path) {
        let mut files: Vec<String> = fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .into_string()
                    .expect("text")
            })
            .collect();
        files.sort();
        let copies = files.iter().map(|file| format!("COPY {file} /{file}\n"));
        let dockerfile = format!(
            "FROM scratch\n{}CMD [\"/none\"]\n",
            copies.collect::<String>()
        );
        let path = self.folder.path().join("Dockerfile");
        fs::write(&path, dockerfile).expect("a file");
        let (path, folder) = (path.to_str().expect("text"), folder.to_str().expect("text"));
        self.docker(&["build", "-q", "-t", name, "-f", path, folder]);
    }

    /// The daemon's own containerd outlives it where it is killed.
    fn end_containerd(&self) {
        let pid = self.folder.path().join("exec/containerd/containerd.pid");
        if let Ok(pid) = fs::read_to_string(&pid) {
            let _ = Command::new("kill").args(["-9", pid.trim()]).status();
        }
        let _ = fs::remove_file(&pid);
        let _ = fs::remove_file(self.folder.path().join("pid"));
    }
}

impl Drop for Dockerd {
    fn drop(&mut self) {
        self.kill();
        // The daemon mounts its own folder; what is still mounted could not be removed.
        let data = self.folder.path().join("data");
        for below in ["overlay2", ""] {
            let place = data.join(below);
            let mut unmounting = Command::new("umount");
            let _ = unmounting.arg(place).stderr(Stdio::null()).status();
        }
    }
}

/// Starts a daemon and reads its log until it listens.
fn spawn(program: &Path, folder: &Path) -> Child {
    let place = |option: &str, name: &str| format!("--{option}={}", folder.join(name).display());
    let mut child = Command::new(program)
        .args([
            format!("--host=unix://{}", folder.join("d.sock").display()),
            place("data-root", "data"),
            place("exec-root", "exec"),
            place("pidfile", "pid"),
            "--bridge=none".to_owned(),
            "--iptables=false".to_owned(),
            "--ip6tables=false".to_owned(),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()));
    let mut log = BufReader::new(child.stderr.take().expect("a pipe, as asked for above"));
    let mut said = String::new();
    while !said.contains("API listen on") {
        let read = log.read_line(&mut said).expect("a line");
        assert_ne!(
            read,
            0,
            "{} does not listen; its log:\n{said}",
            program.display()
        );
    }
    // Nobody reads the rest, but the daemon must be able to write it.
    std::thread::spawn(move || log.read_to_end(&mut Vec::new()));
    child
}

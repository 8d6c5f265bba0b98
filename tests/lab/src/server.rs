//! A part that runs: started with its log in a file, waited for until it answers, and stopped.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Error;
use crate::command::last_lines;
use crate::process::Process;

/// The longest that a part may take to answer.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two questions whether it does.
const PAUSE: Duration = Duration::from_millis(10);

/// Something that can be started: what it is told, and how to see that it is there.
pub(crate) trait Service {
    /// What it is told, all of it: one that runs with the same needs no restart.
    fn settings(&self) -> Value;

    /// Writes its files into a folder of its own, which may hold those of an earlier run, and says how to start it.
    fn command(&self, folder: &Path) -> Result<Command, Error>;

    /// Whether it answers; `log` is what it has written so far.
    fn answers(&self, log: &str) -> bool;
}

/// A process of a part, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Option<Child>,
    log: PathBuf,
}

impl Server {
    /// Starts a service in a folder; where it is to be left alone later, it gets no signals of this terminal.
    pub(crate) fn spawn(
        service: &dyn Service,
        folder: &Path,
        left_alone: bool,
    ) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
        let mut command = service.command(folder)?;
        let path = folder.join("log");
        let log = File::create(&path).map_err(Error::file("create", &path))?;
        let errors = log.try_clone().map_err(Error::file("share", &path))?;
        command.stdin(Stdio::null()).stdout(log).stderr(errors);
        if left_alone {
            alone(&mut command);
        }
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command
            .spawn()
            .map_err(Error::machine(format!("start `{program}`")))?;
        Ok(Self {
            child: Some(child),
            log: path,
        })
    }

    /// Waits until the service answers.
    ///
    /// # Errors
    ///
    /// With the end of its log where it ends instead, or does not answer for long.
    pub(crate) fn ready(&mut self, service: &dyn Service) -> Result<(), Error> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                return Err(self.not_ready(format!("it ended ({status})")));
            }
            if service.answers(&self.log()) {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                let seconds = PATIENCE.as_secs();
                return Err(self.not_ready(format!("it does not answer after {seconds} s")));
            }
            thread::park_timeout(PAUSE);
        }
    }

    /// What it has written so far.
    pub(crate) fn log(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Which process it is, as others find it.
    ///
    /// # Errors
    ///
    /// Where it has ended, or the system does not say.
    pub(crate) fn process(&self) -> Result<Process, Error> {
        let pid = self.child.as_ref().map_or(0, Child::id);
        Process::of(pid).map_err(Error::machine(format!("find process {pid}")))
    }

    /// Lets it run on.
    pub(crate) fn leave(mut self) {
        self.child = None;
    }

    fn ended(&mut self) -> Result<Option<std::process::ExitStatus>, Error> {
        let Some(child) = &mut self.child else {
            return Ok(None);
        };
        child.try_wait().map_err(Error::machine("watch a process"))
    }

    fn not_ready(&self, why: String) -> Error {
        Error::NotReady {
            why,
            log: last_lines(&self.log()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself, which is as good.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A port of loopback that is free now; whoever is quicker may still take it.
pub(crate) fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// An address of loopback.
pub(crate) fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

#[cfg(unix)]
fn alone(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn alone(_: &mut Command) {}

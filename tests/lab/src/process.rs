//! A process that outlives the command which started it, told from every other that may come to have its number.
//!
//! Linux alone: a process is known by its number, its start and the boot of the machine, and held by a descriptor.

use std::fs;
use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A process, by what no other process of this machine has in common with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Process {
    /// Its number, which another process has once this one is gone.
    pub(crate) pid: u32,
    /// When it started, in clock ticks since the boot.
    started: u64,
    /// Which boot of the machine that was.
    boot: String,
}

/// What a signal is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Asked,
    Forced,
}

impl Process {
    /// The process that has this number now.
    ///
    /// # Errors
    ///
    /// Where there is none, or no `/proc`.
    pub(crate) fn of(pid: u32) -> io::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let (_, started) = state_and_start(&stat)
            .ok_or_else(|| io::Error::other(format!("/proc/{pid}/stat cannot be understood")))?;
        let boot = boot()?;
        Ok(Self { pid, started, boot })
    }

    /// The one process that it has started.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub(crate) fn child(&self) -> io::Result<Self> {
        let Self { pid, .. } = self;
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
        let child = children.split_whitespace().next();
        let child = child.and_then(|child| child.parse().ok());
        Self::of(child.ok_or(io::ErrorKind::NotFound)?)
    }

    /// Whether it still runs; one that has ended and that nobody has asked about yet does not.
    pub(crate) fn runs(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        let same = state_and_start(&stat)
            .is_some_and(|(state, started)| state != 'Z' && started == self.started);
        same && boot().is_ok_and(|boot| boot == self.boot)
    }

    /// Ends it: asks first, and forces it after `patience`. Another process of that number is left alone.
    ///
    /// # Errors
    ///
    /// Where it may not be ended, or does not end.
    pub(crate) fn stop(&self, patience: Duration) -> io::Result<()> {
        let Some(held) = Held::of(self)? else {
            return Ok(());
        };
        held.signal(Ending::Asked)?;
        if held.ends_within(patience)? {
            return Ok(());
        }
        self.force(&held, patience)
    }

    /// Ends it without asking. Another process of that number is left alone.
    ///
    /// # Errors
    ///
    /// Where it may not be ended, or does not end.
    pub(crate) fn kill(&self, patience: Duration) -> io::Result<()> {
        Held::of(self)?.map_or(Ok(()), |held| self.force(&held, patience))
    }

    fn force(&self, held: &Held, patience: Duration) -> io::Result<()> {
        held.signal(Ending::Forced)?;
        if held.ends_within(patience)? {
            return Ok(());
        }
        Err(io::Error::other(format!(
            "process {} does not end",
            self.pid
        )))
    }
}

/// The state of a process and when it started, from `/proc/PID/stat`, whose second field may hold anything.
fn state_and_start(stat: &str) -> Option<(char, u64)> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?.chars().next()?;
    // proc_pid_stat(5): field 22, of which three are behind us.
    let started = fields.nth(18)?.parse().ok()?;
    Some((state, started))
}

fn boot() -> io::Result<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    Ok(boot.trim().to_owned())
}

/// A running process, held so that its number is not given to another while it is ended.
#[cfg(target_os = "linux")]
struct Held(std::os::fd::OwnedFd);

#[cfg(target_os = "linux")]
impl Held {
    /// Nothing where the process does not run any more.
    fn of(process: &Process) -> io::Result<Option<Self>> {
        use rustix::process::{Pid, PidfdFlags, pidfd_open};
        let pid = i32::try_from(process.pid).ok().and_then(Pid::from_raw);
        let Some(pid) = pid.filter(|_| process.runs()) else {
            return Ok(None);
        };
        match pidfd_open(pid, PidfdFlags::empty()) {
            // What is held now is the process, if it is still there.
            Ok(held) => Ok(process.runs().then_some(Self(held))),
            Err(rustix::io::Errno::SRCH) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn signal(&self, ending: Ending) -> io::Result<()> {
        use rustix::process::{Signal, pidfd_send_signal};
        let signal = match ending {
            Ending::Asked => Signal::TERM,
            Ending::Forced => Signal::KILL,
        };
        match pidfd_send_signal(&self.0, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn ends_within(&self, patience: Duration) -> io::Result<bool> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let patience = Timespec {
            tv_sec: i64::try_from(patience.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: patience.subsec_nanos().into(),
        };
        let mut held = [PollFd::new(&self.0, PollFlags::IN)];
        Ok(poll(&mut held, Some(&patience))? > 0)
    }
}

#[cfg(not(target_os = "linux"))]
struct Held;

#[cfg(not(target_os = "linux"))]
impl Held {
    fn of(_: &Process) -> io::Result<Option<Self>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn signal(&self, _: Ending) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn ends_within(&self, _: Duration) -> io::Result<bool> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Child, Command, Stdio};
    use std::time::Duration;

    use super::{Process, state_and_start};

    const PATIENCE: Duration = Duration::from_secs(20);

    /// A process that lives until its standard input is closed, or it is ended.
    fn started(program: &str, arguments: &[&str]) -> (Child, Process) {
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a program that every Linux has");
        let process = Process::of(child.id()).expect("a process that waits for its input");
        (child, process)
    }

    #[test]
    fn a_process_is_asked_to_end() {
        let (mut child, process) = started("cat", &[]);
        assert!(process.runs());
        process.stop(PATIENCE).unwrap();
        assert!(!process.runs(), "one that nobody waited for does not run");
        let status = child.wait().unwrap();
        assert_eq!(status.to_string(), "signal: 15 (SIGTERM)");
        assert!(!process.runs());
        process.stop(PATIENCE).unwrap();
    }

    #[test]
    fn a_process_that_does_not_listen_is_forced() {
        let script = "trap '' TERM; echo ready; while read -r line; do :; done";
        let (mut child, process) = started("sh", &["-c", script]);
        let mut said = [0; 6];
        let output = child.stdout.as_mut().expect("a pipe");
        std::io::Read::read_exact(output, &mut said).unwrap();
        process.stop(Duration::from_millis(50)).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.to_string(), "signal: 9 (SIGKILL)");
    }

    #[test]
    fn another_process_of_that_number_is_left_alone() {
        let (mut child, process) = started("cat", &[]);
        let earlier = Process {
            started: process.started - 1,
            ..process.clone()
        };
        let before_the_boot = Process {
            boot: "another".to_owned(),
            ..process.clone()
        };
        for recycled in [earlier, before_the_boot] {
            assert!(!recycled.runs());
            recycled.stop(PATIENCE).unwrap();
            assert!(process.runs(), "{recycled:?} is not {process:?}");
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_name_may_hold_anything() {
        let rest = "S 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 8000";
        for name in ["cat", "a (b", "a) Z 1 (", ") S"] {
            let stat = format!("17 ({name}) {rest}");
            assert_eq!(state_and_start(&stat), Some(('S', 4242)), "{stat}");
        }
        assert_eq!(state_and_start(""), None);
        assert_eq!(state_and_start("17 (cat) S 1"), None);
    }
}

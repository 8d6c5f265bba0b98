//! What the lab says of its parts, a line each.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::state::State;
use crate::{Error, Lab, Part};

/// What became of one part that was to run.
#[derive(Debug)]
pub enum Up {
    /// It does.
    Runs {
        /// Which one.
        part: Part,
        /// Of its program.
        version: String,
        /// Where it is reached.
        address: String,
        /// How long installing or building it took; nothing where it was there.
        obtained: Option<Duration>,
        /// Whether it ran before.
        kept: bool,
        /// From its start until it answered.
        time: Duration,
    },
    /// It does not.
    Failed {
        /// Which one.
        part: Part,
        /// Why.
        error: Error,
    },
    /// It is installed, for tests to start.
    Installed {
        /// Which one.
        part: Part,
        /// Of its program.
        version: String,
        /// How long installing it took; nothing where it was there.
        obtained: Option<Duration>,
    },
    /// It cannot be installed on this machine, which the lab does without.
    Absent {
        /// Which one.
        part: Part,
        /// Why.
        error: Error,
    },
}

impl fmt::Display for Up {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runs {
                part,
                version,
                address,
                obtained,
                kept,
                time,
            } => {
                let how = if *kept { "runs already" } else { "started" };
                let time = time.as_secs_f64();
                write!(f, "{part:<16}  {version:<15}  {how} in {time:.1} s")?;
                write_obtained(f, *obtained)?;
                write!(f, "  {address}")
            }
            Self::Installed {
                part,
                version,
                obtained,
            } => {
                write!(f, "{part:<16}  {version:<15}  for tests to start")?;
                write_obtained(f, *obtained)
            }
            Self::Absent { part, error } => write!(f, "{part:<16}  absent: {}", error.chain()),
            Self::Failed { part, error } => write!(f, "{part:<16}  failed: {}", error.chain()),
        }
    }
}

fn write_obtained(f: &mut fmt::Formatter<'_>, obtained: Option<Duration>) -> fmt::Result {
    obtained.map_or(Ok(()), |time| {
        write!(f, ", got in {:.0} s", time.as_secs_f64())
    })
}

/// How one part is.
#[derive(Debug)]
pub struct Status {
    /// Which one.
    pub part: Part,
    /// Of its program; empty where there is none.
    pub version: String,
    /// Whether it runs.
    pub condition: Condition,
}

/// Whether a part runs.
#[derive(Debug, PartialEq, Eq)]
pub enum Condition {
    /// It does.
    Running {
        /// Where it is reached.
        address: String,
        /// Where it writes what it does; nothing where somebody else has started it.
        log: Option<PathBuf>,
    },
    /// It is installed and does not.
    Stopped,
    /// It is installed, for tests to start.
    Installed,
    /// It is not installed.
    Missing,
}

impl Status {
    /// Whether `lab up` has something to start.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let idle = matches!(self.condition, Condition::Stopped | Condition::Missing);
        idle && self.part.is_started()
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (part, version) = (self.part, &self.version);
        let version = if version.is_empty() { "-" } else { version };
        write!(f, "{part:<16}  {version:<15}  ")?;
        match &self.condition {
            Condition::Running { address, log } => {
                write!(f, "running  {address}")?;
                let Some(log) = log else {
                    return Ok(());
                };
                write!(f, "  {}", log.display())
            }
            Condition::Stopped => write!(f, "stopped  `cargo xtask lab up` starts it"),
            Condition::Installed => write!(f, "installed, for tests to start"),
            Condition::Missing => write!(f, "missing  {}", part.remedy()),
        }
    }
}

impl Lab {
    /// What runs, what does not, and what is missing.
    ///
    /// # Errors
    ///
    /// Where what was started cannot be read.
    pub fn status(&self) -> Result<Vec<Status>, Error> {
        let state = State::read(&self.run())?;
        Ok(Part::ALL.map(|part| self.status_of(part, &state)).into())
    }

    fn status_of(&self, part: Part, state: &State) -> Status {
        let running = state
            .parts
            .get(&part)
            .filter(|record| self.runs(part, record));
        if let Some(record) = running {
            return Status {
                part,
                version: record.version.clone(),
                condition: Condition::Running {
                    address: record.address.clone(),
                    log: record.log.clone(),
                },
            };
        }
        let (version, condition) = match part.find() {
            Ok(program) if part.is_started() => (part.version(&program), Condition::Stopped),
            Ok(program) => (part.version(&program), Condition::Installed),
            Err(_) => (String::new(), Condition::Missing),
        };
        Status {
            part,
            version,
            condition,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Condition, Status, Up};
    use crate::{Error, Part};

    #[test]
    fn each_part_has_a_line_with_its_times_and_address() {
        let runs = |obtained, kept| Up::Runs {
            part: Part::Gitea,
            version: "1.26.0".to_owned(),
            address: "http://127.0.0.1:3000".to_owned(),
            obtained,
            kept,
            time: Duration::from_millis(1234),
        };
        let failed = Up::Failed {
            part: Part::Ingress,
            error: Error::Needs(Part::Gitea),
        };
        let installed = |obtained| Up::Installed {
            part: Part::Docker28,
            version: "28.5.2+dfsg4".to_owned(),
            obtained,
        };
        let absent = Up::Absent {
            part: Part::Docker28,
            error: Error::Unfit("there is no network"),
        };
        let lines = [
            runs(None, false),
            runs(Some(Duration::from_secs(250)), false),
            runs(None, true),
            failed,
            installed(None),
            installed(Some(Duration::from_secs(90))),
            absent,
        ];
        insta::assert_snapshot!(lines.map(|line| line.to_string()).join("\n"), @r#"
        gitea             1.26.0           started in 1.2 s  http://127.0.0.1:3000
        gitea             1.26.0           started in 1.2 s, got in 250 s  http://127.0.0.1:3000
        gitea             1.26.0           runs already in 1.2 s  http://127.0.0.1:3000
        ingress           failed: it needs gitea, which does not run
        docker-28         28.5.2+dfsg4     for tests to start
        docker-28         28.5.2+dfsg4     for tests to start, got in 90 s
        docker-28         absent: there is no network
        "#);
    }

    #[test]
    fn status_says_how_to_get_what_is_missing() {
        let status = |part, version: &str, condition| Status {
            part,
            version: version.to_owned(),
            condition,
        };
        let running = Condition::Running {
            address: "http://127.0.0.1:3000".to_owned(),
            log: Some("/run/gitea/log".into()),
        };
        let lines = [
            status(Part::Gitea, "1.26.0", running),
            status(Part::Etcd, "3.6.16", Condition::Stopped),
            status(Part::KubeApiserver, "", Condition::Missing),
            status(Part::Docker, "", Condition::Missing),
            status(Part::Docker28, "28.5.2+dfsg4", Condition::Installed),
            status(Part::Docker28, "", Condition::Missing),
        ];
        insta::assert_snapshot!(lines.map(|line| line.to_string()).join("\n"), @r#"
        gitea             1.26.0           running  http://127.0.0.1:3000  /run/gitea/log
        etcd              3.6.16           stopped  `cargo xtask lab up` starts it
        kube-apiserver    -                missing  `cargo xtask lab up` builds kube-apiserver 1.34.3, with Go
        docker            -                missing  `cargo xtask lab up` installs Debian's docker.io and iproute2
        docker-28         28.5.2+dfsg4     installed, for tests to start
        docker-28         -                missing  `cargo xtask lab up` unpacks it with debootstrap, as root
        "#);
    }
}

//! What `lab up` has started, in a file: so that `lab down` stops that and nothing else, and tests find it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::process::Process;
use crate::server::{free_port, loopback};
use crate::{Error, Part};

/// What runs, or ran, by part.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct State {
    /// The ports of loopback that were free, kept over restarts so that neighbours still find each other.
    pub(crate) ports: BTreeMap<Part, u16>,
    /// What was started.
    pub(crate) parts: BTreeMap<Part, Record>,
}

/// One part that was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    /// What it said, or is known, to be.
    pub(crate) version: String,
    /// Nothing where somebody else has started it.
    pub(crate) process: Option<Process>,
    /// Where it is reached, as a URL.
    pub(crate) address: String,
    /// Where it writes what it does.
    pub(crate) log: Option<PathBuf>,
    /// What it was started with; one that is to have others is started anew.
    pub(crate) settings: Value,
}

impl State {
    /// Reads what is kept in a folder; nothing runs where there is no file.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read or understood.
    pub(crate) fn read(folder: &Path) -> Result<Self, Error> {
        let path = path(folder);
        match fs::read(&path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map_err(|source| Error::State { path, source })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Error::file("read", &path)(error)),
        }
    }

    /// The process of a part, where it runs.
    pub(crate) fn process(&self, part: Part) -> Option<&Process> {
        let process = self.parts.get(&part)?.process.as_ref()?;
        process.runs().then_some(process)
    }

    /// The port of a part: the one it has had, unless another process has it by now.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(crate) fn port(&mut self, part: Part) -> Result<u16, Error> {
        let free = |port| TcpListener::bind(loopback(port)).is_ok();
        if let Some(&port) = self.ports.get(&part)
            && (self.process(part).is_some() || free(port))
        {
            return Ok(port);
        }
        let port = free_port().map_err(Error::machine("find a free port"))?;
        self.ports.insert(part, port);
        Ok(port)
    }

    /// Writes all of it, or nothing.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Error> {
        let path = path(folder);
        let text = serde_json::to_vec_pretty(self).expect("names and values are JSON");
        // A temporary file is its owner's alone, and so is what becomes of it.
        let written = NamedTempFile::new_in(folder).and_then(|mut file| {
            file.write_all(&text)?;
            file.persist(&path).map_err(|failed| failed.error)
        });
        written.map(drop).map_err(Error::file("write", &path))
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("state.json")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::{Process, Record, State};
    use crate::Part;

    const KEPT: &str = r#"{
  "ports": {
    "gitea": 3000
  },
  "parts": {
    "gitea": {
      "version": "1.26.0",
      "process": {
        "pid": 17,
        "started": 4242,
        "boot": "one"
      },
      "address": "http://127.0.0.1:3000",
      "log": "/run/gitea/log",
      "settings": {
        "port": 3000
      }
    },
    "docker": {
      "version": "28.2.2",
      "process": null,
      "address": "unix:///var/run/docker.sock",
      "log": null,
      "settings": null
    }
  }
}"#;

    fn state() -> State {
        let process: Process =
            serde_json::from_value(json!({"pid": 17, "started": 4242, "boot": "one"})).unwrap();
        let gitea = Record {
            version: "1.26.0".to_owned(),
            process: Some(process),
            address: "http://127.0.0.1:3000".to_owned(),
            log: Some("/run/gitea/log".into()),
            settings: json!({"port": 3000}),
        };
        let docker = Record {
            version: "28.2.2".to_owned(),
            process: None,
            address: "unix:///var/run/docker.sock".to_owned(),
            log: None,
            settings: json!(null),
        };
        State {
            ports: [(Part::Gitea, 3000)].into(),
            parts: [(Part::Gitea, gitea), (Part::Docker, docker)].into(),
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(State::read(folder.path()).unwrap(), State::default());
        state().write(folder.path()).unwrap();
        let text = fs::read_to_string(folder.path().join("state.json")).unwrap();
        assert_eq!(text, KEPT);
        assert_eq!(State::read(folder.path()).unwrap(), state());
        let files = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 1, "nothing is left half-written");
    }

    #[test]
    fn a_port_is_kept_until_another_has_it() {
        let mut state = State::default();
        let port = state.port(Part::Gitea).unwrap();
        assert_eq!(state.port(Part::Gitea).unwrap(), port);
        let taken = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
        let other = state.port(Part::Gitea).unwrap();
        assert_ne!(other, port);
        drop(taken);
        assert_eq!(state.ports, [(Part::Gitea, other)].into());
    }

    #[test]
    fn a_broken_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("state.json"), "{").unwrap();
        let error = State::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("state.json` is not as the lab"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        state().write(folder.path()).unwrap();
        let kept = fs::metadata(folder.path().join("state.json")).unwrap();
        assert_eq!(kept.permissions().mode() & 0o077, 0);
    }
}

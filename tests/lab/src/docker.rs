//! A Docker daemon: the machine's own where one runs, else one of the lab's, apart from everything else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::bridge::Bridge;
use crate::command::run;
use crate::curl::Request;
use crate::debian::is_root;
use crate::place::in_path;
use crate::server::Service;
use crate::{Absent, Error};

/// Where Docker listens unless told otherwise.
const DEFAULT_SOCKET: &str = "/var/run/docker.sock";
/// A daemon to be started; its folder is where its socket is.
#[derive(Debug)]
pub(crate) struct Docker {
    pub(crate) folder: PathBuf,
}

/// Finds the daemon's program.
pub(crate) fn find() -> Result<PathBuf, Absent> {
    in_path("ip", "cargo xtask lab up")?;
    in_path("dockerd", "cargo xtask lab up")
}

/// The socket of the machine's own daemon, where it runs and answers.
pub(crate) fn of_the_machine() -> Option<PathBuf> {
    let socket = PathBuf::from(DEFAULT_SOCKET);
    answers(&socket).then_some(socket)
}

/// Whether a daemon answers there.
pub(crate) fn answers(socket: &Path) -> bool {
    socket.exists()
        && Request::new("http://docker/_ping")
            .socket(socket)
            .succeeds()
}

/// The version of the daemon that answers there.
pub(crate) fn version(socket: &Path) -> Option<String> {
    let request = Request::new("http://docker/version").socket(socket);
    let said: Value = serde_json::from_str(&request.expect().ok()?).ok()?;
    said["Version"].as_str().map(str::to_owned)
}

/// The lab's own socket, in a folder.
pub(crate) fn socket(folder: &Path) -> PathBuf {
    folder.join("docker.sock")
}

/// What a daemon is told that is to live in a folder and take part in a bridge.
pub(crate) fn arguments(folder: &Path, bridge: &Bridge) -> Vec<String> {
    let place = |option: &str, name: &str| format!("{option}={}", folder.join(name).display());
    vec![
        format!("--host=unix://{}", socket(folder).display()),
        place("--data-root", "data"),
        place("--exec-root", "exec"),
        place("--pidfile", "pid"),
        place("--config-file", "daemon.json"),
        // Never `none`: for that, dockerd takes away the `docker0` of the machine's own.
        format!("--bridge={}", bridge.name()),
        // Ports are published by its proxy; the machine's own rules stay as they are.
        "--iptables=false".to_owned(),
        "--ip6tables=false".to_owned(),
        "--ip-forward=false".to_owned(),
        "--ip-masq=false".to_owned(),
        "--containerd-namespace=lab".to_owned(),
        "--containerd-plugins-namespace=lab-plugins".to_owned(),
    ]
}

/// Takes away what an ended daemon has left and what would stop the next.
pub(crate) fn remove_stale(folder: &Path) {
    for name in ["pid", "docker.sock", "exec/containerd/containerd.pid"] {
        let _ = fs::remove_file(folder.join(name));
    }
}

impl Service for Docker {
    fn settings(&self) -> Value {
        json!({"folder": self.folder})
    }

    fn command(&self, folder: &Path) -> Result<Command, Error> {
        if !is_root() {
            return Err(Error::Unfit(
                "start a Docker daemon, or be root: the lab's needs it",
            ));
        }
        let program = find()?;
        let bridge = Bridge::of(folder);
        if !bridge.exists() {
            bridge.create()?;
        }
        remove_stale(folder);
        let mut command = Command::new(program);
        command.args(arguments(folder, &bridge));
        let path = folder.join("daemon.json");
        fs::write(&path, "{}\n").map_err(Error::file("write", &path))?;
        Ok(command)
    }

    fn answers(&self, _: &str) -> bool {
        Bridge::of(&self.folder).exists() && answers(&socket(&self.folder))
    }
}

/// Takes away what the daemon of a folder and its containers have left: the bridge, and what is mounted in there.
pub(crate) fn clean_up(folder: &Path) {
    if folder.is_dir() {
        Bridge::of(folder).delete();
    }
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    for place in mounts_below(&mounts, folder) {
        // Where it stays, removing the folder says so.
        let _ = run(Command::new("umount").arg(place));
    }
}

/// What is mounted below a folder, the innermost first.
fn mounts_below<'a>(mounts: &'a str, folder: &Path) -> Vec<&'a Path> {
    let places = mounts.lines().filter_map(|line| line.split(' ').nth(1));
    let mut below: Vec<&Path> = places
        .map(Path::new)
        .filter(|place| place.starts_with(folder) && *place != folder)
        .collect();
    below.reverse();
    below
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::mounts_below;

    #[test]
    fn what_is_mounted_last_goes_first() {
        let mounts = "/dev/vda / ext4 rw 0 0\n\
            tmpfs /run/docker tmpfs rw 0 0\n\
            nsfs /run/docker/exec/netns/default nsfs rw 0 0\n\
            overlay /run/docker/data/merged overlay rw 0 0\n\
            overlay /run/docker2/data overlay rw 0 0\n";
        let found = mounts_below(mounts, Path::new("/run/docker"));
        let expected = ["/run/docker/data/merged", "/run/docker/exec/netns/default"];
        assert_eq!(found, expected.map(Path::new));
    }
}

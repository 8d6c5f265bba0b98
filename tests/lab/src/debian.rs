//! Packages of Debian and what is derived from it.

use std::process::{Command, Stdio};

use crate::Error;
use crate::place::in_path;

/// Installs packages, as root or by sudo.
///
/// # Errors
///
/// Where there is no apt-get, or it fails; what it says goes to standard error.
pub(crate) fn install(packages: &[&str]) -> Result<(), Error> {
    in_path("apt-get", "install it by the means of this system")?;
    let update = apt_get(&["update", "-q"]);
    let mut install = apt_get(&["install", "-qy", "--no-install-recommends"]);
    install.args(packages);
    for mut command in [update, install] {
        // Its output is no result of ours; asking for a password is left to sudo.
        let status = command
            .stdout(Stdio::null())
            .status()
            .map_err(Error::machine("run `apt-get`"))?;
        if !status.success() {
            return Err(Error::Command {
                command: format!("apt-get install {}", packages.join(" ")),
                said: status.to_string(),
            });
        }
    }
    Ok(())
}

fn apt_get(arguments: &[&str]) -> Command {
    let mut command = if is_root() {
        Command::new("env")
    } else {
        let mut command = Command::new("sudo");
        command.arg("env");
        command
    };
    // The lab starts servers of its own; packages are asked not to start theirs, to which systemd does not listen.
    command
        .args(["DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get"])
        .args(arguments);
    command
}

/// Whether this process may do everything.
pub(crate) fn is_root() -> bool {
    #[cfg(unix)]
    let root = rustix::process::geteuid().is_root();
    #[cfg(not(unix))]
    let root = false;
    root
}

//! A Debian in a folder of the cache, in which a Docker is installed that is newer than the machine's.
//!
//! It is only ever read: a daemon that runs from it writes elsewhere (`engine`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::run;
use crate::debian::{self, is_root};
use crate::place::{cache, in_path};
use crate::{Absent, Error, aside};

/// Where in the cache it is: what it holds, and the suite, because Debian does not keep what a version was.
const FOLDER: &str = "docker-28-sid";
/// The suite that has Docker 28, or by now a later one.
const SUITE: &str = "sid";
/// What is installed beside what every Debian has.
const PACKAGES: &str = "docker.io,docker-cli";
/// What makes it; where the network swallows what is sent, debootstrap would wait for hours.
const PATIENCE: &str = "600";

/// Finds the folder.
pub(crate) fn find() -> Result<PathBuf, Absent> {
    let root = cache().join(FOLDER);
    if root.join("usr/sbin/dockerd").is_file() {
        return Ok(root);
    }
    Err(Absent {
        part: format!("Docker 28 in `{}`", root.display()),
        remedy: "cargo xtask lab up",
    })
}

/// Makes it, from the mirror that apt of this machine is set up with.
///
/// # Errors
///
/// Where this user is not root, where apt knows no mirror of Debian, and what debootstrap says.
pub(crate) fn make(cache: &Path) -> Result<(), Error> {
    if !is_root() {
        return Err(Error::Unfit(
            "Docker 28 comes in a Debian of its own, which only root can unpack",
        ));
    }
    debian::install(&["debootstrap", "debian-archive-keyring"])?;
    let mirror = mirror()?;
    make_by(cache, |root| {
        // What it starts and mounts is gone when it ends, in whatever way that is.
        let mut command = Command::new(in_path("timeout", "apt-get install coreutils")?);
        command.args(["--foreground", "--kill-after=10", PATIENCE]);
        command.args(["unshare", "--mount", "--propagation=private"]);
        command.args(["--pid", "--fork", "--kill-child"]);
        command.args(["debootstrap", "--variant=minbase"]);
        command.arg(format!("--include={PACKAGES}"));
        command.arg(SUITE).arg(root).arg(&mirror);
        run(&mut command)
            .map(drop)
            .map_err(|error| error.of("debootstrap"))
    })
}

/// Makes it aside, so that the cache has the whole or nothing.
fn make_by(cache: &Path, unpack: impl FnOnce(&Path) -> Result<(), Error>) -> Result<(), Error> {
    let aside = aside::folder(cache)?;
    let root = aside.path().join("root");
    unpack(&root)?;
    aside::keep(&root, &cache.join(FOLDER))
}

/// The version of the Docker in it.
pub(crate) fn version(root: &Path) -> Option<String> {
    let packages = fs::read_to_string(root.join("var/lib/dpkg/status")).ok()?;
    version_in(&packages).map(str::to_owned)
}

/// The version of docker.io in what dpkg says of each package, without Debian's own revision.
fn version_in(packages: &str) -> Option<&str> {
    let mut paragraphs = packages.split("\n\n");
    let docker =
        paragraphs.find(|package| package.lines().any(|line| line == "Package: docker.io"))?;
    let version = docker
        .lines()
        .find_map(|line| line.strip_prefix("Version: "))?;
    Some(
        version
            .rsplit_once('-')
            .map_or(version, |(upstream, _)| upstream),
    )
}

/// Where apt has Debian from.
fn mirror() -> Result<String, Error> {
    let mut targets = Command::new(in_path(
        "apt-get",
        "install it by the means of this system",
    )?);
    targets.args(["indextargets", "--format", "$(ORIGIN) $(LABEL) $(REPO_URI)"]);
    let targets = run(targets.arg("Created-By: Packages"))?;
    mirror_in(&targets).map(str::to_owned).ok_or(Error::Unfit(
        "apt of this machine knows no mirror of Debian, from which Docker 28 would come",
    ))
}

/// The first mirror of Debian itself that debootstrap can read, in lines of origin, label and address.
fn mirror_in(targets: &str) -> Option<&str> {
    let mut mirrors = targets
        .lines()
        .filter_map(|line| line.strip_prefix("Debian Debian "));
    let schemes = ["http://", "https://", "file:/"];
    mirrors.find(|mirror| schemes.iter().any(|scheme| mirror.starts_with(scheme)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{FOLDER, make_by, mirror_in, version_in};
    use crate::Error;

    #[test]
    fn the_mirror_is_the_one_that_apt_is_set_up_with() {
        let targets = "Debian Debian-Security http://mirror.example.org/debian-security/\n\
            Docker Docker https://packages.example.com/linux/debian/\n\
            Debian Debian mirror+file:/etc/apt/mirrors.txt\n\
            Debian Debian http://mirror.example.org/debian/\n\
            Debian Debian http://other.example.org/debian/\n";
        assert_eq!(
            mirror_in(targets),
            Some("http://mirror.example.org/debian/")
        );
        let ubuntu = "Ubuntu Ubuntu http://mirror.example.org/ubuntu/\n";
        assert_eq!(mirror_in(ubuntu), None);
        assert_eq!(mirror_in(""), None);
    }

    #[test]
    fn the_version_is_that_of_the_package() {
        let packages = "Package: containerd\nVersion: 1.7.28~ds1-2\n\n\
            Package: docker.io\nStatus: install ok installed\nVersion: 28.5.2+dfsg4-1\n\n\
            Package: runc\nVersion: 1.3.3+ds1-2\n";
        assert_eq!(version_in(packages), Some("28.5.2+dfsg4"));
        assert_eq!(version_in("Package: docker.io-doc\nVersion: 1-1\n"), None);
    }

    #[test]
    fn what_could_not_be_made_whole_leaves_nothing() {
        let cache = tempfile::tempdir().unwrap();
        let failed = make_by(cache.path(), |root| {
            fs::create_dir_all(root.join("usr/sbin")).unwrap();
            fs::write(root.join("usr/sbin/dockerd"), "").unwrap();
            Err(Error::Unfit("there is no network"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "there is no network");
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 0);

        make_by(cache.path(), |root| {
            fs::create_dir(root).map_err(Error::file("create", root))
        })
        .unwrap();
        let names = fs::read_dir(cache.path()).unwrap();
        let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, [FOLDER]);
    }
}

//! The parts of the lab: their names, what they need of each other, and how they come to this machine.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::golang::{
    DISTRIBUTION_PROGRAM, ETCD_PROGRAM, GITEA_PROGRAM, KUBE_APISERVER_PROGRAM, Program,
};
use crate::{
    Absent, Error, debian, debian_root, distribution, docker, etcd, gitea, ingress, kubernetes_api,
};

/// A version that a program does not say.
const UNKNOWN: &str = "unknown";

/// A part of the lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The CNCF distribution registry as Debian packages it.
    #[serde(rename = "distribution-2.8")]
    Distribution28,
    /// The same in its present version.
    #[serde(rename = "distribution-3.1")]
    Distribution31,
    /// The registry of an idpbuilder cluster.
    Gitea,
    /// What such a cluster puts in front of it.
    Ingress,
    /// Where the Kubernetes API keeps its objects.
    Etcd,
    /// The Kubernetes API.
    KubeApiserver,
    /// A Docker daemon.
    Docker,
    /// A newer Docker beside it, which a test starts for itself.
    #[serde(rename = "docker-28")]
    Docker28,
}

/// How a part comes to this machine.
enum Origin {
    Debian(&'static [&'static str]),
    Go(&'static Program),
    DebianRoot,
}

impl Part {
    /// All of them, each after those that it needs.
    pub const ALL: [Self; 8] = [
        Self::Distribution28,
        Self::Distribution31,
        Self::Gitea,
        Self::Ingress,
        Self::Etcd,
        Self::KubeApiserver,
        Self::Docker,
        Self::Docker28,
    ];

    /// What it is called on the command line, in its folder, and in the state file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Distribution28 => "distribution-2.8",
            Self::Distribution31 => "distribution-3.1",
            Self::Gitea => "gitea",
            Self::Ingress => "ingress",
            Self::Etcd => "etcd",
            Self::KubeApiserver => "kube-apiserver",
            Self::Docker => "docker",
            Self::Docker28 => "docker-28",
        }
    }

    /// The part of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    /// These parts and what they need, in the order in which they start; all where none is given.
    pub(crate) fn with_needs(wanted: &[Self]) -> Vec<Self> {
        let mut all: Vec<Self> = wanted.to_vec();
        if all.is_empty() {
            return Self::ALL.to_vec();
        }
        let mut next = 0;
        while let Some(part) = all.get(next).copied() {
            all.extend(part.needs());
            next += 1;
        }
        let mut ordered = Self::ALL.to_vec();
        ordered.retain(|part| all.contains(part));
        ordered
    }

    /// The parts without which it does not run, or has nothing to hold.
    pub(crate) fn needs(self) -> &'static [Self] {
        match self {
            Self::Ingress => &[Self::Gitea],
            Self::KubeApiserver => &[Self::Etcd, Self::Ingress],
            _ => &[],
        }
    }

    /// Whether the lab has it run; of what it has not, tests start as many as they want.
    pub(crate) fn is_started(self) -> bool {
        self != Self::Docker28
    }

    /// Its program, where it is installed; of a Debian of its own, the folder.
    pub(crate) fn find(self) -> Result<PathBuf, Absent> {
        match self {
            Self::Distribution28 => distribution::find_2_8(),
            Self::Distribution31 => distribution::find_3_1(),
            Self::Gitea => gitea::find(),
            Self::Ingress => ingress::find(),
            Self::Etcd => etcd::find(),
            Self::KubeApiserver => kubernetes_api::find(),
            Self::Docker => docker::find(),
            Self::Docker28 => debian_root::find(),
        }
    }

    /// Installs or builds it.
    pub(crate) fn obtain(self, cache: &Path) -> Result<(), Error> {
        match self.origin() {
            Origin::Debian(packages) => debian::install(packages),
            Origin::Go(program) => program.build(cache),
            Origin::DebianRoot => debian_root::make(cache),
        }
    }

    /// How it would come to this machine, in words.
    pub(crate) fn remedy(self) -> String {
        match self.origin() {
            Origin::Debian(packages) => {
                let packages = packages.join(" and ");
                format!("`cargo xtask lab up` installs Debian's {packages}")
            }
            Origin::Go(program) => format!(
                "`cargo xtask lab up` builds {} {}, with Go",
                program.part, program.version
            ),
            Origin::DebianRoot => {
                "`cargo xtask lab up` unpacks it with debootstrap, as root".to_owned()
            }
        }
    }

    /// The version of its program.
    pub(crate) fn version(self, program: &Path) -> String {
        let flag = match self.origin() {
            Origin::Go(program) => return program.version.to_owned(),
            Origin::DebianRoot => {
                return debian_root::version(program).unwrap_or_else(|| UNKNOWN.to_owned());
            }
            Origin::Debian(_) if self == Self::Ingress => "-v",
            Origin::Debian(_) => "--version",
        };
        let said = Command::new(program).arg(flag).output();
        said.ok()
            .and_then(|said| {
                // nginx says it to standard error.
                let said = [said.stdout, said.stderr].concat();
                version_in(&String::from_utf8_lossy(&said)).map(str::to_owned)
            })
            .unwrap_or_else(|| UNKNOWN.to_owned())
    }

    fn origin(self) -> Origin {
        match self {
            Self::Distribution28 => Origin::Debian(&["docker-registry"]),
            Self::Distribution31 => Origin::Go(&DISTRIBUTION_PROGRAM),
            Self::Gitea => Origin::Go(&GITEA_PROGRAM),
            Self::Ingress => Origin::Debian(&["nginx"]),
            Self::Etcd => Origin::Go(&ETCD_PROGRAM),
            Self::KubeApiserver => Origin::Go(&KUBE_APISERVER_PROGRAM),
            Self::Docker => Origin::Debian(&["docker.io", "iproute2"]),
            Self::Docker28 => Origin::DebianRoot,
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The first word of a text that is a version.
fn version_in(text: &str) -> Option<&str> {
    let mut words = text.split(|c: char| c.is_whitespace() || c == '/' || c == ',');
    words.find(|word| {
        let (major, rest) = word.split_once('.').unwrap_or_default();
        !major.is_empty()
            && major.bytes().all(|byte| byte.is_ascii_digit())
            && rest.starts_with(|c: char| c.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::{Part, version_in};

    #[test]
    fn a_part_has_one_name() {
        for part in Part::ALL {
            assert_eq!(Part::named(part.name()), Some(part));
            let kept = serde_json::to_value(part).unwrap();
            assert_eq!(kept, part.name());
        }
        assert_eq!(Part::named("mysql"), None);
    }

    #[test]
    fn what_a_part_needs_starts_before_it() {
        for (n, part) in Part::ALL.into_iter().enumerate() {
            let before = &Part::ALL[..n];
            let needs = part.needs();
            assert!(needs.iter().all(|need| before.contains(need)), "{part}");
        }
        let all = Part::with_needs(&[Part::KubeApiserver]);
        let expected = [Part::Gitea, Part::Ingress, Part::Etcd, Part::KubeApiserver];
        assert_eq!(all, expected);
        assert_eq!(Part::with_needs(&[Part::Docker]), [Part::Docker]);
        assert_eq!(Part::with_needs(&[]), Part::ALL);
    }

    #[test]
    fn a_version_is_read_from_what_a_program_says() {
        let cases = [
            (
                "docker-registry github.com/docker/distribution 2.8.2+ds1\n",
                Some("2.8.2+ds1"),
            ),
            ("nginx version: nginx/1.22.1\n", Some("1.22.1")),
            (
                "Docker version 20.10.24+dfsg1, build 5d6db84\n",
                Some("20.10.24+dfsg1"),
            ),
            ("no such option. Try again\n", None),
        ];
        for (said, expected) in cases {
            assert_eq!(version_in(said), expected, "{said}");
        }
    }
}

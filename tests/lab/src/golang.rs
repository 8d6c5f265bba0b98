//! Programs that are built from the Go modules of their projects, into the cache, once for each version.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::command::run;
use crate::version::{DISTRIBUTION, ETCD, GITEA, KUBERNETES, KUBERNETES_MODULES};
use crate::{Error, aside};

/// A program, and the module that it is built from.
#[derive(Debug)]
pub(crate) struct Program {
    /// Of the folder in the cache, before its version.
    pub(crate) part: &'static str,
    pub(crate) version: &'static str,
    /// The name of the program.
    pub(crate) name: &'static str,
    module: &'static str,
    package: &'static str,
    /// What modules that are published beside this one, but not named in its go.mod, are taken at.
    beside: Option<&'static str>,
    flags: &'static [&'static str],
    /// The variable that holds what it says its version is, and what is written before that.
    version_variable: Option<(&'static str, &'static str)>,
    /// Whether it holds C.
    cgo: bool,
    /// Folders of the module that the program reads when it runs.
    share: &'static [&'static str],
}

/// The CNCF distribution registry.
pub(crate) const DISTRIBUTION_PROGRAM: Program = Program {
    part: "distribution",
    version: DISTRIBUTION,
    name: "registry",
    module: "github.com/distribution/distribution/v3",
    package: "github.com/distribution/distribution/v3/cmd/registry",
    beside: None,
    flags: &[],
    version_variable: None,
    cgo: false,
    share: &[],
};

/// Gitea, without its front end: templates and translations are read from the module.
pub(crate) const GITEA_PROGRAM: Program = Program {
    part: "gitea",
    version: GITEA,
    name: "gitea",
    module: "code.gitea.io/gitea",
    package: "code.gitea.io/gitea",
    beside: None,
    flags: &["-tags", "sqlite sqlite_unlock_notify"],
    version_variable: Some(("main.Version", "")),
    cgo: true,
    share: &["options", "public", "templates"],
};

/// etcd.
pub(crate) const ETCD_PROGRAM: Program = Program {
    part: "etcd",
    version: ETCD,
    name: "etcd",
    module: "go.etcd.io/etcd/server/v3",
    package: "go.etcd.io/etcd/server/v3",
    beside: None,
    flags: &[],
    version_variable: None,
    cgo: false,
    share: &[],
};

/// The Kubernetes API server.
pub(crate) const KUBE_APISERVER_PROGRAM: Program = Program {
    part: "kube-apiserver",
    version: KUBERNETES,
    name: "kube-apiserver",
    module: "k8s.io/kubernetes",
    package: "k8s.io/kubernetes/cmd/kube-apiserver",
    beside: Some(KUBERNETES_MODULES),
    flags: &[],
    version_variable: Some(("k8s.io/component-base/version.gitVersion", "v")),
    cgo: false,
    share: &[],
};

/// What `go mod download -json` says.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Module {
    dir: PathBuf,
    go_mod: PathBuf,
}

impl Program {
    /// The program's folder in the cache.
    pub(crate) fn folder(&self) -> String {
        format!("{}-{}", self.part, self.version)
    }

    /// Builds it, aside first, so that what is in the cache is whole.
    ///
    /// # Errors
    ///
    /// Where Go, a C compiler or the network is missing: what they say.
    pub(crate) fn build(&self, cache: &Path) -> Result<(), Error> {
        let aside = aside::folder(cache)?;
        let module = aside.path().join("module");
        let made = aside.path().join("made");
        for folder in [&module, &made] {
            fs::create_dir(folder).map_err(Error::file("create", folder))?;
        }
        let upstream = self.download(&module)?;
        let go_mod =
            fs::read_to_string(&upstream.go_mod).map_err(Error::file("read", &upstream.go_mod))?;
        let path = module.join("go.mod");
        fs::write(&path, self.go_mod(&go_mod)).map_err(Error::file("write", &path))?;
        run(self.go_build(&made).current_dir(&module))?;
        for folder in self.share {
            let copied = copy(&upstream.dir.join(folder), &made.join("share").join(folder));
            copied.map_err(Error::machine(format!("copy {folder} of {}", self.module)))?;
        }
        aside::keep(&made, &cache.join(self.folder()))
    }

    fn download(&self, folder: &Path) -> Result<Module, Error> {
        let module = format!("{}@v{}", self.module, self.version);
        let mut command = go();
        command.args(["mod", "download", "-json", &module]);
        let said = run(command.current_dir(folder))?;
        serde_json::from_str(&said).map_err(|error| Error::Command {
            command: "go mod download".to_owned(),
            said: error.to_string(),
        })
    }

    fn go_build(&self, made: &Path) -> Command {
        let mut command = go();
        command
            .args(["build", "-mod=mod", "-trimpath", "-buildvcs=false"])
            .args(self.flags)
            .arg("-o")
            .arg(made.join("bin").join(self.name))
            .env("CGO_ENABLED", if self.cgo { "1" } else { "0" });
        if let Some((variable, before)) = self.version_variable {
            let version = self.version;
            command.arg(format!("-ldflags=-X {variable}={before}{version}"));
        }
        command.arg(self.package);
        command
    }

    /// A module that requires the program's and takes other modules from where that one's own build does.
    ///
    /// Go heeds `replace` in the module alone that is built, so that its lines are repeated.
    fn go_mod(&self, upstream: &str) -> String {
        let mut lines = vec![
            "module lab".to_owned(),
            format!("require {} v{}", self.module, self.version),
        ];
        // Without it Go would read the go.mod of every module there is, used or not.
        let go = upstream.lines().find(|line| line.starts_with("go "));
        lines.extend(go.map(str::to_owned));
        lines.extend(replacements(upstream));
        if let Some(version) = self.beside {
            // Their place in the project's repository, for which its go.mod has no version.
            let unnamed = upstream.lines().filter_map(|line| {
                let line = line.trim().strip_suffix(" v0.0.0")?;
                Some(line.strip_prefix("require ").unwrap_or(line))
            });
            lines.extend(unnamed.map(|module| format!("replace {module} => {module} v{version}")));
        }
        lines.join("\n") + "\n"
    }
}

/// The `replace` lines of a go.mod, but those that name folders beside it.
fn replacements(go_mod: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in go_mod.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        let replacement = match line {
            "replace (" => {
                inside = true;
                continue;
            }
            ")" => {
                inside = false;
                continue;
            }
            line if inside => Some(line),
            line => line.strip_prefix("replace "),
        };
        let local = line.contains("=> ./") || line.contains("=> ../");
        found.extend(
            replacement
                .filter(|line| !line.is_empty() && !local)
                .map(|line| format!("replace {line}")),
        );
    }
    found
}

fn go() -> Command {
    let mut command = Command::new("go");
    command.env("GOFLAGS", "").env("GOWORK", "off");
    command
}

/// Copies a folder; a module's files may not be written, the copies may.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::write(to, fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{GITEA_PROGRAM, KUBE_APISERVER_PROGRAM};

    #[test]
    fn a_module_takes_others_from_where_the_projects_build_does() {
        let upstream = "module code.gitea.io/gitea\n\ngo 1.26\n\nrequire (\n\tx.org/a v1.0.0\n)\n\n\
            replace x.org/a => y.org/a v1.1.0 // y maintains it\n\n\
            replace (\n\tx.org/b => ../b\n\n\tx.org/c => x.org/c v2.0.0\n)\n";
        insta::assert_snapshot!(GITEA_PROGRAM.go_mod(upstream), @r#"
        module lab
        require code.gitea.io/gitea v1.26.0
        go 1.26
        replace x.org/a => y.org/a v1.1.0
        replace x.org/c => x.org/c v2.0.0
        "#);
    }

    #[test]
    fn modules_of_the_same_repository_are_taken_at_their_published_version() {
        let upstream = "module k8s.io/kubernetes\n\nrequire (\n\tk8s.io/api v0.0.0\n\tx.org/a v1.0.0\n)\n\n\
            require k8s.io/kms v0.0.0\n\nreplace k8s.io/api => ./staging/src/k8s.io/api\n";
        insta::assert_snapshot!(KUBE_APISERVER_PROGRAM.go_mod(upstream), @r#"
        module lab
        require k8s.io/kubernetes v1.34.3
        replace k8s.io/api => k8s.io/api v0.34.3
        replace k8s.io/kms => k8s.io/kms v0.34.3
        "#);
    }
}

//! The LLVM tools that read coverage: rustup's, or the system's of the compiler's own version.
//!
//! Which is used decides only where `cargo llvm-cov` looks; an older version cannot read what rustc writes.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::tasks::step::Step;

/// Where the tools are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LlvmTools {
    /// Where `cargo llvm-cov` finds them by itself: `LLVM_COV`, or the component `llvm-tools`.
    Found,
    /// In `PATH`, under names with a version.
    System { cov: PathBuf, profdata: PathBuf },
}

/// There are no tools that fit the compiler.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no LLVM tools of version {major}, which rustc needs to show coverage")]
pub(crate) struct NoLlvmTools {
    pub(crate) major: String,
}

/// Finds the tools for the compiler in use.
pub(crate) fn find() -> Result<LlvmTools, NoLlvmTools> {
    let version = Step::new("rustc", "-vV").output().unwrap_or_default();
    let sysroot = Step::new("rustc", "--print sysroot")
        .output()
        .unwrap_or_default();
    let host = field(&version, "host").unwrap_or_default();
    let bin = Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(host)
        .join("bin");
    if variable("LLVM_COV").is_some() || bin.join("llvm-cov").is_file() {
        return Ok(LlvmTools::Found);
    }
    let major = major(&version).unwrap_or_default();
    in_path(major, &variable("PATH").unwrap_or_default())
}

fn in_path(major: &str, path: &OsStr) -> Result<LlvmTools, NoLlvmTools> {
    let places = |name: &str| {
        let name = format!("{name}-{major}");
        env::split_paths(path)
            .map(|folder| folder.join(&name))
            .find(|place| place.is_file())
    };
    let tools = places("llvm-cov").zip(places("llvm-profdata"));
    let tools = tools.map(|(cov, profdata)| LlvmTools::System { cov, profdata });
    tools.ok_or_else(|| NoLlvmTools {
        major: major.to_owned(),
    })
}

/// The major version of LLVM in what `rustc -vV` says.
fn major(version: &str) -> Option<&str> {
    field(version, "LLVM version")?.split('.').next()
}

fn field<'a>(version: &'a str, name: &str) -> Option<&'a str> {
    let fields = version.lines().filter_map(|line| line.split_once(": "));
    let mut values = fields.filter(|(field, _)| *field == name);
    values.next().map(|(_, value)| value.trim())
}

#[expect(
    clippy::disallowed_methods,
    reason = "xtask is where the environment is read"
)]
fn variable(name: &str) -> Option<std::ffi::OsString> {
    env::var_os(name)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{LlvmTools, NoLlvmTools, in_path, major};

    #[test]
    fn the_major_version_is_the_compilers() {
        let version = "rustc 1.95.0\nhost: x86_64-unknown-linux-gnu\nLLVM version: 22.1.2\n";
        assert_eq!(major(version), Some("22"));
        assert_eq!(major("rustc 1.95.0\n"), None);
    }

    #[test]
    fn tools_of_that_version_are_taken_from_path() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        for name in ["llvm-cov-14", "llvm-profdata-14", "llvm-cov-22"] {
            fs::write(place(name), "").unwrap();
        }
        let major = "22".to_owned();
        let path = folder.path().as_os_str();
        assert_eq!(in_path("22", path), Err(NoLlvmTools { major }));

        fs::write(place("llvm-profdata-22"), "").unwrap();
        let (cov, profdata) = (place("llvm-cov-22"), place("llvm-profdata-22"));
        assert_eq!(in_path("22", path), Ok(LlvmTools::System { cov, profdata }));
    }
}

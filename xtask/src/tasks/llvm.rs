//! The LLVM tools that read coverage: rustup's, or the system's of the compiler's own version.
//!
//! Which is used decides only where `cargo llvm-cov` looks; an older version cannot read what rustc writes.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

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
    in_path("", OsStr::new(""))
}

fn in_path(major: &str, path: &OsStr) -> Result<LlvmTools, NoLlvmTools> {
    let _ = path;
    Err(NoLlvmTools {
        major: major.to_owned(),
    })
}

/// The major version of LLVM in what `rustc -vV` says.
fn major(version: &str) -> Option<&str> {
    let _ = version;
    None
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

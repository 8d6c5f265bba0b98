//! Where parts are: in `PATH`, or in the cache that `lab up` builds them into. Only here is the environment read.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::Absent;

/// Finds skopeo.
///
/// # Errors
///
/// `Absent` where it is not in `PATH`.
pub fn skopeo() -> Result<PathBuf, Absent> {
    in_path("skopeo", "apt-get install skopeo")
}

/// Finds a program in `PATH`.
pub(crate) fn in_path(name: &str, remedy: &'static str) -> Result<PathBuf, Absent> {
    let path = search_path();
    let mut places = env::split_paths(&path).map(|folder| folder.join(name));
    places.find(|place| place.is_file()).ok_or(Absent {
        part: format!("`{name}` in PATH"),
        remedy,
    })
}

/// `PATH`, and where servers are that Debian keeps out of the `PATH` of everybody but root.
pub(crate) fn search_path() -> OsString {
    let mut path = variable("PATH").unwrap_or_default();
    path.push(":/usr/sbin:/sbin");
    path
}

/// The cache: programs that were built, by part and version, and what runs.
pub(crate) fn cache() -> PathBuf {
    variable("IDPBUILDER_LAB_CACHE").map_or_else(
        || Path::new(&variable("HOME").unwrap_or_default()).join(".cache/idpbuilder-lab"),
        PathBuf::from,
    )
}

/// Where what runs keeps what it needs.
pub(crate) fn run() -> PathBuf {
    cache().join("run")
}

/// Finds a program that was built into the cache, as `bin/NAME` below the folder of its part and version.
pub(crate) fn in_cache(part: &str, name: &str) -> Result<PathBuf, Absent> {
    let place = cache().join(part).join("bin").join(name);
    if place.is_file() {
        return Ok(place);
    }
    Err(Absent {
        part: format!("`{}`", place.display()),
        remedy: "cargo xtask lab up",
    })
}

/// Whether a part that is absent fails its tests.
pub(crate) fn real_is_required() -> bool {
    variable("IDPBUILDER_REQUIRE_REAL").is_some_and(|value| value == "1")
}

#[expect(
    clippy::disallowed_methods,
    reason = "an edge: tests are told by the environment which parts there are"
)]
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{in_cache, in_path};

    #[test]
    fn programs_are_found_in_path() {
        let cargo = in_path("cargo", "install Rust").expect("cargo runs this test");
        assert!(cargo.is_file());
    }

    #[test]
    fn what_is_absent_is_named_with_its_remedy() {
        let absent = in_path("no-such-program", "write it").unwrap_err();
        assert_eq!(
            absent.to_string(),
            "no `no-such-program` in PATH (write it)"
        );
        let absent = in_cache("part-1.0", "program").unwrap_err();
        assert!(absent.part.ends_with("part-1.0/bin/program`"), "{absent}");
    }
}

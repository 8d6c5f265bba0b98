//! Tells the compiler which commit this is, so that `--version` can name it.
//!
//! Without git, or outside a clone, the commit is `unknown`. The script runs again when HEAD moves, and not otherwise:
//! only files that exist are named, because cargo takes a missing one for changed each time.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // The log of HEAD grows with every commit, checkout and reset; HEAD itself is for clones that keep no log.
    let moved = ["logs/HEAD", "HEAD"]
        .iter()
        .filter_map(|file| git(&["rev-parse", "--git-path", file]))
        .find(|path| Path::new(path).is_file());
    if let Some(path) = moved {
        println!("cargo::rerun-if-changed={path}");
    }
    let commit = git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=XTASK_COMMIT={commit}");
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}

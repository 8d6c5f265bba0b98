//! The shape of source files: each opens with what it is responsible for, and none grows long.
//!
//! The length of functions is clippy's.

use crate::tree::{self, File};

/// Folders whose Rust files are the workspace's own.
pub(crate) const FOLDERS: &[&str] = &["crates", "xtask", "tests"];

const MOST_LINES: usize = 350;

/// Where a file has no `//!` at its head, or too many lines.
pub(crate) fn complaints(file: &File) -> Vec<String> {
    let mut found = Vec::new();
    if !file.text.starts_with("//! ") {
        let what = "opens without `//!`: say what the file is responsible for and what it leaves to others";
        found.push(format!("{}: {what}", file.path));
    }
    let lines = file.text.lines().count();
    if lines > MOST_LINES {
        let what = format!("{lines} lines, more than {MOST_LINES}: it wants another noun");
        found.push(format!("{}: {what}", file.path));
    }
    found
}

#[test]
fn files_say_what_they_are_for_and_stay_short() {
    let files = FOLDERS
        .iter()
        .flat_map(|folder| tree::files(folder, &[".rs"]));
    let complaints: Vec<String> = files.flat_map(|file| complaints(&file)).collect();
    crate::assert_tidy(&complaints);
}

#[cfg(test)]
mod tests {
    use super::{File, MOST_LINES, complaints};

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let path = "crates/x.rs".to_owned();
        let text = text.to_owned();
        let found = complaints(&File { path, text });
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found} says not: {expected}");
        }
    }

    #[test]
    fn a_head_is_asked_for() {
        check("//! Blobs.\n", &[]);
        check("// Blobs.\n//! Late.\n", &["x.rs: opens without `//!`"]);
        check("", &["x.rs: opens without `//!`"]);
    }

    #[test]
    fn a_long_file_is_found() {
        let lines = |count: usize| format!("//! Long.\n{}", "\n".repeat(count - 1));
        check(&lines(MOST_LINES), &[]);
        check(&lines(MOST_LINES + 1), &["351 lines, more than 350"]);
    }
}

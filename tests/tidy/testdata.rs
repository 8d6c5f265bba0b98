//! The archives of `testdata/`: each with its provenance, unchanged since, and small.
//!
//! What the archives hold is for the tests that push them.

use std::collections::BTreeMap;
use std::fs;

use oci::Digest;

use crate::tree;

const MOST_BYTES: u64 = 100_000;
const MOST_BYTES_IN_ALL: u64 = 500_000;

/// A file of `testdata/` as it is.
pub(crate) struct Archive {
    pub(crate) name: String,
    pub(crate) size: u64,
    /// SHA-256, in hex.
    pub(crate) sha256: String,
}

/// Where the files and the table of `testdata/README.md` disagree, or a file is too large.
pub(crate) fn complaints(readme: &str, archives: &[Archive]) -> Vec<String> {
    let mut rows = rows(readme);
    let mut found = Vec::new();
    for archive in archives {
        let name = &archive.name;
        match rows.remove(name.as_str()) {
            None => found.push(format!("{name}: without a row in testdata/README.md")),
            Some(Row { sha256, .. }) if sha256 != archive.sha256 => {
                let actual = &archive.sha256;
                found.push(format!("{name}: expected sha256 {sha256}, found {actual}"));
            }
            Some(Row { blank: true, .. }) => {
                found.push(format!("{name}: its row has an empty cell"));
            }
            Some(_) => {}
        }
        if archive.size > MOST_BYTES {
            let size = archive.size;
            found.push(format!("{name}: {size} bytes, more than {MOST_BYTES}"));
        }
    }
    found.extend(
        rows.keys()
            .map(|name| format!("{name}: in the table, but not there")),
    );
    let all: u64 = archives.iter().map(|archive| archive.size).sum();
    if all > MOST_BYTES_IN_ALL {
        found.push(format!(
            "testdata: {all} bytes, more than {MOST_BYTES_IN_ALL}"
        ));
    }
    found
}

struct Row<'a> {
    sha256: &'a str,
    blank: bool,
}

/// The rows of the table, by file name; the sha256 is the last cell.
fn rows(readme: &str) -> BTreeMap<&str, Row<'_>> {
    let lines = readme.lines().filter_map(|line| line.strip_prefix("| `"));
    lines
        .filter_map(|line| {
            let cells: Vec<&str> = line.trim_end_matches(['|', ' ']).split('|').collect();
            let (name, sha256) = (cells.first()?, cells.last()?);
            let blank = cells.iter().any(|cell| cell.trim().is_empty());
            let sha256 = sha256.trim().trim_matches('`');
            Some((name.trim().trim_matches('`'), Row { sha256, blank }))
        })
        .collect()
}

#[test]
fn testdata_is_what_its_readme_says() {
    let folder = tree::root().join("testdata");
    let entries = fs::read_dir(folder).expect("testdata is a folder");
    let mut archives: Vec<Archive> = entries
        .map(|entry| entry.expect("a readable folder"))
        .filter(|entry| entry.file_name() != "README.md")
        .map(|entry| {
            let bytes = fs::read(entry.path()).expect("a readable file");
            Archive {
                name: entry.file_name().to_string_lossy().into_owned(),
                size: bytes.len() as u64,
                sha256: Digest::of(&bytes).to_string().replace("sha256:", ""),
            }
        })
        .collect();
    archives.sort_by(|a, b| a.name.cmp(&b.name));
    crate::assert_tidy(&complaints(&tree::read("testdata/README.md"), &archives));
}

#[cfg(test)]
mod tests {
    use super::{Archive, complaints};

    const README: &str = "\
# Archives

| file | made by | sha256 |
| --- | --- | --- |
| `a.tar` | docker | `aa` |
| `b.tar` | podman | `bb` |
";

    fn archive(name: &str, size: u64, sha256: &str) -> Archive {
        let (name, sha256) = (name.to_owned(), sha256.to_owned());
        Archive { name, size, sha256 }
    }

    #[track_caller]
    fn check(readme: &str, archives: &[Archive], expected: &[&str]) {
        assert_eq!(complaints(readme, archives), expected);
    }

    #[test]
    fn files_that_match_their_rows_are_tidy() {
        check(
            README,
            &[archive("a.tar", 1, "aa"), archive("b.tar", 1, "bb")],
            &[],
        );
    }

    #[test]
    fn changed_unlisted_and_missing_files_are_found() {
        check(
            README,
            &[archive("a.tar", 1, "00"), archive("c.tar", 1, "cc")],
            &[
                "a.tar: expected sha256 aa, found 00",
                "c.tar: without a row in testdata/README.md",
                "b.tar: in the table, but not there",
            ],
        );
    }

    #[test]
    fn a_row_without_provenance_is_found() {
        let readme = "| `a.tar` |  | `aa` |";
        check(
            readme,
            &[archive("a.tar", 1, "aa")],
            &["a.tar: its row has an empty cell"],
        );
    }

    #[test]
    fn large_files_are_found_one_by_one_and_in_all() {
        let mut readme = String::new();
        let archives: Vec<Archive> = (0..6)
            .map(|i| archive(&format!("{i}"), 90_000, "aa"))
            .collect();
        for archive in &archives {
            readme.push_str(&format!("| `{}` | x | aa |\n", archive.name));
        }
        check(
            &readme,
            &archives,
            &["testdata: 540000 bytes, more than 500000"],
        );
        check(
            "| `a` | x | aa |",
            &[archive("a", 100_001, "aa")],
            &["a: 100001 bytes, more than 100000"],
        );
    }
}

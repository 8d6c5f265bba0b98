//! Words that have no place in a commit: tests that cannot fail, unfinished code, paths of one machine.
//!
//! What the compiler or clippy can find is theirs.

use crate::files::FOLDERS;
use crate::tree::{self, File};

/// Which files a word is forbidden in.
#[derive(Clone, Copy, PartialEq)]
enum Scope {
    Everywhere,
    Rust,
    /// Test targets; a unit test beside its code is left to review.
    Tests,
}

/// The words, split in two so that this file does not hold them.
const WORDS: &[(Scope, &str, &str)] = &[
    (
        Scope::Everywhere,
        concat!("<<<<", "<<< "),
        "a merge that was not finished",
    ),
    (
        Scope::Everywhere,
        concat!("/ro", "ot/"),
        "a path of one machine",
    ),
    (
        Scope::Everywhere,
        concat!("/Us", "ers/"),
        "a path of one machine",
    ),
    (
        Scope::Everywhere,
        concat!("/wo", "rk/"),
        "a path of one machine",
    ),
    (
        Scope::Everywhere,
        concat!("FIX", "ME"),
        "an issue holds what is left to do",
    ),
    (
        Scope::Everywhere,
        concat!("TO", "DO"),
        "an issue holds what is left to do",
    ),
    (
        Scope::Rust,
        concat!("unimple", "mented!"),
        "return an error",
    ),
    (
        Scope::Rust,
        concat!("#[ig", "nore"),
        "a test runs, or it skips and says why",
    ),
    (
        Scope::Rust,
        concat!("#[should_", "panic"),
        "assert what is returned",
    ),
    (
        Scope::Rust,
        concat!("#[al", "low("),
        "expect the lint, with its reason",
    ),
    (Scope::Rust, concat!("fn ", "get_"), "name what is returned"),
    (
        Scope::Tests,
        concat!("thread::", "sleep"),
        "wait for what is to happen",
    ),
    (
        Scope::Tests,
        concat!("time::", "sleep"),
        "wait for what is to happen",
    ),
];

/// Where a file holds one of the words.
pub(crate) fn complaints(file: &File) -> Vec<String> {
    let rust = file.path.ends_with(".rs");
    let test = rust && (file.path.starts_with("tests/") || file.path.contains("/tests/"));
    let forbidden = WORDS.iter().filter(|(scope, ..)| match scope {
        Scope::Everywhere => true,
        Scope::Rust => rust,
        Scope::Tests => test,
    });
    let complain = |word: &str, why: &str| {
        let lines = file.text.lines().enumerate();
        let at = lines.filter(|(_, line)| line.contains(word));
        at.map(|(index, _)| format!("{}:{}: `{word}`: {why}", file.path, index + 1))
            .collect::<Vec<_>>()
    };
    forbidden
        .flat_map(|(_, word, why)| complain(word, why))
        .collect()
}

#[test]
fn no_forbidden_word_is_committed() {
    let endings = [".rs", ".toml", ".md", ".yml", ".sh", "/run"];
    let folders = FOLDERS.iter().chain(&[".ci", ".cargo", "docs", "testdata"]);
    let mut files: Vec<File> = folders
        .flat_map(|folder| tree::files(folder, &endings))
        .collect();
    for path in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "Cargo.toml",
    ] {
        let (path, text) = (path.to_owned(), tree::read(path));
        files.push(File { path, text });
    }
    let complaints: Vec<String> = files.iter().flat_map(complaints).collect();
    crate::assert_tidy(&complaints);
}

#[cfg(test)]
mod tests {
    use super::{File, complaints};

    #[track_caller]
    fn check(path: &str, text: &str, expected: usize) {
        let (path, text) = (path.to_owned(), text.to_owned());
        let found = complaints(&File { path, text });
        assert_eq!(found.len(), expected, "{found:?}");
    }

    #[test]
    fn machine_paths_are_found_everywhere() {
        let text = concat!("fine\nsee /ro", "ot/x and /Us", "ers/me");
        check("README.md", text, 2);
        check("crates/a/src/b.rs", text, 2);
        check("README.md", "see ~/.cache and /home/me", 0);
    }

    #[test]
    fn code_words_are_found_in_code_only() {
        let text = concat!("#[ig", "nore]\nfn get", "_x() {}");
        check("crates/a/src/b.rs", text, 2);
        check("CONTRIBUTING.md", text, 0);
    }

    #[test]
    fn waiting_by_the_clock_is_found_in_tests_only() {
        let text = concat!("tokio::time::sl", "eep(x)");
        check("tests/push/main.rs", text, 1);
        check("crates/push/tests/it/main.rs", text, 1);
        check("crates/push/src/registry/retry.rs", text, 0);
    }
}

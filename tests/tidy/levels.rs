//! The levels inside `crates/push`: each uses only those above it, and some crates are the business of one module.
//!
//! The table is the design; ARCHITECTURE.md draws it, and `architecture` compares the two.

use std::collections::BTreeMap;

use crate::paths::{NamedPath, paths};
use crate::tokens::tokens;
use crate::tree::{self, File};

const SRC: &str = "crates/push/src/";

/// Modules at the root of `crates/push`, by level; level 1 is the crate `oci`, the last is `lib.rs`.
///
/// A module may name those of lower levels and, except at `APART`, those beside it.
pub(crate) const LEVELS: &[(u8, &[&str])] = &[
    (
        2,
        &[
            "blob",
            "daemon_failure",
            "environment",
            "event",
            "farewell",
            "text",
        ],
    ),
    (3, &["error", "image"]),
    (APART, &["source", "registry", "encode", "remember"]),
    (
        5,
        &[
            "validate",
            "plan",
            "execute",
            "report",
            "unchanged",
            "unexported",
        ],
    ),
    (
        5,
        &[
            "selection",
            "naming",
            "platforms",
            "compose",
            "prepare",
            "reading",
            "operation",
        ],
    ),
];

/// The level whose groups never name each other.
const APART: u8 = 4;

/// Crates that only one module of `crates/push` may name; rustls serves two, for registries and for daemons.
const OWNED_CRATES: &[(&str, &str)] = &[
    ("reqwest", "registry"),
    ("http", "registry"),
    ("http_body", "registry"),
    ("rustls", "registry"),
    ("rustls", "source"),
    ("tokio_rustls", "source"),
    ("x509_parser", "registry"),
    ("tar", "source"),
    ("docker_api", "source"),
];

const ENVIRONMENT: &str = "`std::env`: a library is given its environment";

/// What writes to a terminal.
const EDGE_MACROS: &[&str] = &["print", "println", "eprint", "eprintln", "dbg"];

/// The level of a module at the root of `crates/push`.
pub(crate) fn level(module: &str) -> Option<u8> {
    let row = LEVELS.iter().find(|(_, names)| names.contains(&module))?;
    Some(row.0)
}

/// Where the sources of `crates/push` break the levels.
pub(crate) fn complaints(files: &[File]) -> Vec<String> {
    let lib = files
        .iter()
        .find(|file| file.path == format!("{SRC}lib.rs"));
    let exports = lib.map(|lib| exports(&lib.text)).unwrap_or_default();
    files
        .iter()
        .flat_map(|file| file_complaints(file, &exports))
        .collect()
}

/// The names that `lib.rs` lends to its root, and the module each comes from.
fn exports(lib: &str) -> BTreeMap<String, String> {
    paths(lib, &[])
        .into_iter()
        .filter(|path| path.segments.len() > 1)
        .map(|path| (path.name, path.segments[0].clone()))
        .collect()
}

fn file_complaints(file: &File, exports: &BTreeMap<String, String>) -> Vec<String> {
    let inside = file.path.strip_prefix(SRC).unwrap_or(&file.path);
    let mut found = print_complaints(file);
    let module = module_path(inside);
    let Some(&root) = module.first() else {
        return found;
    };
    let Some(own_level) = level(root) else {
        found.push(format!(
            "{}: `{root}` is at no level: add it to LEVELS in tests/tidy/levels.rs and to ARCHITECTURE.md",
            file.path
        ));
        return found;
    };
    for path in paths(&file.text, &module) {
        let complaint = match path.segments[0].as_str() {
            "crate" => inner_complaint(&path, root, own_level, exports),
            "env" => Some(ENVIRONMENT.to_owned()),
            "std" if reads_environment(&path) => Some(ENVIRONMENT.to_owned()),
            name => owned_complaint(name, root),
        };
        found.extend(complaint.map(|what| format!("{}:{}: {what}", file.path, path.line)));
    }
    found
}

/// Whether a path is into `std::env`; `split_paths` only takes apart what it is given.
fn reads_environment(path: &NamedPath) -> bool {
    let segment = |n: usize| path.segments.get(n).map(|name| &**name);
    segment(1) == Some("env") && segment(2) != Some("split_paths")
}

/// Complains of a path to another module of the crate that the levels do not allow.
fn inner_complaint(
    path: &NamedPath,
    root: &str,
    own_level: u8,
    exports: &BTreeMap<String, String>,
) -> Option<String> {
    let first = path.segments.get(1)?;
    let target = match level(first) {
        Some(_) => first,
        None => match exports.get(first) {
            Some(module) => module,
            None => {
                return Some(format!(
                    "`crate::{first}` is no module of LEVELS and no name of lib.rs"
                ));
            }
        },
    };
    let their_level = level(target)?;
    if target == root || their_level < own_level {
        return None;
    }
    if their_level > own_level {
        return Some(format!(
            "`{root}` (level {own_level}) names `{target}` (level {their_level}), which is below it"
        ));
    }
    (own_level == APART)
        .then(|| format!("`{root}` names `{target}`: groups of level {APART} never meet"))
}

fn owned_complaint(name: &str, root: &str) -> Option<String> {
    let owners: Vec<&str> = OWNED_CRATES
        .iter()
        .filter(|(owned, _)| *owned == name)
        .map(|(_, owner)| *owner)
        .collect();
    let allowed = owners.is_empty() || owners.contains(&root);
    let owners = owners.join("` and `");
    (!allowed).then(|| format!("`{root}` names the crate `{name}`: only `{owners}` may"))
}

fn print_complaints(file: &File) -> Vec<String> {
    let tokens = tokens(&file.text);
    tokens
        .windows(2)
        .filter(|pair| EDGE_MACROS.contains(&pair[0].text) && pair[1].text == "!")
        .map(|pair| {
            let (line, name) = (pair[0].line, pair[0].text);
            format!("{}:{line}: `{name}!`: a library never prints", file.path)
        })
        .collect()
}

/// `source/tar_index.rs` is `["source", "tar_index"]`; `lib.rs` is the root.
fn module_path(inside: &str) -> Vec<&str> {
    let mut path: Vec<&str> = inside.trim_end_matches(".rs").split('/').collect();
    if matches!(path.last(), Some(&"mod" | &"lib")) {
        path.pop();
    }
    path
}

#[test]
fn crates_push_keeps_its_levels() {
    crate::assert_tidy(&complaints(&tree::files(SRC, &[".rs"])));
}

#[cfg(test)]
mod tests {
    use super::{File, complaints};

    /// Checks one source at `path`, beside a `lib.rs` that exports `error::Error` and `operation::PushOperation`.
    #[track_caller]
    fn check(path: &str, source: &str, expected: &[&str]) {
        let lib = "pub use error::Error; pub use operation::{PushOperation as Push};";
        let file = |path: &str, text: &str| File {
            path: format!("crates/push/src/{path}"),
            text: text.to_owned(),
        };
        let found = complaints(&[file("lib.rs", lib), file(path, source)]);
        assert_eq!(found.len(), expected.len(), "{source}: {found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found} says not: {expected}");
        }
    }

    #[test]
    fn lower_levels_may_be_named() {
        check(
            "source/mod.rs",
            "use crate::{error::Error, blob::Blob};",
            &[],
        );
        check(
            "plan.rs",
            "use crate::registry::Client; use crate::source::Source;",
            &[],
        );
        check("execute.rs", "use crate::plan::Plan;", &[]);
    }

    #[test]
    fn levels_below_may_not() {
        check(
            "blob.rs",
            "use oci::Digest;\nuse crate::source::Source;",
            &["blob.rs:2: `blob` (level 2) names `source` (level 4), which is below it"],
        );
        check(
            "error.rs",
            "fn f() { crate::plan::x() }",
            &["`error` (level 3) names `plan`"],
        );
    }

    #[test]
    fn groups_of_level_four_never_meet() {
        let expected = &["`source` names `registry`"];
        check(
            "source/spool.rs",
            "use super::super::registry::Client;",
            expected,
        );
        check("source/mod.rs", "use super::registry;", expected);
        check("registry/client.rs", "use super::auth::Challenge;", &[]);
        check(
            "encode/gzip.rs",
            "use crate::remember::Memory;",
            &["`encode` names `remember`"],
        );
    }

    #[test]
    fn names_of_lib_count_as_where_they_come_from() {
        check("image.rs", "use crate::Error;", &[]);
        check(
            "blob.rs",
            "use crate::Push;",
            &["`blob` (level 2) names `operation`"],
        );
        check(
            "blob.rs",
            "use crate::Elsewhere;",
            &["no module of LEVELS and no name of lib.rs"],
        );
    }

    #[test]
    fn an_unknown_module_says_where_to_add_it() {
        check(
            "gossip.rs",
            "",
            &["`gossip` is at no level: add it to LEVELS"],
        );
    }

    #[test]
    fn crates_have_one_owner() {
        check("registry/upload.rs", "use reqwest::Body;", &[]);
        check("plan.rs", "use reqwest::Body;", &["only `registry` may"]);
        check("error.rs", "source: http::Error", &["only `registry` may"]);
        check(
            "registry/mod.rs",
            "use tar::Archive;",
            &["only `source` may"],
        );
    }

    #[test]
    fn a_library_neither_prints_nor_reads_the_environment() {
        check("plan.rs", "println!(\"\");", &["`println!`"]);
        check("plan.rs", "use std::env;", &["std::env"]);
        check("plan.rs", "std::env::split_paths(path)", &[]);
        check(
            "plan.rs",
            "env::var(x); std::env::vars()",
            &["std::env", "std::env"],
        );
        check(
            "plan.rs",
            "// println! std::env::var\nlet s = \"std::env::var\";",
            &[],
        );
    }
}

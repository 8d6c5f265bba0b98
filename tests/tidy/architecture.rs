//! ARCHITECTURE.md's table of levels, held against the modules that `crates/push` really has.
//!
//! Which module may name which is for `levels`.

use std::collections::{BTreeMap, BTreeSet};

use crate::levels::level;
use crate::tree;

const SRC: &str = "crates/push/src/";
const OPENING: &str = "```text levels\n";

/// The table as the sources would have it: a line for each module at the root, in the order of the levels.
///
/// A folder is followed by the modules in it.
pub(crate) fn table(sources: &[&str]) -> String {
    let mut modules: BTreeMap<(u8, &str), BTreeSet<&str>> = BTreeMap::new();
    for source in sources {
        let path = source.trim_end_matches(".rs");
        let (root, rest) = path.split_once('/').unwrap_or((path, "mod"));
        let inner = modules.entry((level(root).unwrap_or(6), root)).or_default();
        let shown = !matches!(rest, "mod") && !rest.ends_with("tests");
        inner.extend(shown.then(|| rest.trim_end_matches("/mod")));
    }
    let lines = modules.iter().map(|((level, root), inner)| {
        let inner: Vec<&str> = inner.iter().copied().collect();
        let line = format!("{level}  {root:<12}{}", inner.join(" "));
        format!("{}\n", line.trim_end())
    });
    lines.collect()
}

/// Complains where the fenced table of `architecture` is not `expected`.
pub(crate) fn complaints(architecture: &str, expected: &str) -> Vec<String> {
    let fenced = architecture
        .split_once(OPENING)
        .and_then(|(_, rest)| rest.split_once("```"));
    match fenced {
        Some((table, _)) if table == expected => Vec::new(),
        Some(_) => vec![format!(
            "ARCHITECTURE.md: its table of levels is not the code's, which is:\n{OPENING}{expected}```"
        )],
        None => vec![format!("ARCHITECTURE.md: no table fenced by {OPENING:?}")],
    }
}

#[test]
fn architecture_shows_the_modules_there_are() {
    let files = tree::files(SRC, &[".rs"]);
    let sources: Vec<&str> = files
        .iter()
        .map(|file| file.path.trim_start_matches(SRC))
        .collect();
    crate::assert_tidy(&complaints(
        &tree::read("ARCHITECTURE.md"),
        &table(&sources),
    ));
}

#[cfg(test)]
mod tests {
    use super::{complaints, table};

    const TABLE: &str = "\
2  blob
3  error
4  registry    auth client upload/session
4  source      spool
6  lib
";

    #[test]
    fn the_table_lists_modules_by_level() {
        let sources = [
            "blob.rs",
            "error.rs",
            "lib.rs",
            "registry/auth.rs",
            "registry/client.rs",
            "registry/mod.rs",
            "registry/tests.rs",
            "registry/upload/session.rs",
            "source/mod.rs",
            "source/spool.rs",
        ];
        assert_eq!(table(&sources), TABLE);
    }

    #[test]
    fn a_table_that_is_not_the_codes_is_found() {
        let document = |table: &str| format!("# House\n\n```text levels\n{table}```\n");
        assert!(complaints(&document(TABLE), TABLE).is_empty());
        let found = complaints(&document("2  blob\n"), TABLE);
        assert!(found[0].contains(TABLE), "{found:?}");
        assert!(complaints("# House\n", TABLE)[0].contains("no table"));
    }
}

//! The files of the workspace, as a fresh clone has them.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the workspace and its text.
pub(crate) struct File {
    /// Relative to the workspace, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// The workspace's own folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is a folder of the workspace")
}

/// Reads one file, by its path in the workspace.
#[track_caller]
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every text file below a folder of the workspace whose name ends in one of `endings`, sorted by path.
pub(crate) fn files(folder: &str, endings: &[&str]) -> Vec<File> {
    let mut paths = Vec::new();
    walk(&root().join(folder), &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            path.strip_prefix(root())
                .expect("below the root")
                .to_owned()
        })
        .map(|path| path.to_string_lossy().replace('\\', "/"))
        .filter(|path| endings.iter().any(|ending| path.ends_with(ending)))
        .map(|path| File {
            text: read(&path),
            path,
        })
        .collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    for entry in entries {
        let entry = entry.expect("a readable folder");
        let path = entry.path();
        let hidden_or_built = [".git", "target"]
            .iter()
            .any(|name| entry.file_name() == *name);
        if hidden_or_built {
            continue;
        }
        if entry.file_type().expect("a file type").is_dir() {
            walk(&path, found);
        } else {
            found.push(path);
        }
    }
}

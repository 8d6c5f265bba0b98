//! What is built or unpacked is made aside in the cache first, so that what has a name there is whole.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::Error;

/// What the folders begin with in which something is made.
const UNFINISHED: &str = "lab-build.";

/// A folder in the cache to make something in; what an interrupted one has left is taken away.
///
/// One thing is made at a time: whoever makes it holds the lab's lock.
pub(crate) fn folder(cache: &Path) -> Result<TempDir, Error> {
    remove_unfinished(cache);
    tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempdir_in(cache)
        .map_err(Error::file("create a folder in", cache))
}

/// Gives what was made its name.
pub(crate) fn keep(made: &Path, place: &Path) -> Result<(), Error> {
    // Somebody may have been quicker, whose build is as good.
    fs::rename(made, place)
        .or_else(|error| if place.is_dir() { Ok(()) } else { Err(error) })
        .map_err(Error::file("create", place))
}

fn remove_unfinished(cache: &Path) {
    let entries = fs::read_dir(cache).into_iter().flatten().flatten();
    let unfinished =
        entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(UNFINISHED));
    for entry in unfinished {
        // What stays takes room and does no other harm.
        let _ = fs::remove_dir_all(entry.path());
    }
}

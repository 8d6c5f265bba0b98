//! Images as files: small ones that differ where a test says so, and one with a layer of any size.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::archive::{Image, docker_archive};

/// A docker archive in a directory of its own.
pub(crate) struct Archive {
    _directory: TempDir,
    path: PathBuf,
}

impl Archive {
    /// An image with one layer for each text.
    pub(crate) fn of(texts: &[&str]) -> Self {
        let image = Image::new(texts);
        let directory = TempDir::new().expect("a temporary directory");
        let path = directory.path().join("image.tar");
        let bytes = docker_archive(&image, &["own/name:1"]).finish();
        std::fs::write(&path, bytes).expect("a file");
        Self {
            _directory: directory,
            path,
        }
    }

    /// An image with one layer of about so many bytes, which are nobody else's.
    pub(crate) fn of_size(bytes: usize, seed: &str) -> Self {
        // Not compressible is not needed: nothing is compressed on the way.
        let line = format!("{seed} {bytes}\n");
        Self::of(&[&line.repeat(bytes / line.len() + 1)])
    }

    pub(crate) fn path(&self) -> &str {
        self.path.to_str().expect("a path in UTF-8")
    }
}

/// A text that no other test and no earlier run has: what is pushed with it is new to the registry.
pub(crate) fn unique(what: &str) -> String {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("a clock after 1970");
    format!("{what}-{}-{}", std::process::id(), now.as_nanos())
}

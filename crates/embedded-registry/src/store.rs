//! The directory: where each thing lies, and how a file comes to be there whole.
//!
//! ```text
//! incoming/                                   what is not whole yet: upload sessions, files being written
//! shared/<digest>                             every blob, under one more name for mounts without a source
//! repositories/<name>/_blobs/<digest>         the blobs of a repository
//! repositories/<name>/_manifests/<digest>     its manifests, each after a line with its media type
//! repositories/<name>/_referrers/<digest>/    for a subject: the names of the manifests that refer to it
//! repositories/<name>/_tags/<tag>             the digest that a tag points to
//! ```
//!
//! A file is written below `incoming` and renamed to its place once it is whole and its digest was checked, so a
//! name is never seen with half its bytes, whoever dies when. A blob has one hard link for each repository that has
//! it; its space is free when the last one goes. Nothing is kept in memory that another process would have to know,
//! so any number of processes can serve one directory.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use oci::{Digest, Repository};

use crate::session::Hashed;

/// The directory of a registry.
#[derive(Clone)]
pub(crate) struct Store(Arc<Inner>);

struct Inner {
    directory: PathBuf,
    sync: bool,
    hashed: Mutex<HashMap<PathBuf, Hashed>>,
    swept: Mutex<Option<Instant>>,
}

impl Store {
    /// Opens a directory, which is made where it is missing.
    ///
    /// With `sync`, what is written here outlasts a power cut and not only the death of the process.
    pub(crate) fn open(directory: &Path, sync: bool) -> io::Result<Self> {
        let store = Self(Arc::new(Inner {
            directory: std::path::absolute(directory)?,
            sync,
            hashed: Mutex::default(),
            swept: Mutex::default(),
        }));
        for part in [store.incoming(), store.shared(), store.repositories()] {
            store.make_directory(&part)?;
        }
        Ok(store)
    }

    /// Where files lie that are not whole yet.
    pub(crate) fn incoming(&self) -> PathBuf {
        self.0.directory.join(INCOMING)
    }

    /// Where each blob has a name of no repository.
    pub(crate) fn shared(&self) -> PathBuf {
        self.0.directory.join(SHARED)
    }

    /// Where the repositories lie, each below its own name.
    pub(crate) fn repositories(&self) -> PathBuf {
        self.0.directory.join(REPOSITORIES)
    }

    /// Where a repository keeps `part`, which starts with `_` so that no repository can have that name.
    pub(crate) fn part(&self, repository: &Repository, part: &str) -> PathBuf {
        self.repositories().join(repository.as_str()).join(part)
    }

    /// Where a repository has a blob.
    pub(crate) fn blob(&self, repository: &Repository, digest: &Digest) -> PathBuf {
        self.part(repository, BLOBS).join(file_name(digest))
    }

    /// Where a blob lies under a name of no repository.
    pub(crate) fn shared_blob(&self, digest: &Digest) -> PathBuf {
        self.shared().join(file_name(digest))
    }

    /// Whether anything was ever pushed to the repository.
    pub(crate) fn has_repository(&self, repository: &Repository) -> bool {
        [BLOBS, MANIFESTS]
            .iter()
            .any(|part| self.part(repository, part).is_dir())
    }

    /// What this process has hashed of the upload sessions: a hint that saves reading them again.
    pub(crate) fn hashed(&self) -> MutexGuard<'_, HashMap<PathBuf, Hashed>> {
        self.0.hashed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When this process last swept the directory.
    pub(crate) fn swept(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.swept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a file so that it is seen whole or not at all.
    pub(crate) fn write(&self, path: &Path, parts: &[&[u8]]) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(self.incoming())?;
        for part in parts {
            file.write_all(part)?;
        }
        self.sync_file(file.as_file())?;
        self.make_parent(path)?;
        file.persist(path)?;
        self.sync_parent(path)
    }

    /// Makes the directory that `path` is to lie in.
    pub(crate) fn make_parent(&self, path: &Path) -> io::Result<()> {
        path.parent()
            .map_or(Ok(()), |parent| self.make_directory(parent))
    }

    fn make_directory(&self, directory: &Path) -> io::Result<()> {
        if directory.is_dir() {
            return Ok(());
        }
        self.make_parent(directory)?;
        match fs::create_dir(directory) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => self.sync_parent(directory),
        }
    }

    /// Has the disk keep the bytes of a file.
    pub(crate) fn sync_file(&self, file: &File) -> io::Result<()> {
        if self.0.sync {
            file.sync_data()
        } else {
            Ok(())
        }
    }

    /// Has the disk keep the names of the directory that `path` lies in.
    pub(crate) fn sync_parent(&self, path: &Path) -> io::Result<()> {
        match path.parent() {
            // Windows has no such call, and needs none.
            Some(parent) if self.0.sync && cfg!(unix) => File::open(parent)?.sync_all(),
            _ => Ok(()),
        }
    }
}

/// The name of a file that holds what `digest` names.
pub(crate) fn file_name(digest: &Digest) -> String {
    format!("{}-{}", digest.algorithm(), digest.hex())
}

/// The digest that a file is named by.
pub(crate) fn digest_of(file_name: &str) -> Option<Digest> {
    file_name.replacen('-', ":", 1).parse().ok()
}

/// The names in a directory; none where it does not exist.
pub(crate) fn names(directory: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect()
}

/// Removes a file, and says whether there was one.
pub(crate) fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        result => result.map(|()| true),
    }
}

/// A repository's part for blobs.
pub(crate) const BLOBS: &str = "_blobs";
/// A repository's part for manifests.
pub(crate) const MANIFESTS: &str = "_manifests";
/// A repository's part for tags.
pub(crate) const TAGS: &str = "_tags";
/// A repository's part for referrers.
pub(crate) const REFERRERS: &str = "_referrers";

const INCOMING: &str = "incoming";
const SHARED: &str = "shared";
const REPOSITORIES: &str = "repositories";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_survives_being_a_file_name() {
        let digest = Digest::of(b"x");
        assert_eq!(digest_of(&file_name(&digest)), Some(digest));
        assert_eq!(digest_of("sha256"), None);
    }

    #[test]
    fn a_file_replaces_another_whole_and_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path(), true).unwrap();
        let path = store.part(&"a/b".parse().unwrap(), TAGS).join("x");
        store.write(&path, &[b"one"]).unwrap();
        store.write(&path, &[b"t", b"wo"]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert!(names(&store.incoming()).unwrap().is_empty());
    }
}

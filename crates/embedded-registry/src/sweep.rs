//! The sweep: removes what dead processes and given-up clients left behind.
//!
//! It needs no lock against other processes: whatever it takes away is either locked first (upload sessions), or
//! only a second name of bytes that every repository has under a name of its own.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use oci::Digest;

use crate::session;
use crate::store::{self, Store};

/// How long an upload session may lie still before it is given up.
pub(crate) const STALE_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

impl Store {
    /// Whether it is time to sweep; says so at most once an hour, and to one caller.
    pub(crate) fn sweep_is_due(&self) -> bool {
        const INTERVAL: Duration = Duration::from_secs(60 * 60);
        let mut swept = self.swept();
        let due = swept.is_none_or(|swept| swept.elapsed() > INTERVAL);
        if due {
            *swept = Some(Instant::now());
        }
        due
    }

    /// Removes what has lain still since before `now` less [`STALE_AFTER`], and bytes that no repository has.
    pub(crate) fn sweep(&self, now: SystemTime) {
        for name in store::names(&self.incoming()).unwrap_or_default() {
            let path = self.incoming().join(name);
            if let Err(error) = remove_stale(&path, now) {
                tracing::debug!(%error, path = %path.display(), "not swept");
            }
        }
        for name in store::names(&self.shared()).unwrap_or_default() {
            if let Some(digest) = store::digest_of(&name) {
                let _ = self.drop_unshared(&digest);
            }
        }
        self.hashed().retain(|path, _| path.exists());
    }

    /// Removes the shared name of a blob when no repository has it any more, and with that its bytes.
    ///
    /// A mount that comes in between has already linked the bytes, or finds no blob to mount.
    pub(crate) fn drop_unshared(&self, digest: &Digest) -> io::Result<()> {
        let shared = self.shared_blob(digest);
        let unshared = fs::metadata(&shared).is_ok_and(|metadata| links(&metadata) == Some(1));
        if unshared {
            store::remove(&shared)?;
        }
        Ok(())
    }
}

fn remove_stale(path: &Path, now: SystemTime) -> io::Result<()> {
    let file = File::open(path)?;
    let age = now.duration_since(file.metadata()?.modified()?);
    let stale = age.is_ok_and(|age| age > STALE_AFTER);
    if stale && session::lock(&file).is_ok() {
        fs::remove_file(path)?;
    }
    Ok(())
}

#[cfg(unix)]
fn links(metadata: &Metadata) -> Option<u64> {
    Some(std::os::unix::fs::MetadataExt::nlink(metadata))
}

#[cfg(not(unix))]
fn links(_: &Metadata) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;
    use crate::store;

    #[test]
    fn only_what_lay_still_for_long_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path(), false).unwrap();
        let left = store.incoming().join("left-by-a-dead-process");
        let held = store.incoming().join("held-by-a-living-one");
        fs::write(&left, "part").unwrap();
        let file = File::create(&held).unwrap();
        file.lock().unwrap();

        store.sweep(SystemTime::now());
        assert!(left.exists() && held.exists());
        store.sweep(SystemTime::now() + STALE_AFTER + Duration::from_secs(60));
        assert!(!left.exists() && held.exists());
    }

    #[test]
    fn bytes_go_with_the_last_repository_that_has_them() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path(), false).unwrap();
        let (digest, repository) = (Digest::of(b"x"), "a".parse().unwrap());
        let shared = store.shared_blob(&digest);
        fs::write(&shared, "x").unwrap();
        assert!(store.mount_shared(&repository, &digest).unwrap());

        store.sweep(SystemTime::now());
        assert!(shared.exists());
        store::remove(&store.blob(&repository, &digest)).unwrap();
        store.sweep(SystemTime::now());
        assert!(!shared.exists());
    }
}

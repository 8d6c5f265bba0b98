//! The sweep: removes what dead processes and given-up clients left behind.
//!
//! It needs no lock against other processes: whatever it takes away is either locked first (upload sessions), or
//! only a second name of bytes that every repository has under a name of its own.

use std::io;
use std::time::{Duration, SystemTime};

use oci::Digest;

use crate::store::Store;

/// How long an upload session may lie still before it is given up.
pub(crate) const STALE_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

impl Store {
    /// Whether it is time to sweep; says so at most once an hour, and to one caller.
    pub(crate) fn sweep_is_due(&self) -> bool {
        false
    }

    /// Removes what has lain still since before `now` less [`STALE_AFTER`], and bytes that no repository has.
    pub(crate) fn sweep(&self, _now: SystemTime) {}

    /// Removes the shared name of a blob when no repository has it any more, and with that its bytes.
    ///
    /// A mount that comes in between has already linked the bytes, or finds no blob to mount.
    pub(crate) fn drop_unshared(&self, _digest: &Digest) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
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

//! What a registry has shown of its ways during a run: which shortcuts it takes.

use std::sync::atomic::{AtomicBool, Ordering};

use oci::Registry;

/// What a registry has shown of its ways; each shortcut is tried until it is refused once.
#[derive(Debug)]
pub(super) struct Habits {
    /// It takes a small blob with the POST that would open a session.
    single_post: AtomicBool,
    /// It finds a blob to mount without being told where.
    bare_mount: AtomicBool,
}

impl Habits {
    pub(super) fn of(registry: &Registry) -> Self {
        let refuses = registry.is_docker_hub() || REFUSE_BARE_MOUNTS.contains(&registry.host());
        Self {
            single_post: AtomicBool::new(true),
            bare_mount: AtomicBool::new(!refuses),
        }
    }

    /// Whether a blob of this size goes with the first POST.
    pub(super) fn single_post(&self, size: u64) -> bool {
        size <= SMALL && self.single_post.load(Ordering::Relaxed)
    }

    pub(super) fn no_single_post(&self) {
        self.single_post.store(false, Ordering::Relaxed);
    }

    pub(super) fn bare_mount(&self) -> bool {
        self.bare_mount.load(Ordering::Relaxed)
    }

    pub(super) fn no_bare_mount(&self) {
        self.bare_mount.store(false, Ordering::Relaxed);
    }
}

/// Quay answers 400 to a mount without `from`, and Docker Hub has trouble with mounts that it cannot place.
const REFUSE_BARE_MOUNTS: [&str; 1] = ["quay.io"];

/// What is sent with the first POST, in bytes: Go servers read so much of a body that they ignore before they hang up.
const SMALL: u64 = 128 << 10;

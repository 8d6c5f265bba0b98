//! What a registry has shown of its ways during a run: which shortcuts it takes, and how much it takes at once.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use oci::Registry;

use super::options::{ChunkSize, Options};

/// What a registry has shown of its ways; each shortcut is tried until it is refused once.
#[derive(Debug)]
pub(super) struct Habits {
    /// It takes a small blob with the POST that would open a session.
    single_post: AtomicBool,
    /// It finds a blob to mount without being told where.
    bare_mount: AtomicBool,
    /// What was asked for.
    chunk_size: ChunkSize,
    /// The most bytes that are sent with one request.
    most: AtomicU64,
}

impl Habits {
    pub(super) fn of(registry: &Registry, options: &Options) -> Self {
        let refuses = registry.is_docker_hub() || REFUSE_BARE_MOUNTS.contains(&registry.host());
        let most = match (options.chunk_size, options.body_limit) {
            (ChunkSize::Bytes(bytes), _) => bytes.get(),
            // Behind a proxy that spools a body before it hands it on, chunks are as fast as a whole blob, and what
            // is lost to its timers or a cut is one of them. A blob of one chunk's size gains nothing by it.
            (ChunkSize::Auto, Some(limit)) => limit.clamp(1, CHUNK),
            (ChunkSize::Auto, None) | (ChunkSize::Whole, _) => u64::MAX,
        };
        Self {
            single_post: AtomicBool::new(true),
            bare_mount: AtomicBool::new(!refuses),
            chunk_size: options.chunk_size,
            most: AtomicU64::new(most),
        }
    }

    /// Whether a blob of this size goes with the first POST.
    pub(super) fn single_post(&self, size: u64) -> bool {
        size <= SMALL.min(self.most()) && self.single_post.load(Ordering::Relaxed)
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

    /// The most bytes that are sent with one request.
    pub(super) fn most(&self) -> u64 {
        self.most.load(Ordering::Relaxed)
    }

    /// Learns that `refused` bytes were too many, and says how many are tried next; none where that is hopeless.
    pub(super) fn too_many(&self, refused: u64) -> Option<u64> {
        if self.chunk_size == ChunkSize::Whole || refused <= SMALLEST_CHUNK {
            return None;
        }
        let half = refused / 2;
        let next = (half - half % SMALLEST_CHUNK).clamp(SMALLEST_CHUNK, CHUNK);
        self.most.fetch_min(next, Ordering::Relaxed);
        Some(self.most())
    }
}

impl ChunkSize {
    /// Chunks of so many bytes; none of no bytes.
    #[must_use]
    pub fn bytes(bytes: u64) -> Option<Self> {
        NonZeroU64::new(bytes).map(Self::Bytes)
    }
}

/// Quay answers 400 to a mount without `from`, and Docker Hub has trouble with mounts that it cannot place.
const REFUSE_BARE_MOUNTS: [&str; 1] = ["quay.io"];

/// What is sent with the first POST, in bytes: Go servers read so much of a body that they ignore before they hang up.
const SMALL: u64 = 128 << 10;

/// Bytes of a chunk where nobody said: 1 GiB through nginx to Gitea took 10.7, 11.5 and 14.2 s in chunks of 8, 64 and
/// 256 MiB, and with 64 MiB even a slow proxy is far from its minute.
const CHUNK: u64 = 64 << 20;

/// A registry that does not take even this has no limit of a body, but something against it.
const SMALLEST_CHUNK: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn habits(chunk_size: ChunkSize, body_limit: Option<u64>) -> Habits {
        let options = Options {
            chunk_size,
            body_limit,
            ..Options::default()
        };
        Habits::of(&"r.example".parse().unwrap(), &options)
    }

    #[test]
    fn a_blob_goes_whole_unless_something_speaks_for_chunks() {
        const GIB: u64 = 1 << 30;
        let bytes = |bytes| ChunkSize::bytes(bytes).unwrap();
        let table = [
            (ChunkSize::Auto, None, u64::MAX),
            (ChunkSize::Auto, Some(GIB), CHUNK),
            (ChunkSize::Auto, Some(10), 10),
            (ChunkSize::Auto, Some(0), 1),
            (ChunkSize::Whole, Some(GIB), u64::MAX),
            (bytes(5), Some(GIB), 5),
            (bytes(GIB), None, GIB),
        ];
        for (chunk_size, body_limit, expected) in table {
            let most = habits(chunk_size, body_limit).most();
            assert_eq!(most, expected, "{chunk_size:?} {body_limit:?}");
        }
    }

    #[test]
    fn what_is_too_much_is_halved_down_to_a_mebibyte() {
        let habits = habits(ChunkSize::Auto, None);
        assert_eq!(habits.too_many(5 << 30), Some(64 << 20));
        assert_eq!(habits.too_many(64 << 20), Some(32 << 20));
        assert_eq!(habits.too_many(100 << 20), Some(32 << 20), "it is a habit");
        assert_eq!(habits.too_many(3 << 19), Some(1 << 20));
        assert_eq!(habits.too_many(1 << 20), None);
        assert_eq!(habits.most(), 1 << 20);
    }

    #[test]
    fn who_wants_no_chunks_gets_none() {
        assert_eq!(habits(ChunkSize::Whole, None).too_many(1 << 30), None);
    }
}

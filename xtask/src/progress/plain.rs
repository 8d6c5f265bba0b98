//! Progress as lines: one for each blob, manifest and tag that is done, and now and then one for a blob that takes long.

use std::collections::HashMap;
use std::time::Duration;

use indicatif::DecimalBytes;
use oci::Digest;
use push::{BlobKind, Event};

use crate::{text, words};

/// How long nothing is said of a blob that is on its way.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is known of the blobs that are on their way.
#[derive(Debug, Default)]
pub(super) struct Plain {
    blobs: HashMap<Digest, Blob>,
    /// When something was last said of the spooling.
    spooling: Option<Duration>,
}

#[derive(Debug)]
struct Blob {
    kind: BlobKind,
    size: u64,
    sent: u64,
    waiting: bool,
    /// When something was last said of it, and how much had been sent by then.
    said: (Duration, u64),
}

impl Plain {
    /// What is to be said of an event; times count from the start.
    pub(super) fn event(&mut self, event: &Event, now: Duration) -> Option<String> {
        let _ = (event, now);
        None
    }

    /// What is to be said because nothing was for a while, in the order of the digests.
    pub(super) fn tick(&mut self, now: Duration) -> Vec<String> {
        let _ = now;
        Vec::new()
    }
}

/// What is said of an event that nothing has to be remembered for; the same words stand above the bars.
pub(super) fn milestone(event: &Event) -> Option<String> {
    let _ = event;
    None
}

/// What is said of a blob that is in the registry.
pub(super) fn finished(event: &Event, kind: Option<BlobKind>) -> Option<String> {
    let _ = (event, kind);
    None
}

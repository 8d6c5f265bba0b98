//! Progress as bars: one for each blob in flight, and at the bottom a total with rate and time to go.
//!
//! What is done leaves a line above the bars, in the words of the plain progress. The total counts what has to be
//! sent: a blob that is there already is taken off it, so that the rate is the network's.

use std::collections::HashMap;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use oci::Digest;
use push::{BlobKind, BlobOutcome, Event};

use super::plain;

const BLOB: &str = "{prefix} [{bar:24}] {decimal_bytes}/{decimal_total_bytes} {msg}";
const TOTAL: &str = "{prefix} [{bar:24}] {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec}, {eta} to go";
const SPOOLING: &str = "reading the source: {decimal_bytes} so far, {decimal_bytes_per_sec}";

/// The bars that are on the screen.
pub(super) struct Bars {
    screen: MultiProgress,
    blobs: HashMap<Digest, Blob>,
    spooling: Option<ProgressBar>,
    total: Option<ProgressBar>,
    /// Bytes of the blobs that are done and were sent.
    done: u64,
}

struct Blob {
    kind: BlobKind,
    bar: ProgressBar,
}

impl Bars {
    /// No bars yet, on that screen.
    pub(super) fn new(screen: MultiProgress) -> Self {
        Self {
            screen,
            blobs: HashMap::new(),
            spooling: None,
            total: None,
            done: 0,
        }
    }

    /// Draws what happened, and returns the line that is to stand above the bars.
    pub(super) fn event(&mut self, event: &Event) -> Option<String> {
        let _ = event;
        None
    }

    /// Brings the total up to date.
    pub(super) fn tick(&mut self) {}

    /// Takes every bar away.
    pub(super) fn clear(&mut self) {}
}

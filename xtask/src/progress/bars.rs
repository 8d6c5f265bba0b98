//! Progress as bars: one for each blob in flight, and at the bottom a total with rate and time to go.
//!
//! What is done leaves a line above the bars, in the words of the plain progress. The total counts what has to be
//! sent: a blob that is there already is taken off it, so that the rate is the network's.

use std::collections::HashMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use oci::Digest;
use push::{BlobKind, BlobOutcome, Event};

use super::pace::Pace;
use super::{pace, plain};

const BLOB: &str = "{prefix} [{bar:24}] {decimal_bytes}/{decimal_total_bytes} {msg}";
const TOTAL: &str = "{prefix} [{bar:24}] {decimal_bytes}/{decimal_total_bytes} {msg}";
const SPOOLING: &str = "reading the source: {decimal_bytes} so far, {decimal_bytes_per_sec}";

/// The bars that are on the screen.
pub(super) struct Bars {
    screen: MultiProgress,
    blobs: HashMap<Digest, Blob>,
    spooling: Option<ProgressBar>,
    total: Option<ProgressBar>,
    pace: Pace,
    /// Bytes of the blobs that are done and were sent.
    done: u64,
    /// Bytes of the blobs that are done and had not to be sent.
    spared: u64,
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
            pace: Pace::default(),
            done: 0,
            spared: 0,
        }
    }

    /// Draws what happened, and returns the line that is to stand above the bars.
    pub(super) fn event(&mut self, event: &Event) -> Option<String> {
        match event {
            Event::Spooling { read } => self.spool(*read),
            Event::Planned { bytes, .. } => self.plan(*bytes),
            Event::BlobStarted { digest, kind, size } => self.start(digest, *kind, *size),
            Event::BlobProgress { digest, sent } => {
                if let Some(Blob { bar, .. }) = self.blobs.get(digest)
                    && bar.position() != *sent
                {
                    bar.set_position(*sent);
                    bar.set_message("");
                }
            }
            Event::BlobWaiting { digest } => {
                if let Some(Blob { bar, .. }) = self.blobs.get(digest) {
                    bar.set_message("waiting for the registry");
                }
            }
            Event::BlobFinished {
                digest,
                size,
                outcome,
            } => {
                let kind = self.finish(digest, *size, *outcome);
                return plain::finished(event, kind);
            }
            Event::Note(_)
            | Event::Streaming { .. }
            | Event::Retrying { .. }
            | Event::ManifestPushed { .. }
            | Event::Tagged { .. }
            | Event::Verifying { .. } => {}
        }
        plain::milestone(event)
    }

    /// Brings the total up to date; times count from the start.
    pub(super) fn tick(&mut self, now: Duration) {
        let Some(total) = &self.total else { return };
        let in_flight: u64 = self.blobs.values().map(|blob| blob.bar.position()).sum();
        let sent = self.done + in_flight;
        total.set_position(sent);
        let left = total.length().unwrap_or_default().saturating_sub(sent);
        let still = self.pace.still(sent, now);
        // Who is waited for is said above.
        let awaited = still >= pace::PATIENCE && self.blobs.values().any(Blob::is_awaited);
        total.set_message(if awaited {
            String::new()
        } else {
            pace::words(total.per_sec() as u64, left, still)
        });
        total.tick();
    }

    /// Takes every bar away.
    pub(super) fn clear(&mut self) {
        let bars = self.blobs.drain().map(|(_, blob)| blob.bar);
        for bar in bars.chain(self.spooling.take()).chain(self.total.take()) {
            bar.finish_and_clear();
            self.screen.remove(&bar);
        }
    }

    fn spool(&mut self, read: u64) {
        let bar = self.spooling.get_or_insert_with(|| {
            self.screen
                .add(ProgressBar::no_length().with_style(style(SPOOLING)))
        });
        bar.set_position(read);
    }

    fn plan(&mut self, bytes: u64) {
        if let Some(bar) = self.spooling.take() {
            bar.finish_and_clear();
            self.screen.remove(&bar);
        }
        // Of a stream something may be sent already; the rate begins to be measured here.
        let bar = ProgressBar::new(bytes.saturating_sub(self.spared))
            .with_position(self.done)
            .with_style(style(TOTAL))
            .with_prefix(format!("{:<19}", "total"));
        bar.reset_eta();
        self.total.get_or_insert_with(|| self.screen.add(bar));
    }

    fn start(&mut self, digest: &Digest, kind: BlobKind, size: u64) {
        if self.blobs.contains_key(digest) {
            return;
        }
        let bar = ProgressBar::new(size)
            .with_style(style(BLOB))
            .with_prefix(format!("{:<19}", plain::name(kind, digest)));
        let bar = match &self.total {
            Some(total) => self.screen.insert_before(total, bar),
            None => self.screen.add(bar),
        };
        bar.tick();
        self.blobs.insert(digest.clone(), Blob { kind, bar });
    }

    fn finish(&mut self, digest: &Digest, size: u64, outcome: BlobOutcome) -> Option<BlobKind> {
        match outcome {
            BlobOutcome::Uploaded => self.done += size,
            BlobOutcome::AlreadyThere | BlobOutcome::Mounted => {
                self.spared += size;
                if let Some(total) = &self.total {
                    total.set_length(total.length().unwrap_or_default().saturating_sub(size));
                }
            }
        }
        let blob = self.blobs.remove(digest)?;
        blob.bar.finish_and_clear();
        self.screen.remove(&blob.bar);
        Some(blob.kind)
    }
}

impl Blob {
    /// Whether its bar says that the registry is waited for.
    fn is_awaited(&self) -> bool {
        !self.bar.message().is_empty()
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .expect("the templates of this file are valid")
        .progress_chars("=> ")
}

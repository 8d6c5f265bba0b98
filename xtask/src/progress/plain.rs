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
        match event {
            Event::Note(note) => Some(format!("note: {}", text::one_line(note))),
            Event::Spooling { read } => self.spooling(*read, now),
            Event::BlobStarted { digest, kind, size } => {
                self.blobs.entry(digest.clone()).or_insert(Blob {
                    kind: *kind,
                    size: *size,
                    sent: 0,
                    waiting: false,
                    said: (now, 0),
                });
                None
            }
            Event::BlobProgress { digest, sent } => {
                if let Some(blob) = self.blobs.get_mut(digest) {
                    blob.waiting &= *sent == blob.sent;
                    blob.sent = *sent;
                }
                None
            }
            Event::BlobWaiting { digest } => {
                if let Some(blob) = self.blobs.get_mut(digest) {
                    blob.waiting = true;
                }
                None
            }
            Event::BlobFinished { digest, .. } => {
                let kind = self.blobs.remove(digest).map(|blob| blob.kind);
                finished(event, kind)
            }
            other => milestone(other),
        }
    }

    /// What is to be said because nothing was for a while, in the order of the digests.
    pub(super) fn tick(&mut self, now: Duration) -> Vec<String> {
        let mut late: Vec<(&Digest, &mut Blob)> = self
            .blobs
            .iter_mut()
            .filter(|(_, blob)| now.saturating_sub(blob.said.0) >= PATIENCE)
            .collect();
        late.sort_by_key(|(digest, _)| *digest);
        late.into_iter()
            .map(|(digest, blob)| blob.say(digest, now))
            .collect()
    }

    fn spooling(&mut self, read: u64, now: Duration) -> Option<String> {
        let due = self
            .spooling
            .is_none_or(|said| now.saturating_sub(said) >= PATIENCE);
        due.then(|| {
            self.spooling = Some(now);
            spooling(read)
        })
    }
}

impl Blob {
    fn say(&mut self, digest: &Digest, now: Duration) -> String {
        let (then, before) = self.said;
        self.said = (now, self.sent);
        let name = name(self.kind, digest);
        if self.waiting {
            let sent = DecimalBytes(self.sent);
            let of = if self.sent < self.size {
                format!(" of {}", DecimalBytes(self.size))
            } else {
                String::new()
            };
            return format!("{name}: {sent}{of} sent, waiting for the registry");
        }
        let elapsed = now.saturating_sub(then).as_millis().max(1);
        let rate = u128::from(self.sent.saturating_sub(before)) * 1000 / elapsed;
        let percent = u128::from(self.sent) * 100 / u128::from(self.size.max(1));
        format!(
            "{name}: {percent} %, {} of {}, {}/s",
            DecimalBytes(self.sent),
            DecimalBytes(self.size),
            DecimalBytes(u64::try_from(rate).unwrap_or(u64::MAX))
        )
    }
}

/// What is said of an event that nothing has to be remembered for; the same words stand above the bars.
pub(super) fn milestone(event: &Event) -> Option<String> {
    let line = match event {
        Event::Streaming { repository } => {
            format!("pushing layers to {repository} while the source is read")
        }
        Event::Planned {
            references,
            blobs,
            bytes,
        } => format!(
            "pushing {} ({}, {})",
            references.join(", "),
            words::count(*blobs, "blob"),
            DecimalBytes(*bytes)
        ),
        Event::Retrying {
            what,
            why,
            attempt,
            wait,
        } => format!(
            "{what} failed: {why}; attempt {} in {:.1} s",
            attempt.saturating_add(1),
            wait.as_secs_f64()
        ),
        Event::ManifestPushed { digest, size } => {
            format!(
                "manifest {}: pushed, {}",
                digest.short(),
                DecimalBytes(*size)
            )
        }
        Event::Tagged { reference, digest } => format!("tagged {reference} as {digest}"),
        Event::Verifying { reference } => format!("reading back {reference}"),
        Event::Note(_)
        | Event::Spooling { .. }
        | Event::BlobStarted { .. }
        | Event::BlobProgress { .. }
        | Event::BlobWaiting { .. }
        | Event::BlobFinished { .. } => return None,
    };
    Some(text::one_line(&line))
}

/// What is said of a blob that is in the registry.
pub(super) fn finished(event: &Event, kind: Option<BlobKind>) -> Option<String> {
    let Event::BlobFinished {
        digest,
        size,
        outcome,
    } = event
    else {
        return None;
    };
    Some(format!(
        "{}: {}, {}",
        name(kind.unwrap_or(BlobKind::Layer), digest),
        words::outcome(*outcome),
        DecimalBytes(*size)
    ))
}

/// What is said while a source that cannot seek is read.
pub(super) fn spooling(read: u64) -> String {
    format!("reading the source: {} so far", DecimalBytes(read))
}

/// `layer 0123456789ab`.
pub(super) fn name(kind: BlobKind, digest: &Digest) -> String {
    format!("{} {}", words::kind(kind), digest.short())
}

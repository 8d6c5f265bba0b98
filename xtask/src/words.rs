//! Words that several messages share.

use push::{BlobKind, BlobOutcome};

/// What a blob is.
pub(crate) fn kind(kind: BlobKind) -> &'static str {
    match kind {
        BlobKind::Config => "config",
        BlobKind::Layer => "layer",
    }
}

/// How a blob came to be in its repository.
pub(crate) fn outcome(outcome: BlobOutcome) -> &'static str {
    match outcome {
        BlobOutcome::AlreadyThere => "already there",
        BlobOutcome::Mounted => "mounted",
        BlobOutcome::Uploaded => "uploaded",
    }
}

/// `1 blob`, `2 blobs`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

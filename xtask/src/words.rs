//! Words that several messages share.

use push::BlobKind;

/// What a blob is.
pub(crate) fn kind(kind: BlobKind) -> &'static str {
    match kind {
        BlobKind::Config => "config",
        BlobKind::Layer => "layer",
    }
}

/// `1 blob`, `2 blobs`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

//! What a source holds, for scripts: one JSON document.

use push::source::Contents;

/// The whole document, on one line.
pub(super) fn render(contents: &Contents) -> String {
    let _ = contents;
    String::new()
}

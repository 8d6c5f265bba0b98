//! What is still said to a registry when nobody waits for the push any more.

use tokio::sync::watch;

/// Farewells to the upload sessions that a dropped push leaves open; clones share them.
///
/// Each is said in the background, on the runtime in which the push was dropped, and lost where that ends.
#[derive(Clone, Debug, Default)]
pub struct Farewells(watch::Sender<usize>);

impl Farewells {
    /// Waits until all are said that are being said now.
    pub async fn said(&self) {
        // The sender is here, and so it is not closed.
        drop(self.0.subscribe().wait_for(|left| *left == 0).await);
    }
}

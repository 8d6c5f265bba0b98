//! What is still said to a registry when nobody waits for the push any more.

use std::future::Future;

use tokio::runtime::Handle;
use tokio::sync::watch;

/// Farewells to the upload sessions that a dropped push leaves open; clones share them.
///
/// Each is said in the background, on the runtime in which the push was dropped, and lost where that ends.
#[derive(Clone, Debug, Default)]
pub struct Farewells(watch::Sender<usize>);

impl Farewells {
    /// Says one in the background, where there is a runtime for that.
    pub(crate) fn say(&self, farewell: impl Future<Output = ()> + Send + 'static) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let under_way = self.0.clone();
        under_way.send_modify(|count| *count += 1);
        runtime.spawn(async move {
            farewell.await;
            under_way.send_modify(|count| *count -= 1);
        });
    }

    /// Waits until all are said that are being said now.
    pub async fn said(&self) {
        // The sender is here, and so it is not closed.
        drop(self.0.subscribe().wait_for(|count| *count == 0).await);
    }
}

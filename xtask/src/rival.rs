//! A file that wins over an image of the Docker daemon: it is said that there is such an image, if the daemon says so
//! before long.

use std::future::Future;
use std::time::Duration;

use push::source::{SourceSpec, daemon_has};
use push::{Environment, Event, Events};
use tokio::time::timeout;

/// Does the work, and finds out beside it whether the source has a rival in the Docker daemon.
pub(crate) async fn told_beside<T>(
    work: impl Future<Output = T>,
    source: &SourceSpec,
    environment: &Environment,
    events: &Events,
) -> T {
    let Some(name) = source.rival() else {
        return work.await;
    };
    tokio::join!(work, ask(name, environment, events)).0
}

async fn ask(name: &str, environment: &Environment, events: &Events) {
    // A daemon that cannot be asked is nothing that anybody wanted to know of.
    if let Ok(Ok(true)) = timeout(PATIENCE, daemon_has(name, environment)).await {
        let kind = if std::path::Path::new(name).is_dir() {
            "directory"
        } else {
            "file"
        };
        events.tell(Event::Note(format!(
            "`{name}` is the {kind} here; the Docker daemon has an image of that name too: write `docker-daemon:{name}` for it"
        )));
    }
}

/// How long the daemon may take; most answer such a question within a few milliseconds.
const PATIENCE: Duration = Duration::from_secs(1);

//! `cargo xtask inspect`: what a source holds, as text or as one JSON document; no registry is asked.

mod json;
mod text;

use push::source::{Contents, SourceSpec};
use push::{Error, Events};

use crate::cli::{InspectArgs, Output};
use crate::console::{self, Console};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::work;

/// Says what the source holds.
///
/// # Errors
/// Those of the source.
pub(crate) fn run(
    typed: &InspectArgs,
    environment: &Environment,
    console: &Console,
) -> Result<(), Failure> {
    let _ = (typed, environment, console);
    Err(Failure::usage("not supported yet", "wait for it"))
}

/// Opens a source on a thread that may block.
///
/// # Errors
/// Those of the source.
pub(crate) async fn open(
    source: &SourceSpec,
    environment: &push::Environment,
    events: &Events,
) -> Result<Contents, Box<Error>> {
    let (spec, environment, events) = (source.clone(), environment.clone(), events.clone());
    let place = push::blob::Place::source(&source.to_string());
    let opened = tokio::task::spawn_blocking(move || {
        push::source::open(&spec, &environment, &events).map_err(Box::new)
    });
    opened.await.unwrap_or_else(|panicked| {
        Err(Box::new(Error::OpenSource {
            place,
            source: std::io::Error::other(panicked),
        }))
    })
}

#[cfg(test)]
mod tests;

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
use crate::{rival, work};

/// Says what the source holds.
///
/// # Errors
/// Those of the source.
pub(crate) fn run(
    typed: &InspectArgs,
    environment: &Environment,
    console: &Console,
) -> Result<(), Failure> {
    work::run(work::stoppable(async {
        let source = SourceSpec::read(&typed.source);
        let progress = Progress::start(None, console);
        let (environment, events) = (&environment.push, progress.events());
        let opening = open(&source, environment, &events);
        let contents = rival::told_beside(opening, &source, environment, &events).await;
        progress.finish();
        let contents = contents.map_err(|error| Failure::Push {
            doing: format!("cannot inspect `{}`", typed.source),
            error,
        })?;
        for note in &contents.notes {
            console.note(note);
        }
        let text = match typed.output {
            Output::Text => text::render(&contents),
            Output::Json => json::render(&contents),
        };
        console::print(&text).map_err(Failure::machine("cannot write to standard output"))
    }))
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

//! What `-v` and `RUST_LOG` show: messages of this tool's own crates, and of no library, which could log credentials.

use std::io::{self, Write};

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::console::Console;

/// The crates whose messages are shown; a library's could hold what it sends, and that is credentials too.
const OWN: [&str; 5] = ["xtask", "push", "oci", "cluster", "embedded_registry"];

/// Shows messages on the console from now on.
pub(crate) fn start(verbose: u8, variable: Option<&str>, console: &Console) {
    let filter = Filter::new(verbose, variable);
    let lines = tracing_subscriber::fmt::layer()
        .without_time()
        .with_ansi(false)
        .with_writer(Lines(console.clone()))
        .with_filter(filter_fn(move |message| {
            filter.shows(message.target(), *message.level())
        }));
    tracing_subscriber::registry().with(lines).init();
}

/// Which messages are shown: those of our own crates that either `-v` or the variable asks for.
struct Filter {
    level: LevelFilter,
    asked: Targets,
}

impl Filter {
    fn new(verbose: u8, variable: Option<&str>) -> Self {
        Self {
            level: match verbose {
                0 => LevelFilter::OFF,
                1 => LevelFilter::INFO,
                2 => LevelFilter::DEBUG,
                _ => LevelFilter::TRACE,
            },
            asked: variable.map(asked).unwrap_or_default(),
        }
    }

    fn shows(&self, target: &str, level: Level) -> bool {
        let own = target
            .split("::")
            .next()
            .is_some_and(|name| OWN.contains(&name));
        own && (level <= self.level || self.asked.would_enable(target, &level))
    }
}

/// The filter in `RUST_LOG`; one that is meant for other programs and is none here is no reason to fail.
fn asked(variable: &str) -> Targets {
    let directives = variable.split(',').map(str::trim);
    // An empty directive would mean everything.
    let directives: Vec<&str> = directives.filter(|text| !text.is_empty()).collect();
    if directives.is_empty() {
        return Targets::default();
    }
    directives.join(",").parse().unwrap_or_default()
}

/// Writes whole messages to the console, above the bars.
struct Lines(Console);

struct Line<'a> {
    console: &'a Console,
    text: Vec<u8>,
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Line {
            console: &self.0,
            text: Vec::new(),
        }
    }
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.text);
        for line in text.lines() {
            self.console.line(&crate::text::one_line(line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn shows(verbose: u8, variable: &str, target: &str, level: Level, expected: bool) {
        assert_eq!(
            Filter::new(verbose, Some(variable)).shows(target, level),
            expected,
            "-v × {verbose}, RUST_LOG={variable}: {target} at {level}"
        );
    }

    #[test]
    fn nothing_is_shown_unless_asked() {
        shows(0, "", "push::plan", Level::ERROR, false);
        shows(0, " ,", "push::plan", Level::ERROR, false);
        shows(0, "push=info,", "xtask", Level::ERROR, false);
    }

    #[test]
    fn each_v_shows_more_of_our_own_crates() {
        shows(1, "", "push::plan", Level::INFO, true);
        shows(1, "", "push::plan", Level::DEBUG, false);
        shows(2, "", "xtask", Level::DEBUG, true);
        shows(3, "", "oci", Level::TRACE, true);
    }

    #[test]
    fn libraries_are_never_shown() {
        for variable in ["trace", "hyper=trace", "reqwest=trace,push=info", "h2"] {
            shows(3, variable, "hyper::client", Level::ERROR, false);
            shows(3, variable, "reqwest", Level::TRACE, false);
            shows(3, variable, "pushover", Level::TRACE, false);
        }
    }

    #[test]
    fn the_variable_is_for_our_own_crates() {
        shows(0, "debug", "push::plan", Level::DEBUG, true);
        shows(0, "push=debug", "push::plan", Level::DEBUG, true);
        shows(0, "push=debug", "xtask", Level::DEBUG, false);
        shows(0, "push::plan=trace", "push::plan", Level::TRACE, true);
        shows(0, "push::plan=trace", "push::registry", Level::TRACE, false);
        shows(1, "push=error", "push", Level::INFO, true);
        shows(0, "what is this?!", "push", Level::ERROR, false);
    }
}

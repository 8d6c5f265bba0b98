//! Progress on standard error: bars for people, lines for logs, JSON for programs.
//!
//! The push library tells what happens from any of its threads and must not wait for a slow terminal. So what it
//! tells is left in a basket, and one thread of its own empties the basket and writes. How much of a blob is sent
//! only matters until the next number comes, and so there is one number for each blob, however many were told.

mod bars;
mod json;
mod pace;
mod plain;

use std::collections::HashMap;
use std::io::{self, IsTerminal};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use oci::Digest;
use push::{Event, Events};

use crate::cli::ProgressMode;
use crate::console::Console;
use bars::Bars;
use plain::Plain;

/// How often progress is shown anew; as much as an eye can follow.
const TICK: Duration = Duration::from_millis(100);

/// Progress that is being shown.
pub(crate) struct Progress {
    basket: Arc<Basket>,
    thread: Option<JoinHandle<()>>,
}

/// What was told and not shown yet.
#[derive(Default)]
struct Basket {
    contents: Mutex<Contents>,
    filled: Condvar,
}

#[derive(Default)]
struct Contents {
    /// In the order in which it happened; a few for each blob.
    events: Vec<Event>,
    /// The latest number of bytes that were sent of each blob.
    sent: HashMap<Digest, u64>,
    /// Nothing more will come.
    closed: bool,
}

impl Progress {
    /// Begins to show what `events` is told; a mode that is not given means `auto`, and silence for who wants quiet.
    pub(crate) fn start(mode: Option<ProgressMode>, console: &Console) -> Self {
        let basket = Arc::new(Basket::default());
        let mut view = View::new(mode, console);
        let source = Arc::clone(&basket);
        let thread = thread::Builder::new()
            .name("progress".to_owned())
            .spawn(move || view.show(&source));
        Self {
            basket,
            // Without a thread the push goes on; it is only that nobody sees it.
            thread: thread.ok(),
        }
    }

    /// Where the push library tells what happens.
    pub(crate) fn events(&self) -> Events {
        let basket = Arc::clone(&self.basket);
        Events::new(move |event| basket.put(event))
    }

    /// Shows what is left and clears the bars.
    pub(crate) fn finish(self) {
        drop(self);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.basket.lock().closed = true;
        self.basket.filled.notify_one();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Basket {
    fn put(&self, event: Event) {
        let mut contents = self.lock();
        match event {
            Event::BlobProgress { digest, sent } => {
                contents.sent.insert(digest, sent);
            }
            event => {
                contents.events.push(event);
                self.filled.notify_one();
            }
        }
    }

    /// Waits for something to happen, but no longer than a tick.
    fn empty(&self) -> Contents {
        let nothing = |contents: &mut Contents| contents.events.is_empty() && !contents.closed;
        let (mut contents, _) = self
            .filled
            .wait_timeout_while(self.lock(), TICK, nothing)
            .unwrap_or_else(PoisonError::into_inner);
        let closed = contents.closed;
        Contents {
            closed,
            ..mem::take(&mut *contents)
        }
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who shows it.
struct View {
    console: Console,
    renderer: Renderer,
    started: Instant,
}

enum Renderer {
    Bars(Bars),
    Plain(Plain),
    Json,
    Silent,
}

impl View {
    fn new(mode: Option<ProgressMode>, console: &Console) -> Self {
        Self {
            console: console.clone(),
            renderer: match mode {
                None if console.is_quiet() => Renderer::Silent,
                None | Some(ProgressMode::Auto) if io::stderr().is_terminal() => {
                    Renderer::Bars(Bars::new(console.bars().clone()))
                }
                Some(ProgressMode::Bar) => Renderer::Bars(Bars::new(console.bars().clone())),
                None | Some(ProgressMode::Auto | ProgressMode::Plain) => {
                    Renderer::Plain(Plain::default())
                }
                Some(ProgressMode::Json) => Renderer::Json,
                Some(ProgressMode::None) => Renderer::Silent,
            },
            started: Instant::now(),
        }
    }

    fn show(&mut self, basket: &Basket) {
        loop {
            let contents = basket.empty();
            for event in &contents.events {
                self.event(event);
            }
            for (digest, sent) in contents.sent {
                self.event(&Event::BlobProgress { digest, sent });
            }
            self.tick();
            if contents.closed {
                return self.end();
            }
        }
    }

    fn event(&mut self, event: &Event) {
        if let (Event::Note(note), false) = (event, matches!(self.renderer, Renderer::Json)) {
            return self.console.note(note);
        }
        let now = self.started.elapsed();
        let line = match &mut self.renderer {
            Renderer::Json => Some(json::line(event)),
            Renderer::Bars(bars) => bars.event(event),
            Renderer::Plain(plain) => plain.event(event, now),
            Renderer::Silent => None,
        };
        if let Some(line) = line {
            self.console.line(&line);
        }
    }

    fn tick(&mut self) {
        let now = self.started.elapsed();
        match &mut self.renderer {
            Renderer::Plain(plain) => {
                for line in plain.tick(now) {
                    self.console.line(&line);
                }
            }
            Renderer::Bars(bars) => bars.tick(now),
            Renderer::Json | Renderer::Silent => {}
        }
    }

    fn end(&mut self) {
        if let Renderer::Bars(bars) = &mut self.renderer {
            bars.clear();
        }
    }
}

#[cfg(test)]
mod tests;

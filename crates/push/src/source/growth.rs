//! How far a file has come that is still being written: who reads it waits here for bytes, and who stops it stops it here.
//!
//! Knows neither the file nor what writes it.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::Error;

/// The length of a file that grows, for one writer and any number of readers.
#[derive(Debug, Default)]
pub(super) struct Growth {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Bytes that can be read.
    written: u64,
    end: Option<End>,
    /// Who waits for so many bytes; nobody is woken for fewer.
    waiting: Vec<(u64, Arc<Condvar>)>,
}

/// Why a file grows no more.
#[derive(Debug)]
enum End {
    /// It is complete.
    Whole,
    /// It still grows, by what nobody needs.
    Enough,
    /// It could not be completed; the reason is given out once.
    Failed(Option<Error>),
    /// Nobody wants the rest.
    Stopped,
}

impl Growth {
    /// So many bytes more can be read; false where nobody wants them.
    pub(super) fn add(&self, bytes: usize) -> bool {
        let mut state = self.state();
        state.written += bytes as u64;
        let written = state.written;
        state.waiting.retain(|(wanted, reader)| {
            let waits = *wanted > written;
            if !waits {
                reader.notify_one();
            }
            waits
        });
        matches!(state.end, None | Some(End::Enough))
    }

    /// Everything that anybody needs is there, and what comes behind it is not waited for, nor what fails there.
    pub(super) fn suffice(&self) {
        let mut state = self.state();
        state.end.take_if(|end| matches!(end, End::Failed(_)));
        self.end(state, End::Enough);
    }

    /// Nothing more is written.
    pub(super) fn finish(&self, result: Result<(), Error>) {
        let end = match result {
            Ok(()) => End::Whole,
            Err(error) => End::Failed(Some(error)),
        };
        self.end(self.state(), end);
    }

    /// Lets everybody who waits for the rest of it go; what is complete stays.
    pub(super) fn stop(&self) {
        self.end(self.state(), End::Stopped);
    }

    /// Waits until there are `wanted` bytes, or as many as there will ever be; returns how many.
    ///
    /// # Errors
    /// Where the file ends before them and is not complete.
    pub(super) fn reach(&self, wanted: u64) -> io::Result<u64> {
        let mut state = self.state();
        if state.end.is_none() && state.written < wanted {
            let reached = Arc::default();
            state.waiting.push((wanted, Arc::clone(&reached)));
            let waits = |state: &mut State| state.end.is_none() && state.written < wanted;
            let waited = reached.wait_while(state, waits);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        match state.end {
            Some(End::Stopped) => Err(io::Error::other("it is not read any further")),
            Some(End::Failed(_)) if state.written < wanted => {
                Err(io::Error::other("what it is a part of could not be read"))
            }
            _ => Ok(state.written),
        }
    }

    /// Waits until nothing more is written that anybody needs; false where it was stopped.
    ///
    /// # Errors
    /// What kept the file from being completed, to the first who asks.
    pub(super) fn complete(&self) -> Result<bool, Error> {
        match &mut self.wait_for_end().end {
            Some(End::Failed(error)) => error.take().map_or(Ok(false), Err),
            end => Ok(matches!(end, Some(End::Whole | End::Enough))),
        }
    }

    /// Bytes that can be read now.
    pub(super) fn written(&self) -> u64 {
        self.state().written
    }

    /// Whether nothing more is written that anybody needs.
    pub(super) fn is_over(&self) -> bool {
        self.state().end.is_some()
    }

    /// Only the first end counts.
    fn end(&self, mut state: MutexGuard<'_, State>, end: End) {
        state.end.get_or_insert(end);
        for (_, reader) in state.waiting.drain(..) {
            reader.notify_one();
        }
        self.ended.notify_all();
    }

    fn wait_for_end(&self) -> MutexGuard<'_, State> {
        self.ended
            .wait_while(self.state(), |state| state.end.is_none())
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is left half-done under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    /// Waits for so many bytes on a thread; what comes of it is received.
    fn reader(growth: &Arc<Growth>, wanted: u64) -> mpsc::Receiver<Result<u64, String>> {
        let (tell, told) = mpsc::channel();
        let growth = Arc::clone(growth);
        thread::spawn(move || {
            let reached = growth.reach(wanted).map_err(|error| error.to_string());
            tell.send(reached).expect("the test waits for it");
        });
        told
    }

    fn broken() -> Error {
        Error::OpenSource {
            place: crate::blob::Place::source("standard input"),
            source: io::Error::other("the cable is out"),
        }
    }

    #[test]
    fn a_reader_waits_until_its_bytes_are_there() {
        let growth = Arc::new(Growth::default());
        let (some, more) = (reader(&growth, 10), reader(&growth, 11));
        assert!(growth.add(9));
        assert!(some.try_recv().is_err());
        assert!(growth.add(1));
        assert_eq!(some.recv(), Ok(Ok(10)));
        assert!(more.try_recv().is_err());
        growth.finish(Ok(()));
        assert_eq!(more.recv(), Ok(Ok(10)), "there will be no more");
        assert!(growth.complete().unwrap());
    }

    #[test]
    fn a_writer_that_fails_fails_who_waits_and_says_why_once() {
        let growth = Arc::new(Growth::default());
        growth.add(10);
        let waiting = reader(&growth, 11);
        growth.finish(Err(broken()));
        let told = "what it is a part of could not be read".to_owned();
        assert_eq!(waiting.recv(), Ok(Err(told)));
        assert_eq!(growth.reach(10).unwrap(), 10, "what is there is there");
        assert!(matches!(growth.complete(), Err(Error::OpenSource { .. })));
        assert!(matches!(growth.complete(), Ok(false)));
    }

    #[test]
    fn a_stop_lets_everybody_go() {
        let growth = Arc::new(Growth::default());
        let waiting = reader(&growth, 1);
        growth.stop();
        let told = "it is not read any further".to_owned();
        assert_eq!(waiting.recv(), Ok(Err(told)));
        assert!(!growth.add(1), "the writer stops too");
        assert!(!growth.complete().unwrap());
    }

    #[test]
    fn what_is_complete_is_not_stopped_any_more() {
        let growth = Growth::default();
        growth.add(5);
        growth.finish(Ok(()));
        growth.stop();
        assert_eq!(growth.reach(5).unwrap(), 5);
        assert!(growth.complete().unwrap());
    }

    #[test]
    fn where_it_is_enough_the_rest_is_not_waited_for_and_may_fail() {
        let growth = Growth::default();
        growth.add(10);
        growth.suffice();
        assert!(growth.complete().unwrap());
        assert!(growth.add(5), "its writer may go on to the end");
        growth.finish(Err(broken()));
        assert!(growth.complete().unwrap());
        assert_eq!(growth.reach(10).unwrap(), 15);

        let growth = Growth::default();
        growth.add(10);
        growth.finish(Err(broken()));
        growth.suffice();
        assert!(growth.complete().unwrap(), "as if it had failed later");
    }
}

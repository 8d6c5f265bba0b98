//! A stream that a test writes bit by bit, and what is told of it meanwhile.

use std::io::{PipeWriter, Write as _};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use oci::Digest;
use push::blob::Blob;
use push::source::{Arrival, Arrivals, Contents, Stop, open_stream};
use push::{Error, Events};

use crate::environment;

/// A stream that a test writes bit by bit, and what is told of it.
pub(crate) struct Streamed {
    pub(crate) input: Option<PipeWriter>,
    told: mpsc::Receiver<Arrival>,
    pub(crate) stop: Stop,
    opened: mpsc::Receiver<Result<Contents, Error>>,
}

/// How long nothing may happen before a test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

impl Streamed {
    pub(crate) fn begin(arrivals: impl FnOnce(Arrivals) -> Arrivals) -> Self {
        let (output, input) = std::io::pipe().expect("a pipe");
        let (tell, told) = mpsc::channel();
        // Whoever listens may be gone when the stream is stopped.
        let listener = move |arrival| drop(tell.send(arrival));
        let arrivals = arrivals(Arrivals::new(listener));
        let stop = arrivals.stop();
        let (open, opened) = mpsc::channel();
        thread::spawn(move || {
            let (name, events) = ("standard input", Events::ignored());
            let contents = open_stream(output, name, &environment(), &events, arrivals);
            // The test may have failed by now.
            drop(open.send(contents));
        });
        let streamed = Self {
            input: Some(input),
            told,
            stop,
            opened,
        };
        assert!(matches!(streamed.arrival(), Arrival::Stream));
        streamed
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let mut input = self.input.as_ref().expect("it has not ended");
        input.write_all(bytes).expect("somebody reads");
    }

    /// Waits for the next layer.
    pub(crate) fn layer(&self) -> Blob {
        match self.arrival() {
            Arrival::Layer(blob) => *blob,
            Arrival::Stream => panic!("that is known"),
        }
    }

    fn arrival(&self) -> Arrival {
        self.told.recv_timeout(PATIENCE).expect("something is told")
    }

    /// Waits for what comes of it.
    pub(crate) fn opened(&self) -> Result<Contents, Error> {
        self.opened
            .recv_timeout(PATIENCE)
            .expect("it comes to an end")
    }

    /// Ends the stream; what was told of and not asked for yet, and what it holds.
    pub(crate) fn end(mut self) -> (Vec<Digest>, Result<Contents, Error>) {
        self.input = None;
        let opened = self.opened();
        let rest = self.told.iter().filter_map(|arrival| match arrival {
            Arrival::Layer(blob) => Some(blob.descriptor.digest),
            Arrival::Stream => None,
        });
        (rest.collect(), opened)
    }
}

/// What is told of a whole archive.
#[track_caller]
pub(crate) fn told(bytes: &[u8], arrivals: impl FnOnce(Arrivals) -> Arrivals) -> Vec<Digest> {
    let mut streamed = Streamed::begin(arrivals);
    streamed.write(bytes);
    let (told, opened) = streamed.end();
    opened.expect("the archive is whole");
    told
}

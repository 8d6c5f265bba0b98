//! A push from a pipe, while its other end is written to.
#![cfg(unix)]

use std::future::Future;
use std::io::{PipeReader, PipeWriter, Write};
use std::os::fd::AsRawFd;
use std::time::Duration;

use push::source::SourceSpec;
use push::{Environment, Error, Event, Events, PushOperation, PushOptions, Report};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinHandle;

use crate::fake::Fake;
use crate::support::options;

/// How long nothing may happen before a test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A push from a pipe whose other end the test holds.
pub(crate) struct Streaming {
    pub(crate) input: Option<PipeWriter>,
    pub(crate) output: PipeReader,
    heard: UnboundedReceiver<Event>,
    pub(crate) push: JoinHandle<Result<Report, Error>>,
}

impl Streaming {
    pub(crate) fn begin(fake: &Fake) -> Self {
        Self::to(fake, "team/app:1", |_| {})
    }

    pub(crate) fn to(fake: &Fake, target: &str, change: impl FnOnce(&mut PushOptions)) -> Self {
        let (output, input) = std::io::pipe().expect("a pipe");
        let (tell, heard) = mpsc::unbounded_channel();
        let operation = operation(fake, &output, target, change);
        let push = async move {
            let events = Events::new(move |event| drop(tell.send(event)));
            operation.execute(&events).await
        };
        Self {
            input: Some(input),
            output,
            heard,
            push: tokio::spawn(push),
        }
    }

    pub(crate) async fn write(&self, bytes: &[u8]) {
        write(self.input.as_ref().expect("it is open"), bytes).await;
    }

    /// Waits for something to happen.
    pub(crate) async fn hear(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        let hear = async {
            loop {
                let event = self.heard.recv().await.expect("it happens");
                if wanted(&event) {
                    return event;
                }
            }
        };
        patiently(hear).await
    }

    /// Closes the stream and waits for what comes of the push; what else was heard of.
    pub(crate) async fn end(mut self) -> (Result<Report, Error>, Vec<Event>) {
        self.input = None;
        let result = patiently(self.push).await.expect("it does not panic");
        let mut rest = Vec::new();
        while let Ok(event) = self.heard.try_recv() {
            rest.push(event);
        }
        (result, rest)
    }

    /// Waits for the failure of a push whose stream stays open.
    pub(crate) async fn failure(self) -> Error {
        let result = patiently(self.push).await.expect("it does not panic");
        result.expect_err("the stream is open")
    }
}

/// A push of what comes out of a pipe.
pub(crate) fn operation(
    fake: &Fake,
    output: &PipeReader,
    target: &str,
    change: impl FnOnce(&mut PushOptions),
) -> PushOperation {
    let mut push_options = PushOptions {
        registry: options(),
        ..PushOptions::default()
    };
    change(&mut push_options);
    let destination = format!("http://{}/{target}", fake.address);
    PushOperation {
        source: SourceSpec::Path(format!("/dev/fd/{}", output.as_raw_fd()).into()),
        destination: destination.parse().expect("a destination"),
        options: push_options,
        environment: Environment {
            tmpdir: Some(env!("CARGO_TARGET_TMPDIR").into()),
            ..Environment::default()
        },
    }
}

/// Writes on a thread that may wait for somebody to read.
pub(crate) async fn write(input: &PipeWriter, bytes: &[u8]) {
    let mut input = input.try_clone().expect("a pipe");
    let bytes = bytes.to_vec();
    let writing = tokio::task::spawn_blocking(move || input.write_all(&bytes));
    let written = patiently(writing).await.expect("it does not panic");
    written.expect("somebody reads");
}

/// Waits for something that happens.
pub(crate) async fn patiently<T>(future: impl Future<Output = T>) -> T {
    let outcome = tokio::time::timeout(PATIENCE, future).await;
    outcome.expect("something happens in time")
}

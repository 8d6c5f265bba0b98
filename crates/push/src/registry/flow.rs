//! How far the sending of a blob has come, and whether it still moves.
//!
//! The HTTP library's own timeouts run while a body is being sent, however well that goes; these do not.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use oci::Digest;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::failure::Failure;
use super::part::Part;
use crate::{Error, Event, Events};

/// How far the sending of a part of a blob has come, for those who watch.
#[derive(Debug)]
pub(super) struct Flow {
    /// Bytes of the part.
    size: u64,
    /// Bytes of the blob before it.
    before: u64,
    /// Bytes that the registry has to deal with before it can answer.
    digested: u64,
    digest: Digest,
    events: Events,
    state: Mutex<State>,
    /// Wakes whoever watches when the last byte is handed over.
    all_sent: Notify,
}

#[derive(Debug)]
struct State {
    /// Bytes that were handed to the network.
    sent: u64,
    stage: Stage,
    /// When the stage began, or the last frame was taken.
    since: Instant,
    /// What is wrong with the blob.
    error: Option<Error>,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The network's, to take the next frame.
    Sending,
    /// The source's, to yield one.
    Reading,
    /// The registry's, to answer.
    Sent,
}

impl Flow {
    /// Nothing is sent yet, and it is the network's turn, unless there is nothing to send.
    pub(super) fn new(part: &Part, events: &Events) -> Self {
        let blob = &part.blob.descriptor;
        Self {
            size: part.len(),
            before: part.range.start,
            digested: if part.is_last() {
                blob.size
            } else {
                part.len()
            },
            digest: blob.digest.clone(),
            events: events.clone(),
            state: Mutex::new(State {
                sent: 0,
                stage: if part.len() == 0 {
                    Stage::Sent
                } else {
                    Stage::Sending
                },
                since: Instant::now(),
                error: None,
            }),
            all_sent: Notify::new(),
        }
    }

    /// The blob is not what it should be, or cannot be read.
    pub(super) fn fail(&self, error: Error) {
        self.state().error = Some(error);
    }

    /// Bytes that were not handed to the network yet.
    pub(super) fn left(&self) -> u64 {
        self.size - self.state().sent
    }

    /// What was wrong with the blob, when that is why it was not sent.
    pub(super) fn take_error(&self) -> Option<Error> {
        self.state().error.take()
    }

    /// Whether every byte was handed to the network.
    pub(super) fn is_sent(&self) -> bool {
        self.state().stage == Stage::Sent
    }

    /// Waits until the other side has done nothing for too long.
    pub(super) async fn stalled(&self, timeout: Duration) -> Failure {
        loop {
            let (stage, since, sent) = {
                let state = self.state();
                (state.stage, state.since, state.sent)
            };
            if stage == Stage::Sent {
                return self.unanswered(since, timeout).await;
            }
            // A slow source is not the other side's fault: its turn is only looked at again.
            let from = if stage == Stage::Reading {
                Instant::now()
            } else {
                since
            };
            tokio::select! {
                () = tokio::time::sleep_until(from + timeout) => {}
                () = self.all_sent.notified() => continue,
            }
            let state = self.state();
            if stage == Stage::Sending && state.stage == stage && state.since == since {
                return Failure::Stalled {
                    sent,
                    size: self.size,
                    waited: timeout,
                };
            }
        }
    }

    /// Waits until the answer has been away for too long, and tells of that wait when it is worth a word.
    async fn unanswered(&self, since: Instant, timeout: Duration) -> Failure {
        let patience = patience(self.digested, timeout);
        if patience > MOMENT {
            tokio::time::sleep_until(since + MOMENT).await;
            let digest = self.digest.clone();
            self.events.tell(Event::BlobWaiting { digest });
        }
        tokio::time::sleep_until(since + patience).await;
        Failure::NoAnswer(patience)
    }

    /// The network would take a frame, and there is none.
    pub(super) fn wait_for_source(&self) {
        let mut state = self.state();
        if state.stage == Stage::Sending {
            state.stage = Stage::Reading;
            state.since = Instant::now();
        }
    }

    /// The network has taken a frame.
    pub(super) fn advance(&self, bytes: u64) {
        let (sent, stage) = {
            let mut state = self.state();
            state.sent += bytes;
            state.since = Instant::now();
            state.stage = if state.sent == self.size {
                Stage::Sent
            } else {
                Stage::Sending
            };
            (state.sent, state.stage)
        };
        let digest = self.digest.clone();
        let sent = self.before + sent;
        self.events.tell(Event::BlobProgress { digest, sent });
        if stage == Stage::Sent {
            self.all_sent.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long the answer to a whole blob may take: registries copy and hash it once more before they say yes.
fn patience(size: u64, timeout: Duration) -> Duration {
    let copying = Duration::from_secs(size / SLOW_DISK);
    (timeout + copying).min(LONGEST_PATIENCE.max(timeout))
}

/// Bytes in a second.
const SLOW_DISK: u64 = 10_000_000;
const LONGEST_PATIENCE: Duration = Duration::from_secs(600);
/// What nobody notices.
const MOMENT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_grows_with_the_blob_up_to_ten_minutes() {
        let minute = Duration::from_secs(60);
        assert_eq!(patience(0, minute), minute);
        assert_eq!(patience(1_000_000_000, minute), Duration::from_secs(160));
        assert_eq!(patience(1 << 40, minute), Duration::from_secs(600));
        assert_eq!(patience(1 << 40, minute * 20), minute * 20);
    }
}

//! When something that failed is tried again, and how long that waits.

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::failure::Failure;
use crate::{Error, Event, Events, Request};

/// Something that failed and may pass.
#[derive(Debug)]
pub(super) struct Passing {
    pub(super) request: Request,
    pub(super) failure: Failure,
    /// How long the registry asked to be left alone.
    pub(super) retry_after: Option<Duration>,
}

/// What keeps one request from its answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It may pass.
    Passing(Box<Passing>),
    /// It stays.
    Final(Error),
}

/// The attempts at one request.
#[derive(Debug)]
pub(super) struct Attempts {
    made: u32,
    retries: u32,
    delays: ExponentialBackoff,
}

impl Attempts {
    /// No attempt yet; `retries` may follow the first.
    pub(super) fn new(retries: u32) -> Self {
        let delays = ExponentialBuilder::new()
            .with_min_delay(FIRST_DELAY)
            .with_max_delay(LONGEST_DELAY)
            .without_max_times()
            .with_jitter()
            .build();
        Self {
            made: 0,
            retries,
            delays,
        }
    }

    /// Waits until the next attempt is due, or says why there is none.
    pub(super) async fn again(&mut self, events: &Events, trouble: Trouble) -> Result<(), Error> {
        let passing = match trouble {
            Trouble::Final(error) => return Err(error),
            Trouble::Passing(passing) => passing,
        };
        self.made += 1;
        if self.made > self.retries {
            return Err(passing.into_error(self.made));
        }
        let wait = self.wait(passing.retry_after);
        events.tell(Event::Retrying {
            what: passing.request.to_string(),
            why: passing.failure.to_string(),
            attempt: self.made,
            wait,
        });
        tokio::time::sleep(wait).await;
        Ok(())
    }

    fn wait(&mut self, asked: Option<Duration>) -> Duration {
        let own = self.delays.next().unwrap_or(LONGEST_DELAY);
        asked.map_or(own, |asked| asked.min(LONGEST_RETRY_AFTER))
    }
}

impl Passing {
    /// The error that it is when nothing more is tried.
    pub(super) fn into_error(self, attempts: u32) -> Error {
        Error::Unreachable {
            request: self.request,
            attempts,
            source: Box::new(self.failure),
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

impl Trouble {
    /// It may pass unless its nature says otherwise.
    pub(super) fn of(request: &Request, failure: Failure) -> Self {
        let passing = Passing {
            request: request.clone(),
            failure,
            retry_after: None,
        };
        if passing.failure.may_pass() {
            Self::Passing(Box::new(passing))
        } else {
            Self::Final(passing.into_error(1))
        }
    }
}

/// Whether a status says "not now" rather than "no"; 413 is a limit, and limits stay.
pub(super) fn is_temporary(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504 | 520..=524)
}

/// What `Retry-After` asks for, in seconds or as a date.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// A registry that asks for more than this is not waited for any longer.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_now_is_told_from_no() {
        for status in [408, 425, 429, 500, 502, 503, 504, 522] {
            assert!(is_temporary(status), "{status}");
        }
        for status in [200, 202, 400, 401, 403, 404, 405, 413, 415, 416, 501, 507] {
            assert!(!is_temporary(status), "{status}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let table = [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sun, 06 Nov 1994 08:49:07 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ];
        for (text, seconds) in table {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(retry_after(&headers, now), expected, "{text}");
        }
    }

    #[test]
    fn a_registry_that_asks_for_days_is_not_waited_for_that_long() {
        let mut attempts = Attempts::new(1);
        let wait = attempts.wait(Some(Duration::from_secs(86_400)));
        assert_eq!(wait, LONGEST_RETRY_AFTER);
    }

    #[test]
    fn delays_grow_to_their_limit() {
        let mut attempts = Attempts::new(10);
        let delays: Vec<_> = (0..10).map(|_| attempts.wait(None)).collect();
        assert!(
            delays[0] >= FIRST_DELAY && delays[0] <= 2 * FIRST_DELAY,
            "{delays:?}"
        );
        assert!(
            delays[9] >= LONGEST_DELAY && delays[9] <= 2 * LONGEST_DELAY,
            "{delays:?}"
        );
    }
}

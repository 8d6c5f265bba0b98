//! Faults: what a registry does wrong on purpose, to which requests, and how often.

use std::fmt;
use std::time::Duration;

use axum::http::StatusCode;

use crate::Endpoint;
use crate::endpoint::Address;

/// One thing that goes wrong; it happens to the first request that fits, once, unless said otherwise.
///
/// Faults count requests and bytes and know no chance: the same requests in the same order meet the same faults.
///
/// ```
/// use registry_fixture::{Endpoint, Fault};
///
/// // The third PATCH of an upload session loses its connection 1000 bytes into its body.
/// let fault = Fault::cut_after(1000).on("PATCH", Endpoint::Upload).skip(2);
/// assert_eq!(fault.to_string(), "cut after 1000 bytes");
/// ```
#[derive(Clone, Debug)]
#[must_use = "a registry has to be told of it"]
pub struct Fault {
    pub(crate) kind: Kind,
    method: Option<String>,
    endpoint: Option<Endpoint>,
    containing: Option<String>,
    skip: usize,
    times: usize,
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Status(Refusal),
    CutAfter(u64),
    CutAnswerAfter(u64),
    LoseAnswer,
    StallAfter(u64),
    KeepSilent,
    Delay(Duration),
    Slow(u32),
    Range(String),
    Location(String),
    Redirect(String),
}

/// An answer that the registry itself would not have given.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
    pub(crate) early: bool,
}

impl Fault {
    /// Answers with this status and an empty body, and does nothing of what was asked.
    ///
    /// # Panics
    /// Where `status` is none of HTTP's.
    pub fn status(status: u16) -> Self {
        Self::of(Kind::Status(Refusal {
            status: StatusCode::from_u16(status).expect("a status of HTTP"),
            headers: Vec::new(),
            body: String::new(),
            early: false,
        }))
    }

    /// Hangs up after so many bytes of the request's body; what came until then reaches the registry.
    ///
    /// Requests whose body is not longer do not fit. With 0 any request fits, and none of it reaches the registry.
    pub fn cut_after(bytes: u64) -> Self {
        Self::of(Kind::CutAfter(bytes))
    }

    /// Hangs up after so many bytes of the answer's body; an answer that is not longer is sent whole.
    pub fn cut_answer_after(bytes: u64) -> Self {
        Self::of(Kind::CutAnswerAfter(bytes))
    }

    /// Does what it was asked, and hangs up instead of answering.
    pub fn lose_answer() -> Self {
        Self::of(Kind::LoseAnswer)
    }

    /// Takes no more after so many bytes of the request's body, and stays connected.
    ///
    /// Requests whose body is not longer do not fit.
    pub fn stall_after(bytes: u64) -> Self {
        Self::of(Kind::StallAfter(bytes))
    }

    /// Does what it was asked, never answers, and stays connected.
    pub fn keep_silent() -> Self {
        Self::of(Kind::KeepSilent)
    }

    /// Waits before it does what it was asked.
    pub fn delay(wait: Duration) -> Self {
        Self::of(Kind::Delay(wait))
    }

    /// Takes the body, and gives that of the answer, at so many bytes a second.
    pub fn slow(bytes_per_second: u32) -> Self {
        Self::of(Kind::Slow(bytes_per_second))
    }

    /// Does what it was asked, and says another `Range` in its answer, such as `0-99`.
    pub fn wrong_range(range: &str) -> Self {
        Self::of(Kind::Range(range.to_owned()))
    }

    /// Does what it was asked, and has the `Location` of its answer lead to another origin, such as
    /// `http://127.0.0.1:9`; an answer that has none gets one.
    pub fn foreign_location(origin: &str) -> Self {
        Self::of(Kind::Location(origin.to_owned()))
    }

    /// Answers 307 and sends the client to the same path of another origin.
    pub fn redirect(origin: &str) -> Self {
        Self::of(Kind::Redirect(origin.to_owned()))
    }

    /// With a [`status`](Self::status): says in how many seconds to ask again.
    pub fn retry_after(self, seconds: u32) -> Self {
        self.header("retry-after", &seconds.to_string())
    }

    /// With a [`status`](Self::status): has a body of HTML, as proxies send it.
    pub fn html(self, body: &str) -> Self {
        self.header("content-type", "text/html").body(body)
    }

    /// With a [`status`](Self::status): has the body that the specification gives to errors.
    pub fn code(self, code: &str, message: &str) -> Self {
        let error = serde_json::json!({ "errors": [{ "code": code, "message": message }] });
        let body = error.to_string();
        self.header("content-type", "application/json").body(&body)
    }

    /// With a [`status`](Self::status): has this header too.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Kind::Status(refusal) = &mut self.kind {
            refusal.headers.push((name, value.to_owned()));
        }
        self
    }

    /// With a [`status`](Self::status): answers as soon as the head of the request is there, as nginx does; by default
    /// the body is read first.
    pub fn early(mut self) -> Self {
        if let Kind::Status(refusal) = &mut self.kind {
            refusal.early = true;
        }
        self
    }

    /// Happens to this method at this endpoint only.
    pub fn on(mut self, method: &str, endpoint: Endpoint) -> Self {
        self.method = Some(method.to_owned());
        self.at(endpoint)
    }

    /// Happens at this endpoint only, whatever the method.
    pub fn at(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Happens only where path and query, as they were sent, contain this.
    pub fn containing(mut self, text: &str) -> Self {
        self.containing = Some(text.to_owned());
        self
    }

    /// Spares so many of the requests that fit.
    pub fn skip(mut self, requests: usize) -> Self {
        self.skip = requests;
        self
    }

    /// Happens so many times.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Happens to every request that fits.
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    fn of(kind: Kind) -> Self {
        Self {
            kind,
            method: None,
            endpoint: None,
            containing: None,
            skip: 0,
            times: 1,
        }
    }

    fn body(mut self, body: &str) -> Self {
        if let Kind::Status(refusal) = &mut self.kind {
            body.clone_into(&mut refusal.body);
        }
        self
    }

    /// Whether it happens to this request, which has a body of `length` bytes where that is said; counts it.
    pub(crate) fn strikes(&mut self, method: &str, target: &str, length: Option<u64>) -> bool {
        if self.times == 0 || !self.fits(method, target, length) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.times -= 1;
        true
    }

    fn fits(&self, method: &str, target: &str, length: Option<u64>) -> bool {
        let path = target.split('?').next().unwrap_or_default();
        let longer = |bytes: u64| length.is_none_or(|length| length > bytes);
        let reaches = match self.kind {
            Kind::CutAfter(0) => true,
            Kind::CutAfter(bytes) | Kind::StallAfter(bytes) => longer(bytes),
            _ => true,
        };
        let endpoint = |endpoint| Address::of(path).endpoint == endpoint;
        reaches
            && self.method.as_ref().is_none_or(|m| m == method)
            && self.endpoint.is_none_or(endpoint)
            && self.containing.as_ref().is_none_or(|t| target.contains(t))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Status(refusal) => write!(f, "status {}", refusal.status.as_u16()),
            Kind::CutAfter(bytes) => write!(f, "cut after {bytes} bytes"),
            Kind::CutAnswerAfter(bytes) => write!(f, "answer cut after {bytes} bytes"),
            Kind::LoseAnswer => f.write_str("answer lost"),
            Kind::StallAfter(bytes) => write!(f, "stalled after {bytes} bytes"),
            Kind::KeepSilent => f.write_str("kept silent"),
            Kind::Delay(wait) => write!(f, "delayed by {wait:?}"),
            Kind::Slow(rate) => write!(f, "slowed to {rate} bytes a second"),
            Kind::Range(range) => write!(f, "said range {range}"),
            Kind::Location(origin) => write!(f, "said location {origin}"),
            Kind::Redirect(origin) => write!(f, "redirected to {origin}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Fault;
    use crate::Endpoint;

    const MANIFEST: &str = "/v2/app/manifests/1";

    #[test]
    fn a_fault_strikes_where_and_as_often_as_it_is_told() {
        let fault = || Fault::status(503).on("PUT", Endpoint::Manifest);
        let strikes = |mut fault: Fault, requests: &[(&str, &str)]| -> Vec<bool> {
            let ask = |(method, path): &(&str, &str)| fault.strikes(method, path, None);
            requests.iter().map(ask).collect()
        };
        let puts = [("PUT", MANIFEST); 4];
        assert_eq!(strikes(fault(), &puts), [true, false, false, false]);
        let third = fault().skip(1).times(2);
        assert_eq!(strikes(third, &puts), [false, true, true, false]);
        assert_eq!(strikes(fault().always(), &puts), [true; 4]);
        let others = [
            ("GET", MANIFEST),
            ("PUT", "/v2/app/blobs/uploads/1?digest=sha256:0"),
            ("PUT", MANIFEST),
        ];
        assert_eq!(strikes(fault(), &others), [false, false, true]);
        let named = fault().containing("manifests/2");
        assert_eq!(strikes(named, &puts[..1]), [false]);
    }

    #[test]
    fn a_body_that_is_too_short_is_not_cut() {
        let mut fault = Fault::cut_after(10);
        assert!(!fault.strikes("PUT", MANIFEST, Some(10)));
        assert!(fault.strikes("PUT", MANIFEST, Some(11)));
        assert!(Fault::cut_after(0).strikes("GET", MANIFEST, Some(0)));
    }
}

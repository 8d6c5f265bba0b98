//! The little of HTTP/1.1 that a registry needs, with every fault of a network on request.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{Act, Greeting, State};

/// A request, its body read.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| *key == name)?;
        Some(&found.1)
    }

    fn encode(&self, head_only: bool) -> Vec<u8> {
        let mut text = format!("HTTP/1.1 {} Status\r\n", self.status);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.find("content-length").is_none() {
            text.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        if !head_only {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}

/// Serves one connection until somebody ends it.
pub(super) async fn serve(state: Arc<State>, stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut connection = Connection {
        stream,
        buffer: Vec::new(),
    };
    while let Ok(Some(request)) = connection.head(state.greeting).await {
        if connection.exchange(&state, request).await.is_err() {
            break;
        }
    }
    // Not every client waits for this.
    let _ = connection.stream.shutdown().await;
}

struct Connection<S> {
    stream: S,
    buffer: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    async fn exchange(&mut self, state: &State, mut request: Request) -> io::Result<()> {
        let length = request.headers.get("content-length");
        let length = length.and_then(|length| length.parse().ok()).unwrap_or(0);
        let limit = super::lock(&state.ways).body_limit;
        let act = match limit {
            Some(limit) if length > limit => Some(Act::AnswerEarly(too_large())),
            _ => state.act(&request),
        };
        let take = match &act {
            Some(Act::AnswerEarly(_)) => 0,
            Some(Act::CutAfter(bytes) | Act::StallAfter(bytes)) => length.min(*bytes),
            _ => length,
        };
        request.body = self.body(take).await?;
        if request.body.len() < take {
            state.record(&request, "---", None);
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match act {
            Some(Act::Answer(reply)) => self.reply(state, &request, &reply).await,
            Some(Act::AnswerEarly(reply)) => {
                self.reply(state, &request, &reply).await?;
                self.linger().await
            }
            Some(Act::CutAfter(_)) => {
                let ways = *super::lock(&state.ways);
                super::lock(&state.store).sessions.cut(&ways, &request);
                cut(state, &request, "cut")
            }
            Some(Act::LoseAnswer) => {
                super::spec::answer(state, &request);
                cut(state, &request, "lost")
            }
            Some(Act::StallAfter(_)) => {
                state.record(&request, "stall", None);
                std::future::pending().await
            }
            Some(Act::KeepSilent) => {
                super::spec::answer(state, &request);
                state.record(&request, "silence", None);
                std::future::pending().await
            }
            None => {
                let reply = super::spec::answer(state, &request);
                self.reply(state, &request, &reply).await
            }
        }
    }

    async fn reply(&mut self, state: &State, request: &Request, reply: &Reply) -> io::Result<()> {
        state.record(request, &reply.status.to_string(), Some(reply));
        let bytes = reply.encode(request.method == "HEAD");
        self.stream.write_all(&bytes).await?;
        self.stream.flush().await
    }

    /// As Go does: what is on its way is taken for a moment, so that the answer is not lost with it.
    async fn linger(&mut self) -> io::Result<()> {
        self.stream.shutdown().await?;
        let mut rest = [0; 8192];
        while self.stream.read(&mut rest).await? > 0 {}
        Err(io::ErrorKind::ConnectionAborted.into())
    }

    async fn head(&mut self, greeting: Greeting) -> io::Result<Option<Request>> {
        loop {
            if self
                .buffer
                .first()
                .is_some_and(|byte| !byte.is_ascii_alphabetic())
            {
                match greeting {
                    Greeting::Answer => {
                        self.stream
                            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                            .await?;
                    }
                    Greeting::HangUp => {}
                    Greeting::Ignore => std::future::pending().await,
                }
                return Ok(None);
            }
            let end = self
                .buffer
                .windows(4)
                .position(|window| window == b"\r\n\r\n");
            if let Some(end) = end {
                let rest = self.buffer.split_off(end + 4);
                let head = std::mem::replace(&mut self.buffer, rest);
                return Ok(Some(parse(&String::from_utf8_lossy(&head))));
            }
            if self.fill().await? == 0 {
                return Ok(None);
            }
        }
    }

    async fn body(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < length && self.fill().await? > 0 {}
        let rest = self.buffer.split_off(length.min(self.buffer.len()));
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    async fn fill(&mut self) -> io::Result<usize> {
        let mut chunk = [0; 16 << 10];
        let count = self.stream.read(&mut chunk).await?;
        self.buffer.extend_from_slice(&chunk[..count]);
        Ok(count)
    }
}

fn cut(state: &State, request: &Request, how: &str) -> io::Result<()> {
    state.record(request, how, None);
    Err(io::ErrorKind::ConnectionReset.into())
}

/// What nginx says to a body over its limit.
fn too_large() -> Reply {
    Reply::status(413)
        .header("content-type", "text/html")
        .body("<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n</html>\r\n")
}

fn parse(head: &str) -> Request {
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let mut word = || words.next().unwrap_or_default().to_owned();
    let (method, target) = (word(), word());
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    Request {
        method,
        target,
        headers: headers.collect(),
        body: Vec::new(),
    }
}

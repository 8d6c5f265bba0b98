//! HTTP requests of the lab itself, made by curl: whether a server answers, and what a cluster is to hold.
//!
//! What a request says goes through standard input, so that no secret is an argument that others can read.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Error;
use crate::place::in_path;

/// The longest that a server may take to answer one request, in seconds.
const PATIENCE: u32 = 30;

/// A request; `GET` unless it sends something.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    url: String,
    ca: Option<PathBuf>,
    any_certificate: bool,
    socket: Option<PathBuf>,
    bearer: Option<String>,
    applied: Option<String>,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            ca: None,
            any_certificate: false,
            socket: None,
            bearer: None,
            applied: None,
        }
    }

    /// Trusts what this file of certificates holds.
    pub(crate) fn ca(mut self, file: &Path) -> Self {
        self.ca = Some(file.to_owned());
        self
    }

    /// Does not ask who the server is.
    pub(crate) fn any_certificate(mut self) -> Self {
        self.any_certificate = true;
        self
    }

    /// Talks to a Unix socket.
    pub(crate) fn socket(mut self, socket: &Path) -> Self {
        self.socket = Some(socket.to_owned());
        self
    }

    /// Shows a bearer token.
    pub(crate) fn bearer(mut self, token: &str) -> Self {
        self.bearer = Some(token.to_owned());
        self
    }

    /// Has Kubernetes create or change an object so that it is as given.
    pub(crate) fn apply(mut self, object: &Value) -> Self {
        self.applied = Some(object.to_string());
        self
    }

    /// Whether the server answers at all, and with success.
    pub(crate) fn succeeds(&self) -> bool {
        self.send()
            .is_ok_and(|answer| (200..300).contains(&answer.status))
    }

    /// Sends it.
    ///
    /// # Errors
    ///
    /// Where there is no curl, or no answer.
    pub(crate) fn send(&self) -> Result<Answer, Error> {
        let program = in_path("curl", "apt-get install curl")?;
        let mut child = Command::new(program)
            .args(["--disable", "--config", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(Error::machine("start `curl`"))?;
        let mut input = child.stdin.take().expect("a pipe, as asked for above");
        // Where it has ended already, its output says why.
        let _ = input.write_all(self.config().as_bytes());
        drop(input);
        let output = child
            .wait_with_output()
            .map_err(Error::machine("read what `curl` says"))?;
        let said = String::from_utf8_lossy(&output.stdout);
        let answer = said.rsplit_once('\n').and_then(|(body, status)| {
            let body = body.to_owned();
            let status = status.parse().ok().filter(|&status| status != 0)?;
            Some(Answer { status, body })
        });
        answer.ok_or_else(|| Error::Command {
            command: format!("curl {}", self.url),
            said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        })
    }

    /// The same, where anything but success is a failure.
    pub(crate) fn expect(&self) -> Result<String, Error> {
        let Answer { status, body } = self.send()?;
        if (200..300).contains(&status) {
            return Ok(body);
        }
        let url = self.url.clone();
        Err(Error::Answered { url, status, body })
    }

    /// The request as curl reads it.
    fn config(&self) -> String {
        let mut config = format!(
            "silent\nshow-error\nnoproxy = \"*\"\nmax-time = {PATIENCE}\nwrite-out = \"\\n%{{http_code}}\"\n"
        );
        if self.any_certificate {
            config.push_str("insecure\n");
        }
        let mut say = |option: &str, value: &str| {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"");
            writeln!(config, "{option} = \"{value}\"").expect("a string takes any text");
        };
        say("url", &self.url);
        if let Some(ca) = &self.ca {
            say("cacert", &ca.to_string_lossy());
        }
        if let Some(socket) = &self.socket {
            say("unix-socket", &socket.to_string_lossy());
        }
        if let Some(token) = &self.bearer {
            say("header", &format!("Authorization: Bearer {token}"));
        }
        if let Some(object) = &self.applied {
            say("request", "PATCH");
            say("header", "Content-Type: application/apply-patch+yaml");
            say("data-raw", object);
        }
        config
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::Request;

    #[test]
    fn a_request_is_said_so_that_curl_understands_it() {
        let request = Request::new("https://127.0.0.1:6443/api")
            .ca(Path::new("/run/ca.pem"))
            .socket(Path::new("/run/docker.sock"))
            .bearer("s3cret")
            .apply(&json!({"data": {"password": "a\"b\\c\nd"}}));
        insta::assert_snapshot!(request.config(), @r#"
        silent
        show-error
        noproxy = "*"
        max-time = 30
        write-out = "\n%{http_code}"
        url = "https://127.0.0.1:6443/api"
        cacert = "/run/ca.pem"
        unix-socket = "/run/docker.sock"
        header = "Authorization: Bearer s3cret"
        request = "PATCH"
        header = "Content-Type: application/apply-patch+yaml"
        data-raw = "{\"data\":{\"password\":\"a\\\"b\\\\c\\nd\"}}"
        "#);
    }
}

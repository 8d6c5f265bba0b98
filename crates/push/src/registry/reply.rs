//! What an answer means when it is not the one that was hoped for: the registry's words, and whose move it is.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, HeaderMap, WWW_AUTHENTICATE};
use url::Url;

use crate::{Answer, Error, Request};

/// An answer, with what was asked and as whom.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) response: Response,
    /// Where it came from in the end.
    pub(super) url: Url,
    pub(super) request: Request,
    /// `no credentials`, or where they came from.
    pub(super) credentials: String,
    /// How long the rest of the answer may stay away.
    pub(super) timeout: Duration,
}

impl Reply {
    pub(super) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// A header's text, where it has one.
    pub(super) fn header(&self, name: impl reqwest::header::AsHeaderName) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The error that a refusal is.
    pub(super) async fn into_error(self) -> Error {
        let Self {
            response,
            request,
            credentials,
            timeout,
            ..
        } = self;
        let no_permission = lacks_permission(response.headers());
        let answer = answer(response, timeout).await;
        let no_permission =
            no_permission || answer.words.iter().any(|word| word == "reqPackageAccess");
        match answer.status {
            // Gitea says 401 to users that it knows and does not let in.
            401 if no_permission && credentials != NO_CREDENTIALS => Error::Denied {
                request,
                answer,
                credentials,
            },
            401 => Error::Unauthorized {
                request,
                answer,
                credentials,
            },
            403 => Error::Denied {
                request,
                answer,
                credentials,
            },
            _ => Error::Rejected { request, answer },
        }
    }

    /// An answer that breaks the protocol.
    pub(super) fn violation(self, problem: &str) -> Error {
        Error::ProtocolViolation {
            request: self.request,
            problem: problem.to_owned(),
        }
    }
}

fn lacks_permission(headers: &HeaderMap) -> bool {
    headers
        .get_all(WWW_AUTHENTICATE)
        .iter()
        .any(|challenge| challenge.as_bytes() == b"Basic realm=\"Gitea Package API\"")
}

/// Reads what a registry says with a refusal: errors of the specification, a text, or the title of a web page.
pub(super) async fn answer(response: Response, timeout: Duration) -> Answer {
    let status = response.status().as_u16();
    let html = is_html(response.headers());
    let body = beginning(response, timeout).await;
    let mut words = words(&body, html);
    // nginx repeats the status in the title of its pages.
    let number = format!("{status} ");
    for word in words.iter_mut().filter(|_| html) {
        *word = word.strip_prefix(&number).unwrap_or(word).to_owned();
    }
    let more = match (status, html) {
        (413, true) => "over the body limit of a proxy before the registry, whose web page this is",
        (413, false) => "over the body limit of the registry or of a proxy before it",
        (500.., true) => "a web page, as proxies before a registry send them",
        _ => return Answer { status, words },
    };
    words.retain(|word| word != UNTITLED);
    words.push(more.to_owned());
    Answer { status, words }
}

pub(super) fn is_html(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    content_type.is_some_and(|text| text.to_ascii_lowercase().contains("html"))
}

/// As much of a body as is worth reading: what comes late or beyond the limit is nobody's loss.
pub(super) async fn beginning(mut response: Response, timeout: Duration) -> Vec<u8> {
    let mut body = Vec::new();
    let read = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            let room = BODY_LIMIT - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() == BODY_LIMIT {
                break;
            }
        }
    };
    // What has been read by then is as good as it gets.
    let _ = tokio::time::timeout(timeout.min(BODY_TIMEOUT), read).await;
    body
}

fn words(body: &[u8], html: bool) -> Vec<String> {
    if let Some(errors) = coded_errors(body) {
        return errors;
    }
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    let text = if html || text.starts_with('<') {
        title(text).unwrap_or(UNTITLED)
    } else {
        text
    };
    let mut words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(WORDS_LIMIT) {
        words.truncate(end);
        words.push('…');
    }
    if words.is_empty() {
        Vec::new()
    } else {
        vec![words]
    }
}

/// `{"errors": [{"code", "message"}]}` of distribution-spec, "Error codes".
fn coded_errors(body: &[u8]) -> Option<Vec<String>> {
    let json: serde_json::Value = serde_json::from_slice(body).ok()?;
    let coded = |error: &serde_json::Value| {
        let field = |name: &str| {
            error
                .get(name)
                .and_then(|text| text.as_str())
                .unwrap_or_default()
        };
        match (field("code"), field("message")) {
            ("", message) => message.to_owned(),
            (code, "") => code.to_owned(),
            (code, message) => format!("{code}: {message}"),
        }
    };
    let errors = json.get("errors")?.as_array()?;
    let words: Vec<_> = errors
        .iter()
        .map(coded)
        .filter(|word| !word.is_empty())
        .take(8)
        .collect();
    (!words.is_empty()).then_some(words)
}

fn title(html: &str) -> Option<&str> {
    let start = html.find("<title>")? + "<title>".len();
    let end = start + html[start..].find("</title>")?;
    Some(&html[start..end]).filter(|title| !title.trim().is_empty())
}

/// A request as it may be shown: the query and the user info of a URL can be secrets.
pub(super) fn shown(method: &reqwest::Method, url: &Url) -> Request {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Only URLs that cannot be a base refuse this, and those are not requested.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Request {
        method: method.to_string(),
        url: url.into(),
    }
}

const UNTITLED: &str = "a web page";
pub(super) const NO_CREDENTIALS: &str = "no credentials";
pub(super) const BODY_LIMIT: usize = 64 << 10;
const WORDS_LIMIT: usize = 1024;
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_every_kind_of_body() {
        let table: [(&str, bool, &[&str]); 8] = [
            (
                r#"{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}"#,
                false,
                &["DENIED: requested access to the resource is denied"],
            ),
            (
                r#"{"errors":[{"code":"UNAUTHORIZED","message":""},{"code":"","message":"no"}]}"#,
                false,
                &["UNAUTHORIZED", "no"],
            ),
            ("authGroup.Verify\n", false, &["authGroup.Verify"]),
            (
                "<html>\r\n<head><title>413 Request Entity Too Large</title></head>",
                true,
                &["413 Request Entity Too Large"],
            ),
            ("<html><body>hello", false, &["a web page"]),
            ("", false, &[]),
            ("  \n", true, &["a web page"]),
            (r#"{"errors":[]}"#, false, &[r#"{"errors":[]}"#]),
        ];
        for (body, html, expected) in table {
            assert_eq!(words(body.as_bytes(), html), expected, "{body}");
        }
    }

    #[test]
    fn long_words_are_cut() {
        let words = words("é".repeat(5000).as_bytes(), false);
        assert_eq!(words[0].chars().count(), WORDS_LIMIT + 1);
    }

    #[test]
    fn nothing_secret_is_shown_of_a_url() {
        let url =
            Url::parse("https://me:secret@host/v2/a/blobs/uploads/1?_state=secret#x").unwrap();
        let request = shown(&reqwest::Method::PUT, &url);
        assert_eq!(request.to_string(), "PUT https://host/v2/a/blobs/uploads/1");
    }
}

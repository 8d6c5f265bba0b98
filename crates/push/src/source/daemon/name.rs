//! What a user calls an image of the daemon: a name with or without a tag, a name with a digest, an ID or its beginning.

use oci::{Destination, ParseReferenceError, Target};

use crate::image::Name;

/// One way to ask the daemon for an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Query {
    /// What the daemon is asked for; nothing in it means anything in a URL.
    pub(super) reference: String,
    /// The name that the image goes by; none where it was asked for by digest or ID.
    pub(super) name: Option<Name>,
    /// The hexadecimal digits that its ID must begin with, where they are an ID.
    pub(super) id: Option<String>,
}

/// The ways in which some text can be meant, in the order in which Docker would try them.
///
/// A name without a tag has the tag `latest`, and no other.
pub(super) fn queries(text: &str) -> Result<Vec<Query>, ParseReferenceError> {
    if let Some(digits) = text.strip_prefix("sha256:").filter(|it| is_hex(it)) {
        return Ok(vec![of_id(digits)]);
    }
    if text.len() == WHOLE_ID && is_hex(text) {
        return Ok(vec![of_id(text)]);
    }
    let mut queries = vec![of_name(text)?];
    if text.len() >= SHORTEST_ID && text.len() < WHOLE_ID && is_hex(text) {
        queries.push(of_id(text));
    }
    Ok(queries)
}

fn of_id(digits: &str) -> Query {
    // With containerd's store the export takes bare digits of that length for a name, which it refuses.
    let reference = match digits.len() {
        WHOLE_ID => format!("sha256:{digits}"),
        _ => digits.to_owned(),
    };
    Query {
        reference,
        name: None,
        id: Some(digits.to_owned()),
    }
}

fn of_name(text: &str) -> Result<Query, ParseReferenceError> {
    let parsed: Destination = text.parse()?;
    if parsed.scheme.is_some() {
        return Err(ParseReferenceError::Unexpected("://".to_owned()));
    }
    let Target::Repository { tag, digest, .. } = parsed.target else {
        return Err(ParseReferenceError::Missing("repository"));
    };
    let reference = match (&tag, &digest) {
        (None, None) => format!("{text}:latest"),
        _ => text.to_owned(),
    };
    let name = digest.is_none().then(|| Name::read(&reference));
    Ok(Query {
        reference,
        name,
        id: None,
    })
}

fn is_hex(text: &str) -> bool {
    let digit = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    !text.is_empty() && text.bytes().all(digit)
}

/// The digits of an ID that is written out.
const WHOLE_ID: usize = 64;
/// Fewer digits are more likely a name.
const SHORTEST_ID: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    const DIGITS: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// What is asked for: a name, or `ID` and its digits.
    fn asked(text: &str) -> String {
        let shown = |query: &Query| match (&query.name, &query.id) {
            (Some(name), _) => {
                assert_eq!(name.written, query.reference);
                query.reference.clone()
            }
            (None, Some(id)) => format!("ID {id}"),
            (None, None) => format!("digest {}", query.reference),
        };
        match queries(text) {
            Ok(queries) => queries.iter().map(shown).collect::<Vec<_>>().join(", "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn names_are_asked_for_as_docker_asks() {
        let table = [
            ("app", "app:latest"),
            ("app:1", "app:1"),
            ("team/app", "team/app:latest"),
            ("localhost:5000/app", "localhost:5000/app:latest"),
            ("localhost:5000/app:1", "localhost:5000/app:1"),
            ("docker.io/library/app", "docker.io/library/app:latest"),
            ("cafe", "cafe:latest, ID cafe"),
            ("b01cbee79d79", "b01cbee79d79:latest, ID b01cbee79d79"),
            ("abc", "abc:latest"),
        ];
        for (text, expected) in table {
            assert_eq!(asked(text), expected, "{text}");
        }
        assert_eq!(asked(DIGITS), format!("ID {DIGITS}"));
        assert_eq!(asked(&format!("sha256:{DIGITS}")), format!("ID {DIGITS}"));
        assert_eq!(asked("sha256:b01c"), "ID b01c");
        let by_digest = format!("app@sha256:{DIGITS}");
        assert_eq!(asked(&by_digest), format!("digest {by_digest}"));
    }

    #[test]
    fn what_is_no_name_never_reaches_the_daemon() {
        for text in [
            "",
            "App",
            "app:",
            "app/../..",
            "app?x=1",
            "app#1",
            "a b",
            "app@",
            "app/",
            "http://h/app",
            "app@sha256:1",
            "app%2f",
            "../app",
        ] {
            assert!(queries(text).is_err(), "{text}: {}", asked(text));
        }
    }
}

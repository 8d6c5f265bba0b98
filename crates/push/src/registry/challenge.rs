//! `WWW-Authenticate`: what a registry wants to see before it lets anybody in (RFC 9110, section 11).

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// One challenge, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Challenge {
    /// In lower case.
    scheme: String,
    /// Names in lower case, in the order of the header.
    parameters: Vec<(String, String)>,
}

/// What the registry demands, of the two kinds that are understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Demand {
    /// A token of the server at `realm`.
    Bearer {
        realm: String,
        service: Option<String>,
    },
    /// A name and a password.
    Basic,
}

impl Demand {
    /// The demand of an answer, from all its header lines; a token is preferred to a password in every request.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let lines = headers.get_all(WWW_AUTHENTICATE).iter();
        // A realm may have any byte in it; what is not UTF-8 is in no part that matters.
        let challenges: Vec<_> = lines
            .flat_map(|line| parse(&String::from_utf8_lossy(line.as_bytes())))
            .collect();
        let bearer = challenges.iter().find_map(|challenge| {
            let realm = challenge.parameter("realm")?;
            (challenge.scheme == "bearer").then(|| Self::Bearer {
                realm: realm.to_owned(),
                service: challenge.parameter("service").map(str::to_owned),
            })
        });
        let basic = || {
            challenges
                .iter()
                .any(|challenge| challenge.scheme == "basic")
        };
        bearer.or_else(|| basic().then_some(Self::Basic))
    }
}

impl Challenge {
    fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(key, _)| key == name)?;
        Some(&found.1)
    }
}

/// Reads the challenges of one header line; what cannot be read is passed over, because half of a header is often
/// enough and a complaint about it never helps.
fn parse(line: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        if rest.is_empty() {
            return challenges;
        }
        let (word, after) = token(rest);
        if word.is_empty() {
            // Neither a name nor a separator: the next character may be.
            rest = rest
                .get(rest.chars().next().map_or(0, char::len_utf8)..)
                .unwrap_or_default();
            continue;
        }
        match after.trim_start().strip_prefix('=') {
            Some(value) => {
                let (value, after) = parameter_value(value.trim_start());
                if let Some(challenge) = challenges.last_mut() {
                    challenge
                        .parameters
                        .push((word.to_ascii_lowercase(), value));
                }
                rest = after;
            }
            None => {
                challenges.push(Challenge {
                    scheme: word.to_ascii_lowercase(),
                    parameters: Vec::new(),
                });
                rest = after;
            }
        }
    }
}

fn token(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, ',' | '=' | '"'));
    text.split_at(end.unwrap_or(text.len()))
}

fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text
            .find(|c: char| c.is_whitespace() || c == ',')
            .unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut escaped = false;
    for (at, character) in quoted.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => {
                escaped = true;
                continue;
            }
            '"' => return (value, &quoted[at + 1..]),
            _ => {}
        }
        value.push(character);
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The challenges of a line, one a line: `scheme name=[value] …`.
    fn read(line: &str) -> String {
        let show = |challenge: &Challenge| {
            let parameters = challenge.parameters.iter();
            let parameters: String = parameters
                .map(|(name, value)| format!(" {name}=[{value}]"))
                .collect();
            format!("{}{parameters}", challenge.scheme)
        };
        parse(line).iter().map(show).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        let table = [
            ("", ""),
            ("Basic", "basic"),
            (
                "Basic realm=\"Gitea Package API\"",
                "basic realm=[Gitea Package API]",
            ),
            (
                "Bearer realm=\"https://a/v2/token\",service=\"container_registry\",scope=\"*\"",
                "bearer realm=[https://a/v2/token] service=[container_registry] scope=[*]",
            ),
            (
                "Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:x:pull,push\"",
                "bearer realm=[https://a/t] service=[s] scope=[repository:x:pull,push]",
            ),
            (
                "bearer Realm = a , Service= b",
                "bearer realm=[a] service=[b]",
            ),
            (
                "Bearer realm=\"a\", Basic realm=\"b\"",
                "bearer realm=[a]\nbasic realm=[b]",
            ),
            ("Negotiate, Basic realm=\"b\"", "negotiate\nbasic realm=[b]"),
            (
                "Negotiate YWJj==, Basic realm=b",
                "negotiate ywjj=[=]\nbasic realm=[b]",
            ),
            (
                r#"Basic realm="a \"quoted\" \\ word""#,
                r#"basic realm=[a "quoted" \ word]"#,
            ),
            ("Bearer realm=\"never closed", "bearer realm=[never closed]"),
            ("realm=\"nobody's\"", ""),
            ("\"junk\" Basic", "junk\nbasic"),
        ];
        for (line, expected) in table {
            assert_eq!(read(line), expected, "{line}");
        }
    }

    #[test]
    fn a_token_is_preferred_to_a_password() {
        let bearer = Demand::Bearer {
            realm: "https://a/t".to_owned(),
            service: None,
        };
        let table: [(&[&str], Option<Demand>); 5] = [
            (
                &["Basic realm=\"x\"", "Bearer realm=\"https://a/t\""],
                Some(bearer.clone()),
            ),
            (
                &["Bearer realm=\"https://a/t\", Basic realm=\"x\""],
                Some(bearer),
            ),
            (&["Bearer service=\"x\"", "basic"], Some(Demand::Basic)),
            (&["Digest realm=\"x\""], None),
            (&[], None),
        ];
        for (lines, expected) in table {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(WWW_AUTHENTICATE, line.parse().unwrap());
            }
            assert_eq!(Demand::of(&headers), expected, "{lines:?}");
        }
    }
}

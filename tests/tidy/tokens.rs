//! Rust source cut into words and punctuation, comments and literals left out.
//!
//! Knows enough of the language to see paths; what they mean is for `paths` and `levels`.

/// One word, `::`, or one character of punctuation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    /// Counted from 1.
    pub(crate) line: usize,
}

/// Cuts `source` into its tokens.
pub(crate) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = source;
    let mut line = 1;
    while !rest.is_empty() {
        let (length, is_token) = next(rest);
        let (text, tail) = rest.split_at(length);
        if is_token {
            found.push(Token { text, line });
        }
        line += text.matches('\n').count();
        rest = tail;
    }
    found
}

/// The length of what `rest` begins with, and whether it is a token.
fn next(rest: &str) -> (usize, bool) {
    let first = rest.chars().next().expect("not empty");
    if first.is_whitespace() {
        return (first.len_utf8(), false);
    }
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), false);
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), false);
    }
    if let Some(length) = literal(rest) {
        return (length, false);
    }
    if first.is_alphanumeric() || first == '_' {
        return (word(rest), true);
    }
    if rest.starts_with("::") {
        return (2, true);
    }
    (first.len_utf8(), true)
}

fn word(rest: &str) -> usize {
    rest.find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(rest.len())
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let tail = &rest.as_bytes()[at..];
        match tail {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// The length of the string, byte string or character that `rest` begins with.
fn literal(rest: &str) -> Option<usize> {
    let prefix = ["b", "c", "r", "br", "cr", ""]
        .into_iter()
        .filter(|prefix| rest.starts_with(prefix))
        .find(|prefix| {
            let tail = rest[prefix.len()..].trim_start_matches('#');
            let hashes = rest.len() - prefix.len() - tail.len();
            let raw = prefix.ends_with('r');
            tail.starts_with('"') && (raw || hashes == 0)
                || prefix.len() <= 1 && !raw && hashes == 0 && character(tail).is_some()
        })?;
    let tail = &rest[prefix.len()..];
    if let Some(length) = character(tail) {
        return Some(prefix.len() + length);
    }
    let hashes = tail.len() - tail.trim_start_matches('#').len();
    let body = &tail[hashes + 1..];
    let length = if prefix.ends_with('r') {
        let close = format!("\"{}", "#".repeat(hashes));
        body.find(&close).map(|at| at + close.len())
    } else {
        closing_quote(body)
    };
    Some(prefix.len() + hashes + 1 + length.unwrap_or(body.len()))
}

fn closing_quote(body: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            '"' if !escaped => return Some(at + 1),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

/// The length of a character literal; a lifetime is none.
fn character(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('\'')?;
    let mut chars = body.chars();
    let first = chars.next()?;
    if first == '\\' {
        let close = body[2..].find('\'')?;
        return Some(1 + 2 + close + 1);
    }
    (chars.next() == Some('\'')).then(|| 1 + first.len_utf8() + 1)
}

#[cfg(test)]
mod tests {
    use super::tokens;

    #[track_caller]
    fn check(source: &str, expected: &[&str]) {
        let found: Vec<&str> = tokens(source).iter().map(|token| token.text).collect();
        assert_eq!(found, expected, "{source}");
    }

    #[test]
    fn words_and_punctuation_are_tokens() {
        check("use a::b_c;", &["use", "a", "::", "b_c", ";"]);
        check("x!{1}", &["x", "!", "{", "1", "}"]);
    }

    #[test]
    fn comments_and_literals_are_left_out() {
        check("a // tar::x\nb", &["a", "b"]);
        check("a /* tar /* :: */ x */ b", &["a", "b"]);
        check(
            r#"a("t\"ar::x", b"y", c"z") b"#,
            &["a", "(", ",", ",", ")", "b"],
        );
        check("a(r#\"tar\"::x\"#) b", &["a", "(", ")", "b"]);
        check(
            r"a('\'', '{', b'\\', '\u{1F}') b",
            &["a", "(", ",", ",", ",", ")", "b"],
        );
    }

    #[test]
    fn lifetimes_are_no_literals() {
        check("&'a T", &["&", "'", "a", "T"]);
        check("<'a, 'b>", &["<", "'", "a", ",", "'", "b", ">"]);
    }

    #[test]
    fn lines_are_counted_through_literals() {
        let lines: Vec<usize> = tokens("a\n\"\n\n\"\nb").iter().map(|t| t.line).collect();
        assert_eq!(lines, [1, 5]);
    }
}

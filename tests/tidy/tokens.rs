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
    let _ = source;
    Vec::new()
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

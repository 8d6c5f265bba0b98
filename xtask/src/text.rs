//! Text from outside, made safe for a terminal: control and direction characters escaped, overlong lines cut.
//!
//! What a registry, an archive or a daemon says could otherwise move the cursor, hide what comes after it, or look
//! like lines that this tool printed.

use std::fmt::Write as _;

/// The longest line that is shown, in bytes of what is left after escaping.
const LONGEST: usize = 1024;

/// One line without any character that a terminal acts on, of at most 1 KiB.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(LONGEST));
    for character in text.chars() {
        let before = line.len();
        push_escaped(&mut line, character);
        if line.len() > LONGEST {
            line.truncate(before);
            line.push('…');
            break;
        }
    }
    line
}

/// Whether a terminal, or a reader of its output, could be misled by the character.
pub(crate) fn is_hazardous(character: char) -> bool {
    // C0, DEL and C1; then the marks and controls of Unicode Bidirectional Algorithm (UAX 9), and line separators.
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'
                | '\u{2029}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

fn push_escaped(line: &mut String, character: char) {
    match character {
        '\n' => line.push_str("\\n"),
        '\r' => line.push_str("\\r"),
        '\t' => line.push_str("\\t"),
        hazardous if is_hazardous(hazardous) => {
            write!(line, "\\u{{{:x}}}", u32::from(hazardous)).expect("a string takes any text");
        }
        plain => line.push(plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_acts_on_is_left() {
        let table = [
            (
                "denied: `team/app` — ünïcödé",
                "denied: `team/app` — ünïcödé",
            ),
            (
                "\u{1b}[2J\u{1b}]0;owned\u{7}",
                "\\u{1b}[2J\\u{1b}]0;owned\\u{7}",
            ),
            ("two\nlines\r\n\tindented", "two\\nlines\\r\\n\\tindented"),
            ("\u{7f}\u{80}\u{9b}31m", "\\u{7f}\\u{80}\\u{9b}31m"),
            (
                "a\u{202e}b\u{2066}c\u{200f}",
                "a\\u{202e}b\\u{2066}c\\u{200f}",
            ),
            ("a\u{2028}b\u{2029}c", "a\\u{2028}b\\u{2029}c"),
        ];
        for (text, expected) in table {
            assert_eq!(one_line(text), expected, "{text:?}");
        }
    }

    #[test]
    fn an_overlong_line_is_cut_between_characters() {
        let line = one_line(&"é".repeat(4000));
        assert_eq!(line, "é".repeat(512) + "…");
        assert_eq!(one_line(&"a".repeat(1024)), "a".repeat(1024));
    }

    #[test]
    fn an_escape_is_never_cut_in_half() {
        let line = one_line(&"\u{1b}".repeat(400));
        assert!(line.ends_with("\\u{1b}…"), "{line}");
        assert!(line.len() <= LONGEST + '…'.len_utf8());
    }
}

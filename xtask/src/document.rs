//! JSON for scripts: one document or one object on a line, in which no character can mislead a terminal either.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};

use crate::text::is_hazardous;

/// The version that each JSON document and progress line of this tool carries.
///
/// It grows when a field is removed or changes its meaning; new fields come without notice.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// One line of JSON, without its end.
pub(crate) fn to_line(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Escaping);
    value
        .serialize(&mut serializer)
        .expect("what is shown is made of strings, numbers and lists");
    String::from_utf8(bytes).expect("JSON is UTF-8")
}

/// Compact JSON that escapes what JSON itself would let through: DEL, C1 and direction controls.
struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(position) = rest.find(is_hazardous) {
            CompactFormatter.write_string_fragment(writer, &rest[..position])?;
            let hazardous = rest[position..].chars().next().expect("one was just found");
            // All of them are in the basic plane, so four digits are enough.
            write!(writer, "\\u{:04x}", u32::from(hazardous))?;
            rest = &rest[position + hazardous.len_utf8()..];
        }
        CompactFormatter.write_string_fragment(writer, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_reads_the_text_and_a_terminal_does_not() {
        let text = "a\u{1b}[31m\u{9b}\u{202e}\u{7f}\n\"é";
        let line = to_line(&text);
        assert_eq!(line, r#""a\u001b[31m\u009b\u202e\u007f\n\"é""#);
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }
}

//! Passwords that are not on the command line: from standard input, or from the terminal without an echo.

use secrecy::SecretString;

use crate::failure::Failure;

/// What is said to somebody who gives `--password`.
pub(crate) const ON_COMMAND_LINE: &str =
    "others on this machine can see a password on the command line: `--password-stdin` hides it";

/// The longest password that is read, in bytes; tokens of cloud registries have some thousands.
const LONGEST: u64 = 64 << 10;

/// Reads standard input to its end; one line break at the end is not part of the password.
///
/// # Errors
/// [`Failure::Usage`] where there is nothing, or no text.
pub(crate) async fn from_standard_input() -> Result<SecretString, Failure> {
    Err(Failure::usage("not supported yet", "wait for it"))
}

/// Asks on the terminal, whatever standard input is.
///
/// # Errors
/// [`Failure::Usage`] where there is no terminal, or nothing is typed.
pub(crate) async fn from_terminal(prompt: &str) -> Result<SecretString, Failure> {
    let _ = prompt;
    Err(Failure::usage("not supported yet", "wait for it"))
}

/// The text without the line break at its end.
fn password(text: &str) -> Result<SecretString, Failure> {
    let _ = text;
    Err(Failure::usage("not supported yet", "wait for it"))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn one_line_break_at_the_end_is_not_the_passwords() {
        let table = [
            ("pw\n", "pw"),
            ("pw\r\n", "pw"),
            ("pw", "pw"),
            (" p w \n\n", " p w \n"),
        ];
        for (text, expected) in table {
            assert_eq!(
                password(text).unwrap().expose_secret(),
                expected,
                "{text:?}"
            );
        }
    }

    #[test]
    fn nothing_is_no_password() {
        for text in ["", "\n", "\r\n"] {
            assert!(
                matches!(password(text), Err(Failure::Usage { .. })),
                "{text:?}"
            );
        }
    }
}

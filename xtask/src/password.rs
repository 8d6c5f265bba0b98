//! Passwords that are not on the command line: from standard input, or from the terminal without an echo.

use std::io::{self, Read};

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
    tracing::info!("reading the password from standard input");
    blocking(|| {
        let mut text = String::new();
        io::stdin().lock().take(LONGEST).read_to_string(&mut text)?;
        Ok(text)
    })
    .await
    .map_err(Failure::machine(
        "cannot read the password from standard input",
    ))
    .and_then(|text| password(&text))
}

/// Asks on the terminal, whatever standard input is.
///
/// # Errors
/// [`Failure::Usage`] where there is no terminal, or nothing is typed.
pub(crate) async fn from_terminal(prompt: &str) -> Result<SecretString, Failure> {
    let no_terminal = |_| {
        Failure::usage(
            "there is no terminal to ask for the password on",
            "pipe it in with `--password-stdin`",
        )
    };
    let mut terminal = terminal::Silent::open(prompt).map_err(no_terminal)?;
    let line = terminal.line();
    let text = line.await.map_err(no_terminal)?;
    password(&text)
}

/// The text without the line break at its end.
fn password(text: &str) -> Result<SecretString, Failure> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err(Failure::usage(
            "the password is empty",
            "pipe it in with `--password-stdin`",
        ));
    }
    Ok(text.into())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

/// The terminal of this process, silent for as long as a value of [`terminal::Silent`] lives.
#[cfg(unix)]
mod terminal {
    use std::fs::File;
    use std::io::{self, BufRead, BufReader, Write};

    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

    pub(super) struct Silent {
        terminal: File,
        before: Termios,
    }

    impl Silent {
        pub(super) fn open(prompt: &str) -> io::Result<Self> {
            let terminal = File::options().read(true).write(true).open("/dev/tty")?;
            let before = tcgetattr(&terminal)?;
            let mut silent = before.clone();
            silent.local_modes.remove(LocalModes::ECHO);
            silent.local_modes.insert(LocalModes::ECHONL);
            tcsetattr(&terminal, OptionalActions::Flush, &silent)?;
            let mut this = Self { terminal, before };
            this.terminal.write_all(prompt.as_bytes())?;
            Ok(this)
        }

        pub(super) async fn line(&mut self) -> io::Result<String> {
            let terminal = self.terminal.try_clone()?;
            super::blocking(move || {
                let mut line = String::new();
                BufReader::new(terminal).read_line(&mut line)?;
                Ok(line)
            })
            .await
        }
    }

    /// Also where Ctrl-C drops the question: a shell that does not echo any more is a nuisance.
    impl Drop for Silent {
        fn drop(&mut self) {
            let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
        }
    }
}

#[cfg(not(unix))]
mod terminal {
    use std::io;

    pub(super) struct Silent;

    impl Silent {
        pub(super) fn open(_prompt: &str) -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(super) async fn line(&mut self) -> io::Result<String> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }
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

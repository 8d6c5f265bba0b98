//! Credential helpers: the programs `docker-credential-NAME`, asked for one registry.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use super::credentials::Secret;

/// Why a helper gives nothing; what it wrote is only kept where it said that it failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum HelperError {
    #[error("`{0}` is not the name of a helper")]
    Name(String),
    #[error("`docker-credential-{0}` is not installed")]
    NotInstalled(String),
    #[error("`docker-credential-{name}` cannot be run")]
    Run { name: String, source: io::Error },
    #[error("`docker-credential-{name}` did not answer within {} s", limit.as_secs_f32())]
    Timeout { name: String, limit: Duration },
    #[error("`docker-credential-{name}` failed: {said}")]
    Failed { name: String, said: String },
    #[error("`docker-credential-{0}` answered something else than credentials")]
    Answer(String),
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username")]
    username: String,
    #[serde(rename = "Secret")]
    secret: String,
}

/// Asks a helper for the credentials of `server`; none when it says that it has none.
pub(super) async fn ask(
    name: &str,
    server: &str,
    path: Option<&OsStr>,
    limit: Duration,
) -> Result<Option<Secret>, HelperError> {
    let valid = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if name.is_empty() || !name.bytes().all(valid) {
        return Err(HelperError::Name(name.to_owned()));
    }
    let program = find(name, path).ok_or_else(|| HelperError::NotInstalled(name.to_owned()))?;
    let run = |source| HelperError::Run {
        name: name.to_owned(),
        source,
    };
    // Dropping the child, as the timeout does, kills it.
    let child = spawn(&program).map_err(run)?;
    let (success, output) = tokio::time::timeout(limit, converse(child, server))
        .await
        .map_err(|_| HelperError::Timeout {
            name: name.to_owned(),
            limit,
        })?
        .map_err(run)?;
    if success {
        return read_answer(&output)
            .map(Some)
            .ok_or_else(|| HelperError::Answer(name.to_owned()));
    }
    let said = String::from_utf8_lossy(&output);
    if said.contains("credentials not found") {
        return Ok(None);
    }
    let said: String = said
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(SAID_LIMIT)
        .collect();
    let said = if said.is_empty() {
        "it gives no reason".to_owned()
    } else {
        said
    };
    Err(HelperError::Failed {
        name: name.to_owned(),
        said,
    })
}

fn find(name: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    let file = format!("docker-credential-{name}");
    std::env::split_paths(path?)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(&file))
        .find(|program| program.is_file())
}

fn spawn(program: &Path) -> io::Result<Child> {
    Command::new(program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}

async fn converse(mut child: Child, server: &str) -> io::Result<(bool, Vec<u8>)> {
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that does not read its question may still answer.
        let _ = stdin.write_all(format!("{server}\n").as_bytes()).await;
    }
    let mut output = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(OUTPUT_LIMIT).read_to_end(&mut output).await?;
    }
    let status = child.wait().await?;
    Ok((status.success(), output))
}

fn read_answer(output: &[u8]) -> Option<Secret> {
    let Answer { username, secret } = serde_json::from_slice(output).ok()?;
    Some(if username == "<token>" {
        Secret::Identity {
            username,
            token: secret.into(),
        }
    } else {
        Secret::Basic {
            username,
            password: secret.into(),
        }
    })
}

pub(super) const LIMIT: Duration = Duration::from_secs(10);
const OUTPUT_LIMIT: u64 = 64 << 10;
const SAID_LIMIT: usize = 200;

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret;

    use super::*;

    /// A directory with `docker-credential-fake`, whose script is `body`.
    fn fake(body: &str) -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let program = directory.path().join("docker-credential-fake");
        std::fs::write(&program, format!("#!/bin/sh\n{body}\n")).expect("a script");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))
            .expect("executable");
        directory
    }

    async fn said(body: &str, limit: Duration) -> String {
        let directory = fake(body);
        match ask(
            "fake",
            "r.example",
            Some(directory.path().as_os_str()),
            limit,
        )
        .await
        {
            Ok(None) => "-".to_owned(),
            Ok(Some(Secret::Basic { username, password })) => {
                format!("{username}:{}", password.expose_secret())
            }
            Ok(Some(Secret::Identity { token, .. })) => {
                format!("identity {}", token.expose_secret())
            }
            Ok(Some(Secret::Bearer(_))) => "bearer".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[tokio::test]
    async fn helpers_are_asked_for_the_server_by_name() {
        let table = [
            (
                r#"read server; printf '{"Username": "me", "Secret": "for %s %s"}' "$1" "$server""#,
                "me:for get r.example",
            ),
            (
                r#"echo '{"Username": "<token>", "Secret": "t"}'"#,
                "identity t",
            ),
            (
                "echo 'credentials not found in native keychain'; exit 1",
                "-",
            ),
            (
                "echo 'the keychain is locked'; exit 1",
                "`docker-credential-fake` failed: the keychain is locked",
            ),
            (
                "exit 3",
                "`docker-credential-fake` failed: it gives no reason",
            ),
            (
                "echo secret",
                "`docker-credential-fake` answered something else than credentials",
            ),
        ];
        for (body, expected) in table {
            assert_eq!(said(body, LIMIT).await, expected, "{body}");
        }
    }

    #[tokio::test]
    async fn a_helper_that_hangs_is_killed() {
        let said = said("exec sleep 60", Duration::from_millis(50)).await;
        assert_eq!(
            said,
            "`docker-credential-fake` did not answer within 0.05 s"
        );
    }

    #[tokio::test]
    async fn a_name_is_never_a_path_or_a_command() {
        for name in ["", "../fake", "a b", "fake;true"] {
            let answer = ask(name, "r.example", Some(OsStr::new("/")), LIMIT).await;
            assert!(matches!(answer, Err(HelperError::Name(_))), "{name}");
        }
        let missing = ask("missing", "r.example", None, LIMIT)
            .await
            .err()
            .map(|error| error.to_string());
        assert_eq!(
            missing.as_deref(),
            Some("`docker-credential-missing` is not installed")
        );
    }
}

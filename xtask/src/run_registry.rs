//! `cargo xtask registry`: the embedded registry in the foreground, until somebody stops it.

use crate::cli::{PasswordArgs, RegistryArgs};
use crate::console::Console;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::run_push::embedded_directory;
use crate::{password, work};
use embedded_registry::{Config, Credentials, Registry};

/// Serves until a signal comes, lets the requests that are under way end, and says by the exit code what stopped it.
///
/// # Errors
/// [`Failure::Usage`] where anybody could write from anywhere, [`Failure::Embedded`] where it does not start, and
/// [`Failure::Interrupted`] always in the end.
pub(crate) fn run(
    typed: &RegistryArgs,
    environment: &Environment,
    console: &Console,
) -> Result<(), Failure> {
    let guarded = typed.writer.username.is_some() || typed.allow_anonymous_writes;
    if !typed.listen.ip().is_loopback() && !guarded {
        return Err(Failure::usage(
            format!("anybody who reaches {} could write there", typed.listen),
            "give `--username` and a password, or `--allow-anonymous-writes`",
        ));
    }
    work::run(async {
        let registry = work::stoppable(start(typed, environment, console)).await?;
        let served = work::stoppable(std::future::pending()).await;
        registry.stop().await;
        served
    })
}

async fn start(
    typed: &RegistryArgs,
    environment: &Environment,
    console: &Console,
) -> Result<Registry, Failure> {
    let directory = embedded_directory(typed.dir.as_ref(), environment);
    let mut config = Config::new(directory.clone());
    config.listen = typed.listen;
    config.credentials = writer(&typed.writer, environment, console).await?;
    config.allow_anonymous_writes = typed.allow_anonymous_writes;
    let registry = Registry::start(config).await.map_err(Failure::Embedded)?;
    console.line(&format!(
        "serving `{}` at http://{} (Ctrl-C stops it)",
        directory.display(),
        registry.address()
    ));
    Ok(registry)
}

/// Who may write, where somebody is named.
async fn writer(
    typed: &PasswordArgs,
    environment: &Environment,
    console: &Console,
) -> Result<Option<Credentials>, Failure> {
    let Some(username) = typed.username.clone() else {
        if typed.password_stdin || typed.password.is_some() {
            return Err(Failure::usage(
                "a password needs a user name",
                "give `--username NAME` too",
            ));
        }
        return Ok(None);
    };
    let password = match (&typed.password, &environment.registry.password) {
        _ if typed.password_stdin => password::from_standard_input().await?,
        (Some(password), _) => {
            console.warn(password::ON_COMMAND_LINE);
            password.clone()
        }
        (None, Some(password)) => password.clone(),
        (None, None) => password::from_terminal(&format!("Password of {username}: ")).await?,
    };
    Ok(Some(Credentials { username, password }))
}

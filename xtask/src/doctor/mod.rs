//! `cargo xtask doctor`: what works and what does not between here and a registry, and how to mend it.
//!
//! What is found of the registry is the push library's affair; here it is shown, and the first failure is the exit
//! code.

mod finding;
mod json;
mod target;
mod text;

use std::net::IpAddr;

use push::registry::{Options, examine};

use crate::cli::{DoctorArgs, Output};
use crate::console::{self, Console};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::run_push::{self, Choice};
use crate::{password, work};

use finding::{Finding, Outcome};
use target::Site;

/// Looks at everything, shows what was found, and fails where something did.
///
/// # Errors
/// [`Failure::Checks`] where a check has failed, and those of options that cannot be used.
pub(crate) fn run(
    typed: &DoctorArgs,
    environment: &Environment,
    console: &Console,
) -> Result<(), Failure> {
    if typed.credentials.basic.password.is_some() {
        console.warn(password::ON_COMMAND_LINE);
    }
    let destination = typed.destination.as_deref().unwrap_or_default();
    let site = Site::read(destination)?;
    work::run(work::stoppable(async {
        let options = options(typed, &site, environment).await?;
        let mut findings = look(&site, &options, environment).await?;
        findings.push(pull_address(&site));
        let shown = match typed.output {
            Output::Text => text::render(&findings),
            Output::Json => json::render(destination, &findings),
        };
        console::print(&shown).map_err(Failure::machine("cannot write to standard output"))?;
        conclude(&findings)
    }))
}

async fn options(
    typed: &DoctorArgs,
    site: &Site,
    environment: &Environment,
) -> Result<Options, Failure> {
    let (registry, scheme) = (&site.registry, site.scheme);
    let variables = &environment.registry;
    let choice = Choice::make(&typed.credentials, variables, registry, scheme, false)?;
    let credentials = choice.complete(registry).await?;
    let options = run_push::registry_options(&typed.connection, registry, scheme, environment)?;
    Ok(Options {
        credentials,
        authfile: typed.credentials.authfile.clone(),
        ..options
    })
}

async fn look(
    site: &Site,
    options: &Options,
    environment: &Environment,
) -> Result<Vec<Finding>, Failure> {
    let repository = site.repository.as_ref();
    let checks = examine(
        &site.registry,
        site.scheme,
        repository,
        options,
        &environment.push,
    );
    let checks = checks.await.map_err(|error| Failure::Push {
        doing: format!("cannot look at `{}`", site.registry),
        error: Box::new(error),
    })?;
    Ok(checks.iter().map(Finding::of).collect())
}

/// By what reference others get what is pushed there.
fn pull_address(site: &Site) -> Finding {
    let subject = "pull address";
    let Some(address) = site.pull_address() else {
        let why = "DESTINATION names no repository";
        return Finding::new(subject, Outcome::Skipped, why);
    };
    let host = site.registry.host();
    let here = host == "localhost" || host.parse().is_ok_and(|host: IpAddr| host.is_loopback());
    let whence = if here {
        ", from this machine alone"
    } else {
        ""
    };
    Finding::new(subject, Outcome::Passed, format!("{address}{whence}"))
}

fn conclude(findings: &[Finding]) -> Result<(), Failure> {
    let failed = findings.iter().filter_map(|finding| match finding.outcome {
        Outcome::Failed(code) => Some((finding.subject, code)),
        _ => None,
    });
    let failed: Vec<_> = failed.collect();
    match failed.first() {
        None => Ok(()),
        Some((_, code)) => Err(Failure::Checks {
            code: *code,
            failed: failed.into_iter().map(|(subject, _)| subject).collect(),
        }),
    }
}

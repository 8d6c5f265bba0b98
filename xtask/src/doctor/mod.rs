//! `cargo xtask doctor`: what works and what does not between here and a registry, and how to mend it.
//!
//! What is found of the registry is the push library's affair; here it is shown, and the first failure is the exit
//! code.

mod cluster;
mod daemon;
mod finding;
mod json;
mod target;
mod text;

use std::net::IpAddr;

use ::cluster::Cluster;
use oci::{Destination, Target};
use push::registry::{Options, Subject, examine};

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
    let destination = target::read(typed.destination.as_deref())?;
    work::run(work::stoppable(async {
        let visit = Visit { typed, environment };
        let mut findings = visit.walk(destination).await?;
        findings.push(daemon::look(environment).await);
        let shown = match typed.output {
            Output::Text => text::render(&findings),
            Output::Json => json::render(typed.destination.as_deref(), &findings),
        };
        console::print(&shown).map_err(Failure::machine("cannot write to standard output"))?;
        conclude(&findings)
    }))
}

/// What is asked for.
struct Visit<'a> {
    typed: &'a DoctorArgs,
    environment: &'a Environment,
}

impl Visit<'_> {
    /// From the kubeconfig, where a cluster is meant, to the address that others pull from.
    async fn walk(&self, destination: Destination) -> Result<Vec<Finding>, Failure> {
        let named = destination.registry.is_some();
        let found = match self.cluster(&destination).await {
            Ok(found) => found,
            Err(error) => {
                let mut findings = cluster::of_none(&error);
                leave_out(&mut findings);
                return Ok(findings);
            }
        };
        let Some(found) = found else {
            let registry = destination
                .registry
                .clone()
                .expect("a cluster is asked without one");
            let site = Site::of(destination, registry);
            let options = self.options(&site, false).await?;
            return self.look(&site, &options).await;
        };
        let mut findings = cluster::of_found(&found);
        let whole = !named || destination.target == Target::Prefix(None);
        let destination = if whole {
            run_push::at_cluster(destination, &found.registry)?
        } else {
            destination
        };
        let site = Site::of(destination, found.registry.clone());
        let mut options = self.options(&site, true).await?;
        let whereabouts = cluster::reach(&found, self.typed, &mut options).await;
        findings.push(cluster::certificate(&found, &mut options));
        let secrets = cluster::secrets(&found, self.typed, &mut options).await;
        let failed = matches!(secrets.outcome, Outcome::Failed(_));
        findings.push(secrets);
        if failed {
            leave_out(&mut findings);
        } else {
            findings.extend(self.look(&site, &options).await?);
            let mut names = findings
                .iter_mut()
                .filter(|it| it.subject == Subject::Name.as_str());
            if let (Some(name), Some(text)) = (names.next(), whereabouts) {
                name.text = text;
            }
        }
        Ok(findings)
    }

    /// The cluster that is meant; none where a registry is named that is no cluster's.
    async fn cluster(
        &self,
        destination: &Destination,
    ) -> Result<Option<Cluster>, Box<::cluster::Error>> {
        let (typed, scheme) = (self.typed, destination.scheme);
        let selection = run_push::cluster::selection(&typed.cluster, self.environment);
        let find = || async { Cluster::find(&selection).await.map_err(Box::new) };
        let Some(registry) = &destination.registry else {
            return find().await.map(Some);
        };
        let chosen = typed.cluster.context.is_some();
        let near = run_push::cluster::may_be_local(&typed.connection, registry, scheme);
        if !chosen && !near.await {
            return Ok(None);
        }
        match find().await {
            Err(error) if chosen => Err(error),
            // A host that only may have been a cluster's is looked at as any other.
            Err(_) => Ok(None),
            Ok(found) => {
                let same = run_push::same(&found.registry, registry, scheme);
                Ok(same.then_some(found))
            }
        }
    }

    async fn options(&self, site: &Site, of_cluster: bool) -> Result<Options, Failure> {
        let (typed, environment) = (self.typed, self.environment);
        let (registry, scheme) = (&site.registry, site.scheme);
        let variables = &environment.registry;
        let choice = Choice::make(&typed.credentials, variables, registry, scheme, of_cluster)?;
        let credentials = choice.complete(registry).await?;
        let options = run_push::registry_options(&typed.connection, registry, scheme, environment)?;
        Ok(Options {
            credentials,
            authfile: typed.credentials.authfile.clone(),
            ..options
        })
    }

    async fn look(&self, site: &Site, options: &Options) -> Result<Vec<Finding>, Failure> {
        let repository = site.repository.as_ref();
        let environment = &self.environment.push;
        let checks = examine(
            &site.registry,
            site.scheme,
            repository,
            options,
            environment,
        );
        let checks = checks.await.map_err(|error| Failure::Push {
            doing: format!("cannot look at `{}`", site.registry),
            error: Box::new(error),
        })?;
        let mut findings: Vec<_> = checks.iter().map(Finding::of).collect();
        findings.push(pull_address(site));
        Ok(findings)
    }
}

const PULL_ADDRESS: &str = "pull address";

/// Says of everything at the registry that it was not looked at.
fn leave_out(findings: &mut Vec<Finding>) {
    let failed = findings
        .iter()
        .find(|finding| matches!(finding.outcome, Outcome::Failed(_)));
    let failed = failed.map_or("", |finding| finding.subject);
    let subjects = Subject::ALL.map(Subject::as_str);
    let subjects = subjects.into_iter().chain([PULL_ADDRESS]);
    findings.extend(subjects.map(|subject| Finding::after(failed, subject)));
}

/// By what reference others get what is pushed there.
fn pull_address(site: &Site) -> Finding {
    let Some(address) = site.pull_address() else {
        let why = "DESTINATION names no image";
        return Finding::new(PULL_ADDRESS, Outcome::Skipped, why);
    };
    let host = site.registry.host();
    let here = host == "localhost" || host.parse().is_ok_and(|host: IpAddr| host.is_loopback());
    let whence = if here {
        ", from this machine alone"
    } else {
        ""
    };
    Finding::new(PULL_ADDRESS, Outcome::Passed, format!("{address}{whence}"))
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

//! `cargo xtask push`: what is typed becomes an operation, is done or planned, and leaves its result.

pub(crate) mod cluster;
mod credentials;
mod digest_file;
mod operation;
mod plan;
mod result;
mod target;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ::cluster::{Cluster, OWNER};
use oci::{Destination, Registry, Scheme};
use push::source::SourceSpec;
use push::{Events, PushOperation, Report};
use tokio::time::timeout;

use crate::cli::PushArgs;
use crate::console::{self, Console};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::{password, rival, work};

pub(crate) use credentials::{Choice, same};
use digest_file::DigestFile;
pub(crate) use operation::registry_options;
use operation::{Site, operation};
use target::Goal;
pub(crate) use target::{at_cluster, parse, with_lower_owner};

/// Where `cargo xtask registry` serves what `--embedded` has pushed.
const SERVED_AT: &str = "localhost:5000";

/// How long somebody who has stopped a push waits at most; a second signal ends it at once.
const FAREWELL: Duration = Duration::from_secs(1);

/// Pushes, or says what a push would do.
///
/// # Errors
/// Whatever keeps any image from being in the registry.
pub(crate) fn run(
    typed: &PushArgs,
    environment: &Environment,
    console: &Console,
) -> Result<(), Failure> {
    check(typed)?;
    if typed.credentials.basic.password.is_some() {
        console.warn(password::ON_COMMAND_LINE);
    }
    let goal = goal(typed, console)?;
    let push = async {
        match goal {
            Goal::Named(destination, registry) => {
                let cluster =
                    cluster::serving(typed, &registry, destination.scheme, environment).await?;
                send(typed, destination, cluster, environment, console).await
            }
            Goal::Cluster(destination) => {
                let cluster = cluster::find(typed, environment, &destination.to_string()).await?;
                let destination = announced(destination, &cluster, console)?;
                send(typed, destination, Some(cluster), environment, console).await
            }
            Goal::Embedded(destination) => embed(typed, destination, environment, console).await,
        }
    };
    work::run(async {
        let done = work::stoppable(push).await;
        // Upload sessions that a stopped push leaves open lie about at the registry, at some for ever.
        drop(timeout(FAREWELL, environment.push.farewells.said()).await);
        done
    })
}

/// What the grammar of the command line alone does not show.
fn check(typed: &PushArgs) -> Result<(), Failure> {
    if typed.credentials.basic.password_stdin && typed.source == "-" {
        return Err(Failure::usage(
            "the image and the password cannot both come from standard input",
            "save the image to a file, or set `IDPBUILDER_REGISTRY_PASSWORD`",
        ));
    }
    Ok(())
}

/// What the destination means, with a word about an owner that is written otherwise.
fn goal(typed: &PushArgs, console: &Console) -> Result<Goal, Failure> {
    let lowered = typed.destination.as_deref().and_then(with_lower_owner);
    let goal = Goal::resolve(
        lowered.as_deref().or(typed.destination.as_deref()),
        typed.embedded,
    )?;
    if lowered.is_some() {
        console.note(&format!(
            "Gitea's administrator is `{OWNER}` in references, which are in lower case"
        ));
    }
    Ok(goal)
}

/// A destination at the cluster's registry, once standard error has named it in full.
fn announced(
    destination: Destination,
    cluster: &Cluster,
    console: &Console,
) -> Result<Destination, Failure> {
    let full = at_cluster(destination, &cluster.registry)?;
    console.note(&format!(
        "pushing to `{full}`, the registry of the cluster of context `{}`",
        cluster.context
    ));
    Ok(full)
}

/// Pushes to a registry that is known by name, and perhaps as a cluster's.
async fn send(
    typed: &PushArgs,
    destination: Destination,
    cluster: Option<Cluster>,
    environment: &Environment,
    console: &Console,
) -> Result<(), Failure> {
    let registry = destination.registry.clone().expect("it was named or found");
    let choice = Choice::make(
        &typed.credentials,
        &environment.registry,
        &registry,
        destination.scheme,
        cluster.is_some(),
    )?;
    let mut credentials = choice.complete(&registry).await?;
    let mut at_cluster = None;
    if let Some(cluster) = cluster {
        if credentials.is_none() {
            credentials = cluster::credentials(&cluster, typed, console).await?;
        }
        at_cluster = Some(cluster::at(&cluster, typed, console).await);
    }
    let pull_from = at_cluster.as_ref().map(|cluster| cluster.registry.clone());
    let site = Site {
        destination,
        registry,
        shown_as: None,
        cluster: at_cluster,
    };
    let operation = operation(typed, site, credentials, environment)?;
    carry_out(typed, &operation, pull_from.as_ref(), console).await
}

/// Pushes to the embedded registry, which runs for as long as that takes.
async fn embed(
    typed: &PushArgs,
    destination: Destination,
    environment: &Environment,
    console: &Console,
) -> Result<(), Failure> {
    let directory = embedded_directory(typed.dir.as_ref(), environment);
    let config = embedded_registry::Config::new(directory.clone());
    let running = embedded_registry::Registry::start(config)
        .await
        .map_err(Failure::Embedded)?;
    let site = embedded_site(destination, running.address());
    let operation = operation(typed, site, None, environment)?;
    let done = carry_out(typed, &operation, None, console).await;
    running.stop().await;
    done?;
    if !typed.dry_run {
        let serve = typed.dir.as_ref().map_or_else(
            || "cargo xtask registry".to_owned(),
            |directory| format!("cargo xtask registry --dir {}", directory.display()),
        );
        console.note(&format!(
            "kept in `{}`; `{serve}` serves it at {SERVED_AT}",
            directory.display()
        ));
    }
    Ok(())
}

/// Where the embedded registry is kept.
pub(crate) fn embedded_directory(given: Option<&PathBuf>, environment: &Environment) -> PathBuf {
    given
        .cloned()
        .unwrap_or_else(|| environment.target_directory.join("registry"))
}

/// Speaks to the address that the system gave, and prints the one where it will be served.
fn embedded_site(destination: Destination, address: SocketAddr) -> Site {
    let registry: Registry = address
        .to_string()
        .parse()
        .expect("an address with its port is a registry");
    let shown_as = SERVED_AT.parse().expect("a constant that is a registry");
    Site {
        destination: Destination {
            scheme: Some(Scheme::Http),
            registry: Some(registry.clone()),
            ..destination
        },
        registry,
        shown_as: Some(shown_as),
        cluster: None,
    }
}

async fn carry_out(
    typed: &PushArgs,
    operation: &PushOperation,
    pull_from: Option<&Registry>,
    console: &Console,
) -> Result<(), Failure> {
    let (source, environment) = (&operation.source, &operation.environment);
    if typed.dry_run {
        let progress = Progress::start(typed.progress, console);
        let events = progress.events();
        let planning = operation.plan(&events);
        let plan = rival::told_beside(planning, source, environment, &events).await;
        progress.finish();
        let plan = plan.map_err(|error| failure(operation, Box::new(error)))?;
        return print(&plan::render(&plan, typed.output));
    }
    let digest_file = begin_digest_file(typed, operation).await?;
    let progress = Progress::start(typed.progress, console);
    let events = progress.events();
    let pushing = operation.execute(&events);
    let report = rival::told_beside(pushing, source, environment, &events).await;
    progress.finish();
    let report = report.map_err(|error| failure(operation, Box::new(error)))?;
    conclude(typed, report, pull_from, digest_file)
}

/// Leaves the result for scripts, and says of every image that was not pushed why.
fn conclude(
    typed: &PushArgs,
    report: Report,
    pull_from: Option<&Registry>,
    digest_file: Option<DigestFile>,
) -> Result<(), Failure> {
    if let Some(file) = digest_file.filter(|_| report.failed.is_empty()) {
        let digest = result::only_digest(&report).ok_or_else(several_images)?;
        file.finish(digest)
            .map_err(Failure::machine("cannot write the file of `--digest-file`"))?;
    }
    if !report.pushed.is_empty() {
        print(&result::render(&report, typed.output, pull_from))?;
    }
    if report.failed.is_empty() {
        return Ok(());
    }
    Err(Failure::Images {
        pushed: report.pushed.len(),
        failed: report.failed,
    })
}

/// Sees to it, before anything is sent, that there is one digest to write and a place to write it to.
async fn begin_digest_file(
    typed: &PushArgs,
    operation: &PushOperation,
) -> Result<Option<DigestFile>, Failure> {
    let Some(path) = &typed.digest_file else {
        return Ok(None);
    };
    let one = operation.options.image.is_some()
        || operation.source.image().is_some()
        || matches!(operation.source, SourceSpec::DockerDaemon(_));
    // Standard input can be read only once; of it this is found out when all is done.
    if !one && operation.source != SourceSpec::StandardInput {
        let contents = crate::inspect::open(
            &operation.source,
            &operation.environment,
            &Events::ignored(),
        )
        .await
        .map_err(|error| failure(operation, error))?;
        if contents.images.len() > 1 {
            return Err(several_images());
        }
    }
    let file = DigestFile::begin(path).map_err(Failure::machine(format!(
        "cannot write `{}`, given with `--digest-file`",
        path.display()
    )))?;
    Ok(Some(file))
}

fn several_images() -> Failure {
    Failure::usage(
        "`--digest-file` holds one digest, and there are several images",
        "pick one with `--image`, or read the digests from `--output json`",
    )
}

fn failure(operation: &PushOperation, error: Box<push::Error>) -> Failure {
    let shown = Destination {
        // The address of an embedded registry means nothing to anybody.
        registry: operation
            .options
            .shown_as
            .clone()
            .or_else(|| operation.destination.registry.clone()),
        scheme: operation
            .destination
            .scheme
            .filter(|_| operation.options.shown_as.is_none()),
        ..operation.destination.clone()
    };
    Failure::Push {
        doing: format!("cannot push to `{shown}`"),
        error,
    }
}

fn print(result: &str) -> Result<(), Failure> {
    console::print(result).map_err(Failure::machine("cannot write to standard output"))
}

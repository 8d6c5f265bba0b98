//! What a person can do about a failure: one thing, as a command or an option; nothing where there is nothing to do.

use std::error::Error;
use std::io;

use oci::{ParseReferenceError, Repository};
use push::blob::{Place, Promise};
use push::registry::{Failure, Warning};
use push::{Answer, DaemonFailure, NameProblem, Request};

use embedded_registry::StartError;

const CUT_SHORT: &str =
    "the archive may be cut short or altered: write it again with the tool that made it";
const MORE_SPACE: &str = "free some space, or set `TMPDIR` to a directory that has more";

pub(crate) fn of_reference(problem: &ParseReferenceError) -> Option<String> {
    Some(match problem {
        ParseReferenceError::UpperCase(repository) => {
            format!("write `{}`", repository.to_ascii_lowercase())
        }
        ParseReferenceError::Empty
        | ParseReferenceError::Registry(_)
        | ParseReferenceError::Repository(_)
        | ParseReferenceError::Missing(_)
        | ParseReferenceError::Unexpected(_) => {
            "a reference is HOST[:PORT]/REPOSITORY[:TAG][@DIGEST]".to_owned()
        }
        ParseReferenceError::TooLong
        | ParseReferenceError::Tag(_)
        | ParseReferenceError::Digest { .. } => return None,
    })
}

pub(crate) fn of_choices(choices: &[String]) -> Option<String> {
    // Of one alone there is nothing to pick: what to do stands in the message.
    (choices.len() > 1).then(|| format!("pick one with `--image`: {}", listed(choices, "or")))
}

pub(crate) fn of_name(problem: &NameProblem) -> String {
    match problem {
        NameProblem::NoOwner(name) => {
            format!("write `{}/{name}`, or another owner", cluster::OWNER)
        }
        NameProblem::Separator(name) => format!("write `{}`", with_single_separators(name)),
        NameProblem::SameTag(..) => "push one of them alone: `--image` picks an image".to_owned(),
    }
}

/// The name with the first of each run of separators.
fn with_single_separators(name: &Repository) -> String {
    let mut single = String::new();
    for character in name.as_str().chars() {
        let separator = |c: char| matches!(c, '.' | '_' | '-');
        if !(separator(character) && single.ends_with(separator)) {
            single.push(character);
        }
    }
    single
}

pub(crate) fn of_option(option: &str) -> Option<String> {
    match option {
        "--ca-file" | "--cert-file" => Some(format!("`{option}` takes certificates as PEM")),
        "--key-file" => Some("`--key-file` takes an unencrypted private key as PEM".to_owned()),
        "--authfile" => {
            Some("`--authfile` takes a `config.json` as `docker login` writes it".to_owned())
        }
        _ => None,
    }
}

pub(crate) fn of_open(place: &Place, error: &io::Error) -> Option<String> {
    match error.kind() {
        io::ErrorKind::NotFound if place.entry.is_none() => {
            Some("check the path; a relative one begins where the command is run".to_owned())
        }
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => Some(CUT_SHORT.to_owned()),
        io::ErrorKind::PermissionDenied => {
            Some(format!("see who may read it: `ls -ld {}`", place.source))
        }
        io::ErrorKind::StorageFull => Some(MORE_SPACE.to_owned()),
        _ => None,
    }
}

pub(crate) fn of_format() -> String {
    "make one with `docker save IMAGE -o app.tar`, or an OCI layout with your build tool".to_owned()
}

pub(crate) fn of_malformed() -> String {
    CUT_SHORT.to_owned()
}

pub(crate) fn of_available(available: &[String]) -> Option<String> {
    (!available.is_empty()).then(|| format!("it has {}", listed(available, "and")))
}

pub(crate) fn of_digest(promise: Promise) -> String {
    match promise {
        Promise::Destination => {
            "leave out `@DIGEST`, or push the image that has this digest".to_owned()
        }
        Promise::Computed => {
            "the file changed while it was read: push again when nothing writes to it".to_owned()
        }
        Promise::Exporter => "it was damaged on its way from the daemon: push again".to_owned(),
        Promise::Descriptor | Promise::DiffId | Promise::FileName => CUT_SHORT.to_owned(),
    }
}

pub(crate) fn of_credentials(origin: &str) -> String {
    format!("mend {origin}, or give `--username` and `--password-stdin`")
}

pub(crate) fn of_unauthorized(request: &Request, credentials: &str) -> String {
    if credentials == "no credentials" {
        let host = host(request).unwrap_or("HOST");
        return format!(
            "give `--username` and `--password-stdin`, or log in with `docker login {host}`"
        );
    }
    format!(
        "check the user name and the password or token; {}",
        origin(credentials)
    )
}

pub(crate) fn of_denied(request: &Request, answer: &Answer, credentials: &str) -> String {
    let owner = repository(request).and_then(|repository| repository.split('/').next());
    // Gitea's word for a token without the scope, and for the namespace of somebody else.
    if let (Some(owner), true) = (owner, says(answer, "reqPackageAccess")) {
        return format!(
            "check that your account may write packages of `{owner}`, and that its token has the scope \
             `write:package`; {}",
            origin(credentials)
        );
    }
    let target = repository(request).map_or_else(
        || "there".to_owned(),
        |repository| format!("to `{repository}`"),
    );
    if credentials == "no credentials" {
        return format!(
            "give `--username` and `--password-stdin` of an account that may write {target}"
        );
    }
    format!(
        "check that your account may write {target}; {}",
        origin(credentials)
    )
}

/// Where the credentials came from, as a clause.
fn origin(credentials: &str) -> String {
    credentials
        .strip_prefix("the credentials from ")
        .map_or_else(
            || format!("the registry was given {credentials}"),
            |origin| format!("credentials came from {origin}"),
        )
}

pub(crate) fn of_permit(permit: &str) -> String {
    format!("if you trust what is there, give {permit}")
}

pub(crate) fn of_unreachable(source: &(dyn Error + 'static)) -> Option<String> {
    let hint = match source.downcast_ref::<Failure>()? {
        Failure::UnknownName(_) => {
            "check the host name, or say where it is with `--resolve HOST:PORT:ADDR`"
        }
        Failure::ConnectTimeout(_) => {
            "check the network and any firewall, or say where it is with `--resolve HOST:PORT:ADDR`"
        }
        Failure::Refused => "check that the registry is running, and that this is its port",
        Failure::UntrustedCertificate => {
            "trust its CA with `--ca-file PEM`, or any certificate with `--insecure`"
        }
        Failure::WrongName { .. } => {
            "name the registry as its certificate does, or take any certificate with `--insecure`"
        }
        Failure::ExpiredCertificate => {
            "the registry needs a new certificate; until then any is taken with `--insecure`"
        }
        Failure::FutureCertificate => "check this machine's clock",
        Failure::NotTls => "a registry without TLS is `http://HOST/REPOSITORY`",
        Failure::Stalled { .. } | Failure::NoAnswer(_) => {
            "if the network is slow rather than gone, give a longer `--timeout SECONDS`"
        }
        Failure::Answered(_) | Failure::Cut => {
            "look at the registry's log; for one that is only busy, give more `--retries N`"
        }
        Failure::WrongRange { .. } => {
            "what answers there does not take blobs in chunks: try `--chunk-size none`"
        }
        Failure::Tls(_) | Failure::TooEarly(_) | Failure::Other(_) => return None,
    };
    Some(hint.to_owned())
}

pub(crate) fn of_rejected(request: &Request, answer: &Answer) -> Option<String> {
    match answer.status {
        413 if request.url.contains("/blobs/") => Some(
            "the registry, or a proxy before it, limits the size of uploads: stay below that with `--chunk-size SIZE`"
                .to_owned(),
        ),
        413 => Some(
            "the registry, or a proxy before it, limits the size of uploads: raise that limit"
                .to_owned(),
        ),
        _ if says(answer, "MANIFEST_INVALID") || says(answer, "UNSUPPORTED") => {
            Some("the registry may know other media types: try `--format oci`".to_owned())
        }
        404 => repository(request)
            .map(|repository| format!("check that `{repository}`, or its owner, exists there")),
        _ => None,
    }
}

fn says(answer: &Answer, code: &str) -> bool {
    answer.words.iter().any(|word| word.starts_with(code))
}

pub(crate) fn of_warning(warning: &Warning) -> Option<String> {
    let hint = match warning {
        Warning::Elsewhere { .. } => {
            "your resolver changes it: say where it is with `--resolve HOST:PORT:127.0.0.1`"
        }
        Warning::EndsSoon { .. } => "give the registry a new certificate before that day",
        Warning::Unverified { .. } => "trust it with `--ca-file PEM`, in place of `--insecure`",
        Warning::ClockSkew { .. } => {
            "set the clock that is wrong: certificates and tokens are judged by it"
        }
        Warning::WrongRealm { .. } => {
            "Gitea guesses its address: set its `ROOT_URL` to the one that clients use"
        }
        Warning::TooLittle { .. } => "give the credentials of somebody who may push there",
        Warning::SessionStays { .. } => return None,
    };
    Some(hint.to_owned())
}

pub(crate) fn of_protocol() -> String {
    "check host and port: what answers there does not behave like a registry".to_owned()
}

pub(crate) fn of_verify() -> String {
    "somebody else may have pushed there at the same time: push again".to_owned()
}

pub(crate) fn of_spool(error: &io::Error) -> Option<String> {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(MORE_SPACE.to_owned()),
        _ => Some("set `TMPDIR` to a directory that can be written".to_owned()),
    }
}

pub(crate) fn of_daemon(failure: &DaemonFailure) -> String {
    match failure {
        DaemonFailure::Unreachable { address, .. } if address.starts_with("ssh://") => {
            return format!("see that `ssh {address} docker version` works, and asks nothing");
        }
        DaemonFailure::Absent { .. } => {
            "start Docker, or say where it is with `DOCKER_HOST`; if a file is meant, check its path"
        }
        DaemonFailure::Denied { .. } => {
            "join the group that owns it, as with `sudo usermod -aG docker $USER`, and log in again; or use rootless Docker"
        }
        DaemonFailure::Unreachable { .. } => {
            "check with `docker version` that the daemon is running there"
        }
        DaemonFailure::Configuration { .. } => {
            "set `DOCKER_HOST`, as to unix:///var/run/docker.sock; `docker context ls` lists the contexts"
        }
        DaemonFailure::Refused { .. } | DaemonFailure::GaveUp { .. } => {
            "the daemon's log may say more; see whether `docker save` can export the image"
        }
        DaemonFailure::Answer { .. } => {
            "check `DOCKER_HOST`: what answers there does not behave like a Docker daemon"
        }
        DaemonFailure::Cut { .. } => {
            "see whether the daemon is still running, and try again"
        }
    }
    .to_owned()
}

pub(crate) fn of_machine(error: &io::Error) -> Option<String> {
    (error.kind() == io::ErrorKind::StorageFull).then(|| "free some space".to_owned())
}

pub(crate) fn of_lab(error: &lab::Error) -> Option<String> {
    matches!(error, lab::Error::Idle(_)).then(|| "start them with `cargo xtask lab up`".to_owned())
}

pub(crate) fn of_start(error: &StartError) -> Option<String> {
    let source: &(dyn Error + 'static) = error;
    let in_use = std::iter::successors(Some(source), |&error| error.source())
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::AddrInUse);
    in_use.then(|| "another one may be running: choose a free port with `--listen`".to_owned())
}

/// `` `a`, `b` or `c` ``.
fn listed(items: &[String], last: &str) -> String {
    let quoted: Vec<String> = items.iter().map(|item| format!("`{item}`")).collect();
    match &quoted[..] {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., end] => format!("{} {last} {end}", most.join(", ")),
    }
}

/// The host of a request's URL, with its port.
fn host(request: &Request) -> Option<&str> {
    let (_, rest) = request.url.split_once("://")?;
    rest.split('/').next().filter(|host| !host.is_empty())
}

/// The repository that a request of distribution-spec names: what is between `/v2/` and the kind of thing.
fn repository(request: &Request) -> Option<&str> {
    let (_, path) = request.url.split_once("/v2/")?;
    ["/blobs/", "/manifests/", "/tags/"]
        .iter()
        .find_map(|kind| path.split_once(kind))
        .map(|(repository, _)| repository)
}

//! What is found of an idpbuilder cluster, as far as its Kubernetes API tells: which one it is, what is to be trusted
//! at its registry, and whose credentials there are.

use std::time::SystemTime;

use ::cluster::{Cluster, Error, Kind};
use oci::Scheme;
use push::registry::{Credentials, Options};

use super::finding::{Finding, Outcome};
use crate::cli::DoctorArgs;
use crate::run_push::cluster;
use crate::{diagnostic, exit_code};

const CONTEXT: &str = "context";
const CLUSTER: &str = "cluster";
const CERTIFICATE: &str = "certificate";
const SECRETS: &str = "secrets";

/// What is said of a cluster that was found.
pub(super) fn of_found(found: &Cluster) -> Vec<Finding> {
    let place = if found.on_loopback {
        "whose API is on this machine"
    } else {
        "whose API is elsewhere"
    };
    let context = format!("`{}`, {place}", found.context);
    let routing = if found.path_routing { ", by path" } else { "" };
    let cluster = format!(
        "idpbuilder's `{}`: its registry is {}://{}{routing}",
        found.build, found.scheme, found.registry
    );
    let cluster = if found.available {
        Finding::new(CLUSTER, Outcome::Passed, cluster)
    } else {
        let text = format!("{cluster}; its Gitea has not answered to idpbuilder yet");
        let hint = "wait until `idpbuilder create` is done".to_owned();
        Finding::new(CLUSTER, Outcome::Warned, text).with(Some(hint))
    };
    vec![Finding::new(CONTEXT, Outcome::Passed, context), cluster]
}

/// What is said where none was found; what was not come to is said to be left out.
pub(super) fn of_none(error: &Error) -> Vec<Finding> {
    let subject = match error {
        Error::NoKubeconfig { .. }
        | Error::Kubeconfig { .. }
        | Error::NoCurrentContext { .. }
        | Error::UnknownContext { .. }
        | Error::Refused { .. }
        | Error::Unusable { .. } => CONTEXT,
        Error::Unauthorized { .. }
        | Error::Forbidden { .. }
        | Error::Unreachable { .. }
        | Error::NotIdpbuilder { .. }
        | Error::Several { .. }
        | Error::Starting { .. }
        | Error::Missing { .. }
        | Error::Answered { .. }
        | Error::Malformed { .. } => CLUSTER,
    };
    let subjects = [CONTEXT, CLUSTER, CERTIFICATE, SECRETS];
    let findings = subjects.into_iter().map(|at| {
        if at == subject {
            return failed(subject, error);
        }
        if at == CONTEXT {
            let text = "the kubeconfig has one that may be asked";
            return Finding::new(at, Outcome::Passed, text);
        }
        Finding::new(at, Outcome::Skipped, format!("{subject} failed"))
    });
    findings.collect()
}

fn failed(subject: &'static str, error: &Error) -> Finding {
    let (code, hint) = diagnostic::cluster::verdict(error);
    let text = diagnostic::chain(error).join(": ");
    Finding::new(subject, Outcome::Failed(code), text).with(Some(hint))
}

/// The certificate that the cluster has for its registry, put among what is believed there.
pub(super) fn certificate(found: &Cluster, options: &mut Options) -> Finding {
    let finding = |outcome, text: &str| Finding::new(CERTIFICATE, outcome, text);
    match &found.certificate {
        None => finding(Outcome::Passed, "none: its registry speaks plain HTTP"),
        Some(Ok(certificate)) => {
            options.certificate = Some(certificate.pem.clone());
            if !certificate.is_expired(SystemTime::now()) {
                return finding(Outcome::Passed, "the cluster has one for its registry");
            }
            let outcome = if options.insecure {
                Outcome::Warned
            } else {
                Outcome::Failed(exit_code::UNREACHABLE)
            };
            let hint = "idpbuilder does not renew it: create the cluster anew, or take it as it is with `--insecure`";
            finding(
                outcome,
                "the one that the cluster has for its registry has expired",
            )
            .with(Some(hint.to_owned()))
        }
        Some(Err(error)) => {
            let hint = "give it with `--ca-file PEM`, or take any with `--insecure`";
            finding(Outcome::Warned, &error.to_string()).with(Some(hint.to_owned()))
        }
    }
}

/// The administrator's credentials, where nobody brings any.
pub(super) async fn secrets(found: &Cluster, typed: &DoctorArgs, options: &mut Options) -> Finding {
    let finding = |outcome, text: &str| Finding::new(SECRETS, outcome, text);
    if options.credentials.is_some() || typed.credentials.authfile.is_some() {
        return finding(Outcome::Skipped, "other credentials were given");
    }
    match found.credentials().await {
        Ok(credentials) => {
            let what = match credentials.kind {
                Kind::Token => "a token",
                Kind::Password => "a password, and no token",
            };
            let text = format!("gitea/gitea-credential has {what}");
            options.credentials = Some(Credentials::Basic {
                username: credentials.username,
                password: credentials.secret,
                origin: cluster::origin(found),
            });
            finding(Outcome::Passed, &text)
        }
        Err(error @ Error::Forbidden { .. }) => {
            let hint =
                "ask for the permission to read it, or give `--username` and `--password-stdin`";
            finding(Outcome::Warned, &error.to_string()).with(Some(hint.to_owned()))
        }
        Err(error) => failed(SECRETS, &error),
    }
}

/// How its registry is spoken to; says where it is looked for, where its name means nothing here.
pub(super) async fn reach(
    found: &Cluster,
    typed: &DoctorArgs,
    options: &mut Options,
) -> Option<String> {
    options.plain_http = found.scheme == Scheme::Http;
    let resolve = cluster::nearby(found, &typed.connection).await?;
    options.resolve.extend(resolve);
    Some(format!(
        "`{}` does not resolve here; its cluster is on this machine, so it is looked for on loopback",
        found.registry.host()
    ))
}

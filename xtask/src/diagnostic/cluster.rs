//! What it means to a script, and to a person, that a cluster's registry is not known.

use ::cluster::Error;

use crate::exit_code;

const NAME_IT: &str = "name the registry as HOST/REPOSITORY";

/// The exit code for a failure, and what can be done about it.
pub(crate) fn verdict(error: &Error) -> (u8, String) {
    (code(error), hint(error))
}

fn code(error: &Error) -> u8 {
    match error {
        Error::NoCurrentContext { known } | Error::UnknownContext { known, .. }
            if known.is_empty() =>
        {
            exit_code::UNREACHABLE
        }
        Error::NoCurrentContext { .. }
        | Error::UnknownContext { .. }
        | Error::Kubeconfig { .. }
        | Error::Refused { .. }
        | Error::Unusable { .. } => exit_code::USAGE,
        Error::Unauthorized { .. } | Error::Forbidden { .. } => exit_code::CREDENTIALS,
        Error::NoKubeconfig { .. }
        | Error::Unreachable { .. }
        | Error::NotIdpbuilder { .. }
        | Error::Several { .. }
        | Error::Starting { .. }
        | Error::Missing { .. }
        | Error::Answered { .. }
        | Error::Malformed { .. } => exit_code::UNREACHABLE,
    }
}

fn hint(error: &Error) -> String {
    match error {
        Error::NoKubeconfig { .. } => without_cluster(),
        Error::Kubeconfig { .. } => {
            "`--kubeconfig PATH` and the files in `KUBECONFIG` are as kubectl reads them".to_owned()
        }
        Error::NoCurrentContext { known } | Error::UnknownContext { known, .. } => {
            of_contexts(known)
        }
        Error::Refused { context, .. } => {
            format!("if that cluster is meant, give `--context {context}`; else {NAME_IT}")
        }
        Error::Unusable { context, .. } => kubectl(context, "version"),
        Error::Unauthorized { context, .. } => kubectl(context, "auth whoami"),
        Error::Answered { context, .. } => kubectl(context, "get --raw /readyz"),
        Error::Forbidden { .. } => {
            format!("ask for the permission to read it, or {NAME_IT} with `--username`")
        }
        Error::Unreachable { .. } => {
            format!("check that the cluster runs: `docker ps` shows its node; or {NAME_IT}")
        }
        Error::NotIdpbuilder { .. } => {
            format!("choose another with `--context NAME`, or {NAME_IT}")
        }
        Error::Several { names, .. } => {
            format!("there are `{}`: {NAME_IT}", names.join("`, `"))
        }
        Error::Starting { .. } => "push again when `idpbuilder create` is done".to_owned(),
        Error::Missing { .. } | Error::Malformed { .. } => {
            format!("{NAME_IT}, with `--username` and `--password-stdin`")
        }
    }
}

fn without_cluster() -> String {
    format!(
        "create one with `idpbuilder create`, {NAME_IT}, or push to the embedded one with `--embedded`"
    )
}

fn of_contexts(known: &[String]) -> String {
    if known.is_empty() {
        return without_cluster();
    }
    format!("there is `--context {}`", known.join("`, `--context "))
}

fn kubectl(context: &str, command: &str) -> String {
    format!("look at what `kubectl --context {context} {command}` says")
}

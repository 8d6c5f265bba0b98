//! From kubeconfig files to the one context that is asked: merged as kubectl merges, and chosen with care.

use std::net::IpAddr;
use std::path::Path;

use http::Uri;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};

use crate::{Error, Refusal, Selection};

/// The context that is asked.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) name: String,
    /// Scheme, host and port of its API.
    pub(crate) server: String,
    /// Whether its API is on this machine.
    pub(crate) on_loopback: bool,
}

/// Reads the files and chooses the context.
pub(crate) fn choose(selection: &Selection) -> Result<(Context, Kubeconfig), Error> {
    let merged = read(selection)?;
    let known = || -> Vec<String> {
        let names = merged.contexts.iter().map(|named| named.name.clone());
        names.collect()
    };
    let current = merged
        .current_context
        .clone()
        .filter(|name| !name.is_empty());
    let Some(name) = selection.context.clone().or(current) else {
        return Err(Error::NoCurrentContext { known: known() });
    };
    if !merged.contexts.iter().any(|named| named.name == name) {
        return Err(Error::UnknownContext {
            context: name,
            known: known(),
        });
    }
    let uri = server(&merged, &name).ok_or_else(|| Error::Unusable {
        context: name.clone(),
        problem: "it names no cluster with the address of a server".to_owned(),
    })?;
    let context = Context {
        on_loopback: is_loopback(&uri),
        server: shown(&uri),
        name,
    };
    if selection.context.is_none() {
        refuse(&context)?;
    }
    Ok((context, merged))
}

/// The configuration of a client for that context.
pub(crate) async fn configuration(
    context: &Context,
    merged: Kubeconfig,
) -> Result<kube::Config, Error> {
    let by_hand = proxy(&merged, &context.name);
    let options = KubeConfigOptions {
        context: Some(context.name.clone()),
        ..KubeConfigOptions::default()
    };
    let loaded = kube::Config::from_custom_kubeconfig(merged, &options).await;
    let mut config = loaded.map_err(|error| Error::Unusable {
        context: context.name.clone(),
        problem: error.to_string(),
    })?;
    // kube takes a proxy from the environment too, for loopback as well; only the kubeconfig's own counts here.
    if !by_hand {
        config.proxy_url = None;
    }
    config.default_retry = false;
    Ok(config)
}

fn read(selection: &Selection) -> Result<Kubeconfig, Error> {
    let (files, required) = selection.files();
    let mut merged: Option<Kubeconfig> = None;
    for path in &files {
        // A missing file of `KUBECONFIG` is one that a tool has not written yet: kubectl skips it too.
        if !required && !path.exists() {
            continue;
        }
        let unusable = |error: KubeconfigError| Error::Kubeconfig {
            path: path.clone(),
            problem: problem(&error, path),
        };
        let next = Kubeconfig::read_from(path).map_err(unusable)?;
        merged = Some(match merged {
            None => next,
            Some(before) => before.merge(next).map_err(unusable)?,
        });
    }
    merged.ok_or(Error::NoKubeconfig { looked: files })
}

/// What is wrong with a file, without any of its text, which holds keys and tokens.
fn problem(error: &KubeconfigError, path: &Path) -> String {
    match error {
        KubeconfigError::ReadConfig(source, _) => source.to_string(),
        KubeconfigError::Parse(source) => match source.location() {
            Some(at) => format!("it is not YAML at line {}", at.line()),
            None => "it is not a kubeconfig in YAML".to_owned(),
        },
        other => {
            tracing::debug!(path = %path.display(), "{other}");
            other.to_string()
        }
    }
}

/// Only a local kind cluster may be asked without having been named.
fn refuse(context: &Context) -> Result<(), Error> {
    let refusal = if !context.name.starts_with("kind-") {
        Refusal::Name
    } else if !context.on_loopback {
        Refusal::Server(context.server.clone())
    } else {
        return Ok(());
    };
    Err(Error::Refused {
        context: context.name.clone(),
        refusal,
    })
}

fn cluster<'a>(merged: &'a Kubeconfig, context: &str) -> Option<&'a kube::config::Cluster> {
    let named = merged.contexts.iter().find(|named| named.name == context)?;
    let cluster = &named.context.as_ref()?.cluster;
    let found = merged.clusters.iter().find(|named| named.name == *cluster);
    found?.cluster.as_ref()
}

fn server(merged: &Kubeconfig, context: &str) -> Option<Uri> {
    let uri: Uri = cluster(merged, context)?.server.as_ref()?.parse().ok()?;
    uri.host().is_some().then_some(uri)
}

fn proxy(merged: &Kubeconfig, context: &str) -> bool {
    let proxy = cluster(merged, context).and_then(|cluster| cluster.proxy_url.as_ref());
    proxy.is_some_and(|proxy| !proxy.is_empty())
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Scheme, host and port alone: the rest could be a password.
fn shown(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or("https");
    let host = uri.host().unwrap_or_default();
    match uri.port_u16() {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    }
}

//! TCP: whether somebody listens, at each address of the registry.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures::future::join_all;
use oci::Scheme;
use tokio::net::TcpStream;

use super::super::connect::{Approach, ping, unreachable};
use super::super::endpoint;
use super::super::failure::Failure;
use super::{Broken, Verdict};
use crate::Environment;

/// Connects to every address, and hangs up.
pub(super) async fn verdict(
    approach: &Approach<'_>,
    environment: &Environment,
) -> Result<Verdict, Broken> {
    let proxied = environment.http_proxy.is_some() || environment.https_proxy.is_some();
    if proxied && !approach.addresses.are_loopback() {
        return Ok(Verdict::Skipped("a proxy may be on the way".to_owned()));
    }
    let first = approach.scheme.unwrap_or(Scheme::Https);
    let mut schemes = vec![first];
    if approach.registry.port().is_none() && approach.scheme.is_none() && approach.plain_is_fine() {
        schemes.push(Scheme::Http);
    }
    let mut knocks = Vec::new();
    for scheme in schemes {
        knocks.extend(knock(approach, scheme).await);
        if knocks.iter().any(|knock| knock.failure.is_none()) {
            break;
        }
    }
    judge(approach, first, knocks)
}

/// What one address did.
struct Knock {
    address: SocketAddr,
    failure: Option<Failure>,
}

async fn knock(approach: &Approach<'_>, scheme: Scheme) -> Vec<Knock> {
    let base = endpoint::base(approach.registry, scheme, approach.registry.port());
    let port = base.port_or_known_default().unwrap_or_default();
    let limit = approach.transport.connect_timeout;
    let mut addresses = approach.addresses.0.clone();
    addresses.sort();
    addresses.dedup();
    let knocks = addresses.into_iter().map(|address| {
        let address = SocketAddr::new(address, port);
        async move {
            let failure = connect(address, limit).await.err();
            Knock { address, failure }
        }
    });
    join_all(knocks).await
}

async fn connect(address: SocketAddr, limit: Duration) -> Result<(), Failure> {
    match tokio::time::timeout(limit, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Err(Failure::Refused),
        Ok(Err(error)) => Err(Failure::Other(error.to_string())),
        Err(_) => Err(Failure::ConnectTimeout(limit)),
    }
}

fn judge(approach: &Approach<'_>, scheme: Scheme, knocks: Vec<Knock>) -> Result<Verdict, Broken> {
    let told = |open: bool| {
        let told = knocks
            .iter()
            .filter(|knock| knock.failure.is_none() == open);
        told.map(|knock| knock.address.to_string())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (open, closed) = (told(true), told(false));
    if !open.is_empty() {
        let closed = match closed.as_str() {
            "" => String::new(),
            closed => format!("; nobody at {closed}"),
        };
        return Ok(Verdict::Passed(format!(
            "somebody listens at {open}{closed}"
        )));
    }
    let base = endpoint::base(approach.registry, scheme, approach.registry.port());
    let failure = knocks.into_iter().find_map(|knock| knock.failure);
    let failure = failure.unwrap_or_else(|| Failure::Other("it has no address".to_owned()));
    Err(Broken {
        error: Box::new(unreachable(&ping(&base), failure)),
        found: Some(format!("nobody listens at {closed}")),
    })
}

//! The HTTP clients: how bytes get to a host, with its certificates, proxies and addresses; not what is said there.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use oci::Registry;
use reqwest::{Client, ClientBuilder, NoProxy, Proxy};

use super::options::Options;
use super::tls::Trust;
use crate::{Environment, Error};

/// One client for the registry, one for its token server elsewhere, and one for whoever they send us to.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    /// Takes part in the exceptions that the user made for the registry.
    pub(super) registry: Client,
    /// Takes part in them too, and knows nothing that holds for the registry alone.
    pub(super) token_server: Client,
    /// Knows no exceptions and shows no client certificate.
    pub(super) others: Client,
    /// How long a connection may take, its TLS included.
    pub(super) connect_timeout: Duration,
}

/// The addresses of the registry's host, as far as they matter.
#[derive(Clone, Debug, Default)]
pub(super) struct Addresses(pub(super) Vec<IpAddr>);

impl Addresses {
    /// Whether every one of them is this machine's own.
    pub(super) fn are_loopback(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(IpAddr::is_loopback)
    }
}

impl Transport {
    pub(super) fn new(
        registry: &Registry,
        addresses: &Addresses,
        trust: &Trust,
        options: &Options,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let connect_timeout = CONNECT_TIMEOUT.min(options.timeout);
        let build = |tls| {
            let builder = builder()
                .connect_timeout(connect_timeout)
                .tls_backend_preconfigured(tls);
            let builder = with_addresses(builder, registry, addresses, options);
            let builder = with_proxies(builder, registry, addresses, environment)?;
            Ok::<_, Error>(
                builder
                    .build()
                    .expect("TLS is configured, and nothing else can fail"),
            )
        };
        Ok(Self {
            registry: build(trust.for_registry())?,
            token_server: build(trust.for_token_server())?,
            others: build(trust.for_others())?,
            connect_timeout,
        })
    }
}

/// No timeout is set on whole requests: reqwest's would also run while a body is being sent.
fn builder() -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("idpbuilder-push/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .http1_only()
        .pool_idle_timeout(IDLE_TIMEOUT)
}

/// The addresses that were judged are the ones that are connected to; port 0 keeps the port of the URL.
fn with_addresses(
    mut builder: ClientBuilder,
    registry: &Registry,
    addresses: &Addresses,
    options: &Options,
) -> ClientBuilder {
    for resolve in options
        .resolve
        .iter()
        .filter(|resolve| resolve.host != registry.host())
    {
        builder = builder.resolve(&resolve.host, SocketAddr::new(resolve.address, 0));
    }
    let addresses: Vec<_> = addresses
        .0
        .iter()
        .map(|address| SocketAddr::new(*address, 0))
        .collect();
    if addresses.is_empty() {
        builder
    } else {
        builder.resolve_to_addrs(registry.host(), &addresses)
    }
}

/// The proxies of the environment, for everything but loopback, which the HTTP library would send there too.
fn with_proxies(
    builder: ClientBuilder,
    registry: &Registry,
    addresses: &Addresses,
    environment: &Environment,
) -> Result<ClientBuilder, Error> {
    let mut exempt = environment.no_proxy.clone().unwrap_or_default();
    exempt.push_str(",localhost,127.0.0.0/8,::1");
    if addresses.are_loopback() {
        exempt.push(',');
        exempt.push_str(registry.host());
    }
    let exempt = NoProxy::from_string(&exempt);
    let mut builder = builder.no_proxy();
    let proxies = [
        (
            "HTTP_PROXY",
            &environment.http_proxy,
            Proxy::http as fn(String) -> _,
        ),
        ("HTTPS_PROXY", &environment.https_proxy, Proxy::https),
    ];
    for (name, url, proxy) in proxies {
        let Some(url) = url.as_ref().filter(|url| !url.is_empty()) else {
            continue;
        };
        let proxy = proxy(url.clone()).map_err(|_| Error::Ambiguous {
            problem: format!("`{name}` is not the URL of a proxy"),
            choices: Vec::new(),
        })?;
        builder = builder.proxy(proxy.no_proxy(exempt.clone()));
    }
    Ok(builder)
}

/// With the time that a name takes to resolve, this stays below the 5 s within which nothing there must be an error.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(4500);
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

//! The first contact with a registry: which scheme it speaks, whether it is a registry at all, and what it demands.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use oci::{Registry, Scheme};
use reqwest::Response;
use reqwest::header::{DATE, LOCATION};
use url::Url;

use super::challenge::Demand;
use super::endpoint::{self, Endpoint};
use super::failure::Failure;
use super::options::Options;
use super::reply::{self, NO_CREDENTIALS, Reply};
use super::retry::{self, Attempts, Passing, Trouble};
use super::tls::Trust;
use super::transport::{Addresses, Transport};
use crate::{Environment, Error, Events};

/// What the first contact found out.
#[derive(Debug)]
pub(super) struct Contact {
    pub(super) endpoint: Endpoint,
    pub(super) transport: Transport,
    pub(super) demand: Option<Demand>,
    /// The registry's clock when it answered.
    pub(super) date: Option<SystemTime>,
}

/// Says hello to a registry; a host that never answers is an error at once.
pub(super) async fn contact(
    registry: &Registry,
    scheme: Option<Scheme>,
    options: &Options,
    environment: &Environment,
    events: &Events,
) -> Result<Contact, Error> {
    let approach = Approach::prepare(registry, scheme, options, environment).await?;
    approach.contact(events).await
}

/// Everything there is before a registry is spoken to: what is believed, where its name leads, and who will carry it.
#[derive(Debug)]
pub(super) struct Approach<'a> {
    pub(super) registry: &'a Registry,
    /// The only scheme that may be spoken, where there is only one.
    pub(super) scheme: Option<Scheme>,
    pub(super) options: &'a Options,
    pub(super) trust: Trust,
    pub(super) addresses: Addresses,
    pub(super) transport: Transport,
}

impl<'a> Approach<'a> {
    pub(super) async fn prepare(
        registry: &'a Registry,
        scheme: Option<Scheme>,
        options: &'a Options,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let scheme = match scheme {
            None if options.plain_http => Some(Scheme::Http),
            scheme => scheme,
        };
        let trust = read_trust(registry, options, environment).await?;
        let addresses = addresses(registry, scheme, options, environment).await?;
        let transport = Transport::new(registry, &addresses, &trust, options, environment)?;
        Ok(Self {
            registry,
            scheme,
            options,
            trust,
            addresses,
            transport,
        })
    }

    pub(super) async fn contact(&self, events: &Events) -> Result<Contact, Error> {
        let (options, scheme) = (self.options, self.scheme);
        let loopback = self.addresses.are_loopback();
        let greeter = Greeter {
            registry: self.registry,
            transport: &self.transport,
            timeout: options.timeout,
            plain_is_fine: self.plain_is_fine(),
            loopback,
        };
        let (base, response) = greeter.greet(scheme).await?;
        let reply = greeter
            .answered(&base, response, options.retries, events)
            .await?;
        let consent = options.plain_http || (scheme == Some(Scheme::Http) && options.insecure);
        let endpoint = Endpoint {
            registry: self.registry.clone(),
            secrets_in_clear: loopback || consent,
            verified: base.scheme() == "https" && !options.insecure,
            base,
        };
        let date = reply.header(DATE);
        let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
        Ok(Contact {
            endpoint,
            transport: self.transport.clone(),
            demand: judge(reply).await?,
            date,
        })
    }

    /// Whether plain HTTP may be tried where TLS is not spoken.
    pub(super) fn plain_is_fine(&self) -> bool {
        self.options.insecure || self.addresses.are_loopback()
    }
}

async fn read_trust(
    registry: &Registry,
    options: &Options,
    environment: &Environment,
) -> Result<Trust, Error> {
    let (registry, options, environment) = (registry.clone(), options.clone(), environment.clone());
    tokio::task::spawn_blocking(move || Trust::read(&registry, &options, &environment))
        .await
        .expect("reading certificates does not panic")
}

/// The addresses of the registry: as `--resolve` says, else as the system does.
///
/// Behind a proxy a name need not resolve here.
async fn addresses(
    registry: &Registry,
    scheme: Option<Scheme>,
    options: &Options,
    environment: &Environment,
) -> Result<Addresses, Error> {
    let base = endpoint::base(registry, scheme.unwrap_or(Scheme::Https), registry.port());
    let (host, port) = (
        base.host_str().unwrap_or_default(),
        base.port_or_known_default().unwrap_or_default(),
    );
    let chosen = options
        .resolve
        .iter()
        .filter(|resolve| resolve.host == registry.host() && resolve.port == port);
    let chosen: Vec<IpAddr> = chosen.map(|resolve| resolve.address).collect();
    if !chosen.is_empty() {
        return Ok(Addresses(chosen));
    }
    if let Ok(address) = registry.host().parse() {
        return Ok(Addresses(vec![address]));
    }
    let proxied = environment.http_proxy.is_some() || environment.https_proxy.is_some();
    let lookup = tokio::time::timeout(LOOKUP_TIMEOUT, tokio::net::lookup_host((host, port)));
    match lookup.await {
        Ok(Ok(found)) => Ok(Addresses(found.map(|address| address.ip()).collect())),
        _ if proxied => Ok(Addresses::default()),
        _ => Err(unreachable(
            &ping(&base),
            Failure::UnknownName(host.to_owned()),
        )),
    }
}

/// Finds the scheme by trying.
struct Greeter<'a> {
    registry: &'a Registry,
    transport: &'a Transport,
    timeout: Duration,
    /// Whether plain HTTP may be tried where TLS is not spoken.
    plain_is_fine: bool,
    loopback: bool,
}

impl Greeter<'_> {
    async fn greet(&self, scheme: Option<Scheme>) -> Result<(Url, Response), Error> {
        let base = |scheme, port| endpoint::base(self.registry, scheme, port);
        let port = self.registry.port();
        let first = base(scheme.unwrap_or(Scheme::Https), port);
        let failure = match self.get(&first).await {
            Ok(response) => return Ok((first, response)),
            Err(failure) => failure,
        };
        if scheme.is_some() || !self.plain_is_fine {
            return Err(unreachable(&ping(&first), failure));
        }
        let second = match (&failure, port) {
            (Failure::NotTls, _) => base(Scheme::Http, first.port_or_known_default()),
            (Failure::Refused, None) => base(Scheme::Http, None),
            // Some servers hang up on a TLS greeting; on this machine nobody can have made them.
            (Failure::Cut, _) if self.loopback => base(Scheme::Http, first.port_or_known_default()),
            _ => return Err(unreachable(&ping(&first), failure)),
        };
        match (self.get(&second).await, failure) {
            (Ok(response), _) => Ok((second, response)),
            (Err(Failure::Refused), Failure::Refused) => {
                Err(unreachable(&ping(&first), Failure::Refused))
            }
            (Err(failure), _) => Err(unreachable(&ping(&second), failure)),
        }
    }

    async fn get(&self, base: &Url) -> Result<Response, Failure> {
        let request = self.transport.registry.get(ping(base)).send();
        match tokio::time::timeout(self.timeout, request).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(Failure::of(error, self.transport.connect_timeout)),
            Err(_) => Err(Failure::NoAnswer(self.timeout)),
        }
    }

    /// Asks again while the host says "not now".
    async fn answered(
        &self,
        base: &Url,
        mut response: Response,
        retries: u32,
        events: &Events,
    ) -> Result<Reply, Error> {
        let url = ping(base);
        let request = reply::shown(&reqwest::Method::GET, &url);
        let mut attempts = Attempts::new(retries);
        loop {
            if !retry::is_temporary(response.status().as_u16()) {
                return Ok(Reply {
                    response,
                    url,
                    request,
                    credentials: NO_CREDENTIALS.to_owned(),
                    timeout: self.timeout,
                });
            }
            let retry_after = retry::retry_after(response.headers(), SystemTime::now());
            let mut trouble = Trouble::Passing(Box::new(Passing {
                request: request.clone(),
                failure: Failure::Answered(reply::answer(response, self.timeout).await),
                retry_after,
            }));
            response = loop {
                attempts.again(events, trouble).await?;
                match self.get(base).await {
                    Ok(response) => break response,
                    Err(failure) => trouble = Trouble::of(&request, failure),
                }
            };
        }
    }
}

/// What the registry demands, if that is a registry: distribution-spec, "Determining support".
async fn judge(reply: Reply) -> Result<Option<Demand>, Error> {
    let status = reply.status();
    let headers = reply.response.headers();
    let says_so = headers.contains_key("docker-distribution-api-version");
    match status {
        200 if says_so => Ok(None),
        200 => {
            let html = reply::is_html(headers);
            let Reply {
                response,
                request,
                timeout,
                ..
            } = reply;
            let body = reply::beginning(response, timeout).await;
            let body = body.trim_ascii_start();
            if !html && (body.is_empty() || body[0] == b'{') {
                return Ok(None);
            }
            let what = if html || body.starts_with(b"<") {
                "a web page"
            } else {
                "something else"
            };
            let problem = format!("there is no registry, {what} answers");
            Err(Error::ProtocolViolation { request, problem })
        }
        401 => match Demand::of(headers) {
            Some(demand) => Ok(Some(demand)),
            None if reply::is_html(headers) && !says_so => {
                Err(reply.violation("there is no registry, a web page answers with 401"))
            }
            None => Ok(Some(Demand::Basic)),
        },
        403 => Err(reply.into_error().await),
        301..=308 => {
            let target = reply
                .header(LOCATION)
                .and_then(|location| reply.url.join(location).ok());
            let target = target.map_or_else(String::new, |url| {
                format!(" to {}", reply::shown(&reqwest::Method::GET, &url).url)
            });
            Err(reply.violation(&format!("it redirects{target}, and is no registry itself")))
        }
        _ => Err(no_registry(reply).await),
    }
}

async fn no_registry(reply: Reply) -> Error {
    let Reply {
        response,
        request,
        timeout,
        ..
    } = reply;
    let answer = reply::answer(response, timeout).await;
    // Go and nginx say so, each in its own words.
    let wants_tls = answer.words.iter().any(|words| {
        let words = words.to_ascii_lowercase();
        words.contains("http request to an https server")
            || words.contains("plain http request was sent to https port")
    });
    let problem = if wants_tls {
        "that port speaks https, not http".to_owned()
    } else {
        format!("there is no registry, the answer is {answer}")
    };
    Error::ProtocolViolation { request, problem }
}

pub(super) fn ping(base: &Url) -> Url {
    base.join("/v2/")
        .expect("a path can be joined to an origin")
}

pub(super) fn unreachable(url: &Url, failure: Failure) -> Error {
    let request = reply::shown(&reqwest::Method::GET, url);
    Error::Unreachable {
        request,
        attempts: 1,
        source: Box::new(failure),
    }
}

const LOOKUP_TIMEOUT: Duration = Duration::from_millis(4500);

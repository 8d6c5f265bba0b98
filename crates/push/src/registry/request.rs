//! One request to a registry, carried to its answer: authorized, redirected, and tried again where that can help.
//!
//! What the answer means is left to those who asked.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use reqwest::{Method, RequestBuilder, Response};
use url::Url;

use super::authorize::{Authorization, Authorizer};
use super::body;
use super::connect::Contact;
use super::endpoint::Endpoint;
use super::failure::Failure;
use super::flow::Flow;
use super::habits::Habits;
use super::location;
use super::options::Options;
use super::part::Part;
use super::reply::{self, Reply};
use super::retry::{self, Attempts, Passing, Trouble};
use super::token::Scope;
use super::transport::Transport;
use crate::{Environment, Error, Events, Farewells};

/// What every request to one registry has in common.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) endpoint: Endpoint,
    pub(super) transport: Transport,
    pub(super) authorizer: Authorizer,
    pub(super) events: Events,
    pub(super) retries: u32,
    pub(super) timeout: Duration,
    pub(super) reupload: bool,
    pub(super) habits: Habits,
    pub(super) farewells: Farewells,
}

/// A request.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) scope: Scope,
    /// The one header that some requests need.
    pub(super) header: Option<(HeaderName, HeaderValue)>,
    pub(super) payload: Payload,
}

/// What a request carries; it can be sent again and again.
#[derive(Clone, Debug)]
pub(super) enum Payload {
    Nothing,
    Document(Bytes),
    Part(Box<Part>),
}

impl Call {
    pub(super) fn new(method: Method, url: Url, scope: Scope) -> Self {
        Self {
            method,
            url,
            scope,
            header: None,
            payload: Payload::Nothing,
        }
    }

    pub(super) fn with(mut self, payload: Payload) -> Self {
        self.payload = payload;
        self
    }
}

impl Connection {
    /// Goes on where the first contact has ended.
    pub(super) fn new(
        contact: Contact,
        options: &Options,
        environment: &Environment,
        events: Events,
    ) -> Self {
        Self {
            authorizer: Authorizer::new(&contact, options, environment, &events),
            habits: Habits::of(&contact.endpoint.registry, options),
            endpoint: contact.endpoint,
            transport: contact.transport,
            events,
            retries: options.retries,
            timeout: options.timeout,
            reupload: options.reupload,
            farewells: environment.farewells.clone(),
        }
    }

    /// Carries a request to an answer that is not "not now".
    pub(super) async fn send(&self, call: &Call) -> Result<Reply, Error> {
        let mut attempts = Attempts::new(self.retries);
        loop {
            match self.exchange(call).await {
                Ok(reply) => return Ok(reply),
                Err(trouble) => attempts.again(&self.events, trouble).await?,
            }
        }
    }

    /// Makes one attempt, with as many exchanges as redirects and a stale token take.
    pub(super) async fn exchange(&self, call: &Call) -> Result<Reply, Trouble> {
        let mut url = call.url.clone();
        let mut learnt = false;
        let mut hops = 0;
        loop {
            let own = self.endpoint.is_own(&url);
            // Credentials belong to an origin: nothing is shown to anybody else (CVE-2026-50151).
            let authorization = if own {
                self.authorizer.authorize(&call.scope).await?
            } else {
                Authorization::nothing()
            };
            let response = self.deliver(call, &url, &authorization).await?;
            let status = response.status().as_u16();
            let request = reply::shown(&call.method, &url);
            tracing::debug!(%request, status, "answered");
            if status == 401
                && own
                && !learnt
                && self
                    .authorizer
                    .learn(&authorization, response.headers())
                    .await
            {
                learnt = true;
                // An answer that is read to its end leaves the connection fit for the next request.
                reply::beginning(response, self.timeout).await;
                continue;
            }
            let reply = Reply {
                request,
                response,
                url,
                credentials: authorization.credentials,
                timeout: self.timeout,
            };
            match self.redirect(call, &reply)? {
                Some(next) if hops < REDIRECTS => url = next,
                Some(_) => return Err(reply.violation("it redirects without end").into()),
                None => return self.unless_temporary(reply).await,
            }
            hops += 1;
        }
    }

    /// Where an answer leads: everywhere for what only reads, elsewhere only a whole blob that is sent anew.
    fn redirect(&self, call: &Call, reply: &Reply) -> Result<Option<Url>, Error> {
        let reads = matches!(call.method, Method::GET | Method::HEAD);
        let repeats = matches!(reply.status(), 307 | 308);
        if !(repeats || reads && matches!(reply.status(), 301..=303)) {
            return Ok(None);
        }
        let Some(location) = reply.header(LOCATION) else {
            return Ok(None);
        };
        let next = location::resolve(&reply.url, location, &self.endpoint).map_err(|problem| {
            Error::ProtocolViolation {
                request: reply.request.clone(),
                problem: problem.to_string(),
            }
        })?;
        let follow = reads || call.method == Method::PUT || self.endpoint.is_own(&next);
        Ok(follow.then_some(next))
    }

    async fn unless_temporary(&self, reply: Reply) -> Result<Reply, Trouble> {
        if !retry::is_temporary(reply.status()) {
            return Ok(reply);
        }
        let retry_after = retry::retry_after(reply.response.headers(), SystemTime::now());
        let answer = reply::answer(reply.response, self.timeout).await;
        Err(Trouble::Passing(Box::new(Passing {
            request: reply.request,
            failure: Failure::Answered(answer),
            retry_after,
        })))
    }

    async fn deliver(
        &self,
        call: &Call,
        url: &Url,
        authorization: &Authorization,
    ) -> Result<Response, Trouble> {
        let client = if self.endpoint.is_own(url) {
            &self.transport.registry
        } else {
            &self.transport.others
        };
        let mut builder = client.request(call.method.clone(), url.clone());
        if let Some((name, value)) = &call.header {
            builder = builder.header(name, value);
        }
        if let Some(header) = &authorization.header {
            builder = builder.header(reqwest::header::AUTHORIZATION, header);
        }
        let outcome = match &call.payload {
            Payload::Part(part) => self.deliver_part(builder, part).await?,
            Payload::Document(bytes) => self.deliver_small(builder.body(bytes.clone())).await,
            // Some registries answer 411 to a POST that does not say it is empty.
            Payload::Nothing if matches!(call.method, Method::POST | Method::PUT) => {
                self.deliver_small(builder.header(CONTENT_LENGTH, 0)).await
            }
            Payload::Nothing => self.deliver_small(builder).await,
        };
        outcome.map_err(|failure| Trouble::of(&reply::shown(&call.method, url), failure))
    }

    async fn deliver_small(&self, builder: RequestBuilder) -> Result<Response, Failure> {
        match tokio::time::timeout(self.timeout, builder.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(Failure::of(error, self.transport.connect_timeout)),
            Err(_) => Err(Failure::NoAnswer(self.timeout)),
        }
    }

    /// Sends a part of a blob; an error of the blob's own is final, whatever the network makes of it.
    async fn deliver_part(
        &self,
        builder: RequestBuilder,
        part: &Part,
    ) -> Result<Result<Response, Failure>, Error> {
        if part.blob.descriptor.size == 0 {
            body::check(&part.blob).await?;
        }
        let (builder, flow) = if part.len() == 0 {
            let flow = Arc::new(Flow::new(part, &self.events));
            (builder.header(CONTENT_LENGTH, 0), flow)
        } else {
            let (body, flow) = body::open(part, &self.events);
            let builder = builder.header(CONTENT_TYPE, "application/octet-stream");
            (builder.body(body), flow)
        };
        let watch = Arc::clone(&flow);
        let outcome = tokio::select! {
            outcome = builder.send() => {
                outcome.map_err(|error| Failure::of(error, self.transport.connect_timeout))
            }
            failure = watch.stalled(self.timeout) => Err(failure),
        };
        if let Some(error) = flow.take_error() {
            return Err(error);
        }
        Ok(match outcome {
            Ok(response) if response.status().is_success() && !flow.is_sent() => {
                Err(Failure::TooEarly(response.status().as_u16()))
            }
            outcome => outcome,
        })
    }
}

const REDIRECTS: u32 = 5;

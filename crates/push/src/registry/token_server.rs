//! Token servers: how a token is asked for, and what the answer to that means.
//!
//! Where a token server may be, and whether credentials may go there, was decided before: in `realm`.

use std::time::Duration;

use reqwest::header::AUTHORIZATION;
use reqwest::{Client, Method, RequestBuilder, Response};
use secrecy::ExposeSecret;
use url::Url;

use super::authorize::in_words;
use super::credentials::{Credential, Secret};
use super::endpoint::Endpoint;
use super::failure::Failure;
use super::reply;
use super::retry::{self, Attempts, Passing, Trouble};
use super::token::{Token, basic};
use super::transport::Transport;
use crate::{Answer, Error, Events, Request};

/// Asks token servers.
#[derive(Debug)]
pub(super) struct TokenServers {
    /// The registry's own origin, where the token server may be too.
    pub(super) endpoint: Endpoint,
    pub(super) transport: Transport,
    pub(super) events: Events,
    pub(super) retries: u32,
    pub(super) timeout: Duration,
}

impl TokenServers {
    /// Asks a token server, again while it says "not now".
    pub(super) async fn ask(&self, question: &Question<'_>) -> Result<Token, Error> {
        let mut attempts = Attempts::new(self.retries);
        let mut refresh = matches!(question.secret(), Some(Secret::Identity { .. }));
        loop {
            let client = self.client(&question.url);
            let (method, request) = if refresh {
                (
                    Method::POST,
                    question.refresh(client.post(question.url.clone())),
                )
            } else {
                (Method::GET, question.get(client.get(question.url.clone())))
            };
            let shown = reply::shown(&method, &question.url);
            match self.deliver(request, &shown).await {
                // Gitea and others know no refresh tokens, and say so with these.
                Ok(response) if refresh && matches!(response.status().as_u16(), 404 | 405) => {
                    refresh = false;
                }
                Ok(response) => return self.read(response, shown, question).await,
                Err(trouble) => attempts.again(&self.events, trouble).await?,
            }
        }
    }

    fn client(&self, url: &Url) -> &Client {
        if self.endpoint.is_own(url) {
            &self.transport.registry
        } else {
            &self.transport.token_server
        }
    }

    async fn deliver(&self, request: RequestBuilder, shown: &Request) -> Result<Response, Trouble> {
        let response = match tokio::time::timeout(self.timeout, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let failure = Failure::of(error, self.transport.connect_timeout);
                return Err(Trouble::of(shown, failure));
            }
            Err(_) => return Err(Trouble::of(shown, Failure::NoAnswer(self.timeout))),
        };
        let status = response.status().as_u16();
        if !retry::is_temporary(status) {
            return Ok(response);
        }
        Err(Trouble::Passing(Box::new(Passing {
            request: shown.clone(),
            failure: Failure::Answered(from_token_server(status)),
            retry_after: retry::retry_after(response.headers(), std::time::SystemTime::now()),
        })))
    }

    /// Reads a token; the body is never shown, for it may be one (CVE-2026-33990).
    async fn read(
        &self,
        response: Response,
        request: Request,
        question: &Question<'_>,
    ) -> Result<Token, Error> {
        let status = response.status().as_u16();
        let answer = from_token_server(status);
        let credentials = in_words(question.credential);
        match status {
            200..300 => {
                let body = reply::beginning(response, self.timeout).await;
                let problem = "the token server's answer holds no token".to_owned();
                Token::read(&body).ok_or(Error::ProtocolViolation { request, problem })
            }
            401 => Err(Error::Unauthorized {
                request,
                answer,
                credentials,
            }),
            403 => Err(Error::Denied {
                request,
                answer,
                credentials,
            }),
            _ => Err(Error::Rejected { request, answer }),
        }
    }
}

/// A request for a token.
pub(super) struct Question<'a> {
    pub(super) url: Url,
    pub(super) service: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) credential: Option<&'a Credential>,
}

impl Question<'_> {
    fn secret(&self) -> Option<&Secret> {
        self.credential.map(|credential| &credential.secret)
    }

    /// "Token Authentication" of distribution: the scopes in the query, a name and a password in the header.
    fn get(&self, request: RequestBuilder) -> RequestBuilder {
        let service = self.service.iter().map(|service| ("service", service));
        let scopes = self.scopes.iter().map(|scope| ("scope", scope));
        let request = request.query(&service.chain(scopes).collect::<Vec<_>>());
        let header = match self.secret() {
            Some(Secret::Basic { username, password }) => basic(username, password),
            Some(Secret::Identity { username, token }) => basic(username, token),
            Some(Secret::Bearer(_)) | None => None,
        };
        match header {
            Some(header) => request.header(AUTHORIZATION, header),
            None => request,
        }
    }

    /// "OAuth2 Token Authentication" of distribution, with the identity token as the refresh token.
    fn refresh(&self, request: RequestBuilder) -> RequestBuilder {
        let token = match self.secret() {
            Some(Secret::Identity { token, .. }) => token.expose_secret(),
            _ => "",
        };
        request.form(&[
            ("grant_type", "refresh_token"),
            ("client_id", "idpbuilder-push"),
            ("service", self.service.as_deref().unwrap_or_default()),
            ("scope", &self.scopes.join(" ")),
            ("refresh_token", token),
        ])
    }
}

fn from_token_server(status: u16) -> Answer {
    Answer {
        status,
        words: vec!["from the token server".to_owned()],
    }
}

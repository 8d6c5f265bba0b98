//! Authorization: what is shown with a request, so that the registry lets it pass.
//!
//! Which credentials there are is decided in `credentials`, where they may go in `realm`; here they are used.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use oci::Registry;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderValue};

use super::challenge::Demand;
use super::connect::Contact;
use super::credentials::{Credential, Keyring, Secret};
use super::endpoint::Endpoint;
use super::options::Options;
use super::realm::{self, RealmError};
use super::reply::{self, NO_CREDENTIALS};
use super::token::{Scope, Token, basic, bearer};
use super::token_server::{Question, TokenServers};
use crate::{Environment, Error, Events};

/// Shows what is needed, and asks token servers for it; one question at a time for each scope.
#[derive(Debug)]
pub(super) struct Authorizer {
    endpoint: Endpoint,
    token_servers: TokenServers,
    keyring: Keyring,
    trusted: Vec<Registry>,
    demand: Mutex<Option<Demand>>,
    tokens: Mutex<HashMap<Scope, Arc<Slot>>>,
}

type Slot = tokio::sync::Mutex<Option<Token>>;

/// `no credentials`, or where they came from.
pub(super) fn in_words(credential: Option<&Credential>) -> String {
    credential.map_or_else(
        || NO_CREDENTIALS.to_owned(),
        |credential| format!("the credentials from {}", credential.origin),
    )
}

/// What is shown with one request.
#[derive(Debug)]
pub(super) struct Authorization {
    pub(super) header: Option<HeaderValue>,
    /// `no credentials`, or where they came from.
    pub(super) credentials: String,
    /// The token that was found where it was kept, and may have gone stale there.
    kept: Option<Arc<Slot>>,
}

impl Authorization {
    /// Nothing is shown.
    pub(super) fn nothing() -> Self {
        Self {
            header: None,
            credentials: NO_CREDENTIALS.to_owned(),
            kept: None,
        }
    }

    fn of(header: HeaderValue, credential: Option<&Credential>) -> Self {
        Self {
            header: Some(header),
            credentials: in_words(credential),
            kept: None,
        }
    }
}

impl Authorizer {
    pub(super) fn new(
        contact: &Contact,
        options: &Options,
        environment: &Environment,
        events: &Events,
    ) -> Self {
        if contact.demand.is_none() {
            let registry = &contact.endpoint.registry;
            tracing::debug!(%registry, "it asks for no credentials so far");
        }
        Self {
            endpoint: contact.endpoint.clone(),
            token_servers: TokenServers {
                endpoint: contact.endpoint.clone(),
                transport: contact.transport.clone(),
                events: events.clone(),
                retries: options.retries,
                timeout: options.timeout,
            },
            keyring: Keyring::new(&contact.endpoint.registry, options, environment),
            trusted: options.trust_realms.clone(),
            demand: Mutex::new(contact.demand.clone()),
            tokens: Mutex::default(),
        }
    }

    /// What to show with a request to the registry's own origin.
    pub(super) async fn authorize(&self, scope: &Scope) -> Result<Authorization, Error> {
        let Some(demand) = self.demand() else {
            return Ok(Authorization::nothing());
        };
        let credential = self.credential(scope).await?;
        let credential = credential.as_deref();
        if credential.is_some()
            && self.endpoint.base.scheme() == "http"
            && !self.endpoint.secrets_in_clear
        {
            return Err(self.unsafe_credentials(
                "over plain HTTP".to_owned(),
                "`http://` before the destination together with `--insecure`".to_owned(),
            ));
        }
        match (credential.map(|credential| &credential.secret), &demand) {
            (Some(Secret::Bearer(token)), _) => self.shown(bearer(token), credential),
            (Some(Secret::Basic { username, password }), Demand::Basic) => {
                self.shown(basic(username, password), credential)
            }
            (Some(Secret::Identity { username, token }), Demand::Basic) => {
                self.shown(basic(username, token), credential)
            }
            (None, Demand::Basic) => Ok(Authorization::nothing()),
            (_, Demand::Bearer { realm, service }) => {
                self.with_token(scope, credential, realm, service.as_deref())
                    .await
            }
        }
    }

    /// What the registry demanded last; nothing where it asks nobody who they are.
    pub(super) fn demand(&self) -> Option<Demand> {
        let demand = self.demand.lock();
        demand.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who is pushing; nobody where nothing was configured.
    pub(super) async fn credential(&self, scope: &Scope) -> Result<Option<Arc<Credential>>, Error> {
        self.keyring.credential(&scope.repository).await
    }

    /// The token that was given for a scope, where one was asked for.
    pub(super) async fn token(&self, scope: &Scope) -> Option<Token> {
        let slot = {
            let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
            tokens.get(scope).cloned()
        };
        slot?.lock().await.clone()
    }

    /// Learns from a 401; says whether the same request may now fare better.
    pub(super) async fn learn(&self, shown: &Authorization, headers: &HeaderMap) -> bool {
        let demand = Demand::of(headers);
        if shown.header.is_none() {
            let mut known = self.demand.lock().unwrap_or_else(PoisonError::into_inner);
            let changed = demand.is_some() && *known != demand;
            if changed {
                *known = demand;
            }
            return changed;
        }
        // A token that has just been made, or a password, does not become better by being shown again.
        let Some(slot) = &shown.kept else {
            return false;
        };
        let mut token = slot.lock().await;
        // Somebody else may have brought a new one in the meantime.
        if token.as_ref().and_then(Token::header) == shown.header {
            *token = None;
        }
        true
    }

    async fn with_token(
        &self,
        scope: &Scope,
        credential: Option<&Credential>,
        realm: &str,
        service: Option<&str>,
    ) -> Result<Authorization, Error> {
        let slot = {
            let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(tokens.entry(scope.clone()).or_default())
        };
        // Whoever needs the same scope waits here for the one question that is under way.
        let mut kept = slot.lock().await;
        if let Some(token) = kept.as_ref().filter(|token| token.is_good()) {
            let mut authorization = self.shown(token.header(), credential)?;
            authorization.kept = Some(Arc::clone(&slot));
            return Ok(authorization);
        }
        let question = self.question(scope, credential, realm, service)?;
        let token = self.token_servers.ask(&question).await?;
        let authorization = self.shown(token.header(), credential);
        *kept = Some(token);
        authorization
    }

    /// The question for a token server, where it may be asked.
    pub(super) fn question<'a>(
        &self,
        scope: &Scope,
        credential: Option<&'a Credential>,
        realm: &str,
        service: Option<&str>,
    ) -> Result<Question<'a>, Error> {
        let checked = realm::token_server(realm, service, &self.endpoint).and_then(|url| {
            if credential.is_some() {
                realm::may_have_credentials(&url, &self.endpoint, &self.trusted)?;
            }
            Ok(url)
        });
        let url = checked.map_err(|error| match error {
            RealmError::Invalid(problem) => Error::ProtocolViolation {
                request: reply::shown(&Method::GET, &self.endpoint.below("/v2/")),
                problem: problem.to_owned(),
            },
            RealmError::Foreign { host } => self.unsafe_credentials(
                format!("to the token server `{host}`"),
                format!("`--trust-realm {host}`"),
            ),
        })?;
        Ok(Question {
            url,
            service: service.map(str::to_owned),
            scopes: scope.parts(),
            credential,
        })
    }

    fn shown(
        &self,
        header: Option<HeaderValue>,
        credential: Option<&Credential>,
    ) -> Result<Authorization, Error> {
        match header {
            Some(header) => Ok(Authorization::of(header, credential)),
            None => Err(Error::Credentials {
                registry: self.endpoint.registry.to_string(),
                origin: credential.map_or("the token server".to_owned(), |credential| {
                    credential.origin.clone()
                }),
                source: "they hold a character that HTTP cannot send".into(),
            }),
        }
    }

    fn unsafe_credentials(&self, hazard: String, permit: String) -> Error {
        Error::UnsafeCredentials {
            registry: self.endpoint.registry.to_string(),
            hazard,
            permit,
        }
    }
}

//! Access: who is asking, what tokens are given to them, and who may write where.

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Response, StatusCode};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{Gitea, User, refusal};

/// Who may do what.
pub(super) struct Access {
    user: User,
    owners: Vec<String>,
    foreign: Vec<String>,
    tls: bool,
}

/// Somebody who is let in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// The user.
    User,
    /// Anybody, with a token that was given without credentials: may read.
    Ghost,
}

impl Access {
    pub(super) fn new(gitea: &Gitea, user: User, tls: bool) -> Self {
        Self {
            owners: gitea.owners.clone(),
            foreign: gitea.foreign_owners.clone(),
            user,
            tls,
        }
    }

    /// Finds out who asks, by Basic or by a token of ours; anything else is refused as Gitea does.
    pub(super) fn identify(&self, request: &Parts) -> Result<Caller, Box<Response<Body>>> {
        match self.shown(&request.headers) {
            Shown::Nothing => Err(Box::new(refusal::challenge(&self.base(&request.headers)))),
            Shown::Wrong => Err(Box::new(refusal::not_verified())),
            Shown::Password => Ok(Caller::User),
            Shown::Bearer(caller) => Ok(caller),
        }
    }

    /// Answers at `/v2/token`: `GET` gives a token to the user and to nobody, `POST` is not there.
    pub(super) fn token(&self, request: &Parts) -> Response<Body> {
        if request.method != Method::GET {
            return refusal::no_route();
        }
        let token = match self.shown(&request.headers) {
            Shown::Wrong => return refusal::not_verified(),
            Shown::Nothing | Shown::Bearer(Caller::Ghost) => GHOST,
            Shown::Password | Shown::Bearer(Caller::User) => USER,
        };
        let body = serde_json::json!({ "token": token }).to_string();
        refusal::respond(StatusCode::OK, refusal::JSON, body)
    }

    /// Refuses owners that do not exist, and writes to those that are not the caller's.
    pub(super) fn admit(
        &self,
        caller: Caller,
        method: &Method,
        owner: &str,
    ) -> Result<(), Box<Response<Body>>> {
        let own = owner == self.user.owner || self.owners.iter().any(|own| own == owner);
        if !own && !self.foreign.iter().any(|foreign| foreign == owner) {
            return Err(Box::new(refusal::no_owner()));
        }
        let reads = matches!(*method, Method::GET | Method::HEAD);
        if reads || own && caller == Caller::User {
            return Ok(());
        }
        Err(Box::new(refusal::no_access()))
    }

    fn shown(&self, headers: &HeaderMap) -> Shown {
        let Some(header) = headers.get(AUTHORIZATION) else {
            return Shown::Nothing;
        };
        let header = header.to_str().unwrap_or_default();
        match header.split_once(' ') {
            Some(("Bearer", USER)) => Shown::Bearer(Caller::User),
            Some(("Bearer", GHOST)) => Shown::Bearer(Caller::Ghost),
            Some(("Basic", pair)) if self.is_user(pair) => Shown::Password,
            _ => Shown::Wrong,
        }
    }

    /// The password may be a personal access token, and then the name does not matter.
    fn is_user(&self, pair: &str) -> bool {
        let decoded = BASE64_STANDARD.decode(pair).unwrap_or_default();
        let pair = String::from_utf8_lossy(&decoded);
        let (name, password) = pair.split_once(':').unwrap_or_default();
        let credentials = &self.user.credentials;
        password == self.user.token
            || password == credentials.password && name.eq_ignore_ascii_case(&credentials.username)
    }

    /// The host as the client called it, whatever it is.
    fn base(&self, headers: &HeaderMap) -> String {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let own = if self.tls { "https" } else { "http" };
        let scheme = text("x-forwarded-proto").unwrap_or(own);
        let host = text(HOST.as_str()).unwrap_or_default();
        format!("{scheme}://{host}")
    }
}

enum Shown {
    Nothing,
    Password,
    Bearer(Caller),
    Wrong,
}

/// They only have to be what a client cannot take for anything else than a token.
const USER: &str = "eyJhbGciOiJIUzI1NiJ9.eyJVc2VySUQiOjF9.user";
const GHOST: &str = "eyJhbGciOiJIUzI1NiJ9.eyJVc2VySUQiOi0xfQ.ghost";

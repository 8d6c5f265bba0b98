//! The way of a request through Gitea: ingress, access, names, and then the noun that answers it.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE, TRANSFER_ENCODING};
use axum::http::request::Parts;
use axum::http::{Request, Response, StatusCode, Uri};

use super::access::Access;
use super::ingress::{self, Passage};
use super::session::Sessions;
use super::{Gitea, User, name, refusal};
use crate::endpoint::Address;
use crate::service::{Cut, ask};
use crate::{Endpoint, body};

/// A Gitea-like registry, in front of the embedded one.
pub(crate) struct Service {
    router: Router,
    access: Access,
    body_limit: u64,
    buffered: bool,
    locked_commits: AtomicUsize,
    pub(super) sessions: Sessions,
}

impl Service {
    pub(crate) fn new(gitea: &Gitea, user: User, tls: bool, router: Router) -> Self {
        Self {
            router,
            access: Access::new(gitea, user, tls),
            body_limit: gitea.body_limit,
            buffered: gitea.behind_ingress,
            locked_commits: AtomicUsize::new(gitea.locked_commits),
            sessions: Sessions::default(),
        }
    }

    pub(crate) async fn answer(&self, request: Request<Body>) -> Result<Response<Body>, Cut> {
        let request = request.map(body::lingering);
        match ingress::pass(request, self.body_limit, self.buffered).await? {
            Passage::Refused(answer) => Ok(answer),
            Passage::Through(request) => Ok(self.admit(request).await),
        }
    }

    async fn admit(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        match self.placed(&parts) {
            Ok(Some(path)) => self.dispatch(parts, &path, body).await,
            Ok(None) => self.ask(Request::from_parts(parts, body)).await,
            Err(answer) => *answer,
        }
    }

    /// The path with its owner in lower case, where the caller may go there; none where no repository is named.
    fn placed(&self, request: &Parts) -> Result<Option<String>, Box<Response<Body>>> {
        let path = request.uri.path();
        let address = Address::of(path);
        if address.endpoint == Endpoint::Token {
            return Err(Box::new(self.access.token(request)));
        }
        let caller = self.access.identify(request)?;
        if matches!(address.endpoint, Endpoint::Base | Endpoint::Catalog) {
            return Ok(None);
        }
        let Some((owner, image)) = address.repository.split_once('/') else {
            return Err(Box::new(refusal::no_owner()));
        };
        let lower = owner.to_lowercase();
        self.access.admit(caller, &request.method, &lower)?;
        if !name::is_image(image) {
            let refused = refusal::coded(StatusCode::BAD_REQUEST, "NAME_INVALID", "");
            return Err(Box::new(refused));
        }
        Ok(Some(path.replacen(owner, &lower, 1)))
    }

    async fn dispatch(&self, mut parts: Parts, path: &str, body: Body) -> Response<Body> {
        let query = parts.uri.query().map(|query| format!("?{query}"));
        let uri = format!("{path}{}", query.unwrap_or_default());
        parts.uri = Uri::try_from(uri).unwrap_or(parts.uri);
        let request = Request::from_parts(parts, body);
        let address = Address::of(path);
        match address.endpoint {
            Endpoint::Uploads => self.start_upload(request).await,
            Endpoint::Upload => self.upload(request, address.last).await,
            Endpoint::Manifest => {
                self.manifest(request, address.repository, address.last)
                    .await
            }
            Endpoint::Referrers | Endpoint::Other => refusal::no_route(),
            _ => self.ask(request).await,
        }
    }

    /// Asks the embedded registry behind, which knows no users.
    pub(super) async fn ask(&self, mut request: Request<Body>) -> Response<Body> {
        request.headers_mut().remove(AUTHORIZATION);
        ask(&self.router, request).await
    }

    /// Whether the database is locked this time.
    pub(super) fn commit_is_locked(&self) -> bool {
        let fewer = |left: usize| left.checked_sub(1);
        let spent = self
            .locked_commits
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer);
        spent.is_ok()
    }
}

/// Forgets what was said of a body that is replaced by another.
pub(super) fn without_body(parts: &mut Parts) {
    for header in [CONTENT_LENGTH, CONTENT_RANGE, TRANSFER_ENCODING] {
        parts.headers.remove(header);
    }
}

//! The service: what is in front of the embedded registry, and the record of what was asked.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;

use crate::exchange::Exchanges;
use crate::faults::{self, Faults};
use crate::gitea::{self, User};
use crate::{Exchange, Gitea};

/// The connection ends without an answer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the registry hangs up on purpose")]
pub(crate) struct Cut;

/// A registry that does no wrong: the embedded one as it is, or as Gitea would answer.
#[derive(Clone)]
pub(crate) enum Front {
    Plain(Router),
    Gitea(Arc<gitea::Service>),
}

/// All of it: answers, goes wrong where it is told to, and writes it down.
#[derive(Clone)]
pub(crate) struct Service {
    front: Front,
    faults: Faults,
    exchanges: Exchanges,
}

impl Front {
    pub(crate) fn plain(router: Router) -> Self {
        Self::Plain(router)
    }

    pub(crate) fn gitea(gitea: &Gitea, user: User, tls: bool, router: Router) -> Self {
        Self::Gitea(Arc::new(gitea::Service::new(gitea, user, tls, router)))
    }

    pub(crate) async fn answer(&self, request: Request<Body>) -> Result<Response<Body>, Cut> {
        match self {
            Self::Plain(router) => Ok(ask(router, request).await),
            Self::Gitea(gitea) => gitea.answer(request).await,
        }
    }
}

impl Service {
    pub(crate) fn new(front: Front, faults: Faults, exchanges: Exchanges) -> Self {
        Self {
            front,
            faults,
            exchanges,
        }
    }

    pub(crate) async fn answer(&self, request: Request<Body>) -> Result<Response<Body>, Cut> {
        let fault = self.faults.strike(&request);
        let exchange = Exchange {
            method: request.method().to_string(),
            target: request.uri().to_string(),
            status: None,
            fault: fault.as_ref().map(ToString::to_string),
        };
        let answer = match fault {
            None => self.front.answer(request).await,
            Some(fault) => {
                let announce = || self.exchanges.record(exchange.clone());
                faults::answer(&fault, request, &self.front, announce).await
            }
        };
        let status = answer.as_ref().ok().map(|answer| answer.status().as_u16());
        self.exchanges.record(Exchange { status, ..exchange });
        answer
    }
}

/// Asks the embedded registry.
pub(crate) async fn ask(router: &Router, request: Request<Body>) -> Response<Body> {
    let answer: Result<_, Infallible> =
        TowerToHyperService::new(router.clone()).call(request).await;
    match answer {
        Ok(answer) => answer,
        Err(never) => match never {},
    }
}

//! The service: the embedded registry, and the record of what was asked.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;

use crate::Exchange;
use crate::exchange::Exchanges;

/// All of it: answers, and writes it down.
#[derive(Clone)]
pub(crate) struct Service {
    router: Router,
    exchanges: Exchanges,
}

impl Service {
    pub(crate) fn new(router: Router, exchanges: Exchanges) -> Self {
        Self { router, exchanges }
    }

    pub(crate) async fn answer(
        &self,
        request: Request<Body>,
    ) -> Result<Response<Body>, Infallible> {
        let (method, target) = (request.method().to_string(), request.uri().to_string());
        let answer = ask(&self.router, request).await;
        self.exchanges.record(Exchange {
            method,
            target,
            status: Some(answer.status().as_u16()),
        });
        Ok(answer)
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

//! The server: accepts connections, speaks TLS where that is asked for, and HTTP/1.1 over it.

use std::sync::Arc;

use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::service::Service;

/// Serves until the runtime ends.
pub(crate) async fn serve(listener: TcpListener, service: Service, tls: Option<Arc<ServerConfig>>) {
    let tls = tls.map(TlsAcceptor::from);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connect(stream, service.clone(), tls.clone()));
            }
            Err(error) => tracing::warn!(%error, "cannot accept a connection"),
        }
    }
}

async fn connect(stream: TcpStream, service: Service, tls: Option<TlsAcceptor>) {
    // Answers are small and waited for; a socket that refuses this serves them all the same.
    let _ = stream.set_nodelay(true);
    match tls {
        None => converse(stream, service).await,
        Some(tls) => match tls.accept(stream).await {
            Ok(stream) => converse(stream, service).await,
            Err(error) => tracing::debug!(%error, "a client did not like the certificate"),
        },
    }
}

/// An answer that is an error ends the connection without one: this is how faults hang up.
async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin, service: Service) {
    let answer = |request: hyper::Request<hyper::body::Incoming>| {
        let service = service.clone();
        async move { service.answer(request.map(Body::new)).await }
    };
    let conversation = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service_fn(answer));
    if let Err(error) = conversation.await {
        tracing::debug!(%error, "a connection broke");
    }
}

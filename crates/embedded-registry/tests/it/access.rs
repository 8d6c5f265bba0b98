//! Who may use a registry, where it may listen, how it starts and stops.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use bytes::Bytes;
use embedded_registry::{Config, Credentials, Registry, StartError};
use futures::stream;
use oci::Digest;
use reqwest::{Body, Method};
use tempfile::TempDir;

use crate::lab::{Client, Lab, answer};

fn guarded(directory: &TempDir) -> Config {
    Config {
        credentials: Some(Credentials {
            username: "admin".to_owned(),
            password: "secret".into(),
        }),
        ..Config::new(directory.path())
    }
}

#[tokio::test]
async fn every_request_needs_the_credentials_where_there_are_some() {
    let directory = TempDir::new().unwrap();
    let registry = Registry::start(guarded(&directory)).await.unwrap();
    let client = Client::of(&registry);
    for (method, path) in [
        (Method::GET, "/v2/"),
        (Method::GET, "/v2/a/tags/list"),
        (Method::POST, "/v2/a/blobs/uploads/"),
    ] {
        let request = || client.request(method.clone(), path);
        let refused = answer(request()).await;
        refused.refuses(401, "UNAUTHORIZED");
        let challenge = "Basic realm=\"embedded registry\"";
        assert_eq!(refused.header("www-authenticate"), challenge);
        let wrong = answer(request().basic_auth("admin", Some("other"))).await;
        wrong.refuses(401, "UNAUTHORIZED");
        let right = answer(request().basic_auth("admin", Some("secret"))).await;
        assert_ne!(right.status, 401);
    }
}

#[tokio::test]
async fn a_refused_upload_is_told_why_while_it_still_sends() {
    let directory = TempDir::new().unwrap();
    let registry = Registry::start(guarded(&directory)).await.unwrap();
    let client = Client::of(&registry);
    let piece = Bytes::from(vec![0; 1 << 20]);
    let pieces = stream::iter(vec![piece; 16].into_iter().map(Ok::<_, io::Error>));
    let put = client.request(Method::PUT, "/v2/a/blobs/uploads/x?digest=y");
    let refused = answer(put.body(Body::wrap_stream(pieces))).await;
    refused.refuses(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn strangers_cannot_write_unless_that_is_said() {
    let directory = TempDir::new().unwrap();
    let everywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let open = Config {
        listen: everywhere,
        ..Config::new(directory.path())
    };
    let refused = Registry::start(open.clone()).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "anyone who reaches 0.0.0.0:0 could write to the registry"
    );
    let said = Config {
        allow_anonymous_writes: true,
        ..open
    };
    Registry::start(said).await.unwrap();
    let with_credentials = Config {
        listen: everywhere,
        ..guarded(&directory)
    };
    Registry::start(with_credentials).await.unwrap();
}

#[tokio::test]
async fn what_keeps_it_from_starting_is_said() {
    let directory = TempDir::new().unwrap();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let config = Config {
        listen: taken.local_addr().unwrap(),
        ..Config::new(directory.path())
    };
    let refused = Registry::start(config).await.unwrap_err();
    assert!(matches!(refused, StartError::Listen { .. }), "{refused}");

    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = Registry::start(Config::new(file)).await.unwrap_err();
    assert!(matches!(refused, StartError::Directory { .. }), "{refused}");
}

#[tokio::test]
async fn stopping_waits_for_the_answers_under_way() {
    let lab = Lab::new().await;
    let location = lab.client.start("a").await;
    let (sender, receiver) = futures::channel::mpsc::unbounded();
    let put = format!("{location}?digest={}", Digest::of(b"blob"));
    let put = lab.client.request(Method::PUT, &put);
    let put = tokio::spawn(answer(put.body(Body::wrap_stream(receiver))));
    sender
        .unbounded_send(Ok::<_, io::Error>(Bytes::from("bl")))
        .unwrap();
    lab.client.wait_for(&location, "0-1").await;

    let stopped = tokio::spawn(lab.registry.stop());
    sender.unbounded_send(Ok(Bytes::from("ob"))).unwrap();
    drop(sender);
    put.await.unwrap().is(201);
    stopped.await.unwrap();
    let gone = lab.client.request(Method::GET, "/v2/").send().await;
    assert!(gone.unwrap_err().is_connect());
}

#[tokio::test]
async fn dropping_it_ends_every_connection() {
    let lab = Lab::new().await;
    lab.client.get("/v2/").await.is(200);
    drop(lab.registry);
    tokio::task::yield_now().await;
    let gone = lab.client.request(Method::GET, "/v2/").send().await;
    gone.expect_err("nobody is there");
}

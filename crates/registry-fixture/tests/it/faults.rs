//! Faults: each does what it is called, to the request that it is told, and is written down.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use oci::Digest;
use registry_fixture::{Endpoint, Fault, Registry};
use reqwest::Method;

use crate::client::{Answer, Client};

fn with(fault: Fault) -> (Registry, Client) {
    let registry = Registry::embedded().fault(fault).start();
    let registry = registry.expect("the registry starts");
    let client = Client::of(&registry);
    (registry, client)
}

fn blob() -> Vec<u8> {
    (0..600_000_u32)
        .map(|at| at.to_le_bytes()[0] ^ at.to_le_bytes()[1])
        .collect()
}

/// Asserts that a request is not answered.
async fn breaks(client: &Client, method: Method, path: &str, body: Vec<u8>) {
    let broken = Answer::try_to(client.request(method, path).body(body)).await;
    assert!(broken.is_err(), "{broken:?}");
}

#[tokio::test]
async fn a_status_is_answered_with_everything_that_belongs_to_it() {
    let fault = Fault::status(502)
        .html("<h1>Bad Gateway</h1>")
        .retry_after(7);
    let (registry, client) = with(fault.on("PUT", Endpoint::Manifest).skip(1));
    let put = || client.put_manifest("/v2/app/manifests/1", "application/json", "{}");
    put().await.refuses(400, "MANIFEST_INVALID");
    let refused = put().await;
    assert_eq!(refused.is(502).body, "<h1>Bad Gateway</h1>");
    assert_eq!(refused.header("content-type"), "text/html");
    assert_eq!(refused.header("retry-after"), "7");
    put().await.refuses(400, "MANIFEST_INVALID");
    assert_eq!(registry.faults_triggered(), 1);
    let expected = "PUT   /v2/app/manifests/1 400\n\
                    PUT   /v2/app/manifests/1 502  [status 502]\n\
                    PUT   /v2/app/manifests/1 400\n";
    assert_eq!(registry.transcript(), expected);
}

#[tokio::test]
async fn a_status_may_come_before_the_body_is_read() {
    let fault = Fault::status(413).early().code("SIZE_INVALID", "too large");
    let (registry, _) = with(fault);
    let mut stream = TcpStream::connect(registry.address()).unwrap();
    let head = "PUT /v2/app/manifests/1 HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let patience = Some(Duration::from_secs(10));
    stream.set_read_timeout(patience).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn a_body_is_cut_and_what_came_stays() {
    let fault = Fault::cut_after(100_000).on("PATCH", Endpoint::Upload);
    let (registry, client) = with(fault);
    let session = client.session("app").await;
    breaks(&client, Method::PATCH, &session, blob()).await;
    let state = client.get(&session).await;
    assert_eq!(state.is(204).header("range"), "0-99999");
    let rest = &blob()[100_000..];
    client.patch(&session, "100000-599999", rest).await.is(202);
    let digest = Digest::of(&blob());
    client
        .put(&format!("{session}?digest={digest}"), "")
        .await
        .is(201);
    let line = format!("PATCH {session} ---  [cut after 100000 bytes]\n");
    assert!(
        registry.transcript().contains(&line),
        "{}",
        registry.transcript()
    );
}

#[tokio::test]
async fn a_connection_is_cut_before_anything_is_done() {
    let (registry, client) = with(Fault::cut_after(0).on("GET", Endpoint::Base));
    breaks(&client, Method::GET, "/v2/", Vec::new()).await;
    client.get("/v2/").await.is(200);
    assert_eq!(registry.faults_triggered(), 1);
}

#[tokio::test]
async fn an_answer_is_cut() {
    let (_registry, client) = with(Fault::cut_answer_after(1000).on("GET", Endpoint::Blob));
    let digest = client.push("app", &blob()).await;
    let path = format!("/v2/app/blobs/{digest}");
    breaks(&client, Method::GET, &path, Vec::new()).await;
    let whole = client.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(whole.bytes().await.unwrap(), blob());
}

#[tokio::test]
async fn an_answer_is_lost_and_the_deed_is_done() {
    let (_registry, client) = with(Fault::lose_answer().on("PUT", Endpoint::Upload));
    let digest = Digest::of(&blob());
    let put = format!("{}?digest={digest}", client.session("app").await);
    breaks(&client, Method::PUT, &put, blob()).await;
    client
        .head(&format!("/v2/app/blobs/{digest}"))
        .await
        .is(200);
    client
        .put(&put, "")
        .await
        .refuses(404, "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn a_registry_takes_no_more_or_says_no_more() {
    let patience = Duration::from_millis(300);
    let (registry, client) = with(Fault::stall_after(1000).on("PATCH", Endpoint::Upload));
    registry.add_fault(Fault::keep_silent().on("DELETE", Endpoint::Upload));
    let session = client.session("app").await;
    let stalled = client.request(Method::PATCH, &session).body(blob());
    let stalled = Answer::try_to(stalled.timeout(patience)).await;
    assert!(stalled.unwrap_err().is_timeout());
    let other = client.session("app").await;
    let silent = client.request(Method::DELETE, &other).timeout(patience);
    assert!(Answer::try_to(silent).await.unwrap_err().is_timeout());
    client.get(&other).await.refuses(404, "BLOB_UPLOAD_UNKNOWN");
    assert_eq!(registry.faults_triggered(), 2, "{}", registry.transcript());
}

#[tokio::test]
async fn a_registry_takes_its_time() {
    let fault = Fault::delay(Duration::from_millis(50)).on("GET", Endpoint::Base);
    let (registry, client) = with(fault);
    registry.add_fault(Fault::slow(100_000).on("POST", Endpoint::Uploads));
    let started = Instant::now();
    client.get("/v2/").await.is(200);
    assert!(started.elapsed() >= Duration::from_millis(50));
    let started = Instant::now();
    client.push("app", &blob()[..20_000]).await;
    assert!(started.elapsed() >= Duration::from_millis(200));
    assert_eq!(registry.faults_triggered(), 2);
}

#[tokio::test]
async fn an_answer_says_what_is_not_so() {
    let fault = Fault::wrong_range("0-4").on("PATCH", Endpoint::Upload);
    let (registry, client) = with(fault);
    registry.add_fault(Fault::foreign_location("http://127.0.0.1:9").at(Endpoint::Uploads));
    let post = client.post("/v2/app/blobs/uploads/", "").await;
    let session = post.is(202).header("location");
    let session = session.strip_prefix("http://127.0.0.1:9").unwrap();
    let patch = client.patch(session, "", b"0123456789").await;
    assert_eq!(patch.is(202).header("range"), "0-4");
    assert_eq!(client.get(session).await.header("range"), "0-9");
}

#[tokio::test]
async fn a_request_is_sent_elsewhere() {
    let (_registry, client) = with(Fault::redirect("http://127.0.0.1:9").at(Endpoint::Uploads));
    let sent = client.post("/v2/app/blobs/uploads/?digest=x", "body").await;
    let expected = "http://127.0.0.1:9/v2/app/blobs/uploads/?digest=x";
    assert_eq!(sent.is(307).header("location"), expected);
}

#[tokio::test]
async fn faults_happen_in_the_order_in_which_they_were_told() {
    let busy = |status| Fault::status(status).on("GET", Endpoint::Base);
    let registry = Registry::embedded().faults([busy(500), busy(503).times(2)]);
    let registry = registry.start().unwrap();
    let client = Client::of(&registry);
    for status in [500, 503, 503, 200] {
        client.get("/v2/").await.is(status);
    }
}

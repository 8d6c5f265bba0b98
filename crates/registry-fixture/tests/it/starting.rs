//! Starting and ending: where a registry is, whom it lets in, and what is left of it.

use std::fs;
use std::net::TcpStream;
use std::path::Path;

use oci::Digest;
use registry_fixture::Registry;
use reqwest::{Certificate, Method};

use crate::client::{Answer, Client};

#[test]
fn a_sync_test_has_a_registry_that_answers() {
    let registry = Registry::embedded().start().unwrap();
    assert!(registry.address().ip().is_loopback());
    assert_eq!(registry.host(), registry.address().to_string());
    assert_eq!(registry.url(), format!("http://{}", registry.host()));
    assert_eq!(
        registry.reference("app:1"),
        format!("{}/app:1", registry.host())
    );
    assert!(registry.credentials().is_none() && registry.ca().is_none());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let answer = runtime.block_on(async { Client::of(&registry).get("/v2/").await });
    answer.is(200);
}

#[tokio::test]
async fn an_async_test_on_one_thread_has_it_too() {
    let registry = Registry::embedded().start().unwrap();
    let client = Client::of(&registry);
    client.get("/v2/").await.is(200);
    let digest = client.push("app", b"blob").await;
    let blob = client.get(&format!("/v2/app/blobs/{digest}")).await;
    assert_eq!(blob.is(200).body, "blob");
}

#[tokio::test]
async fn credentials_are_asked_for() {
    let registry = Registry::embedded().credentials("ci", "se:cret");
    let registry = registry.start().unwrap();
    let client = Client::of(&registry);
    client.get("/v2/").await.is(401);
    let credentials = registry.credentials().unwrap();
    let request = client
        .request(Method::GET, "/v2/")
        .basic_auth(&credentials.username, Some(&credentials.password));
    Answer::to(request).await.is(200);
    assert!(!format!("{registry:?} {credentials:?}").contains("se:cret"));
}

#[tokio::test]
async fn tls_is_trusted_by_whoever_has_its_certificate() {
    let registry = Registry::embedded().tls().start().unwrap();
    assert!(registry.url().starts_with("https://127.0.0.1:"));
    let pem = fs::read(registry.ca().unwrap()).unwrap();
    let ca = Certificate::from_pem(&pem).unwrap();
    let trusting = Client::trusting(&registry, |builder| builder.tls_certs_only([ca]));
    trusting.get("/v2/").await.is(200);
    let stranger = Client::of(&registry);
    let refused = Answer::try_to(stranger.request(Method::GET, "/v2/")).await;
    assert!(refused.unwrap_err().is_connect());
}

#[tokio::test]
async fn what_was_asked_is_written_down() {
    let registry = Registry::embedded().start().unwrap();
    let client = Client::of(&registry);
    client.get("/v2/app/tags/list?n=2").await.is(404);
    client.push("app", b"blob").await;
    let digest = Digest::of(b"blob");
    let expected = format!(
        "GET   /v2/app/tags/list?n=2 404\nPOST  /v2/app/blobs/uploads/?digest={digest} 201\n"
    );
    assert_eq!(registry.transcript(), expected);
    assert_eq!(registry.exchanges()[1].status, Some(201));
    assert_eq!(registry.faults_triggered(), 0);
}

#[tokio::test]
async fn two_registries_know_nothing_of_each_other() {
    let one = Registry::embedded().start().unwrap();
    let other = Registry::embedded().start().unwrap();
    assert_ne!(one.address(), other.address());
    let digest = Client::of(&one).push("app", b"blob").await;
    let path = format!("/v2/app/blobs/{digest}");
    Client::of(&one).head(&path).await.is(200);
    Client::of(&other).head(&path).await.is(404);
}

#[tokio::test]
async fn nothing_is_left_of_a_registry_that_is_dropped() {
    let registry = Registry::embedded().tls().start().unwrap();
    let (address, ca) = (registry.address(), registry.ca().unwrap().to_owned());
    let directory = ca.parent().map(Path::to_owned).unwrap();
    assert!(directory.is_dir());
    let idle = TcpStream::connect(address).unwrap();
    drop(registry);
    assert!(!directory.exists());
    assert!(TcpStream::connect(address).is_err());
    drop(idle);
}

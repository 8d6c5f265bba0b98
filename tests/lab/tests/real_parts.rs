//! The lab's parts do what tests rely on: registries take blobs, ask for credentials, speak TLS, and end.

#![expect(
    clippy::unwrap_used,
    reason = "what fails here fails the test, with its line"
)]

use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use lab::{Absent, Distribution, PASSWORD, Registry, USERNAME, or_skip, skopeo};
use oci::Digest;
use reqwest::header::LOCATION;
use reqwest::{Certificate, Client, ClientBuilder, StatusCode, Url};

type Found = Result<Distribution, Absent>;

fn client() -> ClientBuilder {
    // A second installation is refused, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy()
}

fn url(scheme: &str, registry: &Registry, path: &str) -> Url {
    format!("{scheme}://{}{path}", registry.address())
        .parse()
        .expect("an address and a path are a URL")
}

async fn takes_a_blob(found: Found) {
    let Some(distribution) = or_skip(found) else {
        return;
    };
    let registry = distribution.start();
    let client = client().build().unwrap();
    let blob = b"a blob";
    let digest = Digest::of(blob).to_string();

    let uploads = url("http", &registry, "/v2/team/app/blobs/uploads/");
    let begun = client.post(uploads.clone()).send().await.unwrap();
    assert_eq!(begun.status(), StatusCode::ACCEPTED, "{}", registry.log());
    let location = begun.headers()[LOCATION].to_str().unwrap();
    let mut location = uploads.join(location).unwrap();
    location.query_pairs_mut().append_pair("digest", &digest);
    let closed = client.put(location).body(&blob[..]).send().await.unwrap();
    assert_eq!(closed.status(), StatusCode::CREATED, "{}", registry.log());

    let path = format!("/v2/team/app/blobs/{digest}");
    let read = client.get(url("http", &registry, &path)).send().await;
    assert_eq!(read.unwrap().bytes().await.unwrap(), &blob[..]);
    assert!(registry.storage().join("docker/registry/v2/blobs").is_dir());
    assert!(registry.log().contains("/v2/team/app/blobs/uploads/"));
}

#[tokio::test]
async fn distribution_2_8_takes_a_blob() {
    takes_a_blob(Distribution::v2_8()).await;
}

#[tokio::test]
async fn distribution_3_1_takes_a_blob() {
    takes_a_blob(Distribution::v3_1()).await;
}

async fn asks_for_credentials(found: Found) {
    let Some(distribution) = or_skip(found) else {
        return;
    };
    let registry = distribution.basic().start();
    let client = client().build().unwrap();
    let ping = || client.get(url("http", &registry, "/v2/"));

    let refused = ping().send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let challenge = refused.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.starts_with("Basic"), "{challenge}");
    let wrong = ping().basic_auth(USERNAME, Some("wrong")).send().await;
    assert_eq!(wrong.unwrap().status(), StatusCode::UNAUTHORIZED);
    let right = ping().basic_auth(USERNAME, Some(PASSWORD)).send().await;
    assert_eq!(
        right.unwrap().status(),
        StatusCode::OK,
        "{}",
        registry.log()
    );
}

#[tokio::test]
async fn distribution_2_8_asks_for_credentials() {
    asks_for_credentials(Distribution::v2_8()).await;
}

#[tokio::test]
async fn distribution_3_1_asks_for_credentials() {
    asks_for_credentials(Distribution::v3_1()).await;
}

async fn speaks_tls(found: Found) {
    let Some(distribution) = or_skip(found) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    let pair = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(&certificate, pair.cert.pem()).unwrap();
    std::fs::write(&key, pair.signing_key.serialize_pem()).unwrap();
    let registry = distribution.tls(&certificate, &key).start();

    let trusted = Certificate::from_pem(pair.cert.pem().as_bytes()).unwrap();
    let ping = url("https", &registry, "/v2/");
    let trusting = client().tls_certs_only([trusted]).build().unwrap();
    let answer = trusting.get(ping.clone()).send().await;
    assert_eq!(answer.unwrap().status(), StatusCode::OK);
    let strict = client().tls_certs_only([]).build().unwrap();
    assert!(strict.get(ping).send().await.is_err());
}

#[tokio::test]
async fn distribution_2_8_speaks_tls() {
    speaks_tls(Distribution::v2_8()).await;
}

#[tokio::test]
async fn distribution_3_1_speaks_tls() {
    speaks_tls(Distribution::v3_1()).await;
}

#[test]
fn a_dropped_registry_listens_no_more() {
    let Some(distribution) = or_skip(Distribution::v2_8()) else {
        return;
    };
    let registry = distribution.start();
    let (address, storage) = (registry.address(), registry.storage());
    assert!(TcpStream::connect(address).is_ok());
    drop(registry);
    assert!(TcpStream::connect(address).is_err());
    assert!(!storage.exists());
}

#[test]
fn skopeo_copies_into_a_registry() {
    let (Some(skopeo), Some(distribution)) = (or_skip(skopeo()), or_skip(Distribution::v2_8()))
    else {
        return;
    };
    let registry = distribution.start();
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata");
    let archive = testdata.join("skopeo-oci-archive-hello.tar");
    let copied = Command::new(skopeo)
        .args(["--insecure-policy", "copy", "--dest-tls-verify=false"])
        .arg(format!("oci-archive:{}", archive.display()))
        .arg(format!("docker://{}/hello:1", registry.address()))
        .output()
        .unwrap();
    assert!(copied.status.success(), "{copied:?}\n{}", registry.log());
    let repository = registry
        .storage()
        .join("docker/registry/v2/repositories/hello");
    assert!(repository.join("_manifests/tags/1/current/link").is_file());
}

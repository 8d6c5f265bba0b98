//! Reading back: whether what a registry holds is whole, asked of the registry itself.

use oci::Digest;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use reqwest::{Client, Response, StatusCode};

/// A client that asks no proxy, and keeps no connection to a registry that may be dead.
pub(crate) fn client() -> Client {
    showing(HeaderMap::new())
}

/// A client of a Gitea-like registry, with the token that it gives to anybody.
pub(crate) async fn ghost(base: &str) -> Client {
    let token = client().get(format!("{base}/v2/token")).send().await;
    let token = token.expect("an answer").bytes().await.expect("a body");
    let token: serde_json::Value = serde_json::from_slice(&token).expect("JSON");
    let bearer = format!("Bearer {}", token["token"].as_str().expect("a token"));
    let bearer = bearer.parse().expect("a header");
    showing(HeaderMap::from_iter([(AUTHORIZATION, bearer)]))
}

fn showing(headers: HeaderMap) -> Client {
    // reqwest wants one even where there is no TLS; a second install is refused, and does not matter.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().no_proxy().pool_max_idle_per_host(0);
    let builder = builder.default_headers(headers);
    builder.build().expect("a client")
}

/// Reads a manifest; none where the registry has none.
pub(crate) async fn manifest(
    client: &Client,
    base: &str,
    repository: &str,
    reference: &str,
) -> Option<Vec<u8>> {
    let url = format!("{base}/v2/{repository}/manifests/{reference}");
    read(client.get(&url).send().await.expect("an answer")).await
}

/// Reads a blob; none where the registry has none.
///
/// # Panics
/// Where the registry has one that is not what its digest says.
pub(crate) async fn blob(
    client: &Client,
    base: &str,
    repository: &str,
    digest: &str,
) -> Option<u64> {
    let url = format!("{base}/v2/{repository}/blobs/{digest}");
    let bytes = read(client.get(&url).send().await.expect("an answer")).await?;
    assert_eq!(Digest::of(&bytes).to_string(), digest, "{url}");
    Some(bytes.len() as u64)
}

/// Asserts that a manifest has everything it names, whole.
pub(crate) async fn is_whole(client: &Client, base: &str, repository: &str, manifest: &[u8]) {
    let manifest: serde_json::Value = serde_json::from_slice(manifest).expect("JSON");
    let layers = manifest["layers"].as_array().expect("layers");
    for descriptor in layers.iter().chain([&manifest["config"]]) {
        let digest = descriptor["digest"].as_str().expect("a digest");
        let size = blob(client, base, repository, digest).await;
        assert_eq!(size, descriptor["size"].as_u64(), "{repository} {digest}");
    }
}

async fn read(response: Response) -> Option<Vec<u8>> {
    match response.status() {
        StatusCode::OK => Some(response.bytes().await.expect("a whole body").into()),
        StatusCode::NOT_FOUND => None,
        status => panic!("{}: {status}", response.url()),
    }
}

//! A registry in a directory of its own, and a client that says what it got.

use embedded_registry::{Config, Registry};
use oci::{Algorithm, Digest, Hasher};
use reqwest::{Method, StatusCode};
use tempfile::TempDir;

/// A registry and the directory that it is kept in.
pub(crate) struct Lab {
    pub(crate) directory: TempDir,
    pub(crate) registry: Registry,
    pub(crate) client: Client,
}

/// Whoever talks to one registry.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: reqwest::header::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Lab {
    pub(crate) async fn new() -> Self {
        let directory = TempDir::new().expect("a directory");
        let (registry, client) = serve(&directory).await;
        Self {
            directory,
            registry,
            client,
        }
    }
}

/// One more registry on a directory.
pub(crate) async fn serve(directory: &TempDir) -> (Registry, Client) {
    let registry = Registry::start(Config::new(directory.path())).await;
    let registry = registry.expect("the registry starts");
    let client = Client::of(&registry);
    (registry, client)
}

impl Client {
    pub(crate) fn of(registry: &Registry) -> Self {
        // reqwest wants one even where there is no TLS; a second install is refused, and does not matter.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build();
        Self {
            http: http.expect("a client"),
            base: format!("http://{}", registry.address()),
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn head(&self, path: &str) -> Answer {
        answer(self.request(Method::HEAD, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Answer {
        answer(self.request(Method::POST, path).body(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: impl Into<reqwest::Body>) -> Answer {
        answer(self.request(Method::PUT, path).body(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, range: &str, body: &[u8]) -> Answer {
        let request = self.request(Method::PATCH, path).body(body.to_vec());
        answer(match range {
            "" => request,
            range => request.header("content-range", range),
        })
        .await
    }

    /// Starts an upload session and gives its location.
    pub(crate) async fn start(&self, repository: &str) -> String {
        let path = format!("/v2/{repository}/blobs/uploads/");
        let started = self.post(&path, "").await;
        started.is(202).header("location").to_owned()
    }

    /// Waits until an upload session has the bytes of `range`.
    pub(crate) async fn wait_for(&self, location: &str, range: &str) {
        for _ in 0..10_000 {
            if self.get(location).await.header("range") == range {
                return;
            }
        }
        panic!("the session never came to {range}");
    }

    /// Pushes a blob in one request.
    pub(crate) async fn push(&self, repository: &str, blob: &[u8]) -> Digest {
        let digest = Digest::of(blob);
        let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
        self.post(&path, blob.to_vec()).await.is(201);
        digest
    }

    /// Puts a manifest under a tag or a digest.
    pub(crate) async fn put_manifest(&self, path: &str, media_type: &str, json: &str) -> Answer {
        let request = self.request(Method::PUT, path);
        let request = request.header("content-type", media_type);
        answer(request.body(json.to_owned())).await
    }
}

impl Answer {
    /// Asserts the status.
    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> &Self {
        let body = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status.as_u16(), status, "{:?} {body}", self.headers);
        self
    }

    /// Asserts an error in the form that the specification gives.
    #[track_caller]
    pub(crate) fn refuses(&self, status: u16, code: &str) -> &Self {
        self.is(status);
        assert_eq!(self.json()["errors"][0]["code"], code);
        self
    }

    /// A header; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("text"))
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// Sends a request and reads the answer.
pub(crate) async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    Answer {
        status: response.status(),
        headers: response.headers().clone(),
        body: response.bytes().await.expect("a body").into(),
    }
}

/// The SHA-512 digest of some bytes.
pub(crate) fn sha512(bytes: &[u8]) -> Digest {
    let mut hasher = Hasher::new(Algorithm::Sha512);
    hasher.update(bytes);
    hasher.finish()
}

/// Some bytes that no other number gives.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let step = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state.to_be_bytes()[0]
    };
    (0..length).map(step).collect()
}

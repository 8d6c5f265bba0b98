//! Whoever talks to a registry, and says what came back.

use oci::Digest;
use registry_fixture::Registry;
use reqwest::header::HeaderMap;
use reqwest::{Body, Method, RequestBuilder};

/// A client of one registry.
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    authorization: Option<String>,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Client {
    /// A client that shows nothing.
    pub(crate) fn of(registry: &Registry) -> Self {
        Self::trusting(registry, |builder| builder)
    }

    pub(crate) fn trusting(
        registry: &Registry,
        trust: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Self {
        // reqwest wants one even where there is no TLS; a second install is refused, and does not matter.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        Self {
            http: trust(builder).build().expect("a client"),
            base: registry.url(),
            authorization: None,
        }
    }

    /// The same client, with this `Authorization`.
    pub(crate) fn showing(mut self, authorization: &str) -> Self {
        self.authorization = Some(authorization.to_owned());
        self
    }

    /// A client of a Gitea-like registry, with a token as its user gets it.
    pub(crate) async fn user(registry: &Registry) -> Self {
        let credentials = registry.credentials().expect("a user");
        let (name, password) = (&credentials.username, &credentials.password);
        let token = Self::of(registry)
            .request(Method::GET, "/v2/token")
            .basic_auth(name, Some(password));
        let token = Answer::to(token).await.json()["token"].clone();
        let token = token.as_str().expect("a token").to_owned();
        Self::of(registry).showing(&format!("Bearer {token}"))
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::GET, path)).await
    }

    pub(crate) async fn head(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::HEAD, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        Answer::to(self.request(Method::POST, path).body(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: impl Into<Body>) -> Answer {
        Answer::to(self.request(Method::PUT, path).body(body)).await
    }

    /// Sends a chunk; `range` may be empty for none.
    pub(crate) async fn patch(&self, path: &str, range: &str, body: &[u8]) -> Answer {
        let request = self.request(Method::PATCH, path).body(body.to_vec());
        Answer::to(match range {
            "" => request,
            range => request.header("content-range", range),
        })
        .await
    }

    /// Puts a manifest.
    pub(crate) async fn put_manifest(&self, path: &str, media_type: &str, json: &str) -> Answer {
        let request = self.request(Method::PUT, path);
        let request = request.header("content-type", media_type);
        Answer::to(request.body(json.to_owned())).await
    }

    /// Starts an upload session and gives its location.
    pub(crate) async fn session(&self, repository: &str) -> String {
        let started = self
            .post(&format!("/v2/{repository}/blobs/uploads/"), "")
            .await;
        started.is(202).header("location").to_owned()
    }

    /// Pushes a blob in one request.
    pub(crate) async fn push(&self, repository: &str, blob: &[u8]) -> Digest {
        let digest = Digest::of(blob);
        let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
        self.post(&path, blob.to_vec()).await.is(201);
        digest
    }
}

impl Answer {
    /// Sends a request and reads the answer.
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        Self::try_to(request).await.expect("an answer")
    }

    pub(crate) async fn try_to(request: RequestBuilder) -> reqwest::Result<Self> {
        let response = request.send().await?;
        Ok(Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.text().await?,
        })
    }

    /// Asserts the status.
    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Asserts an error in the form that the specification gives.
    #[track_caller]
    pub(crate) fn refuses(&self, status: u16, code: &str) -> &Self {
        self.is(status);
        assert_eq!(self.json()["errors"][0]["code"], code, "{self:?}");
        self
    }

    /// A header; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("text"))
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

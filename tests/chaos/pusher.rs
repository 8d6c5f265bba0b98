//! Whoever pushes while the registry is killed: images of chance, in every way that the specification has.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::stream;
use oci::{Digest, MediaType};
use reqwest::{Body, Client, Method, Response, StatusCode};
use serde_json::json;
use tokio::sync::Notify;

use crate::dice::Dice;

/// A manifest that the registry has acknowledged.
#[derive(Clone)]
pub(crate) struct Acknowledged {
    pub(crate) repository: String,
    pub(crate) tag: String,
    pub(crate) manifest: Vec<u8>,
}

/// Counts what pushers do, piece by piece, and says when the moment has come.
pub(crate) struct Moment {
    left: AtomicUsize,
    pub(crate) come: Notify,
}

/// One that pushes until the registry is gone.
pub(crate) struct Pusher {
    pub(crate) client: Client,
    pub(crate) base: String,
    pub(crate) dice: Dice,
    pub(crate) moment: Arc<Moment>,
    /// Every blob that was on its way, acknowledged or not.
    pub(crate) tried: Vec<(String, String)>,
    pub(crate) acknowledged: Vec<Acknowledged>,
}

/// The registry is gone.
struct Gone;

impl Moment {
    /// After so many steps.
    pub(crate) fn after(steps: usize) -> Arc<Self> {
        Arc::new(Self {
            left: AtomicUsize::new(steps),
            come: Notify::new(),
        })
    }

    fn step(&self) {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.come.notify_one();
        }
    }
}

impl Pusher {
    pub(crate) async fn run(mut self) -> Self {
        while self.push().await.is_ok() {}
        self
    }

    async fn push(&mut self) -> Result<(), Gone> {
        let repository = format!("team/app-{}", self.dice.below(4));
        let mut blobs = vec![b"{}".to_vec()];
        for _ in 0..2 {
            let length = [100, 50_000, 1_000_000][self.dice.below(3)];
            blobs.push(self.dice.bytes(length));
        }
        for blob in &blobs {
            self.push_blob(&repository, blob).await?;
        }
        let manifest = manifest(&blobs).to_string().into_bytes();
        let tag = format!("t{:x}", self.dice.next());
        let path = format!("{repository}/manifests/{tag}");
        let media_type = MediaType::OCI_MANIFEST;
        let put = self.request(Method::PUT, &path, &manifest);
        let answer = self
            .send(put.header("content-type", media_type.as_str()))
            .await?;
        assert_eq!(answer.status(), StatusCode::CREATED);
        self.acknowledged.push(Acknowledged {
            repository,
            tag,
            manifest,
        });
        Ok(())
    }

    async fn push_blob(&mut self, repository: &str, blob: &[u8]) -> Result<(), Gone> {
        let digest = Digest::of(blob).to_string();
        self.tried.push((repository.to_owned(), digest.clone()));
        let uploads = format!("{repository}/blobs/uploads/");
        let ways = self.dice.below(3);
        let path = match ways {
            0 => format!("{uploads}?digest={digest}"),
            _ => format!("{uploads}?mount={digest}"),
        };
        let body = if ways == 0 { blob } else { b"" };
        let started = self.send(self.request(Method::POST, &path, body)).await?;
        if started.status() == StatusCode::CREATED {
            return Ok(());
        }
        assert_eq!(started.status(), StatusCode::ACCEPTED);
        let location = started.headers()["location"].to_str().expect("text");
        let location = location.trim_start_matches("/v2/").to_owned();
        let half = if ways == 1 { blob.len() / 2 } else { 0 };
        if half > 0 {
            let patch = self.request(Method::PATCH, &location, &blob[..half]);
            assert_eq!(self.send(patch).await?.status(), StatusCode::ACCEPTED);
        }
        let put = format!("{location}?digest={digest}");
        let put = self
            .send(self.request(Method::PUT, &put, &blob[half..]))
            .await?;
        assert_eq!(put.status(), StatusCode::CREATED);
        Ok(())
    }

    /// A request whose body goes out in pieces, each a step towards the moment.
    fn request(&self, method: Method, path: &str, body: &[u8]) -> reqwest::RequestBuilder {
        const PIECE: usize = 64 << 10;
        let pieces: Vec<Vec<u8>> = body.chunks(PIECE).map(<[u8]>::to_vec).collect();
        let moment = Arc::clone(&self.moment);
        let pieces = pieces.into_iter().map(move |piece| {
            moment.step();
            Ok::<_, std::io::Error>(piece)
        });
        let request = self
            .client
            .request(method, format!("{}/v2/{path}", self.base));
        let request = request.header("content-length", body.len());
        request.body(Body::wrap_stream(stream::iter(pieces)))
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Response, Gone> {
        let answer = request.send().await.map_err(|_| Gone);
        self.moment.step();
        answer
    }
}

fn manifest(blobs: &[Vec<u8>]) -> serde_json::Value {
    let descriptor = |media_type: MediaType, blob: &[u8]| {
        json!({
            "mediaType": media_type.as_str(),
            "digest": Digest::of(blob).to_string(),
            "size": blob.len(),
        })
    };
    let layers = blobs[1..].iter();
    let layers = layers.map(|layer| descriptor(MediaType::OCI_LAYER, layer));
    json!({
        "schemaVersion": 2,
        "mediaType": MediaType::OCI_MANIFEST.as_str(),
        "config": descriptor(MediaType::OCI_CONFIG, &blobs[0]),
        "layers": layers.collect::<Vec<_>>(),
    })
}

//! The daemon spoken to through docker-api; the only place that knows it.

use std::fmt::Display;
use std::time::Duration;

use docker_api::{Docker, Image};
use futures::{Stream, StreamExt as _};
use oci::Platform;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::address::Address;
use super::client::Daemon;
use super::details::Details;
use super::pipe::{PipeWriter, Unwanted};
use crate::DaemonFailure;

/// A daemon at a socket, or at a port without TLS.
pub(super) struct DockerApi {
    docker: Docker,
    address: String,
}

/// An entry of the list of images.
#[derive(Deserialize)]
struct Summary {
    #[serde(default, rename = "RepoTags")]
    names: Option<Vec<String>>,
}

impl DockerApi {
    /// Makes a client; nothing is sent. `shown` is the address in messages.
    pub(super) fn new(address: &Address, shown: String) -> Result<Self, DaemonFailure> {
        let docker = Docker::new(address.to_string());
        let docker = docker.map_err(|error| DaemonFailure::Configuration {
            what: format!("`{shown}`"),
            problem: error.to_string(),
        })?;
        let address = shown;
        Ok(Self { docker, address })
    }

    /// Any GET below `/images/`, with its query.
    ///
    /// docker-api has forms for API 1.42 only, and its models refuse what later daemons leave out. But it writes the
    /// name of an image into the path as it stands, and streams what `/get` behind it answers: so a whole endpoint
    /// stands for the name here, and that `/get` ends in a parameter that no daemon reads.
    fn endpoint(&self, endpoint: &str) -> Image {
        self.docker.images().get(format!("{endpoint}&unread="))
    }

    async fn json<T: DeserializeOwned>(&self, endpoint: &str) -> Result<T, DaemonFailure> {
        let image = self.endpoint(endpoint);
        let mut stream = image.export();
        let mut json = Vec::new();
        while let Some(chunk) = self.in_time(stream.next()).await? {
            json.extend_from_slice(&chunk.map_err(|error| self.failure(error))?);
            if json.len() > JSON_LIMIT {
                return Err(not_understood("it is too long"));
            }
        }
        serde_json::from_slice(&json).map_err(not_understood)
    }

    async fn in_time<T>(&self, answer: impl Future<Output = T>) -> Result<T, DaemonFailure> {
        let answer = tokio::time::timeout(PATIENCE, answer).await;
        answer.map_err(|elapsed| DaemonFailure::Unreachable {
            address: self.address.clone(),
            source: Box::new(elapsed),
        })
    }

    fn failure(&self, error: docker_api::Error) -> DaemonFailure {
        match error {
            docker_api::Error::Fault { code, message } => DaemonFailure::Refused {
                status: code.as_u16(),
                message: message.chars().take(MESSAGE_LIMIT).collect(),
            },
            docker_api::Error::SerdeJsonError(error) => not_understood(error),
            error => DaemonFailure::Unreachable {
                address: self.address.clone(),
                source: Box::new(error),
            },
        }
    }
}

impl Daemon for DockerApi {
    async fn image(&self, reference: &str) -> Result<Option<Details>, DaemonFailure> {
        match self.json(&format!("{reference}/json?manifests=1")).await {
            Ok(details) => Ok(Some(details)),
            Err(DaemonFailure::Refused { status: 404, .. }) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn names(&self) -> Result<Vec<String>, DaemonFailure> {
        let images: Vec<Summary> = self.json("json?all=0").await?;
        Ok(images
            .into_iter()
            .filter_map(|it| it.names)
            .flatten()
            .collect())
    }

    async fn export(
        &self,
        reference: &str,
        platform: Option<&Platform>,
        pipe: &mut PipeWriter,
    ) -> Result<(), DaemonFailure> {
        let image = match platform {
            None => self.docker.images().get(reference),
            Some(platform) => {
                let json = serde_json::to_string(platform).map_err(not_understood)?;
                let query: String = url::form_urlencoded::byte_serialize(json.as_bytes()).collect();
                self.endpoint(&format!("{reference}/get?platform={query}"))
            }
        };
        let mut stream = image.export();
        while let Some(chunk) = next(&mut stream, pipe).await {
            let chunk = chunk.map_err(|error| match (self.failure(error), pipe.written()) {
                (DaemonFailure::Unreachable { source, .. }, read @ 1..) => {
                    DaemonFailure::Cut { read, source }
                }
                (failure, _) => failure,
            })?;
            if let Err(Unwanted) = pipe.write(chunk).await {
                break;
            }
        }
        Ok(())
    }
}

/// The next chunk of an export, if somebody still reads; where the daemon pauses, they get what has come so far.
async fn next<T>(chunks: &mut (impl Stream<Item = T> + Unpin), pipe: &mut PipeWriter) -> Option<T> {
    if let Ok(next) = tokio::time::timeout(PAUSE, chunks.next()).await {
        return next;
    }
    let Ok(()) = pipe.flush().await else {
        return None;
    };
    chunks.next().await
}

fn not_understood(problem: impl Display) -> DaemonFailure {
    DaemonFailure::Answer {
        problem: problem.to_string(),
    }
}

/// How long a daemon may take for an answer that is not an export.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a daemon that sends at full speed takes for the next chunk at most, by far.
const PAUSE: Duration = Duration::from_millis(5);

/// Room for the list of some ten thousand images.
const JSON_LIMIT: usize = 16 << 20;

const MESSAGE_LIMIT: usize = 1000;

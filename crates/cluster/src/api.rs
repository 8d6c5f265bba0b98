//! The Kubernetes API, as far as it is asked: one document at a time, with a deadline and a limit.

use std::fmt;
use std::time::Duration;

use http::{Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use kube::client::{AuthError, Body};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::kubeconfig::{self, Context};
use crate::{Error, Selection};

/// A cluster that is not slow answers in milliseconds.
const DEADLINE: Duration = Duration::from_secs(5);
/// etcd keeps no object of more than 1.5 MiB.
const MOST_BYTES: usize = 4 << 20;

/// A connection to the API of one context.
#[derive(Clone)]
pub(crate) struct Api {
    client: kube::Client,
    pub(crate) context: String,
    server: String,
    pub(crate) on_loopback: bool,
    /// For each answer.
    deadline: Duration,
}

/// What is asked for: what it is called, and where it is.
#[derive(Clone, Copy)]
pub(crate) struct Resource {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
}

impl Api {
    /// Chooses the context, and makes ready to ask it; nothing is sent.
    pub(crate) async fn of(selection: &Selection) -> Result<Self, Error> {
        let (context, merged) = kubeconfig::choose(selection)?;
        let config = kubeconfig::configuration(&context, merged).await?;
        let Context {
            name,
            server,
            on_loopback,
        } = context;
        // A credential plugin is a program that takes its time, and may have to talk to somebody.
        let client = tokio::task::spawn_blocking(move || kube::Client::try_from(config)).await;
        let client = client.expect("a client is made without a panic");
        match client {
            Ok(client) => Ok(Self {
                client,
                context: name,
                server,
                on_loopback,
                deadline: DEADLINE,
            }),
            Err(error) => Err(Error::Unusable {
                context: name,
                problem: in_words(&error),
            }),
        }
    }

    /// Reads one document; none where there is no such thing.
    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        resource: Resource,
    ) -> Result<Option<T>, Error> {
        let answer = tokio::time::timeout(self.deadline, self.ask(resource.path)).await;
        let silent = |_| Err(format!("there is no answer within {:?}", self.deadline));
        let answer = answer.unwrap_or_else(silent);
        let (status, body) = answer.map_err(|problem| Error::Unreachable {
            context: self.context.clone(),
            server: self.server.clone(),
            problem,
        })?;
        match status {
            StatusCode::OK => self.parse(resource, &body).map(Some),
            StatusCode::NOT_FOUND => Ok(None),
            status => Err(self.refused(resource, status, &body)),
        }
    }

    async fn ask(&self, path: &str) -> Result<(StatusCode, Vec<u8>), String> {
        let request = Request::get(path).body(Body::empty());
        let request = request.expect("a constant path makes a request");
        let answer = self.client.send(request).await;
        let answer = answer.map_err(|error| in_words(&error))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MOST_BYTES);
        let body = body.collect().await.map_err(|error| deepest(&*error))?;
        Ok((status, body.to_bytes().to_vec()))
    }

    /// Reads JSON; of what cannot be read only the place is told, for it may be a secret.
    fn parse<T: DeserializeOwned>(&self, resource: Resource, body: &[u8]) -> Result<T, Error> {
        serde_json::from_slice(body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let problem = format!("it cannot be understood at line {line}, column {column}");
            self.malformed(resource, problem)
        })
    }

    fn refused(&self, resource: Resource, status: StatusCode, body: &[u8]) -> Error {
        let words = serde_json::from_slice::<Status>(body).map(|status| status.message);
        let words = words.unwrap_or_default();
        let context = self.context.clone();
        let what = resource.name.to_owned();
        match status.as_u16() {
            401 => Error::Unauthorized { context, words },
            403 => Error::Forbidden {
                context,
                what,
                words,
            },
            status => Error::Answered {
                context,
                what,
                status,
                words,
            },
        }
    }

    pub(crate) fn malformed(&self, resource: Resource, problem: impl Into<String>) -> Error {
        Error::Malformed {
            context: self.context.clone(),
            what: resource.name.to_owned(),
            problem: problem.into(),
        }
    }
}

/// A client would show its kubeconfig's tokens, if it showed anything.
impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("context", &self.context)
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

/// What the API says of a failure.
#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    message: String,
}

/// What went wrong on the way; nothing that a credential plugin has printed.
fn in_words(error: &kube::Error) -> String {
    match error {
        kube::Error::Auth(AuthError::AuthExecStart(source)) => {
            format!("its credential plugin cannot be started: {source}")
        }
        kube::Error::Auth(AuthError::AuthExecRun { cmd, out }) => {
            format!("its credential plugin `{cmd}` failed: {}", out.status)
        }
        kube::Error::Auth(_) => {
            "its user cannot be used: look at what `kubectl` says of it".to_owned()
        }
        other => deepest(other),
    }
}

/// The cause of all the others, which repeat it.
fn deepest(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.last().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_cluster_that_says_nothing_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        let config = kube::Config::new(server.parse().unwrap());
        let api = Api {
            client: kube::Client::try_from(config).unwrap(),
            context: "kind-localdev".to_owned(),
            server: server.clone(),
            on_loopback: true,
            deadline: Duration::from_millis(20),
        };
        let resource = Resource {
            name: "`things`",
            path: "/things",
        };
        let answer = api.read::<Status>(resource).await;
        let error = answer.err().expect("nobody answers");
        assert_eq!(
            error.to_string(),
            format!(
                "the cluster of context `kind-localdev` does not answer at `{server}`: there is no answer within 20ms"
            )
        );
    }
}

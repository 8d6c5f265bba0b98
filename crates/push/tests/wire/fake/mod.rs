//! A registry on loopback that behaves as the specification says, with a script of faults, and writes down what it
//! was asked.

mod http;
mod sessions;
pub(crate) mod spec;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use oci::Digest;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

pub(crate) use http::{Reply, Request};
pub(crate) use sessions::{OnCut, Ways};

/// The registry; it ends with the runtime of its test.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

/// What a registry is beyond the specification.
#[derive(Default)]
pub(crate) struct Setup {
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) guard: Option<Guard>,
    /// What is done to a TLS greeting on a port without TLS; the default is to answer 400.
    pub(crate) greeting: Greeting,
}

/// Who is let in.
#[derive(Clone)]
pub(crate) enum Guard {
    /// `Basic` with these.
    Basic(&'static str),
    /// `Bearer` with the last token that was given out, and the challenge's realm and further parameters.
    Bearer { realm: String, more: &'static str },
}

/// What a port without TLS does to somebody who speaks it.
#[derive(Clone, Copy, Default)]
pub(crate) enum Greeting {
    #[default]
    Answer,
    HangUp,
    Ignore,
}

/// What is done instead of what the specification says.
#[derive(Clone)]
pub(crate) enum Act {
    /// Answers this, without doing anything.
    Answer(Reply),
    /// Answers this as soon as the head of the request is there, and hangs up.
    AnswerEarly(Reply),
    /// Hangs up after so many bytes of the body.
    CutAfter(usize),
    /// Takes no more after so many bytes of the body.
    StallAfter(usize),
    /// Does what it was asked, and hangs up.
    LoseAnswer,
    /// Does what it was asked, and never answers.
    KeepSilent,
}

struct Rule {
    method: &'static str,
    path: String,
    times: usize,
    act: Act,
}

struct State {
    guard: Option<Guard>,
    greeting: Greeting,
    store: Mutex<spec::Store>,
    ways: Mutex<Ways>,
    rules: Mutex<Vec<Rule>>,
    log: Mutex<Vec<String>>,
    names: Mutex<Vec<(String, String)>>,
    headers: Mutex<Vec<HashMap<String, String>>>,
}

impl Fake {
    /// A registry without TLS and without a guard.
    pub(crate) async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub(crate) async fn guarded(guard: impl FnOnce(SocketAddr) -> Guard) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let setup = Setup {
            guard: Some(guard(address)),
            ..Setup::default()
        };
        Self::serve(listener, setup)
    }

    pub(crate) async fn with(setup: Setup) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        Self::serve(listener, setup)
    }

    fn serve(listener: TcpListener, setup: Setup) -> Self {
        let address = listener.local_addr().expect("bound");
        let state = Arc::new(State {
            guard: setup.guard,
            greeting: setup.greeting,
            store: Mutex::default(),
            ways: Mutex::default(),
            rules: Mutex::default(),
            log: Mutex::default(),
            names: Mutex::default(),
            headers: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(connect(Arc::clone(&shared), connection, setup.tls.clone()));
            }
        });
        Self { address, state }
    }

    /// Host and port.
    pub(crate) fn registry(&self) -> oci::Registry {
        self.address
            .to_string()
            .parse()
            .expect("an address is a registry")
    }

    /// Gives a digest, or any other text, a name in the transcript.
    pub(crate) fn name(&self, text: &impl ToString, name: &str) {
        let text = text.to_string();
        let mut names = lock(&self.state.names);
        names.push((text.replace(':', "%3A"), name.to_owned()));
        names.push((text, name.to_owned()));
    }

    /// Does `act` to the next `times` requests with this method whose path and query hold `path`.
    pub(crate) fn script(&self, method: &'static str, path: &str, times: usize, act: Act) {
        let path = path.to_owned();
        lock(&self.state.rules).push(Rule {
            method,
            path,
            times,
            act,
        });
    }

    /// Treats upload sessions like this from now on.
    pub(crate) fn behave(&self, ways: Ways) {
        *lock(&self.state.ways) = ways;
    }

    /// What was asked and answered, one exchange a line.
    pub(crate) fn transcript(&self) -> String {
        let names = lock(&self.state.names);
        let rename = |line: &String| {
            names
                .iter()
                .fold(line.clone(), |line, (text, name)| line.replace(text, name))
        };
        let own = format!("http://{}", self.address);
        let lines = lock(&self.state.log);
        let lines = lines
            .iter()
            .map(rename)
            .map(|line| line.replace(&own, "<registry>"));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// How many exchanges there were whose line begins like this.
    pub(crate) fn count(&self, beginning: &str) -> usize {
        lock(&self.state.log)
            .iter()
            .filter(|line| line.starts_with(beginning))
            .count()
    }

    /// The headers of every request so far.
    pub(crate) fn headers(&self) -> Vec<HashMap<String, String>> {
        lock(&self.state.headers).clone()
    }

    pub(crate) fn blob(&self, repository: &str, digest: &Digest) -> Option<Vec<u8>> {
        lock(&self.state.store)
            .blobs
            .get(&(repository.to_owned(), digest.to_string()))
            .cloned()
    }

    pub(crate) fn put_blob(&self, repository: &str, content: &[u8]) {
        let key = (repository.to_owned(), Digest::of(content).to_string());
        lock(&self.state.store)
            .blobs
            .insert(key, content.to_owned());
    }

    pub(crate) fn manifest(&self, repository: &str, reference: &str) -> Option<Vec<u8>> {
        let store = lock(&self.state.store);
        let found = store
            .manifests
            .get(&(repository.to_owned(), reference.to_owned()));
        found.map(|(_, bytes)| bytes.clone())
    }
}

impl State {
    fn act(&self, request: &Request) -> Option<Act> {
        let mut rules = lock(&self.rules);
        let rule = rules.iter_mut().find(|rule| {
            rule.times > 0 && rule.method == request.method && request.target.contains(&rule.path)
        })?;
        rule.times -= 1;
        Some(rule.act.clone())
    }

    fn record(&self, request: &Request, outcome: &str, reply: Option<&Reply>) {
        lock(&self.headers).push(request.headers.clone());
        let mut line = format!("{:<5} {} {outcome}", request.method, request.target);
        if !request.body.is_empty() {
            let _ = write!(line, " {} B", request.body.len());
        }
        if let Some(range) = request.headers.get("content-range") {
            let _ = write!(line, " {range}");
        }
        if let Some(scheme) = request.headers.get("authorization") {
            let scheme = scheme.split(' ').next().unwrap_or_default();
            let _ = write!(line, " {scheme}");
        }
        for name in ["location", "range"] {
            if let Some(value) = reply.and_then(|reply| reply.find(name)) {
                let _ = write!(line, " {name}={value}");
            }
        }
        lock(&self.log).push(line);
    }
}

async fn connect(state: Arc<State>, connection: TcpStream, tls: Option<TlsAcceptor>) {
    match tls {
        Some(tls) => {
            if let Ok(stream) = tls.accept(connection).await {
                http::serve(state, stream).await;
            }
        }
        None => http::serve(state, connection).await,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no test panics while it holds this")
}

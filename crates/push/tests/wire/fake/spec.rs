//! What distribution-spec says of pushing and pulling, kept in memory; everything else is 599, which no test expects.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oci::Digest;
use url::Url;

use super::sessions::Sessions;
use super::{Guard, Reply, Request, State, Ways, lock};

type Key = (String, String);

/// What the registry holds.
#[derive(Default)]
pub(super) struct Store {
    pub(super) blobs: HashMap<Key, Vec<u8>>,
    /// With their media types.
    pub(super) manifests: HashMap<Key, (String, Vec<u8>)>,
    pub(super) sessions: Sessions,
    tokens: usize,
}

pub(super) fn answer(state: &State, request: &Request) -> Reply {
    let url = Url::parse("http://fake/")
        .and_then(|base| base.join(&request.target))
        .expect("a target");
    if url.path() == "/token" {
        return token(state, request);
    }
    if let Some(refusal) = refuse(state, request) {
        return refusal;
    }
    let parts: Vec<_> = url.path().trim_start_matches("/v2/").split('/').collect();
    let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
    let mut store = lock(&state.store);
    let ways = *lock(&state.ways);
    let repository = |end: usize| parts[..parts.len().saturating_sub(end)].join("/");
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", [""]) => {
            Reply::status(200).header("docker-distribution-api-version", "registry/2.0")
        }
        ("HEAD" | "GET", [.., "blobs", digest]) => store.blob(repository(2), digest),
        ("POST", [.., "blobs", "uploads", ""]) => {
            store.start(&ways, repository(3), &query, &request.body)
        }
        ("PUT", [.., "blobs", "uploads", id]) => match store.sessions.close(id, &query, request) {
            Ok(content) => {
                let reply = store.finish(repository(3), &query, &content);
                store.sessions.end(id, reply.status == 201);
                reply
            }
            Err(refusal) => refusal,
        },
        (_, [.., "blobs", "uploads", id]) => store.sessions.answer(
            &ways,
            &url[url::Position::BeforePath..url::Position::AfterPath],
            id,
            &query,
            request,
        ),
        ("PUT", [.., "manifests", reference]) => {
            store.put_manifest(&repository(2), reference, request)
        }
        ("HEAD" | "GET", [.., "manifests", reference]) => store.manifest(repository(2), reference),
        _ => Reply::status(599),
    }
}

impl Store {
    fn blob(&self, repository: String, digest: &str) -> Reply {
        match self.blobs.get(&(repository, digest.to_owned())) {
            Some(content) => Reply::status(200)
                .header("content-length", content.len().to_string())
                .body(content.clone()),
            None => error(404, "BLOB_UNKNOWN", "blob unknown to registry"),
        }
    }

    fn start(
        &mut self,
        ways: &Ways,
        repository: String,
        query: &HashMap<String, String>,
        body: &[u8],
    ) -> Reply {
        if let Some(digest) = query.get("mount") {
            let from = query.get("from");
            let found = self.blobs.iter().find(|((repository, found), _)| {
                found == digest && from.is_none_or(|from| from == repository)
            });
            if let Some(content) = found.map(|(_, content)| content.clone()) {
                self.blobs.insert((repository, digest.clone()), content);
                return Reply::status(201);
            }
        }
        if query.contains_key("digest") {
            return self.finish(repository, query, body);
        }
        let uploads = format!("/v2/{repository}/blobs/uploads");
        self.sessions.open(ways, &uploads)
    }

    fn finish(
        &mut self,
        repository: String,
        query: &HashMap<String, String>,
        body: &[u8],
    ) -> Reply {
        let digest = query.get("digest").cloned().unwrap_or_default();
        if Digest::of(body).to_string() != digest {
            return error(
                400,
                "DIGEST_INVALID",
                "provided digest did not match uploaded content",
            );
        }
        self.blobs.insert((repository, digest), body.to_owned());
        Reply::status(201)
    }

    fn put_manifest(&mut self, repository: &str, reference: &str, request: &Request) -> Reply {
        let digest = Digest::of(&request.body).to_string();
        let media_type = request
            .headers
            .get("content-type")
            .cloned()
            .unwrap_or_default();
        for reference in [reference, &digest] {
            let key = (repository.to_owned(), reference.to_owned());
            self.manifests
                .insert(key, (media_type.clone(), request.body.clone()));
        }
        Reply::status(201).header("docker-content-digest", digest)
    }

    fn manifest(&self, repository: String, reference: &str) -> Reply {
        match self.manifests.get(&(repository, reference.to_owned())) {
            Some((media_type, bytes)) => Reply::status(200)
                .header("content-type", media_type)
                .body(bytes.clone()),
            None => error(404, "MANIFEST_UNKNOWN", "manifest unknown"),
        }
    }
}

pub(crate) fn error(status: u16, code: &str, message: &str) -> Reply {
    let body = format!(r#"{{"errors":[{{"code":"{code}","message":"{message}"}}]}}"#);
    Reply::status(status)
        .header("content-type", "application/json")
        .body(body)
}

/// The answer to whom the guard does not know.
fn refuse(state: &State, request: &Request) -> Option<Reply> {
    let shown = request
        .headers
        .get("authorization")
        .map(String::as_str)
        .unwrap_or_default();
    let (expected, challenge) = match state.guard.as_ref()? {
        Guard::Basic(pair) => (
            format!("Basic {}", STANDARD.encode(pair)),
            "Basic realm=\"fake\"".to_owned(),
        ),
        Guard::Bearer { realm, more } => {
            let tokens = lock(&state.store).tokens;
            (
                format!("Bearer token-{tokens}"),
                format!("Bearer realm=\"{realm}\"{more}"),
            )
        }
    };
    let refusal = error(401, "UNAUTHORIZED", "authentication required");
    (shown != expected).then(|| refusal.header("www-authenticate", challenge))
}

/// The token server: everybody who has the right password, or none, gets the next token.
fn token(state: &State, request: &Request) -> Reply {
    if request.method != "GET" && request.method != "POST" {
        return Reply::status(405);
    }
    let shown = request.headers.get("authorization");
    let right = format!("Basic {}", STANDARD.encode("me:secret"));
    if shown.is_some_and(|shown| *shown != right) {
        let reflected = format!("no: {}", shown.cloned().unwrap_or_default());
        return Reply::status(401).body(reflected);
    }
    let mut store = lock(&state.store);
    store.tokens += 1;
    let body = format!(
        r#"{{"token": "token-{}", "expires_in": 300}}"#,
        store.tokens
    );
    Reply::status(200).body(body)
}

//! Upload sessions, with the ways that registries have with them when something goes wrong.

use std::collections::HashMap;

use super::spec::error;
use super::{Reply, Request};

/// What a registry does with upload sessions where others do something else.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ways {
    /// What a request that is cut leaves.
    pub(crate) on_cut: OnCut,
    /// Takes what is sent with a PATCH for the next bytes, whatever it says that they are, as distribution 2.8 does.
    pub(crate) appends: bool,
    /// Names a location that only holds until the next answer.
    pub(crate) moves: bool,
    /// Counts one byte too many when asked for the status, and names no location, as Gitea 1.22 does.
    pub(crate) counts_one_more: bool,
    /// Does not say what it holds after a PATCH.
    pub(crate) hides_range: bool,
    /// `OCI-Chunk-Min-Length`.
    pub(crate) least: Option<usize>,
    /// A proxy before it refuses bodies with more bytes than these, before it has read them.
    pub(crate) body_limit: Option<usize>,
}

/// What becomes of a session when the body of a request is cut.
#[derive(Clone, Copy, Default)]
pub(crate) enum OnCut {
    /// It is gone, as with distribution 2.8.
    #[default]
    Forgets,
    /// It has what came, as with distribution 3.
    Keeps,
    /// It never heard of the request, as behind a proxy that spools.
    Drops,
    /// It says that it has what it had, and answers 500 to all that is sent, as with Gitea without a proxy.
    Poisoned,
}

/// The sessions; those that were never opened here are taken for open ones.
#[derive(Default)]
pub(super) struct Sessions {
    opened: usize,
    open: HashMap<String, Session>,
}

#[derive(Default)]
struct Session {
    content: Vec<u8>,
    poisoned: bool,
}

impl Sessions {
    pub(super) fn open(&mut self, ways: &Ways, uploads: &str) -> Reply {
        self.opened += 1;
        let id = self.opened.to_string();
        let location = location(ways, &format!("{uploads}/{id}"), 0);
        self.open.insert(id, Session::default());
        let reply = Reply::status(202).header("location", location);
        match ways.least {
            Some(least) => reply.header("oci-chunk-min-length", least.to_string()),
            None => reply,
        }
    }

    /// What a closing PUT makes of a session: everything that it holds.
    pub(super) fn close(
        &mut self,
        id: &str,
        query: &HashMap<String, String>,
        request: &Request,
    ) -> Result<Vec<u8>, Reply> {
        let session = self.find(id, query)?;
        if session.poisoned {
            return Err(Reply::status(500));
        }
        session.content.extend_from_slice(&request.body);
        Ok(session.content.clone())
    }

    pub(super) fn end(&mut self, id: &str, closed: bool) {
        if closed {
            self.open.remove(id);
        }
    }

    /// PATCH, GET and DELETE.
    pub(super) fn answer(
        &mut self,
        ways: &Ways,
        path: &str,
        id: &str,
        query: &HashMap<String, String>,
        request: &Request,
    ) -> Reply {
        let session = match self.find(id, query) {
            Ok(session) => session,
            Err(refusal) => return refusal,
        };
        match request.method.as_str() {
            "PATCH" => session.patch(ways, path, request),
            "GET" if ways.counts_one_more => {
                Reply::status(204).header("range", format!("0-{}", session.content.len()))
            }
            "GET" => session.stands(Reply::status(204), ways, path),
            "DELETE" => {
                self.open.remove(id);
                Reply::status(204)
            }
            _ => Reply::status(599),
        }
    }

    /// What a request leaves whose body ended too early.
    pub(super) fn cut(&mut self, ways: &Ways, request: &Request) {
        let path = request.target.split('?').next().unwrap_or_default();
        let Some((_, id)) = path.split_once("/blobs/uploads/") else {
            return;
        };
        match ways.on_cut {
            OnCut::Forgets => drop(self.open.remove(id)),
            OnCut::Drops => {}
            OnCut::Keeps => {
                if let Some(session) = self.open.get_mut(id) {
                    session.content.extend_from_slice(&request.body);
                }
            }
            OnCut::Poisoned => {
                if let Some(session) = self.open.get_mut(id) {
                    session.poisoned = true;
                }
            }
        }
    }

    fn find(&mut self, id: &str, query: &HashMap<String, String>) -> Result<&mut Session, Reply> {
        let foreign = id.parse::<usize>().is_err();
        if foreign {
            self.open.entry(id.to_owned()).or_default();
        }
        let held = |session: &&mut Session| {
            let state = query.get("_state").and_then(|state| state.parse().ok());
            foreign || state.is_none_or(|held: usize| held == session.content.len())
        };
        let gone = || {
            error(
                404,
                "BLOB_UPLOAD_UNKNOWN",
                "blob upload unknown to registry",
            )
        };
        self.open.get_mut(id).filter(held).ok_or_else(gone)
    }
}

impl Session {
    fn patch(&mut self, ways: &Ways, path: &str, request: &Request) -> Reply {
        if self.poisoned {
            return Reply::status(500);
        }
        let range = request.headers.get("content-range");
        let range = range.and_then(|range| {
            let (start, end) = range.split_once('-')?;
            Some((start.parse::<usize>().ok()?, end.parse::<usize>().ok()?))
        });
        let Some((start, end)) = range else {
            return error(400, "BLOB_UPLOAD_INVALID", "no range that can be read");
        };
        if !ways.appends && start != self.content.len() {
            return error(416, "BLOB_UPLOAD_INVALID", "");
        }
        if end + 1 - start != request.body.len() {
            return error(400, "SIZE_INVALID", "not the bytes of the range");
        }
        self.content.extend_from_slice(&request.body);
        self.stands(Reply::status(202), ways, path)
    }

    fn stands(&self, reply: Reply, ways: &Ways, path: &str) -> Reply {
        let held = self.content.len();
        let reply = reply.header("location", location(ways, path, held));
        if held == 0 || ways.hides_range && reply.status == 202 {
            return reply;
        }
        reply.header("range", format!("0-{}", held - 1))
    }
}

fn location(ways: &Ways, path: &str, held: usize) -> String {
    if ways.moves {
        format!("{path}?_state={held}")
    } else {
        path.to_owned()
    }
}

//! Progress for programs: `--progress=json` writes one JSON object a line.
//!
//! This is the schema, version 1. Each object has `schemaVersion` and `event`; what else it has depends on the latter:
//!
//! | `event` | fields |
//! | --- | --- |
//! | `note` | `text`: something to know although nothing failed |
//! | `spooling` | `read`: bytes of a source that cannot seek, so far |
//! | `streaming` | `repository`: layers of such a source begin to be sent there, before `planned` |
//! | `planned` | `references`: what will be written; `blobs`: how many; `bytes`: of all of them |
//! | `blobStarted` | `digest`, `kind` (`config`, `layer`), `size` |
//! | `blobProgress` | `digest`, `sent`: bytes from its beginning; falls back when an upload starts over |
//! | `blobWaiting` | `digest`: all of the blob or of a chunk is sent, and the registry has been silent for a second |
//! | `blobFinished` | `digest`, `size`, `outcome` (`alreadyThere`, `mounted`, `uploaded`) |
//! | `retrying` | `what`, `why`, `attempt`: how many were made; `waitMilliseconds` until the next |
//! | `manifestPushed` | `digest`, `size`: of a manifest or an index |
//! | `tagged` | `reference`, `digest`: what it points to now |
//! | `verifying` | `reference` that is being read back |
//!
//! Sizes are bytes, as sent. `blobProgress` comes at most ten times a second for each blob.
//! New events and fields may come; who reads this leaves alone what they do not know.
//! Lines that do not begin with `{` are for people: warnings, and why a push failed.

use push::{BlobOutcome, Event};
use serde::Serialize;
use serde_json::{Value, json};

use crate::document::{SCHEMA_VERSION, to_line};
use crate::words;

/// The line for an event.
pub(super) fn line(event: &Event) -> String {
    to_line(&Line {
        schema_version: SCHEMA_VERSION,
        happened: happened(event),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    schema_version: u32,
    #[serde(flatten)]
    happened: Value,
}

fn happened(event: &Event) -> Value {
    match event {
        Event::Note(text) => json!({"event": "note", "text": text}),
        Event::Spooling { read } => json!({"event": "spooling", "read": read}),
        Event::Streaming { repository } => json!({"event": "streaming", "repository": repository}),
        Event::Planned {
            references,
            blobs,
            bytes,
        } => {
            json!({"event": "planned", "references": references, "blobs": blobs, "bytes": bytes})
        }
        Event::BlobStarted { digest, kind, size } => {
            let kind = words::kind(*kind);
            json!({"event": "blobStarted", "digest": digest, "kind": kind, "size": size})
        }
        Event::BlobProgress { digest, sent } => {
            json!({"event": "blobProgress", "digest": digest, "sent": sent})
        }
        Event::BlobWaiting { digest } => json!({"event": "blobWaiting", "digest": digest}),
        Event::BlobFinished {
            digest,
            size,
            outcome,
        } => {
            let outcome = name(*outcome);
            json!({"event": "blobFinished", "digest": digest, "size": size, "outcome": outcome})
        }
        Event::Retrying {
            what,
            why,
            attempt,
            wait,
        } => {
            let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            json!({"event": "retrying", "what": what, "why": why, "attempt": attempt, "waitMilliseconds": wait})
        }
        Event::ManifestPushed { digest, size } => {
            json!({"event": "manifestPushed", "digest": digest, "size": size})
        }
        Event::Tagged { reference, digest } => {
            json!({"event": "tagged", "reference": reference, "digest": digest})
        }
        Event::Verifying { reference } => json!({"event": "verifying", "reference": reference}),
    }
}

fn name(outcome: BlobOutcome) -> &'static str {
    match outcome {
        BlobOutcome::AlreadyThere => "alreadyThere",
        BlobOutcome::Mounted => "mounted",
        BlobOutcome::Uploaded => "uploaded",
    }
}

//! `--dry-run`: the plan on standard output, as text or as one JSON document.

use std::fmt::Write as _;

use indicatif::DecimalBytes;
use push::{Action, Plan, PlannedBlob, PlannedImage};
use serde::Serialize;

use crate::cli::Output;
use crate::document::{SCHEMA_VERSION, to_line};
use crate::words;

/// The plan as it is printed.
pub(super) fn render(plan: &Plan, output: Output) -> String {
    match output {
        Output::Text => text(plan),
        Output::Json => to_line(&Document::of(plan)) + "\n",
    }
}

fn text(plan: &Plan) -> String {
    let mut lines: Vec<String> = Vec::new();
    for image in &plan.images {
        let references = image.references.iter();
        lines.extend(references.map(|reference| becomes(reference, image)));
    }
    lines.extend(plan.blobs.iter().map(|blob| {
        format!(
            "  {} {} in {}: {}",
            words::kind(blob.kind),
            blob.digest,
            blob.repository,
            action(blob)
        )
    }));
    lines.extend(plan.unknown.iter().map(|blobs| {
        let kind = words::kind(blobs.kind);
        format!("  {kind}s in {}: {UNKNOWN}", blobs.repository)
    }));
    lines.push(sum(plan));
    lines.into_iter().fold(String::new(), |mut text, line| {
        writeln!(text, "{line}").expect("a string takes any text");
        text
    })
}

/// What would become of a reference.
fn becomes(reference: &str, image: &PlannedImage) -> String {
    let PlannedImage {
        digest, current, ..
    } = image;
    let change = match (digest, current) {
        (Some(_), None) => "new".to_owned(),
        (Some(digest), Some(current)) if digest == current => "unchanged".to_owned(),
        (Some(_), Some(current)) => format!("replaces {current}"),
        (None, None) => format!("new; digest {UNKNOWN}"),
        (None, Some(current)) => format!("now {current}; digest {UNKNOWN}"),
    };
    match digest {
        Some(digest) if !reference.contains('@') => format!("{reference}@{digest} ({change})"),
        _ => format!("{reference} ({change})"),
    }
}

fn action(blob: &PlannedBlob) -> String {
    match (blob.action, blob.size) {
        (Action::Exists, _) => "exists".to_owned(),
        (Action::Mount, _) => "mount".to_owned(),
        (Action::Upload, Some(size)) => format!("upload {size} bytes"),
        (Action::Upload, None) => format!("upload, size {UNKNOWN}"),
    }
}

fn sum(plan: &Plan) -> String {
    if !plan.unknown.is_empty() {
        return format!("what would be uploaded is {UNKNOWN}");
    }
    if plan.blobs.is_empty() {
        return "would upload nothing: the registry has it all".to_owned();
    }
    let uploads = plan.blobs.iter();
    let uploads = uploads.filter(|blob| blob.action == Action::Upload).count();
    let blobs = words::count(plan.blobs.len(), "blob");
    match plan.bytes_to_send() {
        Some(bytes) => format!("would upload {uploads} of {blobs}, {}", DecimalBytes(bytes)),
        None => format!("would upload {uploads} of {blobs}, size {UNKNOWN}"),
    }
}

/// What only the export of a daemon's image would tell, for which a plan does not ask.
const UNKNOWN: &str = "unknown until exported";

/// The JSON document of `--dry-run --output json`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    schema_version: u32,
    /// Always true: nothing of this has happened.
    dry_run: bool,
    images: Vec<Image<'a>>,
    blobs: Vec<Blob<'a>>,
    /// The blobs of a daemon's image of which only its export tells, and so not `bytesToSend` either.
    unknown_until_exported: Vec<Unknown<'a>>,
    /// Null where only the export of a daemon's image tells.
    bytes_to_send: Option<u64>,
}

#[derive(Serialize)]
struct Unknown<'a> {
    repository: &'a str,
    kind: &'static str,
}

#[derive(Serialize)]
struct Image<'a> {
    /// What would be written.
    references: &'a [String],
    /// Null where only the export of a daemon's image tells.
    digest: Option<String>,
    /// Where the first reference's tag points now.
    current: Option<String>,
}

#[derive(Serialize)]
struct Blob<'a> {
    repository: &'a str,
    digest: String,
    kind: &'static str,
    /// In bytes, as sent; null where only the export of a daemon's image tells.
    size: Option<u64>,
    /// `exists`, `mount` or `upload`.
    action: &'static str,
}

impl<'a> Document<'a> {
    fn of(plan: &'a Plan) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            dry_run: true,
            images: plan
                .images
                .iter()
                .map(|image| Image {
                    references: &image.references,
                    digest: image.digest.as_ref().map(ToString::to_string),
                    current: image.current.as_ref().map(ToString::to_string),
                })
                .collect(),
            blobs: plan.blobs.iter().map(Blob::of).collect(),
            unknown_until_exported: plan
                .unknown
                .iter()
                .map(|blobs| Unknown {
                    repository: blobs.repository.as_str(),
                    kind: words::kind(blobs.kind),
                })
                .collect(),
            bytes_to_send: plan.bytes_to_send(),
        }
    }
}

impl<'a> Blob<'a> {
    fn of(blob: &'a PlannedBlob) -> Self {
        Self {
            repository: blob.repository.as_str(),
            digest: blob.digest.to_string(),
            kind: words::kind(blob.kind),
            size: blob.size,
            action: match blob.action {
                Action::Exists => "exists",
                Action::Mount => "mount",
                Action::Upload => "upload",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use oci::Digest;
    use push::{BlobKind, UnknownBlobs};

    use super::*;

    fn plan() -> Plan {
        let blob = |kind, bytes: &[u8], size, action| PlannedBlob {
            repository: "team/app".parse().expect("a repository"),
            digest: Digest::of(bytes),
            kind,
            size: Some(size),
            action,
        };
        Plan {
            images: vec![
                PlannedImage {
                    references: vec!["r.io/team/app:1".into(), "r.io/team/app:2".into()],
                    digest: Some(Digest::of(b"one")),
                    current: None,
                },
                PlannedImage {
                    references: vec!["r.io/team/app:3".into()],
                    digest: Some(Digest::of(b"two")),
                    current: Some(Digest::of(b"one")),
                },
            ],
            blobs: vec![
                blob(BlobKind::Config, b"config", 1234, Action::Exists),
                blob(BlobKind::Layer, b"layer", 56_789_012, Action::Upload),
                blob(BlobKind::Layer, b"base", 99, Action::Mount),
            ],
            unknown: Vec::new(),
        }
    }

    #[test]
    fn a_plan_says_what_would_be_sent() {
        insta::assert_snapshot!(render(&plan(), Output::Text), @"
        r.io/team/app:1@sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed (new)
        r.io/team/app:2@sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed (new)
        r.io/team/app:3@sha256:3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3 (replaces sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed)
          config sha256:b79606fb3afea5bd1609ed40b622142f1c98125abcfe89a76a661b0e8e343910 in team/app: exists
          layer sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85 in team/app: upload 56789012 bytes
          layer sha256:cae662172fd450bb0cd710a769079c05bfc5d8e35efa6576edc7d0377afdd4a2 in team/app: mount
        would upload 1 of 3 blobs, 56.79 MB
        ");
    }

    #[test]
    fn a_plan_is_one_document() {
        let document: serde_json::Value =
            serde_json::from_str(&render(&plan(), Output::Json)).unwrap();
        insta::assert_json_snapshot!(document, @r#"
        {
          "schemaVersion": 1,
          "dryRun": true,
          "images": [
            {
              "references": [
                "r.io/team/app:1",
                "r.io/team/app:2"
              ],
              "digest": "sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed",
              "current": null
            },
            {
              "references": [
                "r.io/team/app:3"
              ],
              "digest": "sha256:3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3",
              "current": "sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
            }
          ],
          "blobs": [
            {
              "repository": "team/app",
              "digest": "sha256:b79606fb3afea5bd1609ed40b622142f1c98125abcfe89a76a661b0e8e343910",
              "kind": "config",
              "size": 1234,
              "action": "exists"
            },
            {
              "repository": "team/app",
              "digest": "sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85",
              "kind": "layer",
              "size": 56789012,
              "action": "upload"
            },
            {
              "repository": "team/app",
              "digest": "sha256:cae662172fd450bb0cd710a769079c05bfc5d8e35efa6576edc7d0377afdd4a2",
              "kind": "layer",
              "size": 99,
              "action": "mount"
            }
          ],
          "unknownUntilExported": [],
          "bytesToSend": 56789012
        }
        "#);
    }

    /// A plan of which only an export would tell the rest.
    fn open() -> Plan {
        let mut plan = plan();
        plan.images[0].digest = None;
        plan.images[1].digest = None;
        plan.blobs[1].size = None;
        plan
    }

    #[test]
    fn what_only_an_export_tells_is_left_open() {
        insta::assert_snapshot!(render(&open(), Output::Text), @r#"
        r.io/team/app:1 (new; digest unknown until exported)
        r.io/team/app:2 (new; digest unknown until exported)
        r.io/team/app:3 (now sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed; digest unknown until exported)
          config sha256:b79606fb3afea5bd1609ed40b622142f1c98125abcfe89a76a661b0e8e343910 in team/app: exists
          layer sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85 in team/app: upload, size unknown until exported
          layer sha256:cae662172fd450bb0cd710a769079c05bfc5d8e35efa6576edc7d0377afdd4a2 in team/app: mount
        would upload 1 of 3 blobs, size unknown until exported
        "#);
        let mut unnamed = open();
        unnamed.blobs.truncate(1);
        unnamed.unknown = vec![UnknownBlobs {
            repository: "team/app".parse().expect("a repository"),
            kind: BlobKind::Layer,
        }];
        insta::assert_snapshot!(render(&unnamed, Output::Text), @r#"
        r.io/team/app:1 (new; digest unknown until exported)
        r.io/team/app:2 (new; digest unknown until exported)
        r.io/team/app:3 (now sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed; digest unknown until exported)
          config sha256:b79606fb3afea5bd1609ed40b622142f1c98125abcfe89a76a661b0e8e343910 in team/app: exists
          layers in team/app: unknown until exported
        what would be uploaded is unknown until exported
        "#);
        let document: serde_json::Value =
            serde_json::from_str(&render(&unnamed, Output::Json)).unwrap();
        insta::assert_snapshot!(document["unknownUntilExported"], @r#"
        [{"repository":"team/app","kind":"layer"}]
        "#);
        assert!(document["bytesToSend"].is_null());
        assert!(document["images"][0]["digest"].is_null());
    }

    #[test]
    fn a_digest_is_said_once_and_nothing_to_do_too() {
        let digest = Digest::of(b"one");
        let image = |reference: String, current| PlannedImage {
            references: vec![reference],
            digest: Some(digest.clone()),
            current,
        };
        let plan = Plan {
            images: vec![
                image(format!("r.io/team/app@{digest}"), None),
                image("r.io/team/app:1".to_owned(), Some(digest.clone())),
            ],
            blobs: Vec::new(),
            unknown: Vec::new(),
        };
        insta::assert_snapshot!(render(&plan, Output::Text), @r#"
        r.io/team/app@sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed (new)
        r.io/team/app:1@sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed (unchanged)
        would upload nothing: the registry has it all
        "#);
    }
}

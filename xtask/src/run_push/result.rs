//! What a push prints for scripts: lines or a JSON document.

use std::fmt::Write as _;

use oci::{Digest, Registry};
use push::{Failed, Pushed, Report};
use serde::Serialize;

use crate::cli::Output;
use crate::document::{SCHEMA_VERSION, to_line};

/// The result as it is printed: one line per reference, or one document.
///
/// A pod names the registry as `pull_from` does, where that is given; else as the push does.
pub(super) fn render(report: &Report, output: Output, pull_from: Option<&Registry>) -> String {
    match output {
        Output::Text => report
            .pushed
            .iter()
            .fold(String::new(), |mut text, pushed| {
                writeln!(text, "{}", pushed.pinned()).expect("a string takes any text");
                text
            }),
        Output::Json => to_line(&Document::of(report, pull_from)) + "\n",
    }
}

/// The JSON document of `--output json`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: u32,
    /// Every reference that was written, in the order of the source.
    images: Vec<Image>,
    /// The images that were not pushed; empty when the exit code is 0.
    failures: Vec<Failure>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    /// `HOST/REPOSITORY:TAG`; without the tag where none was written.
    reference: String,
    /// Of the manifest or index, as the registry confirmed it.
    digest: String,
    /// `HOST/REPOSITORY:TAG`: what a pod can use; with the digest where there is no tag.
    pull: String,
    /// `HOST/REPOSITORY@DIGEST`: the same, and what no later push changes.
    pull_by_digest: String,
}

#[derive(Serialize)]
struct Failure {
    /// What was to be written.
    references: Vec<String>,
    /// What went wrong; its causes are on standard error.
    error: String,
}

impl Document {
    fn of(report: &Report, pull_from: Option<&Registry>) -> Self {
        let image = |pushed| Image::of(pushed, pull_from);
        Self {
            schema_version: SCHEMA_VERSION,
            images: report.pushed.iter().map(image).collect(),
            failures: report.failed.iter().map(Failure::of).collect(),
        }
    }
}

impl Image {
    fn of(pushed: &Pushed, pull_from: Option<&Registry>) -> Self {
        let at_pod = Pushed {
            registry: pull_from.unwrap_or(&pushed.registry).clone(),
            ..pushed.clone()
        };
        let untagged = Pushed {
            tag: None,
            ..at_pod.clone()
        };
        let pull_by_digest = untagged.pinned();
        Self {
            reference: pushed.reference(),
            digest: pushed.digest.to_string(),
            pull: match at_pod.tag {
                Some(_) => at_pod.reference(),
                None => pull_by_digest.clone(),
            },
            pull_by_digest,
        }
    }
}

impl Failure {
    fn of(failed: &Failed) -> Self {
        Self {
            references: failed.references.clone(),
            error: failed.error.to_string(),
        }
    }
}

/// The one digest that was pushed; none where there were several.
pub(super) fn only_digest(report: &Report) -> Option<&Digest> {
    let first = &report.pushed.first()?.digest;
    let same = report.pushed.iter().all(|pushed| pushed.digest == *first);
    same.then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let pushed = |tag: Option<&str>, bytes: &[u8]| Pushed {
            registry: "localhost:5000".parse().expect("a registry"),
            repository: "team/app".parse().expect("a repository"),
            tag: tag.map(|tag| tag.parse().expect("a tag")),
            digest: Digest::of(bytes),
        };
        Report {
            pushed: vec![pushed(Some("1"), b""), pushed(None, b"")],
            failed: Vec::new(),
            bytes_sent: 12,
        }
    }

    fn with_failure() -> Report {
        Report {
            failed: vec![Failed {
                references: vec!["localhost:5000/team/other:1".to_owned()],
                error: push::Error::Daemon {
                    image: "other".to_owned(),
                    source: push::DaemonFailure::Answer {
                        problem: "gone".to_owned(),
                    },
                },
            }],
            ..report()
        }
    }

    #[test]
    fn each_reference_is_a_line() {
        insta::assert_snapshot!(render(&report(), Output::Text, None), @"
        localhost:5000/team/app:1@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
        localhost:5000/team/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
        ");
    }

    #[test]
    fn json_is_one_document() {
        let document: serde_json::Value =
            serde_json::from_str(&render(&with_failure(), Output::Json, None)).unwrap();
        insta::assert_json_snapshot!(document, @r#"
        {
          "schemaVersion": 1,
          "images": [
            {
              "reference": "localhost:5000/team/app:1",
              "digest": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
              "pull": "localhost:5000/team/app:1",
              "pullByDigest": "localhost:5000/team/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
            },
            {
              "reference": "localhost:5000/team/app",
              "digest": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
              "pull": "localhost:5000/team/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
              "pullByDigest": "localhost:5000/team/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
            }
          ],
          "failures": [
            {
              "references": [
                "localhost:5000/team/other:1"
              ],
              "error": "cannot read `other` from the Docker daemon"
            }
          ]
        }
        "#);
    }

    #[test]
    fn a_pod_names_the_registry_as_its_cluster_does() {
        let cluster = "gitea.test:443".parse().expect("a registry");
        let shown = render(&report(), Output::Json, Some(&cluster));
        let document: serde_json::Value = serde_json::from_str(&shown).unwrap();
        let first = &document["images"][0];
        assert_eq!(first["reference"], "localhost:5000/team/app:1");
        assert_eq!(first["pull"], "gitea.test:443/team/app:1");
        let digest = Digest::of(b"");
        let pinned = format!("gitea.test:443/team/app@{digest}");
        assert_eq!(first["pullByDigest"], pinned);
        assert_eq!(document["images"][1]["pull"], pinned);
    }

    #[test]
    fn one_digest_under_several_tags_is_one() {
        let mut report = report();
        assert_eq!(only_digest(&report), Some(&Digest::of(b"")));
        report.pushed[1].digest = Digest::of(b"another");
        assert_eq!(only_digest(&report), None);
    }
}

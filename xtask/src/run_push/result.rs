//! What a push leaves for scripts: lines or a JSON document on standard output, and the digest in a file.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use oci::Digest;
use push::{Failed, Pushed, Report};
use serde::Serialize;
use tempfile::NamedTempFile;

use crate::cli::Output;
use crate::document::{SCHEMA_VERSION, to_line};

/// The result as it is printed: one line per reference, or one document.
pub(super) fn render(report: &Report, output: Output) -> String {
    let _ = (report, output);
    String::new()
}

/// The one digest that was pushed; none where there were several.
pub(super) fn only_digest(report: &Report) -> Option<&Digest> {
    let _ = report;
    None
}

/// A file for the digest, which appears whole or not at all.
///
/// It is begun before the push, so that a directory that cannot be written is known before anything is sent.
pub(super) struct DigestFile {
    path: PathBuf,
    temporary: NamedTempFile,
}

impl DigestFile {
    /// Begins the file beside its final place.
    ///
    /// # Errors
    /// Whatever the system says of that directory.
    pub(super) fn begin(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            temporary: NamedTempFile::new()?,
        })
    }

    /// Puts the bare digest at the file's place, without a line break.
    ///
    /// # Errors
    /// Whatever the system says.
    pub(super) fn finish(self, digest: &Digest) -> io::Result<()> {
        let _ = digest;
        self.temporary.close()
    }
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
                    problem: "gone".to_owned(),
                },
            }],
            ..report()
        }
    }

    #[test]
    fn each_reference_is_a_line() {
        insta::assert_snapshot!(render(&report(), Output::Text), @"
        localhost:5000/team/app:1@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
        localhost:5000/team/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
        ");
    }

    #[test]
    fn json_is_one_document() {
        let document: serde_json::Value =
            serde_json::from_str(&render(&with_failure(), Output::Json)).unwrap();
        insta::assert_json_snapshot!(document, @r#"
        {
          "schemaVersion": 1,
          "images": [
            {
              "reference": "localhost:5000/team/app:1",
              "digest": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
              "pull": "localhost:5000/team/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
            },
            {
              "reference": "localhost:5000/team/app",
              "digest": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
              "pull": "localhost:5000/team/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
            }
          ],
          "failures": [
            {
              "references": [
                "localhost:5000/team/other:1"
              ],
              "error": "cannot read `other` from the Docker daemon: gone"
            }
          ]
        }
        "#);
    }

    #[test]
    fn one_digest_under_several_tags_is_one() {
        let mut report = report();
        assert_eq!(only_digest(&report), Some(&Digest::of(b"")));
        report.pushed[1].digest = Digest::of(b"another");
        assert_eq!(only_digest(&report), None);
    }

    #[test]
    fn the_digest_file_appears_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("digest");
        std::fs::write(&path, "before").unwrap();
        drop(DigestFile::begin(&path).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1);
        let file = DigestFile::begin(&path).unwrap();
        file.finish(&Digest::of(b"")).unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn a_digest_file_in_no_directory_is_known_at_once() {
        let directory = tempfile::tempdir().unwrap();
        assert!(DigestFile::begin(&directory.path().join("none/digest")).is_err());
    }
}

//! What somebody reads of a document that has the wrong shape: the words of the specifications, and no Rust.

use std::error::Error;

use oci::{Document, ImageConfig};

#[track_caller]
fn check(error: &dyn Error, expected: &str) {
    let shown = error.to_string();
    let shown = shown.split(" at line").next().unwrap_or_default();
    assert_eq!(shown, expected);
}

#[test]
fn a_document_of_the_wrong_shape_is_described_in_the_specs_words() {
    let table = [
        (
            r#"{"schemaVersion": 2, "manifests": [5]}"#,
            "invalid type: integer `5`, expected a descriptor",
        ),
        (
            r#"{"schemaVersion": 2, "config": "x", "layers": []}"#,
            "invalid type: string \"x\", expected a descriptor",
        ),
        (
            r#"{"schemaVersion": 2, "manifests": [{"mediaType": "a/b", "size": 0, "platform": 5,
                "digest": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]}"#,
            "invalid type: integer `5`, expected a platform",
        ),
        (
            "5",
            "invalid type: integer `5`, expected a manifest or an index",
        ),
    ];
    for (json, expected) in table {
        let error = Document::parse(json.into(), None).expect_err(json);
        check(error.source().expect(json), expected);
    }
}

#[test]
fn a_config_of_the_wrong_shape_is_described_in_the_specs_words() {
    let table = [
        ("5", "invalid type: integer `5`, expected an image config"),
        (
            r#"{"os": "linux", "rootfs": 5}"#,
            "invalid type: integer `5`, expected the layers of a `rootfs`",
        ),
    ];
    for (json, expected) in table {
        let error = serde_json::from_str::<ImageConfig>(json).expect_err(json);
        check(&error, expected);
    }
}

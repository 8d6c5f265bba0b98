//! What is shown of sources with everything that sources have.

use std::sync::Arc;

use oci::{Descriptor, Digest, Document, ImageConfig, MediaType};
use push::blob::{Blob, Place, Promise};
use push::image::{Child, Found, Image, IndexNode, ManifestNode, Name, Node};
use push::source::Format;
use serde_json::Value;

use super::*;

fn blob(media_type: MediaType, bytes: &[u8]) -> Blob {
    let descriptor = Descriptor::new(media_type, Digest::of(bytes), bytes.len() as u64);
    let content: Arc<[u8]> = bytes.into();
    Blob::new(
        descriptor,
        Place::source("app.tar"),
        Promise::Computed,
        Arc::new(content),
    )
}

fn manifest(document: Option<Document>) -> Node {
    let config = r#"{"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": []}}"#;
    let image_config: ImageConfig = serde_json::from_str(config).expect("a config");
    Node::Manifest(Box::new(ManifestNode {
        document,
        config: blob(MediaType::OCI_CONFIG, config.as_bytes()),
        image_config: Some(image_config),
        layers: vec![
            blob(MediaType::OCI_LAYER, &[0; 1536]),
            blob(MediaType::OCI_LAYER_GZIP, b"gzip"),
        ],
    }))
}

fn document(json: &str) -> Document {
    Document::parse(json.into(), None).expect("a document")
}

/// An archive of `docker save`: its manifest has yet to be composed.
fn archive() -> Contents {
    Contents {
        place: Place::source("app.tar"),
        format: Format::DockerArchive,
        images: vec![
            Image {
                names: vec![Name::read("app:1"), Name::read("app:\u{1b}[2J")],
                place: Place::source("app.tar"),
                root: manifest(None),
            },
            Image {
                names: Vec::new(),
                place: Place::source("app.tar"),
                root: manifest(None),
            },
        ],
        notes: vec!["the second image is untagged".to_owned()],
    }
}

/// A layout whose index names a platform, its attestation, and a platform that is not there.
fn layout() -> Contents {
    let own = document(
        r#"{"schemaVersion": 2, "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": 0,
        "digest": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}, "layers": []}"#,
    );
    let mut attestation = Descriptor::new(MediaType::OCI_MANIFEST, Digest::of(b"attested"), 8);
    attestation.annotations = Some(
        [
            (
                "vnd.docker.reference.type",
                "attestation-manifest".to_owned(),
            ),
            ("vnd.docker.reference.digest", own.digest().to_string()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into(),
    );
    let mut absent = Descriptor::new(MediaType::OCI_MANIFEST, Digest::of(b"absent"), 6);
    absent.platform = Some("linux/arm64/v8".parse().expect("a platform"));
    let child = |descriptor: Descriptor, found| Child { descriptor, found };
    let children = vec![
        child(
            own.descriptor.clone(),
            Found::Whole(manifest(Some(own.clone()))),
        ),
        child(attestation, Found::Whole(manifest(Some(own)))),
        child(
            absent,
            Found::Partial {
                missing: vec![blob(MediaType::OCI_LAYER, b"gone").descriptor],
            },
        ),
    ];
    Contents {
        place: Place::source("layout"),
        format: Format::OciLayout,
        images: vec![Image {
            names: vec![Name::read("1")],
            place: Place::source("layout"),
            root: Node::Index(Box::new(IndexNode {
                document: document(r#"{"schemaVersion": 2, "manifests": []}"#),
                children,
            })),
        }],
        notes: Vec::new(),
    }
}

#[test]
fn an_archive_is_shown_image_by_image() {
    insta::assert_snapshot!(text::render(&archive()), @r"
    app.tar: docker archive, 2 images
    image @0: app:1, app:\u{1b}[2J
      manifest: none in the source, composed when it is pushed
        platform linux/amd64
        config sha256:9825d10de47bcab0e240ccd008b638087cb3614caa5b81cdb3c3971b2bd0afc9 68 B application/vnd.oci.image.config.v1+json
        layer sha256:80422bc3d307b4a25bdafcc84ac7fb01cb55a09810e8b0f37bb12e0edb5c48ca 1.54 kB application/vnd.oci.image.layer.v1.tar
        layer sha256:c8d77bf4d8b1a10dd67a283d0c82bd96c9d5609860f84d7fc77692a36ab9b4c2 4 B application/vnd.oci.image.layer.v1.tar+gzip
    image @1: untagged
      manifest: none in the source, composed when it is pushed
        platform linux/amd64
        config sha256:9825d10de47bcab0e240ccd008b638087cb3614caa5b81cdb3c3971b2bd0afc9 68 B application/vnd.oci.image.config.v1+json
        layer sha256:80422bc3d307b4a25bdafcc84ac7fb01cb55a09810e8b0f37bb12e0edb5c48ca 1.54 kB application/vnd.oci.image.layer.v1.tar
        layer sha256:c8d77bf4d8b1a10dd67a283d0c82bd96c9d5609860f84d7fc77692a36ab9b4c2 4 B application/vnd.oci.image.layer.v1.tar+gzip
    ");
}

#[test]
fn a_layout_is_shown_with_what_is_missing() {
    insta::assert_snapshot!(text::render(&layout()), @"
    layout: OCI layout, 1 image
    image @0: 1
      index sha256:0a4be3fb1364bd1528d01ef54e2d12aa989d343f6f2fbe996e150a28e2b4a580 37 B application/vnd.oci.image.index.v1+json
        manifest sha256:b08225c9b886491991a99eef45ec197aae5c5d2dd3bd2bad7891bd26d565c221 207 B application/vnd.oci.image.manifest.v1+json
          platform linux/amd64
          config sha256:9825d10de47bcab0e240ccd008b638087cb3614caa5b81cdb3c3971b2bd0afc9 68 B application/vnd.oci.image.config.v1+json
          layer sha256:80422bc3d307b4a25bdafcc84ac7fb01cb55a09810e8b0f37bb12e0edb5c48ca 1.54 kB application/vnd.oci.image.layer.v1.tar
          layer sha256:c8d77bf4d8b1a10dd67a283d0c82bd96c9d5609860f84d7fc77692a36ab9b4c2 4 B application/vnd.oci.image.layer.v1.tar+gzip
        attestation of sha256:b08225c9b886491991a99eef45ec197aae5c5d2dd3bd2bad7891bd26d565c221
        manifest sha256:b08225c9b886491991a99eef45ec197aae5c5d2dd3bd2bad7891bd26d565c221 207 B application/vnd.oci.image.manifest.v1+json
          platform linux/amd64
          config sha256:9825d10de47bcab0e240ccd008b638087cb3614caa5b81cdb3c3971b2bd0afc9 68 B application/vnd.oci.image.config.v1+json
          layer sha256:80422bc3d307b4a25bdafcc84ac7fb01cb55a09810e8b0f37bb12e0edb5c48ca 1.54 kB application/vnd.oci.image.layer.v1.tar
          layer sha256:c8d77bf4d8b1a10dd67a283d0c82bd96c9d5609860f84d7fc77692a36ab9b4c2 4 B application/vnd.oci.image.layer.v1.tar+gzip
        manifest sha256:5ad38304b535c2987dbd24657c1a11b884984ff600d9f389deb0d4e634fee792 6 B application/vnd.oci.image.manifest.v1+json
          platform linux/arm64/v8
          missing sha256:283bb9deef02e6843abfb538efa1eca70801bd8a701c3f98191e123496339247 4 B application/vnd.oci.image.layer.v1.tar
    ");
}

#[test]
fn a_script_gets_one_document() {
    let mut archive = archive();
    archive.images.truncate(1);
    let document = json::render(&archive);
    insta::assert_snapshot!(document.replace(",\"", ",\n\""), @r#"
    {"schemaVersion":1,
    "source":"app.tar",
    "format":"docker-archive",
    "images":[{"position":0,
    "names":["app:1",
    "app:\u001b[2J"],
    "kind":"manifest",
    "descriptor":null,
    "platform":"linux/amd64",
    "config":{"mediaType":"application/vnd.oci.image.config.v1+json",
    "digest":"sha256:9825d10de47bcab0e240ccd008b638087cb3614caa5b81cdb3c3971b2bd0afc9",
    "size":68},
    "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar",
    "digest":"sha256:80422bc3d307b4a25bdafcc84ac7fb01cb55a09810e8b0f37bb12e0edb5c48ca",
    "size":1536},{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip",
    "digest":"sha256:c8d77bf4d8b1a10dd67a283d0c82bd96c9d5609860f84d7fc77692a36ab9b4c2",
    "size":4}]}],
    "notes":["the second image is untagged"]}
    "#);
}

#[test]
fn a_script_is_told_what_is_missing() {
    let document: Value = serde_json::from_str(&json::render(&layout())).unwrap();
    let image = &document["images"][0];
    assert_eq!(image["kind"], "index");
    let manifests = image["manifests"].as_array().unwrap();
    let kinds: Vec<&Value> = manifests.iter().map(|manifest| &manifest["kind"]).collect();
    assert_eq!(kinds, ["manifest", "manifest", "partial"]);
    assert_eq!(
        manifests[1]["descriptor"]["attests"],
        manifests[0]["descriptor"]["digest"]
    );
    assert_eq!(manifests[2]["platform"], "linux/arm64/v8");
    assert_eq!(manifests[2]["missing"][0]["size"], 4);
}

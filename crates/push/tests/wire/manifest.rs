//! Manifests and blobs, put and read back.

use insta::assert_snapshot;
use oci::{Descriptor, Digest, Document, Manifest, MediaType, Tag};
use push::Error;
use push::registry::Reference;

use crate::fake::{Act, Fake, Reply};
use crate::support::{blob, chain, connect, large, options, repository};

fn document() -> Document {
    Document::compose(Manifest {
        schema_version: 2,
        media_type: Some(MediaType::OCI_MANIFEST),
        config: Descriptor::new(MediaType::OCI_CONFIG, Digest::of(b"{}"), 2),
        layers: Vec::new(),
    })
}

fn tag() -> Tag {
    "1.0".parse().expect("a tag")
}

#[tokio::test]
async fn a_manifest_is_put_by_tag_and_read_back_byte_for_byte() {
    let fake = Fake::start().await;
    let client = connect(&fake, options()).await.expect("it answers");
    let (app, document) = (repository("app"), document());
    fake.name(document.digest(), "<manifest>");
    let digest = client
        .put_manifest(&app, Reference::Tag(&tag()), &document)
        .await
        .expect("put");
    assert_eq!(digest, *document.digest());
    client
        .put_manifest(&app, Reference::Digest(&digest), &document)
        .await
        .expect("put");
    let read = client
        .manifest(&app, Reference::Tag(&tag()))
        .await
        .expect("read");
    assert_eq!(read, Some(document.clone()));
    assert_snapshot!(fake.transcript(), @r"
    GET   /v2/ 200
    PUT   /v2/app/manifests/1.0 201 246 B
    PUT   /v2/app/manifests/<manifest> 201 246 B
    GET   /v2/app/manifests/1.0 200
    ");
    assert_eq!(
        fake.manifest("app", "1.0").as_deref(),
        Some(&*document.bytes)
    );
    assert_eq!(
        fake.headers()[1]["content-type"],
        "application/vnd.oci.image.manifest.v1+json"
    );
    assert!(
        fake.headers()[3]["accept"]
            .contains("application/vnd.docker.distribution.manifest.list.v2+json")
    );
}

#[tokio::test]
async fn what_the_registry_confirms_is_compared() {
    let fake = Fake::start().await;
    let client = connect(&fake, options()).await.expect("it answers");
    let (app, document) = (repository("app"), document());
    fake.name(document.digest(), "<manifest>");
    let other =
        Reply::status(201).header("docker-content-digest", Digest::of(b"other").to_string());
    fake.name(&Digest::of(b"other"), "<other>");
    fake.script("PUT", "manifests", 1, Act::Answer(other));
    let error = client
        .put_manifest(&app, Reference::Tag(&tag()), &document)
        .await
        .expect_err("another digest");
    assert!(matches!(error, Error::VerifyMismatch { .. }), "{error}");

    // A registry that says nothing of it has not lied.
    fake.script("PUT", "manifests", 1, Act::Answer(Reply::status(200)));
    client
        .put_manifest(&app, Reference::Tag(&tag()), &document)
        .await
        .expect("put");

    fake.script(
        "PUT",
        "manifests",
        1,
        Act::Answer(
            Reply::status(404)
                .body(r#"{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown"}]}"#),
        ),
    );
    let error = client
        .put_manifest(&app, Reference::Tag(&tag()), &document)
        .await
        .expect_err("refused");
    assert_snapshot!(chain(&error, &fake), @"the registry refused: PUT http://<registry>/v2/app/manifests/1.0: 404 MANIFEST_BLOB_UNKNOWN: blob unknown");
}

#[tokio::test]
async fn what_is_read_back_must_be_a_manifest() {
    let fake = Fake::start().await;
    let client = connect(&fake, options()).await.expect("it answers");
    let app = repository("app");
    assert_eq!(
        client
            .manifest(&app, Reference::Tag(&tag()))
            .await
            .expect("an answer"),
        None
    );

    let document = document();
    let other = Digest::of(b"other");
    let manifest = Reply::status(200)
        .header(
            "content-type",
            "application/vnd.oci.image.manifest.v1+json; charset=utf-8",
        )
        .body(document.bytes.to_vec());
    fake.script("GET", "manifests", 1, Act::Answer(manifest));
    let error = client
        .manifest(&app, Reference::Digest(&other))
        .await
        .expect_err("another one");
    assert!(matches!(error, Error::VerifyMismatch { .. }), "{error}");

    let huge = Reply::status(200).body(vec![b' '; (4 << 20) + 1]);
    let mut said = String::new();
    for reply in [Reply::status(200).body("hello"), huge] {
        fake.script("GET", "manifests", 1, Act::Answer(reply));
        let error = client
            .manifest(&app, Reference::Tag(&tag()))
            .await
            .expect_err("no manifest");
        said.push_str(&chain(&error, &fake));
        said.push('\n');
    }
    assert_snapshot!(said, @r"
    GET http://<registry>/v2/app/manifests/1.0: what it holds is no manifest: not a valid manifest
    GET http://<registry>/v2/app/manifests/1.0: it is larger than the 4194304 bytes of a manifest
    ");
}

#[tokio::test]
async fn a_blob_is_read_back_to_its_last_byte() {
    let fake = Fake::start().await;
    let client = connect(&fake, options()).await.expect("it answers");
    let app = repository("app");
    let layer = blob(&large()).descriptor;
    fake.put_blob("app", &large());
    client
        .verify_blob(&app, &layer)
        .await
        .expect("the same bytes");

    let mut other = large();
    other[599_999] ^= 1;
    let bad = [
        Reply::status(200).body(other),
        Reply::status(200).body(&large()[..599_999]),
        Reply::status(200).body([large(), vec![0]].concat()),
        Reply::status(404),
    ];
    for reply in bad {
        fake.script("GET", "blobs", 1, Act::Answer(reply));
        let error = client
            .verify_blob(&app, &layer)
            .await
            .expect_err("not the same");
        assert!(matches!(error, Error::VerifyMismatch { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_redirect_to_a_store_of_blobs_is_followed_without_credentials() {
    let store = Fake::start().await;
    store.put_blob("app", &large());
    let fake = Fake::start().await;
    let layer = blob(&large()).descriptor;
    let there = format!(
        "http://{}/v2/app/blobs/{}?signature=x",
        store.address, layer.digest
    );
    fake.script(
        "GET",
        "blobs",
        1,
        Act::Answer(Reply::status(307).header("location", there)),
    );
    let client = connect(&fake, options()).await.expect("it answers");
    client
        .verify_blob(&repository("app"), &layer)
        .await
        .expect("the same bytes");
    assert_eq!(store.count("GET"), 1);
}

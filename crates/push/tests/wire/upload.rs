//! Uploads: what is sent, where to, and what is never completed.

use std::sync::Arc;

use insta::assert_snapshot;
use oci::Digest;
use push::registry::Options;
use push::{BlobOutcome, Error};

use crate::fake::{Act, Fake, Reply};
use crate::support::{
    Broken, blob, chain, connect, large, options, promised, repository, with_content,
};

#[tokio::test]
async fn a_small_blob_goes_with_the_first_post() {
    let fake = Fake::start().await;
    let client = connect(&fake, options()).await.expect("it answers");
    let small = blob(b"small");
    fake.name(&small.descriptor.digest, "<config>");
    assert!(
        !client
            .blob_exists(&repository("app"), &small.descriptor)
            .await
            .expect("an answer")
    );
    let outcome = client
        .push_blob(&repository("app"), &small, None)
        .await
        .expect("pushed");
    assert_eq!(outcome, BlobOutcome::Uploaded);
    assert!(
        client
            .blob_exists(&repository("app"), &small.descriptor)
            .await
            .expect("an answer")
    );
    assert_snapshot!(fake.transcript(), @r"
    GET   /v2/ 200
    HEAD  /v2/app/blobs/<config> 404
    POST  /v2/app/blobs/uploads/?digest=<config> 201 5 B
    HEAD  /v2/app/blobs/<config> 200
    ");
    assert_eq!(
        fake.blob("app", &small.descriptor.digest).as_deref(),
        Some(&b"small"[..])
    );
}

#[tokio::test]
async fn a_large_blob_gets_a_session_of_its_own() {
    let fake = Fake::start().await;
    let client = connect(&fake, options()).await.expect("it answers");
    let bytes = large();
    let layer = blob(&bytes);
    fake.name(&layer.descriptor.digest, "<layer 1>");
    client
        .push_blob(&repository("team/app"), &layer, None)
        .await
        .expect("pushed");
    assert_snapshot!(fake.transcript(), @r"
    GET   /v2/ 200
    POST  /v2/team/app/blobs/uploads/?mount=<layer 1> 202 location=/v2/team/app/blobs/uploads/1
    PUT   /v2/team/app/blobs/uploads/1?digest=<layer 1> 201 600000 B
    ");
    assert_eq!(fake.blob("team/app", &layer.descriptor.digest), Some(bytes));
    let [_, post, put] = &fake.headers()[..] else {
        panic!("three requests");
    };
    assert_eq!(post["content-length"], "0");
    assert_eq!(put["content-length"], "600000");
    assert!(!put.contains_key("transfer-encoding") && !put.contains_key("content-range"));
}

#[tokio::test]
async fn a_registry_that_ignores_what_goes_with_the_post_is_not_sent_it_twice() {
    let fake = Fake::start().await;
    let session = Reply::status(202).header("location", "/v2/app/blobs/uploads/a");
    fake.script("POST", "digest=", 1, Act::Answer(session));
    let client = connect(&fake, options()).await.expect("it answers");
    for (bytes, name) in [(b"one", "<one>"), (b"two", "<two>")] {
        let blob = blob(bytes);
        fake.name(&blob.descriptor.digest, name);
        client
            .push_blob(&repository("app"), &blob, None)
            .await
            .expect("pushed");
        assert!(fake.blob("app", &blob.descriptor.digest).is_some());
    }
    assert_snapshot!(fake.transcript(), @r"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?digest=<one> 202 3 B location=/v2/app/blobs/uploads/a
    PUT   /v2/app/blobs/uploads/a?digest=<one> 201 3 B
    POST  /v2/app/blobs/uploads/?mount=<two> 202 location=/v2/app/blobs/uploads/1
    PUT   /v2/app/blobs/uploads/1?digest=<two> 201 3 B
    ");
}

#[tokio::test]
async fn an_empty_blob_is_a_blob() {
    let fake = Fake::start().await;
    let client = connect(&fake, options()).await.expect("it answers");
    let empty = blob(b"");
    client
        .push_blob(&repository("app"), &empty, None)
        .await
        .expect("pushed");
    assert_eq!(fake.blob("app", &empty.descriptor.digest), Some(Vec::new()));

    let not_empty = promised(b"x", b"");
    let error = client
        .push_blob(&repository("other"), &not_empty, None)
        .await
        .expect_err("it is not empty");
    assert!(matches!(error, Error::MalformedImage { .. }), "{error}");
    assert_eq!(fake.blob("other", &empty.descriptor.digest), None);
}

#[tokio::test]
async fn locations_are_followed_as_they_are_written() {
    let locations = [
        "/v2/app/blobs/uploads/a?_state=x%2By%3D",
        "a?_state=x",
        "http://<own>/v2/app/blobs/uploads/a",
        "//<own>/v2/app/blobs/uploads/a?",
    ];
    let mut said = String::new();
    for location in locations {
        let fake = Fake::start().await;
        let location = location.replace("<own>", &fake.address.to_string());
        let session = Reply::status(202).header("location", &location);
        fake.script("POST", "uploads", 1, Act::Answer(session));
        let layer = blob(&large());
        fake.name(&layer.descriptor.digest, "<layer>");
        let client = connect(&fake, options()).await.expect("it answers");
        client
            .push_blob(&repository("app"), &layer, None)
            .await
            .expect("pushed");
        assert!(fake.blob("app", &layer.descriptor.digest).is_some());
        let transcript = fake.transcript();
        let put = transcript.lines().last().expect("a PUT");
        said.push_str(put);
        said.push('\n');
    }
    assert_snapshot!(said, @r"
    PUT   /v2/app/blobs/uploads/a?_state=x%2By%3D&digest=<layer> 201 600000 B
    PUT   /v2/app/blobs/uploads/a?_state=x&digest=<layer> 201 600000 B
    PUT   /v2/app/blobs/uploads/a?digest=<layer> 201 600000 B
    PUT   /v2/app/blobs/uploads/a?digest=<layer> 201 600000 B
    ");
}

#[tokio::test]
async fn a_session_without_a_location_is_no_session() {
    let fake = Fake::start().await;
    fake.script("POST", "uploads", 1, Act::Answer(Reply::status(202)));
    let client = connect(&fake, options()).await.expect("it answers");
    let error = client
        .push_blob(&repository("app"), &blob(&large()), None)
        .await
        .expect_err("no session");
    assert_snapshot!(chain(&error, &fake), @"POST http://<registry>/v2/app/blobs/uploads/: it opens an upload session without a `Location`");
}

#[tokio::test]
async fn a_redirected_put_is_sent_anew() {
    let fake = Fake::start().await;
    let elsewhere = Reply::status(307).header("location", "/v2/app/blobs/uploads/b?digest=");
    fake.script("PUT", "uploads/1", 1, Act::Answer(elsewhere.clone()));
    let client = connect(&fake, options()).await.expect("it answers");
    let layer = blob(&large());
    let target = format!("/v2/app/blobs/uploads/b?digest={}", layer.descriptor.digest);
    fake.script(
        "PUT",
        "uploads/1",
        1,
        Act::Answer(Reply::status(307).header("location", target)),
    );
    let error = client.push_blob(&repository("app"), &layer, None).await;
    assert!(
        matches!(error, Err(Error::Rejected { .. })),
        "the first one lost the digest: {error:?}"
    );
    client
        .push_blob(&repository("app"), &layer, None)
        .await
        .expect("pushed");
    assert!(fake.blob("app", &layer.descriptor.digest).is_some());
}

#[tokio::test]
async fn bytes_that_are_not_the_promised_ones_never_become_a_blob() {
    let bytes = large();
    let mut flipped = bytes.clone();
    flipped[300_000] ^= 1;
    let table = [
        promised(&flipped, &bytes),
        promised(&bytes[..599_999], &bytes),
        promised(&[&bytes[..], b"x"].concat(), &bytes),
        promised(b"other", b"small"),
        with_content(&bytes, Arc::new(Broken)),
    ];
    let mut said = String::new();
    for blob in table {
        let fake = Fake::start().await;
        let client = connect(&fake, options()).await.expect("it answers");
        let error = client
            .push_blob(&repository("app"), &blob, None)
            .await
            .expect_err("broken");
        let text = chain(&error, &fake);
        said.push_str(&text.replace(&blob.descriptor.digest.to_string(), "<promised>"));
        said.push('\n');
        assert_eq!(fake.blob("app", &blob.descriptor.digest), None);
        assert!(fake.count("PUT") <= 1, "it is not tried again");
    }
    let flipped = Digest::of(&flipped).to_string();
    assert_snapshot!(said.replace(&flipped, "<flipped>").replace(&Digest::of(b"other").to_string(), "<other>"), @r"
    `layer.tar` in `app.tar` does not match its descriptor: expected <promised>, found <flipped>
    `layer.tar` in `app.tar` is malformed: it ends after 599999 of 600000 bytes
    `layer.tar` in `app.tar` is malformed: it has more than the 600000 bytes that were promised
    `layer.tar` in `app.tar` does not match its descriptor: expected <promised>, found <other>
    cannot read `layer.tar` in `app.tar`
      caused by: the disk is on fire
    ");
}

#[tokio::test]
async fn a_refusal_is_said_in_the_registrys_words() {
    let html = Reply::status(413)
        .header("content-type", "text/html")
        .body("<title>413 Request Entity Too Large</title>");
    let table = [
        Act::Answer(Reply::status(403).body(
            r#"{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}"#,
        )),
        Act::AnswerEarly(html),
        Act::Answer(Reply::status(403)),
        Act::Answer(Reply::status(404).body("Not found.")),
        Act::Answer(Reply::status(400).body(
            r#"{"errors":[{"code":"DIGEST_INVALID","message":"no"},{"code":"SIZE_INVALID"}]}"#,
        )),
    ];
    let mut said = String::new();
    for act in table {
        let fake = Fake::start().await;
        fake.script("PUT", "uploads", 1, act);
        let client = connect(&fake, options()).await.expect("it answers");
        let error = client
            .push_blob(&repository("app"), &blob(&large()), None)
            .await
            .expect_err("refused");
        said.push_str(&chain(&error, &fake));
        said.push('\n');
        assert_eq!(fake.count("PUT"), 1, "it is not tried again");
    }
    assert_snapshot!(said, @r"
    the registry refused: PUT http://<registry>/v2/app/blobs/uploads/1: 403 DENIED: requested access to the resource is denied
    the registry refused: PUT http://<registry>/v2/app/blobs/uploads/1: 413 Request Entity Too Large; over the body limit of a proxy before the registry, whose web page this is
    the registry refused: PUT http://<registry>/v2/app/blobs/uploads/1: 403 without a word
    the registry refused: PUT http://<registry>/v2/app/blobs/uploads/1: 404 Not found.
    the registry refused: PUT http://<registry>/v2/app/blobs/uploads/1: 400 DIGEST_INVALID: no; SIZE_INVALID
    ");
}

#[tokio::test]
async fn an_existence_check_is_a_hint() {
    let fake = Fake::start().await;
    let client = connect(
        &fake,
        Options {
            retries: 0,
            ..options()
        },
    )
    .await
    .expect("it answers");
    fake.put_blob("app", b"there");
    let there = blob(b"there").descriptor;
    let app = repository("app");
    assert!(client.blob_exists(&app, &there).await.expect("an answer"));
    let mut longer = there.clone();
    longer.size += 1;
    assert!(
        !client.blob_exists(&app, &longer).await.expect("an answer"),
        "the length differs"
    );
    for status in [400, 404, 405] {
        fake.script("HEAD", "blobs", 1, Act::Answer(Reply::status(status)));
        assert!(
            !client.blob_exists(&app, &there).await.expect("an answer"),
            "{status}"
        );
    }
    fake.script("HEAD", "blobs", 1, Act::Answer(Reply::status(403)));
    let error = client
        .blob_exists(&app, &there)
        .await
        .expect_err("forbidden");
    assert!(matches!(error, Error::Denied { .. }), "{error}");
}

//! Mounts: blobs that the registry has elsewhere are not sent again.

use insta::assert_snapshot;
use push::BlobOutcome;
use push::registry::Options;

use crate::fake::{Act, Fake, Reply};
use crate::support::{blob, connect, large, options, repository};

#[tokio::test]
async fn a_blob_is_mounted_from_where_it_is_known_to_be() {
    let fake = Fake::start().await;
    let layer = blob(&large());
    fake.name(&layer.descriptor.digest, "<layer 1>");
    fake.put_blob("base/alpine", &large());
    let client = connect(&fake, options()).await.expect("it answers");
    let from = repository("base/alpine");
    let outcome = client
        .push_blob(&repository("app"), &layer, Some(&from))
        .await
        .expect("pushed");
    assert_eq!(outcome, BlobOutcome::Mounted);
    assert_snapshot!(fake.transcript(), @r"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer 1>&from=base%2Falpine 201
    HEAD  /v2/app/blobs/<layer 1> 200
    ");
    assert!(fake.blob("app", &layer.descriptor.digest).is_some());
}

#[tokio::test]
async fn a_registry_that_finds_it_by_itself_is_let_to() {
    let fake = Fake::start().await;
    let layer = blob(&large());
    fake.name(&layer.descriptor.digest, "<layer 1>");
    fake.put_blob("somebody/else", &large());
    let client = connect(&fake, options()).await.expect("it answers");
    let outcome = client
        .push_blob(&repository("app"), &layer, None)
        .await
        .expect("pushed");
    assert_eq!(outcome, BlobOutcome::Mounted);
    assert_snapshot!(fake.transcript(), @r"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer 1> 201
    HEAD  /v2/app/blobs/<layer 1> 200
    ");
}

#[tokio::test]
async fn the_session_that_comes_instead_of_a_mount_is_used() {
    let fake = Fake::start().await;
    let layer = blob(&large());
    fake.name(&layer.descriptor.digest, "<layer 1>");
    let client = connect(&fake, options()).await.expect("it answers");
    let from = repository("base");
    let outcome = client
        .push_blob(&repository("app"), &layer, Some(&from))
        .await
        .expect("pushed");
    assert_eq!(outcome, BlobOutcome::Uploaded);
    assert_snapshot!(fake.transcript(), @r"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer 1>&from=base 202 location=/v2/app/blobs/uploads/1
    PUT   /v2/app/blobs/uploads/1?digest=<layer 1> 201 600000 B
    ");
}

#[tokio::test]
async fn a_registry_that_refuses_mounts_without_from_is_asked_once() {
    let fake = Fake::start().await;
    fake.script("POST", "mount=", 9, Act::Answer(Reply::status(400)));
    let client = connect(&fake, options()).await.expect("it answers");
    let mut other = large();
    other[0] = 1;
    for (bytes, name) in [(large(), "<layer 1>"), (other, "<layer 2>")] {
        let layer = blob(&bytes);
        fake.name(&layer.descriptor.digest, name);
        client
            .push_blob(&repository("app"), &layer, None)
            .await
            .expect("pushed");
    }
    assert_snapshot!(fake.transcript(), @r"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer 1> 400
    POST  /v2/app/blobs/uploads/ 202 location=/v2/app/blobs/uploads/1
    PUT   /v2/app/blobs/uploads/1?digest=<layer 1> 201 600000 B
    POST  /v2/app/blobs/uploads/ 202 location=/v2/app/blobs/uploads/2
    PUT   /v2/app/blobs/uploads/2?digest=<layer 2> 201 600000 B
    ");
}

#[tokio::test]
async fn a_mount_that_was_only_said_is_an_upload() {
    let fake = Fake::start().await;
    let layer = blob(&large());
    fake.name(&layer.descriptor.digest, "<layer 1>");
    fake.script("POST", "mount=", 1, Act::Answer(Reply::status(201)));
    let client = connect(&fake, options()).await.expect("it answers");
    let from = repository("base");
    let outcome = client
        .push_blob(&repository("app"), &layer, Some(&from))
        .await
        .expect("pushed");
    assert_eq!(outcome, BlobOutcome::Uploaded);
    assert_snapshot!(fake.transcript(), @r"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer 1>&from=base 201
    HEAD  /v2/app/blobs/<layer 1> 404
    POST  /v2/app/blobs/uploads/ 202 location=/v2/app/blobs/uploads/1
    PUT   /v2/app/blobs/uploads/1?digest=<layer 1> 201 600000 B
    ");
    assert!(fake.blob("app", &layer.descriptor.digest).is_some());
}

#[tokio::test]
async fn reupload_sends_what_the_registry_has() {
    let fake = Fake::start().await;
    fake.put_blob("base", &large());
    let layer = blob(&large());
    fake.name(&layer.descriptor.digest, "<layer 1>");
    let client = connect(
        &fake,
        Options {
            reupload: true,
            ..options()
        },
    )
    .await
    .expect("it answers");
    let from = repository("base");
    let outcome = client
        .push_blob(&repository("app"), &layer, Some(&from))
        .await
        .expect("pushed");
    assert_eq!(outcome, BlobOutcome::Uploaded);
    assert_snapshot!(fake.transcript(), @r"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/ 202 location=/v2/app/blobs/uploads/1
    PUT   /v2/app/blobs/uploads/1?digest=<layer 1> 201 600000 B
    ");
}

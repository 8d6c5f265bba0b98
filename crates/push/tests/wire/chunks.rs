//! Uploads in chunks: when, how large, and what a registry's answers to them mean.

use insta::assert_snapshot;
use push::registry::{ChunkSize, Client, Options};
use push::{Error, Event};

use crate::fake::{Act, Fake, Reply, Ways};
use crate::support::{blob, chain, connect, connect_heard, in_chunks, large, options, repository};

/// Pushes `bytes` and sees to it that the registry has exactly these.
async fn push(fake: &Fake, client: &Client, bytes: &[u8]) {
    let layer = blob(bytes);
    fake.name(&layer.descriptor.digest, "<layer>");
    client
        .push_blob(&repository("app"), &layer, None)
        .await
        .expect("pushed");
    let held = fake.blob("app", &layer.descriptor.digest);
    assert!(held.as_deref() == Some(bytes));
}

fn large_of(bytes: usize) -> Vec<u8> {
    large().into_iter().cycle().take(bytes).collect()
}

#[tokio::test]
async fn a_blob_goes_in_chunks_to_wherever_the_session_moves() {
    let fake = Fake::start().await;
    fake.behave(Ways {
        moves: true,
        ..Ways::default()
    });
    let client = connect(&fake, in_chunks(250_000)).await;
    push(&fake, &client.expect("it answers"), &large()).await;
    assert_snapshot!(fake.transcript(), @r#"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/1?_state=0
    PATCH /v2/app/blobs/uploads/1?_state=0 202 250000 B 0-249999 location=/v2/app/blobs/uploads/1?_state=250000 range=0-249999
    PATCH /v2/app/blobs/uploads/1?_state=250000 202 250000 B 250000-499999 location=/v2/app/blobs/uploads/1?_state=500000 range=0-499999
    PATCH /v2/app/blobs/uploads/1?_state=500000 202 100000 B 500000-599999 location=/v2/app/blobs/uploads/1?_state=600000 range=0-599999
    PUT   /v2/app/blobs/uploads/1?_state=600000&digest=<layer> 201
    "#);
    let headers = fake.headers();
    assert_eq!(headers[2]["content-length"], "250000");
    assert_eq!(headers[2]["content-type"], "application/octet-stream");
    assert!(!headers[2].contains_key("transfer-encoding"));
    assert_eq!(headers[5]["content-length"], "0");
}

#[tokio::test]
async fn a_blob_of_one_chunk_goes_whole() {
    let fake = Fake::start().await;
    let client = connect(&fake, in_chunks(600_000)).await;
    push(&fake, &client.expect("it answers"), &large()).await;
    let client = connect(&fake, in_chunks(3)).await.expect("it answers");
    push(&fake, &client, b"one").await;
    push(&fake, &client, b"more").await;
    push(&fake, &client, b"").await;
    assert_snapshot!(fake.transcript(), @r#"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/1
    PUT   /v2/app/blobs/uploads/1?digest=<layer> 201 600000 B
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?digest=<layer> 201 3 B
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/2
    PATCH /v2/app/blobs/uploads/2 202 3 B 0-2 location=/v2/app/blobs/uploads/2 range=0-2
    PATCH /v2/app/blobs/uploads/2 202 1 B 3-3 location=/v2/app/blobs/uploads/2 range=0-3
    PUT   /v2/app/blobs/uploads/2?digest=<layer> 201
    POST  /v2/app/blobs/uploads/?digest=<layer> 201
    "#);
}

#[tokio::test]
async fn a_registry_that_wants_larger_chunks_gets_them() {
    let fake = Fake::start().await;
    fake.behave(Ways {
        least: Some(400_000),
        ..Ways::default()
    });
    let client = connect(&fake, in_chunks(100_000)).await;
    push(&fake, &client.expect("it answers"), &large()).await;
    assert_snapshot!(fake.transcript(), @r#"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/1
    PATCH /v2/app/blobs/uploads/1 202 400000 B 0-399999 location=/v2/app/blobs/uploads/1 range=0-399999
    PATCH /v2/app/blobs/uploads/1 202 200000 B 400000-599999 location=/v2/app/blobs/uploads/1 range=0-599999
    PUT   /v2/app/blobs/uploads/1?digest=<layer> 201
    "#);
}

#[tokio::test]
async fn a_limit_that_is_known_is_never_exceeded() {
    let fake = Fake::start().await;
    fake.behave(Ways {
        body_limit: Some(500_000),
        ..Ways::default()
    });
    let behind = Options {
        body_limit: Some(500_000),
        ..options()
    };
    let client = connect(&fake, behind).await;
    push(&fake, &client.expect("it answers"), &large()).await;
    assert_snapshot!(fake.transcript(), @r#"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/1
    PATCH /v2/app/blobs/uploads/1 202 500000 B 0-499999 location=/v2/app/blobs/uploads/1 range=0-499999
    PATCH /v2/app/blobs/uploads/1 202 100000 B 500000-599999 location=/v2/app/blobs/uploads/1 range=0-599999
    PUT   /v2/app/blobs/uploads/1?digest=<layer> 201
    "#);
}

#[tokio::test]
async fn a_limit_is_learnt_once() {
    let fake = Fake::start().await;
    fake.behave(Ways {
        body_limit: Some(3 << 19),
        ..Ways::default()
    });
    let (client, listener) = connect_heard(&fake, options()).await;
    push(&fake, &client, &large_of(5 << 20)).await;
    push(&fake, &client, &large_of(2 << 20)).await;
    assert_snapshot!(fake.transcript(), @r#"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/1
    PUT   /v2/app/blobs/uploads/1?digest=<layer> 413
    PATCH /v2/app/blobs/uploads/1 413 0-2097151
    PATCH /v2/app/blobs/uploads/1 202 1048576 B 0-1048575 location=/v2/app/blobs/uploads/1 range=0-1048575
    PATCH /v2/app/blobs/uploads/1 202 1048576 B 1048576-2097151 location=/v2/app/blobs/uploads/1 range=0-2097151
    PATCH /v2/app/blobs/uploads/1 202 1048576 B 2097152-3145727 location=/v2/app/blobs/uploads/1 range=0-3145727
    PATCH /v2/app/blobs/uploads/1 202 1048576 B 3145728-4194303 location=/v2/app/blobs/uploads/1 range=0-4194303
    PATCH /v2/app/blobs/uploads/1 202 1048576 B 4194304-5242879 location=/v2/app/blobs/uploads/1 range=0-5242879
    PUT   /v2/app/blobs/uploads/1?digest=<layer> 201
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/2
    PATCH /v2/app/blobs/uploads/2 202 1048576 B 0-1048575 location=/v2/app/blobs/uploads/2 range=0-1048575
    PATCH /v2/app/blobs/uploads/2 202 1048576 B 1048576-2097151 location=/v2/app/blobs/uploads/2 range=0-2097151
    PUT   /v2/app/blobs/uploads/2?digest=<layer> 201
    "#);
    let notes = listener
        .heard()
        .into_iter()
        .filter_map(|event| match event {
            Event::Note(note) => Some(note),
            _ => None,
        });
    assert_snapshot!(notes.collect::<Vec<_>>().join("\n"), @r#"
    5 MiB are too many for one request: uploading in chunks of 2 MiB
    2 MiB are too many for one request: uploading in chunks of 1 MiB
    "#);
}

#[tokio::test]
async fn a_limit_below_a_mebibyte_is_no_limit_to_live_with() {
    let fake = Fake::start().await;
    fake.behave(Ways {
        body_limit: Some(500_000),
        ..Ways::default()
    });
    let client = connect(&fake, options()).await.expect("it answers");
    let layer = blob(&large_of(3 << 20));
    fake.name(&layer.descriptor.digest, "<layer>");
    let error = client
        .push_blob(&repository("app"), &layer, None)
        .await
        .expect_err("refused");
    assert_snapshot!(chain(&error, &fake), @r#"
    the registry refused: PATCH http://<registry>/v2/app/blobs/uploads/1: 413 Request Entity Too Large; over the body limit of a proxy before the registry, whose web page this is
    "#);
    assert_snapshot!(fake.transcript(), @r#"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/1
    PUT   /v2/app/blobs/uploads/1?digest=<layer> 413
    PATCH /v2/app/blobs/uploads/1 413 0-1048575
    DELETE /v2/app/blobs/uploads/1 204
    "#);
}

#[tokio::test]
async fn who_wants_no_chunks_gets_none() {
    let fake = Fake::start().await;
    fake.behave(Ways {
        body_limit: Some(1 << 20),
        ..Ways::default()
    });
    let whole = Options {
        chunk_size: ChunkSize::Whole,
        body_limit: Some(1 << 20),
        ..options()
    };
    let client = connect(&fake, whole).await.expect("it answers");
    let error = client
        .push_blob(&repository("app"), &blob(&large_of(3 << 20)), None)
        .await
        .expect_err("refused");
    assert!(matches!(error, Error::Rejected { .. }), "{error}");
    assert_eq!((fake.count("PUT"), fake.count("PATCH")), (1, 0));
}

#[tokio::test]
async fn what_a_registry_does_not_say_is_left_to_the_digest() {
    let fake = Fake::start().await;
    fake.behave(Ways {
        hides_range: true,
        ..Ways::default()
    });
    let client = connect(&fake, in_chunks(250_000)).await;
    push(&fake, &client.expect("it answers"), &large()).await;
    assert_eq!(fake.count("PATCH"), 3);
}

#[tokio::test]
async fn a_session_that_stands_where_nobody_meant_it_to_is_left() {
    for range in ["0-99", "0-0", "0-600000", "0-250000"] {
        let fake = Fake::start().await;
        let client = connect(&fake, in_chunks(250_000))
            .await
            .expect("it answers");
        let wrong = Reply::status(202).header("range", range);
        let right = Reply::status(202).header("range", "0-249999");
        fake.script("PATCH", "uploads/1", 1, Act::Answer(right));
        fake.script("PATCH", "uploads/1", 1, Act::Answer(wrong));
        push(&fake, &client, &large()).await;
        assert_eq!(
            fake.count("DELETE /v2/app/blobs/uploads/1 204"),
            1,
            "{range}"
        );
        assert_eq!(
            fake.count("PATCH /v2/app/blobs/uploads/2 202"),
            3,
            "{range}"
        );
    }
}

#[tokio::test]
async fn a_registry_without_chunks_says_so() {
    let fake = Fake::start().await;
    let client = connect(&fake, in_chunks(250_000))
        .await
        .expect("it answers");
    for (status, code) in [(405, "UNSUPPORTED"), (416, "RANGE_INVALID")] {
        let refusal = format!(r#"{{"errors":[{{"code":"{code}"}}]}}"#);
        fake.script(
            "PATCH",
            "uploads",
            1,
            Act::Answer(Reply::status(status).body(refusal)),
        );
        let error = client
            .push_blob(&repository("app"), &blob(&large()), None)
            .await
            .expect_err("refused");
        assert!(matches!(error, Error::Rejected { .. }), "{error}");
    }
    assert_eq!(fake.count("PATCH"), 2, "it is not tried again");
}

//! What is tried again, how often, and what is not.

use std::time::{Duration, Instant};

use insta::assert_snapshot;
use push::registry::{Failure, Options};
use push::{Error, Event};

use crate::fake::{Act, Fake, Reply};
use crate::support::{blob, chain, connect, connect_heard, large, options, repository};

#[tokio::test]
async fn an_upload_that_is_cut_begins_anew() {
    let fake = Fake::start().await;
    let (client, listener) = connect_heard(&fake, options()).await;
    let layer = blob(&large());
    fake.name(&layer.descriptor.digest, "<layer>");
    fake.script("PUT", "uploads", 1, Act::CutAfter(100_000));
    client
        .push_blob(&repository("app"), &layer, None)
        .await
        .expect("pushed");
    assert_snapshot!(fake.transcript(), @r"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/1
    PUT   /v2/app/blobs/uploads/1?digest=<layer> cut 100000 B
    HEAD  /v2/app/blobs/<layer> 404
    GET   /v2/app/blobs/uploads/1 404
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/2
    PUT   /v2/app/blobs/uploads/2?digest=<layer> 201 600000 B
    ");
    assert_eq!(fake.blob("app", &layer.descriptor.digest), Some(large()));
    let heard = listener.heard();
    let again = heard
        .iter()
        .position(|event| matches!(event, Event::Retrying { attempt: 1, .. }));
    let digest = layer.descriptor.digest.clone();
    let back = Event::BlobProgress { digest, sent: 0 };
    assert_eq!(heard.get(again.expect("it is told") + 1), Some(&back));
}

#[tokio::test]
async fn a_lost_answer_is_not_a_lost_blob() {
    let fake = Fake::start().await;
    let layer = blob(&large());
    fake.name(&layer.descriptor.digest, "<layer>");
    fake.script("PUT", "uploads", 1, Act::LoseAnswer);
    let client = connect(&fake, options()).await.expect("it answers");
    client
        .push_blob(&repository("app"), &layer, None)
        .await
        .expect("pushed");
    assert_snapshot!(fake.transcript(), @r"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/1
    PUT   /v2/app/blobs/uploads/1?digest=<layer> lost 600000 B
    HEAD  /v2/app/blobs/<layer> 200
    ");
}

#[tokio::test]
async fn not_now_is_waited_for_as_long_as_it_asks() {
    let fake = Fake::start().await;
    let (client, listener) = connect_heard(&fake, options()).await;
    let busy = Reply::status(429)
        .header("retry-after", "0")
        .body("slow down");
    fake.script("HEAD", "blobs", 2, Act::Answer(busy));
    client
        .blob_exists(&repository("app"), &blob(b"x").descriptor)
        .await
        .expect("an answer");
    assert_eq!(fake.count("HEAD"), 3);
    let waits = listener
        .heard()
        .into_iter()
        .filter_map(|event| match event {
            Event::Retrying { attempt, wait, .. } => Some((attempt, wait)),
            _ => None,
        });
    assert_eq!(
        waits.collect::<Vec<_>>(),
        [(1, Duration::ZERO), (2, Duration::ZERO)]
    );
}

#[tokio::test]
async fn a_registry_that_keeps_failing_is_given_up() {
    let fake = Fake::start().await;
    let busy = Reply::status(503)
        .header("retry-after", "0")
        .header("content-type", "text/html");
    fake.script(
        "POST",
        "uploads",
        9,
        Act::Answer(busy.body("<title>503 Service Unavailable</title>")),
    );
    let client = connect(&fake, options()).await.expect("it answers");
    let error = client
        .push_blob(&repository("app"), &blob(&large()), None)
        .await
        .expect_err("given up");
    assert_snapshot!(chain(&error, &fake), @r"
    POST http://<registry>/v2/app/blobs/uploads/ failed 3 times
      caused by: the registry answered 503 Service Unavailable; a web page, as proxies before a registry send them
    ");
    assert_eq!(fake.count("POST"), 3);
    let Error::Unreachable {
        attempts: 3,
        source,
        ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert!(
        matches!(source.downcast_ref(), Some(Failure::Answered(answer)) if answer.status == 503)
    );
}

#[tokio::test]
async fn a_forgotten_session_is_replaced() {
    let fake = Fake::start().await;
    let gone =
        Reply::status(404).body(r#"{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN","message":"gone"}]}"#);
    fake.script("PUT", "uploads/1", 1, Act::Answer(gone));
    let client = connect(&fake, options()).await.expect("it answers");
    let layer = blob(&large());
    client
        .push_blob(&repository("app"), &layer, None)
        .await
        .expect("pushed");
    assert!(fake.blob("app", &layer.descriptor.digest).is_some());
    assert_eq!(fake.count("PUT"), 2);
}

#[tokio::test]
async fn a_registry_that_takes_no_byte_any_more_is_left() {
    let fake = Fake::start().await;
    let impatient = Options {
        timeout: Duration::from_millis(300),
        retries: 0,
        ..options()
    };
    let client = connect(&fake, impatient).await.expect("it answers");
    fake.script("PUT", "uploads", 1, Act::StallAfter(1000));
    // More than the buffers between the two can hold.
    let error = client
        .push_blob(&repository("app"), &blob(&vec![7; 32 << 20]), None)
        .await
        .expect_err("left");
    let Error::Unreachable { source, .. } = &error else {
        panic!("{error:?}");
    };
    assert!(
        matches!(
            source.downcast_ref(),
            Some(Failure::Stalled {
                size: 33_554_432,
                ..
            })
        ),
        "{source}"
    );
}

#[tokio::test]
async fn a_registry_that_never_answers_is_left() {
    let fake = Fake::start().await;
    let impatient = Options {
        timeout: Duration::from_millis(300),
        retries: 0,
        ..options()
    };
    let client = connect(&fake, impatient).await.expect("it answers");
    fake.script("PUT", "uploads", 1, Act::KeepSilent);
    let start = Instant::now();
    let error = client
        .push_blob(&repository("app"), &blob(&large()), None)
        .await
        .expect_err("left");
    assert_snapshot!(chain(&error, &fake), @r"
    PUT http://<registry>/v2/app/blobs/uploads/1 failed
      caused by: no answer within 0.3 s
    ");
    assert!(start.elapsed() < Duration::from_secs(5));
    fake.script("HEAD", "blobs", 1, Act::KeepSilent);
    client
        .blob_exists(&repository("app"), &blob(b"x").descriptor)
        .await
        .expect_err("left");
}

#[tokio::test]
async fn a_yes_before_the_last_byte_is_not_believed() {
    let fake = Fake::start().await;
    let client = connect(&fake, options()).await.expect("it answers");
    fake.script("PUT", "uploads", 1, Act::AnswerEarly(Reply::status(201)));
    let layer = blob(&vec![7; 8 << 20]);
    client
        .push_blob(&repository("app"), &layer, None)
        .await
        .expect("pushed");
    assert!(fake.blob("app", &layer.descriptor.digest).is_some());
}

#[tokio::test]
async fn a_registry_that_goes_away_is_waited_for_once_it_has_answered() {
    let fake = Fake::start().await;
    let client = connect(&fake, options()).await.expect("it answers");
    fake.script("HEAD", "blobs", 1, Act::LoseAnswer);
    let exists = client
        .blob_exists(&repository("app"), &blob(b"x").descriptor)
        .await;
    assert!(!exists.expect("the second time it answers"));
}

#[tokio::test]
async fn a_registry_that_stumbles_over_a_shortcut_gets_the_long_way() {
    let fake = Fake::start().await;
    fake.script("POST", "mount=", 9, Act::Answer(Reply::status(500)));
    fake.script("POST", "digest=", 9, Act::CutAfter(0));
    let client = connect(&fake, options()).await.expect("it answers");
    for blob in [blob(b"small"), blob(&large())] {
        client
            .push_blob(&repository("app"), &blob, None)
            .await
            .expect("pushed");
        assert!(fake.blob("app", &blob.descriptor.digest).is_some());
    }
}

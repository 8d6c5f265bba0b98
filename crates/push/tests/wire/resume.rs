//! Uploads that go on where they were interrupted, and those that had better not.

use insta::assert_snapshot;
use push::registry::Options;
use push::{BlobOutcome, Error};

use crate::fake::{Act, Fake, OnCut, Reply, Ways};
use crate::support::{blob, chain, connect, in_chunks, large, options, promised, repository};

/// A registry that treats sessions like this when a body is cut.
async fn registry(on_cut: OnCut) -> Fake {
    let fake = Fake::start().await;
    fake.behave(Ways {
        on_cut,
        ..Ways::default()
    });
    fake
}

/// Pushes a large blob, and sees to it that the registry has exactly that.
async fn push(fake: &Fake, options: Options) {
    let layer = blob(&large());
    fake.name(&layer.descriptor.digest, "<layer>");
    let client = connect(fake, options).await.expect("it answers");
    let outcome = client.push_blob(&repository("app"), &layer, None).await;
    assert_eq!(outcome.expect("pushed"), BlobOutcome::Uploaded);
    assert!(fake.blob("app", &layer.descriptor.digest) == Some(large()));
}

#[tokio::test]
async fn a_registry_that_keeps_what_came_gets_the_rest() {
    let fake = registry(OnCut::Keeps).await;
    fake.script("PUT", "uploads", 1, Act::CutAfter(100_001));
    push(&fake, options()).await;
    assert_snapshot!(fake.transcript(), @r#"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/1
    PUT   /v2/app/blobs/uploads/1?digest=<layer> cut 100001 B
    HEAD  /v2/app/blobs/<layer> 404
    GET   /v2/app/blobs/uploads/1 204 location=/v2/app/blobs/uploads/1 range=0-100000
    PATCH /v2/app/blobs/uploads/1 202 499999 B 100001-599999 location=/v2/app/blobs/uploads/1 range=0-599999
    PUT   /v2/app/blobs/uploads/1?digest=<layer> 201
    "#);
}

#[tokio::test]
async fn a_chunk_goes_on_in_its_middle() {
    let fake = registry(OnCut::Keeps).await;
    fake.script("PATCH", "uploads", 1, Act::CutAfter(70_000));
    fake.script("PATCH", "uploads", 1, Act::CutAfter(70_000));
    push(&fake, in_chunks(250_000)).await;
    assert_snapshot!(fake.transcript(), @r#"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/1
    PATCH /v2/app/blobs/uploads/1 cut 70000 B 0-249999
    HEAD  /v2/app/blobs/<layer> 404
    GET   /v2/app/blobs/uploads/1 204 location=/v2/app/blobs/uploads/1 range=0-69999
    PATCH /v2/app/blobs/uploads/1 cut 70000 B 70000-319999
    HEAD  /v2/app/blobs/<layer> 404
    GET   /v2/app/blobs/uploads/1 204 location=/v2/app/blobs/uploads/1 range=0-139999
    PATCH /v2/app/blobs/uploads/1 202 250000 B 140000-389999 location=/v2/app/blobs/uploads/1 range=0-389999
    PATCH /v2/app/blobs/uploads/1 202 210000 B 390000-599999 location=/v2/app/blobs/uploads/1 range=0-599999
    PUT   /v2/app/blobs/uploads/1?digest=<layer> 201
    "#);
}

#[tokio::test]
async fn behind_a_proxy_that_spools_a_chunk_is_sent_again() {
    let fake = registry(OnCut::Drops).await;
    fake.script("PATCH", "uploads", 1, Act::LoseAnswer);
    fake.script("PATCH", "uploads", 1, Act::CutAfter(70_000));
    let gone = Reply::status(502).header("content-type", "text/html");
    fake.script("PATCH", "uploads", 1, Act::Answer(gone));
    push(&fake, in_chunks(250_000)).await;
    assert_snapshot!(fake.transcript(), @r#"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/1
    PATCH /v2/app/blobs/uploads/1 lost 250000 B 0-249999
    HEAD  /v2/app/blobs/<layer> 404
    GET   /v2/app/blobs/uploads/1 204 location=/v2/app/blobs/uploads/1 range=0-249999
    PATCH /v2/app/blobs/uploads/1 cut 70000 B 250000-499999
    HEAD  /v2/app/blobs/<layer> 404
    GET   /v2/app/blobs/uploads/1 204 location=/v2/app/blobs/uploads/1 range=0-249999
    PATCH /v2/app/blobs/uploads/1 502 250000 B 250000-499999
    HEAD  /v2/app/blobs/<layer> 404
    GET   /v2/app/blobs/uploads/1 204 location=/v2/app/blobs/uploads/1 range=0-249999
    PATCH /v2/app/blobs/uploads/1 202 250000 B 250000-499999 location=/v2/app/blobs/uploads/1 range=0-499999
    PATCH /v2/app/blobs/uploads/1 202 100000 B 500000-599999 location=/v2/app/blobs/uploads/1 range=0-599999
    PUT   /v2/app/blobs/uploads/1?digest=<layer> 201
    "#);
}

#[tokio::test]
async fn every_chunk_has_attempts_of_its_own() {
    let fake = registry(OnCut::Keeps).await;
    // Each of these comes further than the one before.
    fake.script("PATCH", "uploads", 5, Act::CutAfter(50_000));
    let impatient = Options {
        retries: 1,
        ..in_chunks(250_000)
    };
    push(&fake, impatient).await;
    assert_eq!(fake.count("PATCH"), 5 + 2);
    assert_eq!(fake.count("POST"), 1);
}

#[tokio::test]
async fn a_poisoned_session_is_replaced() {
    let fake = registry(OnCut::Poisoned).await;
    fake.script("PATCH", "uploads/1", 1, Act::LoseAnswer);
    fake.script("PATCH", "uploads/1", 1, Act::CutAfter(1000));
    push(&fake, in_chunks(250_000)).await;
    assert_snapshot!(fake.transcript(), @r#"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/1
    PATCH /v2/app/blobs/uploads/1 lost 250000 B 0-249999
    HEAD  /v2/app/blobs/<layer> 404
    GET   /v2/app/blobs/uploads/1 204 location=/v2/app/blobs/uploads/1 range=0-249999
    PATCH /v2/app/blobs/uploads/1 cut 1000 B 250000-499999
    HEAD  /v2/app/blobs/<layer> 404
    GET   /v2/app/blobs/uploads/1 204 location=/v2/app/blobs/uploads/1 range=0-249999
    PATCH /v2/app/blobs/uploads/1 500 250000 B 250000-499999
    DELETE /v2/app/blobs/uploads/1 204
    HEAD  /v2/app/blobs/<layer> 404
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/2
    PATCH /v2/app/blobs/uploads/2 202 250000 B 0-249999 location=/v2/app/blobs/uploads/2 range=0-249999
    PATCH /v2/app/blobs/uploads/2 202 250000 B 250000-499999 location=/v2/app/blobs/uploads/2 range=0-499999
    PATCH /v2/app/blobs/uploads/2 202 100000 B 500000-599999 location=/v2/app/blobs/uploads/2 range=0-599999
    PUT   /v2/app/blobs/uploads/2?digest=<layer> 201
    "#);
}

#[tokio::test]
async fn where_nothing_is_lost_a_new_session_is_begun() {
    let fake = registry(OnCut::Poisoned).await;
    fake.script("PUT", "uploads/1", 1, Act::CutAfter(1000));
    push(&fake, options()).await;
    assert_snapshot!(fake.transcript(), @r#"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/1
    PUT   /v2/app/blobs/uploads/1?digest=<layer> cut 1000 B
    HEAD  /v2/app/blobs/<layer> 404
    GET   /v2/app/blobs/uploads/1 204 location=/v2/app/blobs/uploads/1
    DELETE /v2/app/blobs/uploads/1 204
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/2
    PUT   /v2/app/blobs/uploads/2?digest=<layer> 201 600000 B
    "#);
}

#[tokio::test]
async fn nothing_is_appended_twice() {
    let acts = [Act::LoseAnswer, Act::CutAfter(100_000)];
    let left = [OnCut::Keeps, OnCut::Drops, OnCut::Forgets, OnCut::Poisoned];
    let tried = acts.into_iter().flat_map(|act| {
        let each = left.into_iter();
        each.flat_map(move |on_cut| [(act.clone(), on_cut, false), (act.clone(), on_cut, true)])
    });
    let pushes = tried.map(|(act, on_cut, moves)| async move {
        let fake = Fake::start().await;
        fake.behave(Ways {
            on_cut,
            moves,
            appends: true,
            ..Ways::default()
        });
        fake.script("PATCH", "uploads", 2, act);
        push(&fake, in_chunks(250_000)).await;
        // The fake would have refused the digest.
        let puts = fake.count("PUT   /v2/app/blobs/uploads/");
        assert_eq!(puts, 1, "{}", fake.transcript());
    });
    futures::future::join_all(pushes).await;
}

#[tokio::test]
async fn a_count_that_is_one_too_high_is_not_built_on() {
    let fake = Fake::start().await;
    fake.behave(Ways {
        on_cut: OnCut::Drops,
        counts_one_more: true,
        ..Ways::default()
    });
    fake.script("PATCH", "uploads/1", 1, Act::LoseAnswer);
    push(&fake, in_chunks(250_000)).await;
    assert_snapshot!(fake.transcript(), @r#"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/1
    PATCH /v2/app/blobs/uploads/1 lost 250000 B 0-249999
    HEAD  /v2/app/blobs/<layer> 404
    GET   /v2/app/blobs/uploads/1 204 range=0-250000
    DELETE /v2/app/blobs/uploads/1 204
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/2
    PATCH /v2/app/blobs/uploads/2 202 250000 B 0-249999 location=/v2/app/blobs/uploads/2 range=0-249999
    PATCH /v2/app/blobs/uploads/2 202 250000 B 250000-499999 location=/v2/app/blobs/uploads/2 range=0-499999
    PATCH /v2/app/blobs/uploads/2 202 100000 B 500000-599999 location=/v2/app/blobs/uploads/2 range=0-599999
    PUT   /v2/app/blobs/uploads/2?digest=<layer> 201
    "#);
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_closing_put_is_not_missed() {
    let fake = Fake::start().await;
    fake.script("PUT", "uploads", 1, Act::LoseAnswer);
    push(&fake, in_chunks(250_000)).await;
    assert_eq!(fake.count("POST"), 1);
    assert_eq!(fake.count("PUT"), 1);
}

#[tokio::test]
async fn a_closing_that_a_proxy_did_not_wait_for_is_asked_for_again() {
    let fake = Fake::start().await;
    let late = Reply::status(504).header("content-type", "text/html");
    let late = late.body("<title>504 Gateway Time-out</title>");
    fake.script("PUT", "uploads", 1, Act::Answer(late));
    fake.script("PUT", "uploads", 1, Act::Answer(Reply::status(500)));
    push(&fake, in_chunks(250_000)).await;
    assert_snapshot!(fake.transcript(), @r#"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/1
    PATCH /v2/app/blobs/uploads/1 202 250000 B 0-249999 location=/v2/app/blobs/uploads/1 range=0-249999
    PATCH /v2/app/blobs/uploads/1 202 250000 B 250000-499999 location=/v2/app/blobs/uploads/1 range=0-499999
    PATCH /v2/app/blobs/uploads/1 202 100000 B 500000-599999 location=/v2/app/blobs/uploads/1 range=0-599999
    PUT   /v2/app/blobs/uploads/1?digest=<layer> 504
    HEAD  /v2/app/blobs/<layer> 404
    GET   /v2/app/blobs/uploads/1 204 location=/v2/app/blobs/uploads/1 range=0-599999
    PUT   /v2/app/blobs/uploads/1?digest=<layer> 500
    HEAD  /v2/app/blobs/<layer> 404
    GET   /v2/app/blobs/uploads/1 204 location=/v2/app/blobs/uploads/1 range=0-599999
    PUT   /v2/app/blobs/uploads/1?digest=<layer> 201
    "#);
}

#[tokio::test]
async fn a_digest_that_is_wrong_after_all_begins_once_more() {
    let refusal =
        || Act::Answer(Reply::status(400).body(r#"{"errors":[{"code":"DIGEST_INVALID"}]}"#));
    let fake = registry(OnCut::Keeps).await;
    fake.script("PATCH", "uploads/1", 1, Act::CutAfter(1000));
    fake.script("PUT", "uploads/1", 1, refusal());
    push(&fake, in_chunks(250_000)).await;
    assert_eq!(fake.count("DELETE /v2/app/blobs/uploads/1 204"), 1);
    assert_eq!(fake.count("PUT"), 2);

    let fake = registry(OnCut::Keeps).await;
    fake.script("PUT", "uploads/1", 1, refusal());
    let client = connect(&fake, in_chunks(250_000))
        .await
        .expect("it answers");
    let error = client
        .push_blob(&repository("app"), &blob(&large()), None)
        .await
        .expect_err("nothing was interrupted");
    assert!(matches!(error, Error::Rejected { .. }), "{error}");
}

#[tokio::test]
async fn what_must_be_uploaded_again_is() {
    let fake = Fake::start().await;
    fake.script("PUT", "uploads/1", 1, Act::LoseAnswer);
    let anyway = Options {
        reupload: true,
        ..options()
    };
    push(&fake, anyway).await;
    assert_snapshot!(fake.transcript(), @r#"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/ 202 location=/v2/app/blobs/uploads/1
    PUT   /v2/app/blobs/uploads/1?digest=<layer> lost 600000 B
    GET   /v2/app/blobs/uploads/1 404
    POST  /v2/app/blobs/uploads/ 202 location=/v2/app/blobs/uploads/2
    PUT   /v2/app/blobs/uploads/2?digest=<layer> 201 600000 B
    "#);
}

#[tokio::test]
async fn an_upload_that_is_given_up_leaves_no_session() {
    let fake = Fake::start().await;
    let busy = Reply::status(503).header("retry-after", "0");
    fake.script("PATCH", "uploads", 9, Act::Answer(busy));
    let client = connect(&fake, in_chunks(250_000))
        .await
        .expect("it answers");
    let app = repository("app");
    let error = client.push_blob(&app, &blob(&large()), None).await;
    let error = error.expect_err("given up");
    assert_snapshot!(chain(&error, &fake), @r#"
    PATCH http://<registry>/v2/app/blobs/uploads/3 failed 3 times
      caused by: the registry answered 503 without a word
    "#);
    assert_eq!(fake.count("DELETE"), fake.count("POST"));

    let mut flipped = large();
    flipped[0] ^= 1;
    let fake = Fake::start().await;
    let client = connect(&fake, in_chunks(250_000))
        .await
        .expect("it answers");
    let layer = promised(&flipped, &large());
    fake.name(&layer.descriptor.digest, "<layer>");
    let error = client.push_blob(&app, &layer, None).await;
    assert!(
        matches!(error, Err(Error::DigestMismatch { .. })),
        "{error:?}"
    );
    assert_eq!(fake.blob("app", &layer.descriptor.digest), None);
    assert_eq!(fake.count("DELETE /v2/app/blobs/uploads/1 204"), 1);
}

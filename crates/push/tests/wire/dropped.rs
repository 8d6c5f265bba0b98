//! What is said to a registry when a push is dropped: the sessions that it leaves open are cancelled.

use std::time::Duration;

use push::blob::Blob;
use push::registry::{Client, Options};
use push::{Environment, Events};

use crate::fake::{Act, Fake, OnCut, Reply, Ways};
use crate::support::{blob, hermetic, in_chunks, large, options, repository};

/// How long nothing may happen before a test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// Pushes a large blob, and drops that as soon as the registry has written down such a line.
async fn drop_at(fake: &Fake, line: &str, options: Options) {
    let environment = hermetic();
    let client = client(fake, options, &environment).await;
    let (layer, app) = (layer(fake), repository("app"));
    let there = async {
        while fake.count(line) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        pushed = client.push_blob(&app, &layer, None) => panic!("{pushed:?}"),
        there = tokio::time::timeout(PATIENCE, there) => there.expect("the registry is asked"),
    }
    environment.farewells.said().await;
}

async fn client(fake: &Fake, options: Options, environment: &Environment) -> Client {
    Client::connect(
        &fake.registry(),
        None,
        options,
        environment,
        Events::ignored(),
    )
    .await
    .expect("it answers")
}

fn layer(fake: &Fake) -> Blob {
    let layer = blob(&large());
    fake.name(&layer.descriptor.digest, "<layer>");
    layer
}

#[tokio::test]
async fn a_session_that_nobody_goes_on_with_is_cancelled() {
    let fake = Fake::start().await;
    fake.script("PUT", "uploads", 1, Act::StallAfter(1000));
    drop_at(&fake, "PUT ", options()).await;
    insta::assert_snapshot!(fake.transcript(), @r"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/1
    PUT   /v2/app/blobs/uploads/1?digest=<layer> stall 1000 B
    DELETE /v2/app/blobs/uploads/1 204
    ");
}

#[tokio::test]
async fn a_session_is_cancelled_where_it_stands() {
    let fake = Fake::start().await;
    fake.behave(Ways {
        moves: true,
        ..Ways::default()
    });
    fake.script("PATCH", "_state=250000", 1, Act::StallAfter(1000));
    drop_at(
        &fake,
        "PATCH /v2/app/blobs/uploads/1?_state=250000",
        in_chunks(250_000),
    )
    .await;
    assert_eq!(
        fake.count("DELETE /v2/app/blobs/uploads/1?_state=250000 204"),
        1
    );
}

#[tokio::test]
async fn a_session_that_came_further_is_asked_where_it_is() {
    let fake = Fake::start().await;
    // As distribution 3, whose locations hold how far the session has come.
    fake.script("DELETE", "uploads/1", 1, Act::Answer(Reply::status(416)));
    fake.script("PUT", "uploads", 1, Act::StallAfter(1000));
    drop_at(&fake, "PUT ", options()).await;
    insta::assert_snapshot!(fake.transcript(), @r"
    GET   /v2/ 200
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 location=/v2/app/blobs/uploads/1
    PUT   /v2/app/blobs/uploads/1?digest=<layer> stall 1000 B
    DELETE /v2/app/blobs/uploads/1 416
    GET   /v2/app/blobs/uploads/1 204 location=/v2/app/blobs/uploads/1
    DELETE /v2/app/blobs/uploads/1 204
    ");
}

#[tokio::test]
async fn a_session_that_is_being_asked_about_is_cancelled_too() {
    let fake = Fake::start().await;
    fake.behave(Ways {
        on_cut: OnCut::Keeps,
        ..Ways::default()
    });
    fake.script("PATCH", "uploads/1", 1, Act::CutAfter(1000));
    fake.script("GET", "uploads/1", 1, Act::KeepSilent);
    drop_at(&fake, "GET   /v2/app/blobs/uploads/1", in_chunks(250_000)).await;
    assert_eq!(fake.count("DELETE /v2/app/blobs/uploads/1 204"), 1);
}

#[tokio::test]
async fn a_session_is_asked_where_it_is_a_few_times_only() {
    let fake = Fake::start().await;
    let behind = Act::Answer(Reply::status(416));
    fake.script("DELETE", "uploads/1", 1000, behind);
    fake.script("PUT", "uploads", 1, Act::StallAfter(1000));
    drop_at(&fake, "PUT ", options()).await;
    assert_eq!(fake.count("DELETE"), 6);
}

#[tokio::test]
async fn what_is_no_answer_of_a_session_does_not_say_where_it_is() {
    let fake = Fake::start().await;
    fake.script("DELETE", "uploads/1", 1, Act::Answer(Reply::status(416)));
    let elsewhere = Reply::status(201).header("location", "/v2/app/blobs/uploads/2");
    fake.script("GET", "uploads/1", 1, Act::Answer(elsewhere));
    fake.script("PUT", "uploads", 1, Act::StallAfter(1000));
    drop_at(&fake, "PUT ", options()).await;
    assert_eq!(fake.count("DELETE"), 1);
}

#[tokio::test]
async fn a_session_that_was_closed_is_left_alone() {
    for answer in [None, Some(Act::LoseAnswer)] {
        let fake = Fake::start().await;
        if let Some(act) = answer {
            fake.script("PUT", "uploads", 1, act);
        }
        let environment = hermetic();
        let client = client(&fake, options(), &environment).await;
        let (layer, app) = (layer(&fake), repository("app"));
        let pushed = client.push_blob(&app, &layer, None).await;
        pushed.expect("pushed");
        environment.farewells.said().await;
        assert_eq!(fake.count("DELETE"), 0);
    }
}

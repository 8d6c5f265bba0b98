//! Pushes of streams: what reaches the registry while the stream is still open, and what stops what.
#![cfg(unix)]

use std::io::Write;

use oci::{Digest, Platform};
use push::{BlobOutcome, Error, Event, Events, PushOptions};

use crate::archive::Archive;
use crate::fake::{Act, Fake, Guard, spec};
use crate::streaming::{Streaming, operation, patiently, write};
use crate::support::chain;

fn is_started(event: &Event) -> bool {
    matches!(event, Event::BlobStarted { .. })
}

fn is_finished(event: &Event) -> bool {
    matches!(event, Event::BlobFinished { .. })
}

/// What was asked of the registry, without the ping and the names that differ from run to run.
fn transcript(fake: &Fake, archive: &Archive) -> String {
    fake.name(&Digest::of(&archive.layer), "<layer>");
    fake.name(&Digest::of(&archive.config), "<config>");
    fake.transcript()
}

#[tokio::test]
async fn an_upload_begins_before_its_layer_is_there() {
    let (fake, archive) = (Fake::start().await, Archive::oci());
    let mut streaming = Streaming::begin(&fake);
    let (first, second) = archive.beginning.split_at(2 << 20);
    streaming.write(first).await;
    streaming
        .hear(|event| matches!(event, Event::BlobProgress { sent, .. } if *sent >= 1 << 20))
        .await;
    assert_eq!(fake.count("POST  /v2/team/app/blobs/uploads/"), 1);
    streaming.write(second).await;
    // The header after it says that the layer was whole.
    streaming.write(&archive.end[..512]).await;
    streaming.hear(is_finished).await;
    let layer = Digest::of(&archive.layer);
    assert_eq!(fake.blob("team/app", &layer), Some(archive.layer.clone()));
    assert_eq!(fake.manifest("team/app", "1"), None);

    streaming.write(&archive.end[512..]).await;
    let (report, _) = streaming.end().await;
    let report = report.unwrap();
    let tagged = fake.manifest("team/app", "1").expect("it is tagged");
    assert_eq!(Digest::of(&tagged), report.pushed[0].digest);
    insta::assert_snapshot!(transcript(&fake, &archive), @r"
    GET   /v2/ 200
    HEAD  /v2/team/app/blobs/<layer> 404
    POST  /v2/team/app/blobs/uploads/?mount=<layer> 202 location=/v2/team/app/blobs/uploads/1
    PUT   /v2/team/app/blobs/uploads/1?digest=<layer> 201 3001856 B
    HEAD  /v2/team/app/blobs/<config> 404
    POST  /v2/team/app/blobs/uploads/?digest=<config> 201 151 B
    PUT   /v2/team/app/manifests/1 201 343 B
    GET   /v2/team/app/manifests/1 200
    ");
}

#[tokio::test]
async fn what_is_known_at_the_end_is_sent_beside_what_is_still_on_its_way() {
    let (fake, archive) = (Fake::start().await, Archive::oci());
    let (layer, config) = (Digest::of(&archive.layer), Digest::of(&archive.config));
    fake.script("PUT", layer.hex(), 1, Act::KeepSilent);
    let mut streaming = Streaming::begin(&fake);
    streaming.write(&archive.beginning).await;
    streaming.write(&archive.end).await;
    streaming.input = None;
    let first = streaming.hear(is_finished).await;
    assert!(
        matches!(&first, Event::BlobFinished { digest, .. } if *digest == config),
        "{first:?}"
    );
    assert_eq!(fake.blob("team/app", &config), Some(archive.config));
    streaming.push.abort();
}

#[tokio::test]
async fn what_is_refused_when_the_image_is_known_is_its_failure() {
    let (fake, archive) = (Fake::start().await, Archive::oci());
    let config = Digest::of(&archive.config);
    let denied = spec::error(403, "DENIED", "not here");
    fake.script("POST", config.hex(), 9, Act::Answer(denied));
    let streaming = Streaming::begin(&fake);
    streaming.write(&archive.beginning).await;
    streaming.write(&archive.end).await;
    let (report, _) = streaming.end().await;
    let report = report.expect("the source is whole");
    let [failed] = &report.failed[..] else {
        panic!("{report:?}");
    };
    assert_eq!(failed.references, [format!("{}/team/app:1", fake.address)]);
    assert!(matches!(failed.error, Error::Denied { .. }), "{failed:?}");
    assert_eq!(fake.manifest("team/app", "1"), None);
}

#[tokio::test]
async fn a_layer_of_an_old_docker_archive_is_sent_when_it_has_been_hashed() {
    let (fake, archive) = (Fake::start().await, Archive::docker());
    let mut streaming = Streaming::begin(&fake);
    streaming.write(&archive.beginning).await;
    streaming.hear(is_finished).await;
    let layer = Digest::of(&archive.layer);
    assert_eq!(fake.blob("team/app", &layer), Some(archive.layer.clone()));

    streaming.write(&archive.end).await;
    let (report, rest) = streaming.end().await;
    assert!(report.unwrap().failed.is_empty());
    assert!(fake.manifest("team/app", "1").is_some());
    let sent_again =
        |event: &Event| matches!(event, Event::BlobStarted { digest, .. } if *digest == layer);
    assert!(!rest.iter().any(sent_again), "{rest:?}");
}

#[tokio::test]
async fn a_layer_that_is_there_is_not_sent_while_the_stream_is_read() {
    let (fake, archive) = (Fake::start().await, Archive::oci());
    fake.put_blob("team/app", &archive.layer);
    let mut streaming = Streaming::begin(&fake);
    // Its header and its first bytes are enough to know.
    streaming.write(&archive.beginning[..4096]).await;
    let event = streaming.hear(is_finished).await;
    assert!(matches!(
        event,
        Event::BlobFinished {
            outcome: BlobOutcome::AlreadyThere,
            ..
        }
    ));
    streaming.write(&archive.beginning[4096..]).await;
    streaming.write(&archive.end).await;
    let (report, _) = streaming.end().await;
    assert!(report.unwrap().failed.is_empty());
}

#[tokio::test]
async fn a_stream_that_breaks_off_stops_the_upload_and_says_where() {
    let (fake, archive) = (Fake::start().await, Archive::oci());
    let mut streaming = Streaming::begin(&fake);
    streaming.write(&archive.beginning[..2 << 20]).await;
    streaming.hear(is_started).await;
    let (result, _) = streaming.end().await;
    let error = result.unwrap_err();
    let layer = Digest::of(&archive.layer);
    let text = chain(&error, &fake).replace(layer.hex(), "<layer>");
    let (place, problem) = text.split_once(" in ").expect("a place");
    assert_eq!(place, "`blobs/sha256/<layer>`");
    let (_, problem) = problem.split_once(" is ").expect("a problem");
    insta::assert_snapshot!(problem, @"malformed: it is cut short: 3001856 bytes expected, 2096640 found");
    assert_eq!(fake.manifest("team/app", "1"), None);
    assert_eq!(fake.blob("team/app", &layer), None);
}

#[tokio::test]
async fn bytes_that_are_not_what_their_name_promises_stop_the_stream() {
    let (fake, archive) = (Fake::start().await, Archive::mislabelled());
    let streaming = Streaming::begin(&fake);
    streaming.write(&archive.beginning).await;
    streaming.write(&archive.end[..512]).await;
    let error = streaming.failure().await;
    let Error::DigestMismatch { actual, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(*actual, Digest::of(&archive.layer));
    assert_eq!(fake.count("PUT   /v2/team/app/manifests"), 0);
}

#[tokio::test]
async fn a_registry_that_refuses_is_heard_while_the_stream_is_stuck() {
    let stranger = Fake::guarded(|_| Guard::Basic("me:secret")).await;
    let streaming = Streaming::begin(&stranger);
    streaming.write(&Archive::oci().beginning[..4096]).await;
    assert!(matches!(
        streaming.failure().await,
        Error::Unauthorized { .. }
    ));

    let denying = Fake::start().await;
    let denied = spec::error(403, "DENIED", "not here");
    denying.script("POST", "/blobs/uploads/", 9, Act::Answer(denied));
    let streaming = Streaming::begin(&denying);
    streaming.write(&Archive::oci().beginning[..4096]).await;
    assert!(matches!(streaming.failure().await, Error::Denied { .. }));
}

#[tokio::test]
async fn a_registry_that_is_not_there_is_heard_of_before_the_stream_says_anything() {
    let mut nobody = Fake::start().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    nobody.address = free.local_addr().unwrap();
    drop(free);
    let error = Streaming::begin(&nobody).failure().await;
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_push_that_is_dropped_lets_go_of_a_stream_that_never_ends() {
    let (fake, archive) = (Fake::start().await, Archive::oci());
    let mut streaming = Streaming::begin(&fake);
    streaming.write(&archive.beginning[..2 << 20]).await;
    streaming.hear(is_started).await;
    streaming.push.abort();
    assert!(patiently(streaming.push).await.unwrap_err().is_cancelled());
    drop(streaming.output);
    let mut input = streaming.input.expect("it is open");
    // Nobody reads it any more, and the runtime of this test ends although its threads were waiting for it.
    while input.write_all(&[0; 1 << 16]).is_ok() {}
}

/// Pushes a whole stream of which nothing may be sent before everything is known.
async fn waits_for_the_end(target: &str, change: impl FnOnce(&mut PushOptions)) {
    let (fake, archive) = (Fake::start().await, Archive::docker());
    let streaming = Streaming::to(&fake, target, change);
    streaming.write(&archive.beginning).await;
    streaming.write(&archive.end).await;
    let (report, heard) = streaming.end().await;
    assert!(report.expect("it is pushed").failed.is_empty());
    assert!(fake.manifest("team/app", "1").is_some());
    let first = heard
        .iter()
        .find(|event| matches!(event, Event::Planned { .. }) || is_started(event));
    assert!(matches!(first, Some(Event::Planned { .. })), "{heard:?}");
}

#[tokio::test]
async fn what_may_not_be_wanted_or_has_no_place_yet_waits_for_the_end() {
    waits_for_the_end("", |_| {}).await;
    waits_for_the_end("team/app:1", |it| it.image = Some("@0".to_owned())).await;
    let platform: Platform = "linux/amd64".parse().unwrap();
    waits_for_the_end("team/app:1", |it| it.platforms = vec![platform]).await;
}

#[tokio::test]
async fn where_a_stream_goes_is_said_before_anything_is_sent() {
    let (fake, archive) = (Fake::start().await, Archive::docker());
    let mut streaming = Streaming::to(&fake, "team/app", |_| {});
    streaming.write(&archive.beginning).await;
    let telling = |event: &Event| is_started(event) || matches!(event, Event::Streaming { .. });
    let repository = format!("{}/team/app", fake.address);
    assert_eq!(
        streaming.hear(telling).await,
        Event::Streaming { repository }
    );
    streaming.hear(is_finished).await;
    streaming.write(&archive.end).await;
    let (report, _) = streaming.end().await;
    assert!(report.unwrap().failed.is_empty());
}

#[tokio::test]
async fn a_plan_of_a_stream_sends_nothing() {
    let (fake, archive) = (Fake::start().await, Archive::oci());
    let (output, input) = std::io::pipe().unwrap();
    let operation = operation(&fake, &output, "team/app:1", |_| {});
    let planning = tokio::spawn(async move { operation.plan(&Events::ignored()).await });
    write(&input, &archive.beginning).await;
    write(&input, &archive.end).await;
    drop(input);
    let plan = patiently(planning).await.unwrap().unwrap();
    assert_eq!(
        plan.bytes_to_send(),
        Some((archive.layer.len() + archive.config.len()) as u64)
    );
    assert_eq!(fake.count("POST"), 0);
}

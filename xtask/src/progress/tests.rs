//! What is shown of the same push as lines, as JSON and as bars.

use indicatif::{InMemoryTerm, MultiProgress, ProgressDrawTarget};
use push::{BlobKind, BlobOutcome};

use super::*;

mod pace;

const GIGABYTE: u64 = 1_000_000_000;

fn config() -> Digest {
    Digest::of(b"config")
}

fn layer() -> Digest {
    Digest::of(b"layer")
}

fn planned() -> Event {
    Event::Planned {
        references: vec!["r.io/app:1".to_owned(), "r.io/app:2".to_owned()],
        blobs: 2,
        bytes: GIGABYTE + 1200,
    }
}

fn started(digest: Digest, kind: BlobKind, size: u64) -> Event {
    Event::BlobStarted { digest, kind, size }
}

fn sent(sent: u64) -> Event {
    Event::BlobProgress {
        digest: layer(),
        sent,
    }
}

fn finished(digest: Digest, size: u64, outcome: BlobOutcome) -> Event {
    Event::BlobFinished {
        digest,
        size,
        outcome,
    }
}

fn retrying() -> Event {
    Event::Retrying {
        what: "PUT https://r.io/v2/app/blobs/uploads/1".to_owned(),
        why: "connection reset\u{1b}[2J".to_owned(),
        attempt: 1,
        wait: Duration::from_millis(1500),
    }
}

/// A push of a config that is there and a layer that is not, with the second at which each thing happens.
fn a_push() -> Vec<(u64, Event)> {
    vec![
        (
            0,
            Event::Note("the file wins over an image\nof that name".to_owned()),
        ),
        (0, Event::Spooling { read: 5_000_000 }),
        (0, planned()),
        (0, started(config(), BlobKind::Config, 1200)),
        (0, finished(config(), 1200, BlobOutcome::AlreadyThere)),
        (0, started(layer(), BlobKind::Layer, GIGABYTE)),
        (1, sent(GIGABYTE / 10)),
        (5, sent(GIGABYTE / 2)),
        (6, retrying()),
        (7, sent(0)),
        (10, sent(GIGABYTE)),
        (10, Event::BlobWaiting { digest: layer() }),
        (
            15,
            Event::Verifying {
                reference: "r.io/app:1".to_owned(),
            },
        ),
        (16, finished(layer(), GIGABYTE, BlobOutcome::Uploaded)),
        (
            16,
            Event::ManifestPushed {
                digest: Digest::of(b"manifest"),
                size: 528,
            },
        ),
        (
            16,
            Event::Tagged {
                reference: "r.io/app:1".to_owned(),
                digest: Digest::of(b"manifest"),
            },
        ),
    ]
}

#[test]
fn plain_progress_is_a_line_for_each_thing_that_is_done() {
    let mut plain = Plain::default();
    let mut lines = Vec::new();
    for (second, event) in a_push() {
        let now = Duration::from_secs(second);
        lines.extend(plain.event(&event, now));
        lines.extend(plain.tick(now));
    }
    insta::assert_snapshot!(lines.join("\n"), @r"
    note: the file wins over an image\nof that name
    reading the source: 5.00 MB so far
    pushing r.io/app:1, r.io/app:2 (2 blobs, 1.00 GB)
    config b79606fb3afe: already there, 1.20 kB
    layer dac1d7cfa950: 50 %, 500.00 MB of 1.00 GB, 100.00 MB/s
    PUT https://r.io/v2/app/blobs/uploads/1 failed: connection reset\u{1b}[2J; attempt 2 in 1.5 s
    layer dac1d7cfa950: 100 %, 1.00 GB of 1.00 GB, 100.00 MB/s
    reading back r.io/app:1
    layer dac1d7cfa950: 1.00 GB sent, waiting for the registry
    layer dac1d7cfa950: uploaded, 1.00 GB
    manifest 05b3abf2579a: pushed, 528 B
    tagged r.io/app:1 as sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f
    ");
}

#[test]
fn a_blob_that_takes_long_is_spoken_of_now_and_then() {
    let mut plain = Plain::default();
    plain.event(&started(layer(), BlobKind::Layer, GIGABYTE), Duration::ZERO);
    let said = |plain: &mut Plain, second| plain.tick(Duration::from_secs(second)).len();
    assert_eq!(said(&mut plain, 4), 0);
    assert_eq!(said(&mut plain, 5), 1);
    assert_eq!(said(&mut plain, 9), 0);
    assert_eq!(said(&mut plain, 10), 1);
}

#[test]
fn json_progress_is_an_object_a_line() {
    let lines: Vec<String> = a_push()
        .iter()
        .map(|(_, event)| json::line(event))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    {"schemaVersion":1,"event":"note","text":"the file wins over an image\nof that name"}
    {"schemaVersion":1,"event":"spooling","read":5000000}
    {"schemaVersion":1,"event":"planned","references":["r.io/app:1","r.io/app:2"],"blobs":2,"bytes":1000001200}
    {"schemaVersion":1,"event":"blobStarted","digest":"sha256:b79606fb3afea5bd1609ed40b622142f1c98125abcfe89a76a661b0e8e343910","kind":"config","size":1200}
    {"schemaVersion":1,"event":"blobFinished","digest":"sha256:b79606fb3afea5bd1609ed40b622142f1c98125abcfe89a76a661b0e8e343910","size":1200,"outcome":"alreadyThere"}
    {"schemaVersion":1,"event":"blobStarted","digest":"sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85","kind":"layer","size":1000000000}
    {"schemaVersion":1,"event":"blobProgress","digest":"sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85","sent":100000000}
    {"schemaVersion":1,"event":"blobProgress","digest":"sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85","sent":500000000}
    {"schemaVersion":1,"event":"retrying","what":"PUT https://r.io/v2/app/blobs/uploads/1","why":"connection reset\u001b[2J","attempt":1,"waitMilliseconds":1500}
    {"schemaVersion":1,"event":"blobProgress","digest":"sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85","sent":0}
    {"schemaVersion":1,"event":"blobProgress","digest":"sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85","sent":1000000000}
    {"schemaVersion":1,"event":"blobWaiting","digest":"sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85"}
    {"schemaVersion":1,"event":"verifying","reference":"r.io/app:1"}
    {"schemaVersion":1,"event":"blobFinished","digest":"sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85","size":1000000000,"outcome":"uploaded"}
    {"schemaVersion":1,"event":"manifestPushed","digest":"sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f","size":528}
    {"schemaVersion":1,"event":"tagged","reference":"r.io/app:1","digest":"sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f"}
    "#);
}

/// The events as bars, on a terminal that remembers.
fn screen(events: &[Event]) -> String {
    screen_after(events, 0)
}

/// The same when nothing has moved for some seconds.
fn screen_after(events: &[Event], seconds: u64) -> String {
    let terminal = InMemoryTerm::new(12, 100);
    let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
    let mut bars = Bars::new(MultiProgress::with_draw_target(target));
    let mut above: Vec<String> = Vec::new();
    for event in events {
        above.extend(bars.event(event));
    }
    bars.tick(Duration::ZERO);
    bars.tick(Duration::from_secs(seconds));
    let shown = terminal.contents();
    bars.clear();
    assert_eq!(terminal.contents(), "", "bars that stay");
    format!("{}\n---\n{shown}", above.join("\n"))
}

#[test]
fn bars_show_what_is_in_flight_and_the_total() {
    let events = [
        planned(),
        started(config(), BlobKind::Config, 1200),
        started(layer(), BlobKind::Layer, GIGABYTE),
        sent(GIGABYTE / 4),
    ];
    let filters = vec![(r"[\d.]+ [kMGT]?B/s, \S+ to go", "<rate>, <time> to go")];
    insta::with_settings!({filters => filters}, {
        insta::assert_snapshot!(screen(&events), @"
        pushing r.io/app:1, r.io/app:2 (2 blobs, 1.00 GB)
        ---
        config b79606fb3afe [                        ] 0 B/1.20 kB
        layer dac1d7cfa950  [======>                 ] 250.00 MB/1.00 GB
        total               [=====>                  ] 250.00 MB/1.00 GB <rate>, <time> to go
        ");
    });
}

#[test]
fn bars_leave_a_line_for_what_is_done_and_take_off_what_was_there() {
    let events = [
        planned(),
        started(config(), BlobKind::Config, 1200),
        finished(config(), 1200, BlobOutcome::AlreadyThere),
        started(layer(), BlobKind::Layer, GIGABYTE),
        sent(GIGABYTE / 2),
        Event::BlobWaiting { digest: layer() },
        sent(GIGABYTE / 2),
    ];
    let filters = vec![(r"[\d.]+ [kMGT]?B/s, \S+ to go", "<rate>, <time> to go")];
    insta::with_settings!({filters => filters}, {
        insta::assert_snapshot!(screen(&events), @"
        pushing r.io/app:1, r.io/app:2 (2 blobs, 1.00 GB)
        config b79606fb3afe: already there, 1.20 kB
        ---
        layer dac1d7cfa950  [============>           ] 500.00 MB/1.00 GB waiting for the registry
        total               [============>           ] 500.00 MB/1.00 GB <rate>, <time> to go
        ");
    });
}

/// A push of a stream: a layer is sent, and another found, before it is known what there is.
fn a_stream() -> Vec<Event> {
    let other = Digest::of(b"other layer");
    vec![
        Event::Spooling { read: 5_000_000 },
        Event::Streaming {
            repository: "r.io/app".to_owned(),
        },
        started(layer(), BlobKind::Layer, GIGABYTE),
        started(other.clone(), BlobKind::Layer, GIGABYTE),
        sent(GIGABYTE / 4),
        finished(other, GIGABYTE, BlobOutcome::AlreadyThere),
    ]
}

/// What is known at its end.
fn planned_late() -> Event {
    Event::Planned {
        references: vec!["r.io/app:1".to_owned()],
        blobs: 3,
        bytes: 2 * GIGABYTE + 1200,
    }
}

#[test]
fn of_a_stream_the_total_is_known_at_its_end() {
    let filters = vec![
        (r"[\d.]+ [kMGT]?B/s, \S+ to go", "<rate>, <time> to go"),
        (r"[\d.]+ [kMGT]?B/s", "<rate>"),
    ];
    insta::with_settings!({filters => filters}, {
        insta::assert_snapshot!(screen(&a_stream()), @"
        pushing layers to r.io/app while the source is read
        layer bc54c9dd8f3e: already there, 1.00 GB
        ---
        reading the source: 5.00 MB so far, <rate>
        layer dac1d7cfa950  [======>                 ] 250.00 MB/1.00 GB
        ");
        let whole = [a_stream(), vec![
            planned_late(),
            finished(layer(), GIGABYTE, BlobOutcome::Uploaded),
            started(config(), BlobKind::Config, 1200),
        ]];
        insta::assert_snapshot!(screen(&whole.concat()), @"
        pushing layers to r.io/app while the source is read
        layer bc54c9dd8f3e: already there, 1.00 GB
        pushing r.io/app:1 (3 blobs, 2.00 GB)
        layer dac1d7cfa950: uploaded, 1.00 GB
        ---
        config b79606fb3afe [                        ] 0 B/1.20 kB
        total               [=======================>] 1.00 GB/1.00 GB <rate>, <time> to go
        ");
    });
}

#[test]
fn of_a_stream_it_is_said_where_its_layers_go_before_they_do() {
    let mut plain = Plain::default();
    let events = [a_stream(), vec![planned_late()]].concat();
    let said = events
        .iter()
        .filter_map(|event| plain.event(event, Duration::ZERO));
    insta::assert_snapshot!(said.collect::<Vec<_>>().join("\n"), @"
    reading the source: 5.00 MB so far
    pushing layers to r.io/app while the source is read
    layer bc54c9dd8f3e: already there, 1.00 GB
    pushing r.io/app:1 (3 blobs, 2.00 GB)
    ");
    insta::assert_snapshot!(json::line(&events[1]), @r#"{"schemaVersion":1,"event":"streaming","repository":"r.io/app"}"#);
}

#[test]
fn a_chunk_that_is_waited_for_is_no_whole_blob() {
    let mut plain = Plain::default();
    let mut lines = Vec::new();
    let events = [
        (0, started(layer(), BlobKind::Layer, GIGABYTE)),
        (1, sent(GIGABYTE / 2)),
        (2, Event::BlobWaiting { digest: layer() }),
        (2, sent(GIGABYTE / 2)),
        (6, planned()),
        (7, sent(GIGABYTE / 4 * 3)),
        (12, sent(GIGABYTE / 4 * 3)),
    ];
    for (second, event) in events {
        let now = Duration::from_secs(second);
        plain.event(&event, now);
        lines.extend(plain.tick(now));
    }
    insta::assert_snapshot!(lines.join("\n"), @"
    layer dac1d7cfa950: 500.00 MB of 1.00 GB sent, waiting for the registry
    layer dac1d7cfa950: 75 %, 750.00 MB of 1.00 GB, 41.67 MB/s
    ");
}

#[test]
fn of_each_blob_only_the_latest_number_is_kept() {
    let basket = Basket::default();
    basket.put(started(layer(), BlobKind::Layer, GIGABYTE));
    for bytes in 0..10_000 {
        basket.put(sent(bytes));
    }
    let contents = basket.empty();
    assert_eq!(contents.events.len(), 1);
    assert_eq!(contents.sent, HashMap::from([(layer(), 9_999)]));
    assert!(basket.lock().events.is_empty());
}

#[test]
fn progress_ends_when_it_is_told_to() {
    let progress = Progress::start(Some(ProgressMode::None), &Console::new(true, false));
    let events = progress.events();
    events.tell(planned());
    progress.finish();
    // Whoever tells more, because a task was not dropped yet, does not hang.
    events.tell(planned());
}

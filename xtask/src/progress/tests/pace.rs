//! What is said of the time to go while bytes move, and while none do.

use super::*;
use crate::progress::pace::{Pace, words};

#[test]
fn a_rate_has_a_time_to_go() {
    let moving = |rate, left| words(rate, left, Duration::from_millis(2900));
    assert_eq!(moving(5_000_000, 150_000_000), "5.00 MB/s, 30s to go");
    assert_eq!(moving(1_500, 200_000), "1.50 kB/s, 2m to go");
    assert_eq!(moving(5_000_000, 1), "5.00 MB/s, 1s to go");
}

#[test]
fn without_a_rate_nothing_is_promised() {
    assert_eq!(words(0, 1_000, Duration::ZERO), "");
    assert_eq!(words(1_000, 0, Duration::ZERO), "");
}

#[test]
fn a_standstill_is_said_to_be_one() {
    let still = |rate, left| words(rate, left, Duration::from_secs(3));
    assert_eq!(still(0, 1_000), "stalled");
    assert_eq!(still(1_000, 1_000), "stalled");
    assert_eq!(still(1_000, 0), "");
}

#[test]
fn bytes_that_are_sent_anew_move_too() {
    let second = Duration::from_secs;
    let mut pace = Pace::default();
    assert_eq!(pace.still(0, second(2)), second(0));
    assert_eq!(pace.still(0, second(3)), second(1));
    assert_eq!(pace.still(100, second(4)), second(0));
    assert_eq!(pace.still(100, second(9)), second(5));
    assert_eq!(pace.still(10, second(10)), second(0));
}

#[test]
fn bars_that_do_not_move_promise_nothing() {
    let mut events = vec![
        planned(),
        started(layer(), BlobKind::Layer, GIGABYTE),
        sent(GIGABYTE / 4),
    ];
    insta::assert_snapshot!(screen_after(&events, 3), @"
    pushing r.io/app:1, r.io/app:2 (2 blobs, 1.00 GB)
    ---
    layer dac1d7cfa950  [======>                 ] 250.00 MB/1.00 GB
    total               [=====>                  ] 250.00 MB/1.00 GB stalled
    ");
    events.push(Event::BlobWaiting { digest: layer() });
    insta::assert_snapshot!(screen_after(&events, 3), @"
    pushing r.io/app:1, r.io/app:2 (2 blobs, 1.00 GB)
    ---
    layer dac1d7cfa950  [======>                 ] 250.00 MB/1.00 GB waiting for the registry
    total               [=====>                  ] 250.00 MB/1.00 GB
    ");
}

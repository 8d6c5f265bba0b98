//! Ctrl-C and termination, while something is waited for that never comes, or while something is sent.
#![cfg(unix)]

use registry_fixture::{Endpoint, Exchange, Fault};

use crate::harness::{Place, testdata};

const WAITING: [&str; 6] = [
    "push",
    "-v",
    "--username=me",
    "--password-stdin",
    "x.tar",
    "registry.example.com/app:1",
];

#[test]
fn ctrl_c_stops_at_once() {
    let shown = Place::new().stop("INT", "reading the password", &WAITING);
    insta::assert_snapshot!(shown, @"
    ------- stderr -------
     INFO xtask::password: reading the password from standard input
    error: interrupted
    [exit status: 130]
    ");
}

#[test]
fn termination_stops_at_once() {
    let shown = Place::new().stop("TERM", "reading the password", &WAITING);
    insta::assert_snapshot!(shown, @"
    ------- stderr -------
     INFO xtask::password: reading the password from standard input
    error: terminated
    [exit status: 143]
    ");
}

/// A registry that takes no more than the first bytes of a blob, and no blob with the request that asks for a session.
fn stalling() -> registry_fixture::Registry {
    let faults = [
        Fault::status(405)
            .on("POST", Endpoint::Uploads)
            .containing("digest="),
        Fault::stall_after(100).on("PUT", Endpoint::Upload),
    ];
    let registry = registry_fixture::Registry::embedded().faults(faults.map(Fault::always));
    registry.start().expect("it starts")
}

#[test]
fn a_stopped_push_cancels_its_upload_session() {
    let registry = stalling();
    let (archive, app) = (testdata("docker20-hello.tar"), registry.reference("app:1"));
    let words = ["push", "-vv", "--progress=none", "--jobs=1", &archive, &app];
    let shown = Place::new().stop("INT", "status=202", &words).to_string();
    assert!(
        shown.ends_with("error: interrupted\n[exit status: 130]"),
        "{shown}"
    );
    let cancelled =
        |exchange: &Exchange| exchange.method == "DELETE" && exchange.status == Some(204);
    let exchanges = registry.exchanges();
    let cancelled = exchanges.iter().filter(|it| cancelled(it)).count();
    assert_eq!(cancelled, 1, "{}", registry.transcript());
}

#[test]
fn a_registry_that_does_not_answer_keeps_nobody_from_stopping() {
    let registry = stalling();
    let silent = Fault::keep_silent().on("DELETE", Endpoint::Upload);
    registry.add_fault(silent.always());
    let (archive, app) = (testdata("docker20-hello.tar"), registry.reference("app:1"));
    let words = ["push", "-vv", "--progress=none", "--jobs=1", &archive, &app];
    let shown = Place::new().stop("TERM", "status=202", &words).to_string();
    assert!(
        shown.ends_with("error: terminated\n[exit status: 143]"),
        "{shown}"
    );
    let exchanges = registry.exchanges();
    assert!(
        exchanges.iter().any(|it| it.method == "DELETE"),
        "{}",
        registry.transcript()
    );
}

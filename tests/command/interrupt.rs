//! Ctrl-C and termination, while something is waited for that never comes.
#![cfg(unix)]

use crate::harness::Place;

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

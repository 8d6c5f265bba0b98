//! `registry`, as far as it is decided before it listens.

use crate::harness::Place;

#[test]
fn nobody_writes_from_elsewhere_without_a_password() {
    let place = Place::new();
    insta::assert_snapshot!(place.run(&["registry", "--listen", "0.0.0.0:0"]), @"
    ------- stderr -------
    error: anybody who reaches 0.0.0.0:0 could write there
    hint: give `--username` and a password, or `--allow-anonymous-writes`
    [exit status: 2]
    ");
}

#[test]
fn a_password_needs_a_user() {
    let place = Place::new();
    let shown = place.run_fed("pw", &["registry", "--password-stdin"]);
    insta::assert_snapshot!(shown, @"
    ------- stderr -------
    error: a password needs a user name
    hint: give `--username NAME` too
    [exit status: 2]
    ");
}

#[test]
fn a_user_needs_a_password() {
    let shown = Place::new().run_fed("", &["registry", "--username", "me", "--password-stdin"]);
    insta::assert_snapshot!(shown, @"
    ------- stderr -------
    error: the password is empty
    hint: pipe it in with `--password-stdin`
    [exit status: 2]
    ");
}

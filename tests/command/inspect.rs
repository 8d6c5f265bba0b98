//! `inspect`, as far as it is decided before anything is read.

use crate::harness::Place;

#[test]
fn a_source_must_be_named() {
    insta::assert_snapshot!(Place::new().run(&["inspect"]), @"
    ------- stderr -------
    error: the following required arguments were not provided:
      <SOURCE>

    Usage: cargo xtask inspect <SOURCE>

    For more information, try '--help'.
    [exit status: 2]
    ");
}

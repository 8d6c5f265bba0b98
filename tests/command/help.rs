//! Help and version.

use crate::harness::Place;

#[test]
fn help_names_the_commands() {
    insta::assert_snapshot!("help", Place::new().run(&["--help"]).to_string());
}

#[test]
fn each_command_has_its_help() {
    for command in ["push", "inspect", "registry", "doctor", "lab"] {
        let shown = Place::new().run(&[command, "--help"]).to_string();
        insta::assert_snapshot!(format!("help_{command}"), shown);
    }
}

#[test]
fn version_names_the_commit() {
    insta::assert_snapshot!(Place::new().run(&["--version"]), @"xtask 0.1.0 (<commit>)");
}

#[test]
fn nothing_at_all_is_answered_with_help() {
    let shown = Place::new().run(&[]).to_string();
    assert!(
        shown.contains("Usage: cargo xtask [OPTIONS] <COMMAND>"),
        "{shown}"
    );
    assert!(shown.ends_with("[exit status: 2]"), "{shown}");
}

//! What `-vv` says of the credentials that a push uses: where they are from, once, and never what they are.

use crate::harness::{Place, testdata};
use crate::server::Server;

/// `me:secret`, as a request shows it and as files keep it.
const ENCODED: &str = "bWU6c2VjcmV0";

/// Where a push of several images to a registry that lets nobody in but `me` says that its credentials are from.
#[track_caller]
fn said(place: &Place, server: &Server, variables: &[(&str, &str)], words: &[&str]) -> String {
    let (archive, registry) = (testdata("docker20-multi.tar"), server.address.to_string());
    let team = format!("{registry}/team/");
    let words = [
        &["push", "-vv", "--progress=none"],
        words,
        &[&archive, &team],
    ]
    .concat();
    let shown = place.run_with(variables, &words).to_string();
    for secret in ["secret", ENCODED] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    let about = |line: &&str| line.contains("credentials registry=");
    let lines: Vec<&str> = shown.lines().filter(about).collect();
    lines.join("\n").replace(&registry, "<registry>")
}

#[test]
fn it_is_said_once_which_credentials_are_used() {
    let server = Server::registry(None);
    let place = Place::new();
    insta::assert_snapshot!(said(&place, &server, &[], &["-u=me", "-p=secret"]), @r#"DEBUG push::registry::credentials: credentials registry=<registry> origin="--password""#);
    insta::assert_snapshot!(said(&place, &server, &[], &["--token=secret"]), @r#"DEBUG push::registry::credentials: credentials registry=<registry> origin="--token""#);
    let registry = server.address.to_string();
    let variables = [
        ("IDPBUILDER_REGISTRY", &*registry),
        ("IDPBUILDER_REGISTRY_USERNAME", "me"),
        ("IDPBUILDER_REGISTRY_PASSWORD", "secret"),
    ];
    insta::assert_snapshot!(said(&place, &server, &variables, &[]), @r#"DEBUG push::registry::credentials: credentials registry=<registry> origin="IDPBUILDER_REGISTRY_PASSWORD""#);
    insta::assert_snapshot!(said(&place, &server, &[], &[]), @r#"DEBUG push::registry::credentials: credentials registry=<registry> origin="anonymous""#);
    let file = format!(r#"{{"auths": {{"{registry}": {{"auth": "{ENCODED}"}}}}}}"#);
    place.write_home(".docker/config.json", &file);
    insta::assert_snapshot!(said(&place, &server, &[], &[]), @r#"DEBUG push::registry::credentials: credentials registry=<registry> origin="~/.docker/config.json""#);
}

#[cfg(unix)]
#[test]
fn a_helper_is_named_with_the_file_that_names_it() {
    use std::os::unix::fs::PermissionsExt as _;

    let server = Server::registry(None);
    let place = Place::new();
    place.write_home(".docker/config.json", r#"{"credsStore": "lab"}"#);
    let helper = place.work().join("docker-credential-lab");
    let script = "#!/bin/sh\necho '{\"Username\": \"me\", \"Secret\": \"secret\"}'\n";
    std::fs::write(&helper, script).expect("a file");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&helper, mode).expect("its owner may");
    let path = format!("{}:/usr/bin:/bin", place.work().display());
    insta::assert_snapshot!(said(&place, &server, &[("PATH", &path)], &[]), @r#"DEBUG push::registry::credentials: credentials registry=<registry> origin="docker-credential-lab (~/.docker/config.json)""#);
}

#[test]
fn a_registry_that_asks_nobody_is_said_to() {
    let archive = testdata("docker20-hello.tar");
    let words = [
        "push",
        "-vv",
        "--progress=none",
        "--embedded",
        &archive,
        "app:1",
    ];
    let shown = Place::new().run(&words).to_string();
    let said =
        "DEBUG push::registry::authorize: it asks for no credentials so far registry=127.0.0.1:";
    assert!(shown.contains(said), "{shown}");
    assert!(!shown.contains("credentials registry="), "{shown}");
}

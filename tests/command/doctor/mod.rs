//! `doctor`: what is said of a registry that is well, and of each thing that can be wrong with one.

mod access;
mod cluster;
mod network;

use crate::harness::Place;
use crate::server::{Certificate, Head, Server, reply};

const ME: [&str; 3] = ["--username=me", "--token=secret", "--timeout=5"];

/// A Docker daemon of this machine is nobody's business here.
const NO_DOCKER: (&str, &str) = ("DOCKER_HOST", "unix:///nowhere/docker.sock");

/// Looks at a server under its address; what differs from run to run has a stable name.
fn look(server: &Server, words: &[&str]) -> String {
    let destination = format!("{}/team/app:1", server.address);
    look_at(server, &Place::new(), &destination, words)
}

fn look_at(server: &Server, place: &Place, destination: &str, words: &[&str]) -> String {
    let words = [&["doctor"], words, &[destination]].concat();
    let shown = place.run_with(&[NO_DOCKER], &words).to_string();
    stable(&shown, server.address.port())
}

fn stable(shown: &str, port: u16) -> String {
    const LABEL: &str = "certificate ";
    let shown = shown.replace(&format!(":{port}"), ":<port>");
    let mut parts = shown.split(LABEL);
    let mut stable = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        stable.push_str(LABEL);
        match part.split_once('…') {
            Some((print, rest)) if print.len() == 16 => {
                stable.push_str("<fingerprint>");
                stable.push_str(rest);
            }
            _ => stable.push_str(part),
        }
    }
    stable
}

/// A registry without a guard that opens sessions, takes bytes, cancels, and knows no session after that.
fn usual(head: &Head) -> String {
    let method = head.what.split(' ').next().unwrap_or_default();
    match method {
        "POST" => reply(202, "location: /v2/team/app/blobs/uploads/1", ""),
        "PATCH" if head.length < 100 => reply(202, "", ""),
        "PATCH" => reply(404, "", ""),
        "DELETE" => reply(204, "", ""),
        _ => reply(200, "", ""),
    }
}

/// Looks at a server behind TLS as `registry.example`, trusting a certificate.
fn look_with_tls(server: &Server, trusted: Option<&Certificate>, words: &[&str]) -> String {
    let place = Place::new();
    let port = server.address.port();
    let resolve = format!("--resolve=registry.example:{port}:127.0.0.1");
    let mut words = [words, &[resolve.as_str()]].concat();
    if let Some(certificate) = trusted {
        std::fs::write(place.work().join("ca.pem"), &certificate.pem).expect("a file");
        words.push("--ca-file=ca.pem");
    }
    let destination = format!("registry.example:{port}/team/app:1");
    look_at(server, &place, &destination, &words)
}

#[test]
fn a_healthy_registry_has_a_good_word_for_everything() {
    let certificate = Certificate::until(4000);
    let server = Server::registry(Some(&certificate));
    insta::assert_snapshot!(look_with_tls(&server, Some(&certificate), &ME), @r#"
    ok           DNS           `registry.example` is 127.0.0.1, as `--resolve` says
    ok           TCP           somebody listens at 127.0.0.1:<port>
    ok           TLS           certificate <fingerprint> for `registry.example`, signed by itself, until 4000-01-01; it is trusted because it was given
    ok           /v2/          a registry answers at https://registry.example:<port>/v2/, and asks for a user name and a password
    ok           clock         this machine's clock and the registry's agree
    ok           realm         none: no token is needed
    ok           token         none is needed
    ok           login         the registry takes the credentials from --token
    ok           owner         `team` takes uploads
    ok           upload        an upload to `team/app` was begun and cancelled
    ok           body limit    none below 64 GiB
    ok           pull address  registry.example:<port>/team/app:1
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    "#);
}

#[test]
fn a_host_alone_is_enough_for_all_but_the_upload() {
    let server = Server::scripted(usual);
    let destination = server.address.to_string();
    insta::assert_snapshot!(look_at(&server, &Place::new(), &destination, &[]), @r#"
    ok           DNS           127.0.0.1 needs none
    ok           TCP           somebody listens at 127.0.0.1:<port>
    ok           TLS           none: it speaks plain HTTP, which does not leave this machine
    ok           /v2/          a registry answers at http://127.0.0.1:<port>/v2/, and asks nobody who they are
    not checked  clock         the registry does not say what time it is
    ok           realm         none: no token is needed
    ok           token         none is needed
    ok           login         as nobody, without credentials
    not checked  owner         DESTINATION names no repository
    not checked  upload        DESTINATION names no repository
    not checked  body limit    DESTINATION names no repository
    not checked  pull address  DESTINATION names no image
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    "#);
}

#[test]
fn what_cannot_be_looked_at_is_wrong_usage() {
    let place = Place::new();
    insta::assert_snapshot!(place.run(&["doctor", "https://me:s3cret@registry.example.com"]), @r#"
    ------- stderr -------
    error: DESTINATION holds a user name or a password
    hint: give them as `--username` and `--password-stdin`
    [exit status: 2]
    "#);
    insta::assert_snapshot!(place.run(&["doctor", "--ca-file=missing.pem", "127.0.0.1:1/app"]), @r#"
    ------- stderr -------
    error: cannot look at `127.0.0.1:1`
      caused by: cannot use `missing.pem` given with `--ca-file`
      caused by: No such file or directory (os error 2)
    hint: `--ca-file` takes certificates as PEM
    [exit status: 2]
    "#);
}

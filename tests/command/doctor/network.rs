//! What is said of a name, a port, a certificate or a clock that is wrong.

use std::net::TcpListener;
use std::time::{Duration, SystemTime};

use super::{ME, NO_DOCKER, look, look_with_tls, stable, usual};
use crate::harness::Place;
use crate::server::{Certificate, Server, reply};

#[test]
fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    drop(listener);
    let place = Place::new();
    let destination = format!("127.0.0.1:{port}/team/app");
    let shown = place
        .run_with(&[NO_DOCKER], &["doctor", &destination])
        .to_string();
    insta::assert_snapshot!(stable(&shown, port), @r#"
    ok           DNS           127.0.0.1 needs none
    failed       TCP           the connection was refused (nobody listens at 127.0.0.1:<port>)
                 hint: check that the registry is running, and that this is its port
    not checked  TLS           TCP failed
    not checked  /v2/          TCP failed
    not checked  clock         TCP failed
    not checked  realm         TCP failed
    not checked  token         TCP failed
    not checked  login         TCP failed
    not checked  owner         TCP failed
    not checked  upload        TCP failed
    not checked  body limit    TCP failed
    ok           pull address  127.0.0.1:<port>/team/app:latest, from this machine alone
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    ------- stderr -------
    error: 1 check failed: TCP
    [exit status: 5]
    "#);
    let shown = place
        .run_with(&[NO_DOCKER], &["doctor", "--output=json", &destination])
        .to_string();
    insta::assert_snapshot!(stable(&shown, port), @r#"
    {"schemaVersion":1,"destination":"127.0.0.1:<port>/team/app","checks":[{"check":"DNS","verdict":"passed","text":"127.0.0.1 needs none","hint":null,"exitCode":null},{"check":"TCP","verdict":"failed","text":"the connection was refused (nobody listens at 127.0.0.1:<port>)","hint":"check that the registry is running, and that this is its port","exitCode":5},{"check":"TLS","verdict":"notChecked","text":"TCP failed","hint":null,"exitCode":null},{"check":"/v2/","verdict":"notChecked","text":"TCP failed","hint":null,"exitCode":null},{"check":"clock","verdict":"notChecked","text":"TCP failed","hint":null,"exitCode":null},{"check":"realm","verdict":"notChecked","text":"TCP failed","hint":null,"exitCode":null},{"check":"token","verdict":"notChecked","text":"TCP failed","hint":null,"exitCode":null},{"check":"login","verdict":"notChecked","text":"TCP failed","hint":null,"exitCode":null},{"check":"owner","verdict":"notChecked","text":"TCP failed","hint":null,"exitCode":null},{"check":"upload","verdict":"notChecked","text":"TCP failed","hint":null,"exitCode":null},{"check":"body limit","verdict":"notChecked","text":"TCP failed","hint":null,"exitCode":null},{"check":"pull address","verdict":"passed","text":"127.0.0.1:<port>/team/app:latest, from this machine alone","hint":null,"exitCode":null},{"check":"Docker","verdict":"notChecked","text":"no daemon listens at `unix:///nowhere/docker.sock`","hint":null,"exitCode":null}]}
    ------- stderr -------
    error: 1 check failed: TCP
    [exit status: 5]
    "#);
}

#[test]
fn a_name_that_does_not_resolve() {
    let shown = Place::new().run_with(&[NO_DOCKER], &["doctor", "nowhere.invalid/app"]);
    insta::assert_snapshot!(shown, @r#"
    failed       DNS           the name `nowhere.invalid` does not resolve
                 hint: check the host name, or say where it is with `--resolve HOST:PORT:ADDR`
    not checked  TCP           DNS failed
    not checked  TLS           DNS failed
    not checked  /v2/          DNS failed
    not checked  clock         DNS failed
    not checked  realm         DNS failed
    not checked  token         DNS failed
    not checked  login         DNS failed
    not checked  owner         DNS failed
    not checked  upload        DNS failed
    not checked  body limit    DNS failed
    ok           pull address  nowhere.invalid/app:latest
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    ------- stderr -------
    error: 1 check failed: DNS
    [exit status: 5]
    "#);
}

#[test]
fn a_certificate_that_nobody_vouches_for() {
    let certificate = Certificate::until(4000);
    let server = Server::registry(Some(&certificate));
    insta::assert_snapshot!(look_with_tls(&server, None, &ME), @r#"
    ok           DNS           `registry.example` is 127.0.0.1, as `--resolve` says
    ok           TCP           somebody listens at 127.0.0.1:<port>
    failed       TLS           its certificate is not trusted: nobody this machine trusts has signed it (certificate <fingerprint> for `registry.example`, signed by itself, until 4000-01-01)
                 hint: trust its CA with `--ca-file PEM`, or any certificate with `--insecure`
    not checked  /v2/          TLS failed
    not checked  clock         TLS failed
    not checked  realm         TLS failed
    not checked  token         TLS failed
    not checked  login         TLS failed
    not checked  owner         TLS failed
    not checked  upload        TLS failed
    not checked  body limit    TLS failed
    ok           pull address  registry.example:<port>/team/app:1
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    ------- stderr -------
    error: 1 check failed: TLS
    [exit status: 5]
    "#);
    let other = Certificate::until(4000);
    let shown = look_with_tls(&server, Some(&other), &ME);
    assert!(shown.contains("failed       TLS"), "{shown}");
    let shown = look_with_tls(&server, None, &[&ME[..], &["--insecure"]].concat());
    insta::assert_snapshot!(shown, @r#"
    ok           DNS           `registry.example` is 127.0.0.1, as `--resolve` says
    ok           TCP           somebody listens at 127.0.0.1:<port>
    warning      TLS           certificate <fingerprint> for `registry.example`, signed by itself, until 4000-01-01 is taken although nobody vouches for it
                 hint: trust it with `--ca-file PEM`, in place of `--insecure`
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
fn a_certificate_that_has_expired() {
    let certificate = Certificate::until(2021);
    let server = Server::registry(Some(&certificate));
    insta::assert_snapshot!(look_with_tls(&server, Some(&certificate), &ME), @r#"
    ok           DNS           `registry.example` is 127.0.0.1, as `--resolve` says
    ok           TCP           somebody listens at 127.0.0.1:<port>
    failed       TLS           its certificate has expired (certificate <fingerprint> for `registry.example`, signed by itself, until 2021-01-01)
                 hint: the registry needs a new certificate; until then any is taken with `--insecure`
    not checked  /v2/          TLS failed
    not checked  clock         TLS failed
    not checked  realm         TLS failed
    not checked  token         TLS failed
    not checked  login         TLS failed
    not checked  owner         TLS failed
    not checked  upload        TLS failed
    not checked  body limit    TLS failed
    ok           pull address  registry.example:<port>/team/app:1
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    ------- stderr -------
    error: 1 check failed: TLS
    [exit status: 5]
    "#);
}

#[test]
fn a_clock_that_goes_wrong() {
    let server = Server::scripted(|head| {
        let behind = SystemTime::now() - Duration::from_secs(5 * 60 * 60);
        let date = format!("date: {}", httpdate::fmt_http_date(behind));
        if head.what == "GET /v2/" {
            return reply(200, &date, "");
        }
        usual(head)
    });
    insta::assert_snapshot!(look(&server, &[]), @r#"
    ok           DNS           127.0.0.1 needs none
    ok           TCP           somebody listens at 127.0.0.1:<port>
    ok           TLS           none: it speaks plain HTTP, which does not leave this machine
    ok           /v2/          a registry answers at http://127.0.0.1:<port>/v2/, and asks nobody who they are
    warning      clock         this machine's clock is 5 h ahead of the registry's
                 hint: set the clock that is wrong: certificates and tokens are judged by it
    ok           realm         none: no token is needed
    ok           token         none is needed
    ok           login         as nobody, without credentials
    ok           owner         `team` takes uploads
    ok           upload        an upload to `team/app` was begun and cancelled
    ok           body limit    none below 64 GiB
    ok           pull address  127.0.0.1:<port>/team/app:1, from this machine alone
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    "#);
}

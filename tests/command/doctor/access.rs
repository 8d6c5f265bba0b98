//! What is said of somebody who is not let in, may not upload, or may not upload enough.

use super::{ME, look, usual};
use crate::server::{Head, Server, reply};

/// That registry behind a challenge with this realm, which is also its token server.
fn guarded(realm: &'static str, head: &Head) -> String {
    match head.what.as_str() {
        "GET /v2/token" => reply(200, "", r#"{"token": "t", "expires_in": 300}"#),
        _ if !head.authorized => reply(
            401,
            &format!("www-authenticate: Bearer realm=\"{realm}\""),
            "",
        ),
        _ => usual(head),
    }
}

#[test]
fn a_wrong_password() {
    let server = Server::registry(None);
    let shown = look(&server, &["--username=me", "--password=hunter2"]);
    assert!(!shown.contains("hunter2"), "{shown}");
    insta::assert_snapshot!(shown, @r#"
    ok           DNS           127.0.0.1 needs none
    ok           TCP           somebody listens at 127.0.0.1:<port>
    ok           TLS           none: it speaks plain HTTP, which does not leave this machine
    ok           /v2/          a registry answers at http://127.0.0.1:<port>/v2/, and asks for a user name and a password
    ok           clock         this machine's clock and the registry's agree
    ok           realm         none: no token is needed
    ok           token         none is needed
    failed       login         the registry did not let us in with the credentials from --password: GET http://127.0.0.1:<port>/v2/: 401 UNAUTHORIZED: a user name and a password are needed
                 hint: check the user name and the password or token; credentials came from --password
    not checked  owner         login failed
    not checked  upload        login failed
    not checked  body limit    login failed
    ok           pull address  127.0.0.1:<port>/team/app:1, from this machine alone
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    ------- stderr -------
    warning: others on this machine can see a password on the command line: `--password-stdin` hides it
    error: 1 check failed: login
    [exit status: 4]
    "#);
}

#[test]
fn a_realm_where_nobody_answers() {
    let server = Server::scripted(|head| guarded("http://127.0.0.1:1/token", head));
    insta::assert_snapshot!(look(&server, &[]), @r#"
    ok           DNS           127.0.0.1 needs none
    ok           TCP           somebody listens at 127.0.0.1:<port>
    ok           TLS           none: it speaks plain HTTP, which does not leave this machine
    ok           /v2/          a registry answers at http://127.0.0.1:<port>/v2/, and asks for a token
    not checked  clock         the registry does not say what time it is
    ok           realm         http://127.0.0.1:1/token, another origin than the registry's
    failed       token         GET http://127.0.0.1:1/token failed: the connection was refused
                 hint: check that the registry is running, and that this is its port
    not checked  login         token failed
    not checked  owner         token failed
    not checked  upload        token failed
    not checked  body limit    token failed
    ok           pull address  127.0.0.1:<port>/team/app:1, from this machine alone
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    ------- stderr -------
    error: 1 check failed: token
    [exit status: 5]
    "#);
}

#[test]
fn a_realm_at_somebody_elses() {
    let server = Server::scripted(|head| guarded("https://auth.example.org/token", head));
    insta::assert_snapshot!(look(&server, &ME), @r#"
    ok           DNS           127.0.0.1 needs none
    ok           TCP           somebody listens at 127.0.0.1:<port>
    ok           TLS           none: it speaks plain HTTP, which does not leave this machine
    ok           /v2/          a registry answers at http://127.0.0.1:<port>/v2/, and asks for a token
    not checked  clock         the registry does not say what time it is
    failed       realm         credentials for `127.0.0.1:<port>` would go to the token server `auth.example.org`
                 hint: if you trust what is there, give `--trust-realm auth.example.org`
    not checked  token         realm failed
    not checked  login         realm failed
    not checked  owner         realm failed
    not checked  upload        realm failed
    not checked  body limit    realm failed
    ok           pull address  127.0.0.1:<port>/team/app:1, from this machine alone
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    ------- stderr -------
    error: 1 check failed: realm
    [exit status: 4]
    "#);
}

#[test]
fn no_right_to_upload() {
    let server = Server::scripted(|head| {
        if head.what.starts_with("POST ") {
            let challenge = "www-authenticate: Basic realm=\"Gitea Package API\"";
            return reply(401, challenge, "reqPackageAccess\n");
        }
        guarded("/v2/token", head)
    });
    insta::assert_snapshot!(look(&server, &ME), @r#"
    ok           DNS           127.0.0.1 needs none
    ok           TCP           somebody listens at 127.0.0.1:<port>
    ok           TLS           none: it speaks plain HTTP, which does not leave this machine
    ok           /v2/          a registry answers at http://127.0.0.1:<port>/v2/, and asks for a token
    not checked  clock         the registry does not say what time it is
    ok           realm         http://127.0.0.1:<port>/v2/token, the registry's own
    ok           token         one for the credentials from --token, good for 5 min; what it grants is not written in it
    ok           login         the registry takes the credentials from --token
    not checked  owner         only who may upload can tell
    failed       upload        the registry refused: POST http://127.0.0.1:<port>/v2/team/app/blobs/uploads/: 401 reqPackageAccess
                 hint: check that your account may write packages of `team`, and that its token has the scope `write:package`; credentials came from --token
    not checked  body limit    upload failed
    ok           pull address  127.0.0.1:<port>/team/app:1, from this machine alone
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    ------- stderr -------
    error: 1 check failed: upload
    [exit status: 4]
    "#);
}

#[test]
fn an_owner_who_is_not_there() {
    let server = Server::scripted(|head| {
        if head.what.starts_with("POST ") {
            return reply(404, "content-type: text/plain", "Not found.\n");
        }
        usual(head)
    });
    insta::assert_snapshot!(look(&server, &[]), @r#"
    ok           DNS           127.0.0.1 needs none
    ok           TCP           somebody listens at 127.0.0.1:<port>
    ok           TLS           none: it speaks plain HTTP, which does not leave this machine
    ok           /v2/          a registry answers at http://127.0.0.1:<port>/v2/, and asks nobody who they are
    not checked  clock         the registry does not say what time it is
    ok           realm         none: no token is needed
    ok           token         none is needed
    ok           login         as nobody, without credentials
    failed       owner         the registry refused: POST http://127.0.0.1:<port>/v2/team/app/blobs/uploads/: 404 Not found.
                 hint: check that `team/app`, or its owner, exists there
    not checked  upload        owner failed
    not checked  body limit    owner failed
    ok           pull address  127.0.0.1:<port>/team/app:1, from this machine alone
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    ------- stderr -------
    error: 1 check failed: owner
    [exit status: 6]
    "#);
}

#[test]
fn a_body_limit() {
    let limited = |limit: u64| {
        move |head: &Head| {
            if head.length > limit {
                let page = "<html><head><title>413 Request Entity Too Large</title></head></html>";
                return reply(413, "content-type: text/html", page);
            }
            usual(head)
        }
    };
    let small = Server::scripted(limited(1 << 20));
    insta::assert_snapshot!(look(&small, &[]), @r#"
    ok           DNS           127.0.0.1 needs none
    ok           TCP           somebody listens at 127.0.0.1:<port>
    ok           TLS           none: it speaks plain HTTP, which does not leave this machine
    ok           /v2/          a registry answers at http://127.0.0.1:<port>/v2/, and asks nobody who they are
    not checked  clock         the registry does not say what time it is
    ok           realm         none: no token is needed
    ok           token         none is needed
    ok           login         as nobody, without credentials
    ok           owner         `team` takes uploads
    ok           upload        an upload to `team/app` was begun and cancelled
    failed       body limit    the registry refused: PATCH http://127.0.0.1:<port>/v2/team/app/blobs/uploads/1: 413 Request Entity Too Large; over the body limit of a proxy before the registry, whose web page this is (a request of 1 MiB is taken, and one of 4 MiB is not)
                 hint: the registry, or a proxy before it, limits the size of uploads: stay below that with `--chunk-size SIZE`
    ok           pull address  127.0.0.1:<port>/team/app:1, from this machine alone
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    ------- stderr -------
    error: 1 check failed: body limit
    [exit status: 6]
    "#);
    let large = Server::scripted(limited(1 << 30));
    let shown = look(&large, &[]);
    let line = shown.lines().find(|line| line.contains("body limit"));
    insta::assert_snapshot!(line.expect("a line"), @"ok           body limit    a request of 1 GiB is taken, and one of 4 GiB is not");
}

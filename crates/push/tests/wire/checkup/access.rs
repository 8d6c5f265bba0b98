//! What is found of somebody who is not let in, and of the token server that should have done so.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use insta::assert_snapshot;
use push::registry::Options;

use super::{found, trouble, with_sessions};
use crate::fake::{Act, Fake, Guard, Reply};
use crate::support::{me, options, with_tokens};

#[tokio::test]
async fn a_wrong_password_is_found_where_it_is_judged() {
    let wrong = Options {
        credentials: crate::support::basic("hunter2"),
        ..options()
    };
    let with_tokens = with_tokens().await;
    let with_password = Fake::guarded(|_| Guard::Basic("me:secret")).await;
    let mut said = String::new();
    for fake in [&with_tokens, &with_password] {
        let found = found(fake, &wrong).await;
        assert!(!found.contains("hunter2"), "{found}");
        said.push_str(&trouble(&found));
        said.push('\n');
    }
    said.push_str(&trouble(&found(&with_password, &options()).await));
    assert_snapshot!(said, @r#"
    token: failed: the registry did not let us in with the credentials from --username: GET http://<registry>/token: 401 from the token server
    login: failed: the registry did not let us in with the credentials from --username: GET http://<registry>/v2/: 401 UNAUTHORIZED: authentication required
    login: failed: the registry did not let us in with no credentials: GET http://<registry>/v2/: 401 UNAUTHORIZED: authentication required
    "#);
}

#[tokio::test]
async fn a_token_server_elsewhere_gets_no_credentials_and_may_be_silent() {
    let strange = Fake::start().await;
    let realm = format!("http://localhost:{}/token", strange.address.port());
    let port = strange.address.port().to_string();
    let fake = Fake::guarded(|_| Guard::Bearer { realm, more: "" }).await;
    let said = trouble(&found(&fake, &me()).await);
    assert_snapshot!(said.replace(&port, "<other>"), @"realm: failed: credentials for `<registry>` would go to the token server `localhost:<other>`");
    assert_eq!(strange.transcript(), "");

    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    drop(listener);
    let realm = format!("http://{address}/token");
    let fake = Fake::guarded(|_| Guard::Bearer { realm, more: "" }).await;
    let nobody = Options {
        retries: 0,
        ..options()
    };
    let said = trouble(&found(&fake, &nobody).await);
    assert_snapshot!(said.replace(&address.to_string(), "<other>"), @"token: failed: GET http://<other>/token failed: the connection was refused");
}

#[tokio::test]
async fn giteas_wrong_guess_at_its_own_name_is_a_warning() {
    let fake = Fake::guarded(|_| Guard::Bearer {
        realm: "https://gitea.cnoe.localtest.me:8443/v2/token".to_owned(),
        more: ",service=\"container_registry\"",
    })
    .await;
    let token = Reply::status(200).body(r#"{"token": "token-0"}"#);
    fake.script("GET", "/v2/token", 1, Act::Answer(token));
    with_sessions(&fake, Reply::status(404));
    assert_snapshot!(trouble(&found(&fake, &me()).await), @"realm: warning: it names https://gitea.cnoe.localtest.me:8443/v2/token; http://<registry>/v2/token is asked in its place");
}

#[tokio::test]
async fn a_token_that_grants_too_little_is_a_warning_before_it_is_refused() {
    let table = [
        r#"{"UserID": -1, "Scope": ""}"#,
        r#"{"access": [{"type": "repository", "name": "team/app", "actions": ["pull"]}]}"#,
    ];
    let mut said = String::new();
    for claims in table {
        let fake = with_tokens().await;
        let token = format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims));
        let token =
            Reply::status(200).body(format!(r#"{{"token": "{token}", "expires_in": 300}}"#));
        fake.script("GET", "/token", 1, Act::Answer(token));
        let let_in = Reply::status(200).header("docker-distribution-api-version", "registry/2.0");
        fake.script("GET", "/v2/", 2, Act::Answer(challenge(&fake)));
        fake.script("GET", "/v2/", 2, Act::Answer(let_in));
        let refused = Reply::status(401)
            .header("www-authenticate", "Basic realm=\"Gitea Package API\"")
            .body("reqPackageAccess\n");
        // A token that was kept may have gone stale, so a second one is shown too.
        fake.script("POST", "/uploads/", 2, Act::Answer(refused));
        said.push_str(&trouble(&found(&fake, &options()).await));
        said.push('\n');
    }
    assert_snapshot!(said, @r#"
    token: warning: one for no credentials, good for 5 min; it grants only what everybody may, for it is nobody's
    upload: failed: the registry did not let us in with no credentials: POST http://<registry>/v2/team/app/blobs/uploads/: 401 reqPackageAccess
    token: warning: one for no credentials, good for 5 min; it grants pull on `team/app`
    upload: failed: the registry did not let us in with no credentials: POST http://<registry>/v2/team/app/blobs/uploads/: 401 reqPackageAccess
    "#);
}

fn challenge(fake: &Fake) -> Reply {
    let realm = format!("Bearer realm=\"http://{}/token\"", fake.address);
    Reply::status(401).header("www-authenticate", realm)
}

#[tokio::test]
async fn an_owner_who_is_not_there_is_told_from_a_right_that_is_not() {
    let absent = Reply::status(404).body("Not found.\n");
    let denied = Reply::status(403).body(
        r#"{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}"#,
    );
    let mut said = String::new();
    for reply in [absent, denied] {
        let fake = Fake::start().await;
        fake.script("POST", "/uploads/", 1, Act::Answer(reply));
        said.push_str(&trouble(&found(&fake, &me()).await));
        said.push('\n');
    }
    assert_snapshot!(said, @r#"
    owner: failed: the registry refused: POST http://<registry>/v2/team/app/blobs/uploads/: 404 Not found.
    upload: failed: the registry refused: POST http://<registry>/v2/team/app/blobs/uploads/: 403 DENIED: requested access to the resource is denied
    "#);
}

//! Who is let in: challenges, tokens and credentials, and where those never go.

use std::time::Duration;

use futures::future::join_all;
use insta::assert_snapshot;
use oci::Scheme;
use push::registry::{Client, Options};
use push::{Environment, Error, Events};

use crate::fake::{Act, Fake, Guard, Reply};
use crate::support::{basic, blob, chain, connect, greet, me, options, repository, with_tokens};

#[tokio::test]
async fn one_question_is_asked_for_a_scope_at_a_time() {
    let fake = with_tokens().await;
    let client = connect(&fake, me()).await.expect("it answers");
    let app = repository("app");
    let blobs: Vec<_> = (0..8_u8).map(|byte| blob(&[byte])).collect();
    let checks = blobs
        .iter()
        .map(|blob| client.blob_exists(&app, &blob.descriptor));
    for answer in join_all(checks).await {
        assert!(!answer.expect("an answer"));
    }
    assert_eq!((fake.count("GET   /token"), fake.count("HEAD")), (1, 8));
}

#[tokio::test]
async fn nobody_gets_a_token_too() {
    let fake = with_tokens().await;
    let client = connect(&fake, options()).await.expect("it answers");
    assert!(
        !client
            .blob_exists(&repository("app"), &blob(b"x").descriptor)
            .await
            .expect("an answer")
    );
    let token = fake.headers().swap_remove(1);
    assert!(!token.contains_key("authorization"));
}

#[tokio::test]
async fn an_identity_token_is_exchanged_and_where_that_is_unknown_shown() {
    let directory = tempfile::tempdir().expect("a directory");
    let fake = with_tokens().await;
    let entry = r#"{"identitytoken": "refresh me", "auth": "bWU6"}"#;
    let config = format!(r#"{{"auths": {{"{}": {entry}}}}}"#, fake.address);
    std::fs::write(directory.path().join("config.json"), config).expect("a file");
    let environment = Environment {
        docker_config: Some(directory.path().to_owned()),
        ..Environment::default()
    };
    let exists = || async {
        let client = Client::connect(
            &fake.registry(),
            None,
            options(),
            &environment,
            Events::ignored(),
        )
        .await;
        client
            .expect("it answers")
            .blob_exists(&repository("app"), &blob(b"x").descriptor)
            .await
    };
    assert!(!exists().await.expect("exchanged"));
    fake.script("POST", "/token", 1, Act::Answer(Reply::status(404)));
    fake.script(
        "GET",
        "/token",
        1,
        Act::Answer(Reply::status(200).body(r#"{"token": "token-1"}"#)),
    );
    assert!(!exists().await.expect("shown"));
    assert_snapshot!(fake.transcript().replace(&blob(b"x").descriptor.digest.to_string(), "<config>"), @r"
    GET   /v2/ 401
    POST  /token 200 132 B
    HEAD  /v2/app/blobs/<config> 404 Bearer
    GET   /v2/ 401
    POST  /token 404 132 B
    GET   /token?service=fake%2C+inc&scope=repository%3Aapp%3Apull%2Cpush 200 Basic
    HEAD  /v2/app/blobs/<config> 404 Bearer
    ");
}

#[tokio::test]
async fn credentials_do_not_go_to_a_strange_token_server() {
    let strange = with_tokens().await;
    let realm = format!("http://localhost:{}/token", strange.address.port());
    let fake = Fake::guarded(|_| Guard::Bearer { realm, more: "" }).await;
    let client = connect(&fake, me()).await.expect("it answers");
    let app = repository("app");
    let error = client
        .blob_exists(&app, &blob(b"x").descriptor)
        .await
        .expect_err("strange");
    let port = strange.address.port().to_string();
    let Error::UnsafeCredentials { permit, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(
        permit.replace(&port, "<port>"),
        "`--trust-realm localhost:<port>`"
    );
    let said = chain(&error, &fake).replace(&port, "<port>");
    assert_snapshot!(said, @"credentials for `<registry>` would go to the token server `localhost:<port>`");
    assert_eq!(strange.transcript(), "");

    let trust_realms = vec![format!("localhost:{port}").parse().expect("a host")];
    let client = connect(
        &fake,
        Options {
            trust_realms,
            ..me()
        },
    )
    .await
    .expect("it answers");
    client
        .blob_exists(&app, &blob(b"x").descriptor)
        .await
        .expect_err("it gives tokens of its own");
    assert_eq!(strange.count("GET   /token"), 1);
    assert!(strange.headers()[0].contains_key("authorization"));
}

#[tokio::test]
async fn giteas_wrong_guess_at_its_own_name_is_corrected() {
    let fake = Fake::guarded(|_| Guard::Bearer {
        realm: "https://gitea.cnoe.localtest.me:8443/v2/token".to_owned(),
        more: ",service=\"container_registry\"",
    })
    .await;
    let token = Reply::status(200).body(r#"{"token": "token-0"}"#);
    fake.script("GET", "/v2/token", 1, Act::Answer(token));
    let client = connect(&fake, me()).await.expect("it answers");
    assert!(
        !client
            .blob_exists(&repository("app"), &blob(b"x").descriptor)
            .await
            .expect("an answer")
    );
    assert_eq!(fake.count("GET   /v2/token"), 1);
}

#[tokio::test]
async fn a_token_server_is_never_quoted() {
    let fake = with_tokens().await;
    for reply in [
        Reply::status(200).body("hunter2"),
        Reply::status(400).body("hunter2"),
    ] {
        fake.script("GET", "/token", 1, Act::Answer(reply));
        let client = connect(&fake, me()).await.expect("it answers");
        let error = client
            .blob_exists(&repository("app"), &blob(b"x").descriptor)
            .await
            .expect_err("no token");
        let said = format!("{} {error:?} {client:?}", chain(&error, &fake));
        assert!(!said.contains("hunter2"), "{said}");
    }
    fake.script(
        "GET",
        "/token",
        9,
        Act::Answer(Reply::status(302).header("location", "http://127.0.0.1:1/")),
    );
    let client = connect(
        &fake,
        Options {
            timeout: Duration::from_secs(1),
            ..me()
        },
    )
    .await
    .expect("it answers");
    let error = client
        .blob_exists(&repository("app"), &blob(b"x").descriptor)
        .await
        .expect_err("no redirects");
    assert!(matches!(error, Error::Rejected { .. }), "{error}");
}

#[tokio::test]
async fn credentials_in_the_clear_need_more_consent() {
    let fake = Fake::guarded(|_| Guard::Basic("me:secret")).await;
    let base = Options {
        credentials: basic("secret"),
        ..options()
    };
    let insecure = Options {
        insecure: true,
        ..base.clone()
    };
    let cluster = Options {
        plain_http: true,
        ..base.clone()
    };
    let refused = [(None, insecure.clone()), (Some(Scheme::Http), base)];
    for (scheme, options) in refused {
        let client = greet(&fake, scheme, options).await.expect("it answers");
        let exists = client
            .blob_exists(&repository("app"), &blob(b"x").descriptor)
            .await;
        let error = exists.expect_err("credentials would go over plain HTTP");
        let Error::UnsafeCredentials { hazard, permit, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(hazard, "over plain HTTP");
        assert_eq!(
            permit,
            "`http://` before the destination together with `--insecure`"
        );
    }
    assert!(
        fake.headers()
            .iter()
            .all(|headers| !headers.contains_key("authorization"))
    );

    for (scheme, options) in [(Some(Scheme::Http), insecure), (None, cluster)] {
        let client = greet(&fake, scheme, options).await.expect("it answers");
        let exists = client
            .blob_exists(&repository("app"), &blob(b"x").descriptor)
            .await;
        assert!(!exists.expect("the credentials are good"));
    }
}

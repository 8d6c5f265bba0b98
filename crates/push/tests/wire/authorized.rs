//! Uploads by somebody: what is shown with them, and what is said when that is not enough.

use insta::assert_snapshot;
use push::Error;
use push::registry::{Credentials, Options};

use crate::fake::{Act, Fake, Guard, Reply};
use crate::support::{basic, blob, chain, connect, large, me, options, repository, with_tokens};

#[tokio::test]
async fn a_password_is_shown_where_it_is_asked_for() {
    let fake = Fake::guarded(|_| Guard::Basic("me:secret")).await;
    let client = connect(&fake, me()).await.expect("it answers");
    let small = blob(b"x");
    fake.name(&small.descriptor.digest, "<config>");
    client
        .push_blob(&repository("app"), &small, None)
        .await
        .expect("pushed");
    assert_snapshot!(fake.transcript(), @r"
    GET   /v2/ 401
    POST  /v2/app/blobs/uploads/?digest=<config> 201 1 B Basic
    ");
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_shown_from_then_on() {
    let fake = with_tokens().await;
    let client = connect(&fake, me()).await.expect("it answers");
    let layer = blob(&large());
    fake.name(&layer.descriptor.digest, "<layer>");
    let app = repository("team/app");
    assert!(
        !client
            .blob_exists(&app, &layer.descriptor)
            .await
            .expect("an answer")
    );
    client.push_blob(&app, &layer, None).await.expect("pushed");
    assert_snapshot!(fake.transcript(), @r"
    GET   /v2/ 401
    GET   /token?service=fake%2C+inc&scope=repository%3Ateam%2Fapp%3Apull%2Cpush 200 Basic
    HEAD  /v2/team/app/blobs/<layer> 404 Bearer
    POST  /v2/team/app/blobs/uploads/?mount=<layer> 202 Bearer location=/v2/team/app/blobs/uploads/1
    PUT   /v2/team/app/blobs/uploads/1?digest=<layer> 201 600000 B Bearer
    ");
    assert!(fake.blob("team/app", &layer.descriptor.digest).is_some());
}

#[tokio::test]
async fn a_mount_asks_for_both_repositories() {
    let fake = with_tokens().await;
    fake.put_blob("base", &large());
    let client = connect(&fake, me()).await.expect("it answers");
    let (app, base) = (repository("app"), repository("base"));
    client
        .push_blob(&app, &blob(&large()), Some(&base))
        .await
        .expect("mounted");
    let transcript = fake.transcript();
    let tokens: Vec<_> = transcript
        .lines()
        .filter(|line| line.contains("/token"))
        .collect();
    assert_snapshot!(tokens.join("\n"), @r"
    GET   /token?service=fake%2C+inc&scope=repository%3Aapp%3Apull%2Cpush&scope=repository%3Abase%3Apull 200 Basic
    GET   /token?service=fake%2C+inc&scope=repository%3Aapp%3Apull%2Cpush 200 Basic
    ");
}

#[tokio::test]
async fn a_stale_token_is_renewed_and_the_upload_sent_anew() {
    let fake = with_tokens().await;
    let client = connect(&fake, me()).await.expect("it answers");
    let layer = blob(&large());
    fake.name(&layer.descriptor.digest, "<layer>");
    let stale = Reply::status(401).body("authGroup.Verify");
    fake.script("PUT", "uploads", 1, Act::AnswerEarly(stale));
    client
        .push_blob(&repository("app"), &layer, None)
        .await
        .expect("pushed");
    assert_snapshot!(fake.transcript(), @r"
    GET   /v2/ 401
    GET   /token?service=fake%2C+inc&scope=repository%3Aapp%3Apull%2Cpush 200 Basic
    POST  /v2/app/blobs/uploads/?mount=<layer> 202 Bearer location=/v2/app/blobs/uploads/1
    PUT   /v2/app/blobs/uploads/1?digest=<layer> 401 Bearer
    GET   /token?service=fake%2C+inc&scope=repository%3Aapp%3Apull%2Cpush 200 Basic
    PUT   /v2/app/blobs/uploads/1?digest=<layer> 201 600000 B Bearer
    ");
    assert!(fake.blob("app", &layer.descriptor.digest).is_some());
}

#[tokio::test]
async fn a_no_to_a_fresh_token_is_final() {
    let fake = with_tokens().await;
    fake.script(
        "HEAD",
        "blobs",
        9,
        Act::Answer(Reply::status(401).body("authGroup.Verify")),
    );
    fake.script(
        "POST",
        "uploads",
        9,
        Act::Answer(Reply::status(401).body("authGroup.Verify")),
    );
    let client = connect(&fake, me()).await.expect("it answers");
    let app = repository("app");
    client
        .blob_exists(&app, &blob(b"x").descriptor)
        .await
        .expect_err("no");
    assert_eq!(fake.count("HEAD"), 1);
    let error = client
        .push_blob(&app, &blob(&large()), None)
        .await
        .expect_err("no");
    assert_snapshot!(chain(&error, &fake), @"the registry did not let us in with the credentials from --username: POST http://<registry>/v2/app/blobs/uploads/: 401 authGroup.Verify");
}

#[tokio::test]
async fn wrong_credentials_are_said_to_be_wrong_and_by_whom() {
    let fake = Fake::guarded(|_| Guard::Basic("me:secret")).await;
    let wrong = Options {
        credentials: basic("wrong"),
        ..options()
    };
    let client = connect(&fake, wrong.clone()).await.expect("it answers");
    let error = client
        .push_blob(&repository("app"), &blob(b"x"), None)
        .await
        .expect_err("wrong");
    let mut said = chain(&error, &fake);
    assert_eq!(fake.count("POST"), 1);

    let fake = with_tokens().await;
    let client = connect(&fake, wrong).await.expect("it answers");
    let error = client
        .push_blob(&repository("app"), &blob(b"x"), None)
        .await
        .expect_err("wrong");
    said.push('\n');
    said.push_str(&chain(&error, &fake));
    assert_eq!(fake.count("GET   /token"), 1);
    let nobody = connect(
        &Fake::guarded(|_| Guard::Basic("me:secret")).await,
        options(),
    )
    .await
    .expect("it answers");
    let error = nobody
        .push_blob(&repository("app"), &blob(b"x"), None)
        .await
        .expect_err("nobody");
    assert!(
        matches!(&error, Error::Unauthorized { credentials, .. } if credentials == "no credentials"),
        "{error}"
    );
    assert_snapshot!(said, @r"
    the registry did not let us in with the credentials from --username: POST http://<registry>/v2/app/blobs/uploads/: 401 UNAUTHORIZED: authentication required
    the registry did not let us in with the credentials from --username: GET http://<registry>/token: 401 from the token server
    ");
}

#[tokio::test]
async fn giteas_401_to_somebody_it_knows_is_a_denial() {
    let fake = with_tokens().await;
    let denied = Reply::status(401)
        .header("www-authenticate", "Basic realm=\"Gitea Package API\"")
        .body("reqPackageAccess\n");
    fake.script("POST", "uploads", 9, Act::Answer(denied.clone()));
    let client = connect(&fake, me()).await.expect("it answers");
    let error = client
        .push_blob(&repository("app"), &blob(&large()), None)
        .await
        .expect_err("denied");
    assert!(matches!(error, Error::Denied { .. }), "{error}");
    assert_snapshot!(chain(&error, &fake), @"the registry refused: POST http://<registry>/v2/app/blobs/uploads/: 401 reqPackageAccess");

    // To a ghost it means that there should have been credentials.
    let ghost = connect(&fake, options()).await.expect("it answers");
    let error = ghost
        .push_blob(&repository("app"), &blob(&large()), None)
        .await
        .expect_err("a ghost");
    assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
}

#[tokio::test]
async fn a_registry_token_is_shown_as_it_is() {
    let fake = Fake::guarded(|address| Guard::Bearer {
        realm: format!("http://{address}/token"),
        more: "",
    })
    .await;
    let credentials = Some(Credentials::Bearer {
        token: "token-0".into(),
        origin: "--registry-token".to_owned(),
    });
    let client = connect(
        &fake,
        Options {
            credentials,
            ..options()
        },
    )
    .await
    .expect("it answers");
    client
        .push_blob(&repository("app"), &blob(b"x"), None)
        .await
        .expect("pushed");
    assert_eq!(fake.count("GET   /token"), 0);
}

#[tokio::test]
async fn credentials_do_not_follow_a_location_elsewhere() {
    let store = Fake::start().await;
    let fake = Fake::guarded(|_| Guard::Basic("me:secret")).await;
    let location = format!(
        "http://{}/v2/app/blobs/uploads/a?signature=x",
        store.address
    );
    fake.script(
        "POST",
        "uploads",
        1,
        Act::Answer(Reply::status(202).header("location", location)),
    );
    let client = connect(&fake, me()).await.expect("it answers");
    let layer = blob(&large());
    client
        .push_blob(&repository("app"), &layer, None)
        .await
        .expect("pushed");
    assert!(store.blob("app", &layer.descriptor.digest).is_some());
    assert!(
        store
            .headers()
            .iter()
            .all(|headers| !headers.contains_key("authorization"))
    );
}

//! Gitea's ways with uploads: strict ranges, bodies that are appended, sessions that are dead.

use oci::Digest;
use registry_fixture::{Endpoint, Fault, Gitea, Registry};
use reqwest::Method;

use crate::client::{Answer, Client};

const REPOSITORY: &str = "giteaadmin/app";

async fn gitea(gitea: Gitea) -> (Registry, Client) {
    let registry = Registry::embedded().gitea(gitea).start();
    let registry = registry.expect("the registry starts");
    let client = Client::user(&registry).await;
    (registry, client)
}

fn blob() -> Vec<u8> {
    (0..300_000_u32)
        .map(|at| at.to_le_bytes()[0] ^ at.to_le_bytes()[1])
        .collect()
}

#[tokio::test]
async fn a_session_says_where_it_is_once_it_is_anywhere() {
    let (_registry, client) = gitea(Gitea::new()).await;
    let post = client
        .post(&format!("/v2/{REPOSITORY}/blobs/uploads/"), "")
        .await;
    let session = post.is(202).header("location");
    assert!(
        session.starts_with("/v2/giteaadmin/app/blobs/uploads/"),
        "{session}"
    );
    assert!(session.ends_with(post.header("docker-upload-uuid")));
    assert_eq!(post.header("range"), "");
    assert_eq!(client.get(session).await.is(204).header("range"), "");
    assert_eq!(
        client.patch(session, "", b"").await.is(202).header("range"),
        ""
    );
    let patch = client.patch(session, "", &blob()[..1]).await;
    assert_eq!(patch.is(202).header("range"), "0-0");
    let state = client.get(session).await;
    assert_eq!(
        (state.is(204).header("range"), state.header("location")),
        ("0-0", session)
    );
}

#[tokio::test]
async fn ranges_are_strict_and_a_wrong_one_does_no_harm() {
    let (_registry, client) = gitea(Gitea::new()).await;
    let session = client.session(REPOSITORY).await;
    let (first, rest) = (&blob()[..40_000], &blob()[40_000..]);
    client.patch(&session, "", first).await.is(202);
    let second = client.patch(&session, "", rest).await;
    let message = &second.refuses(400, "BLOB_UPLOAD_INVALID").json()["errors"][0]["message"];
    assert_eq!(message, "Stream uploads after first write are not allowed");
    for (range, status) in [
        ("bytes 40000-299999", 400),
        ("x", 400),
        ("0-259999", 416),
        ("50000-309999", 416),
    ] {
        let refused = client.patch(&session, range, rest).await;
        refused.refuses(status, "BLOB_UPLOAD_INVALID");
    }
    assert_eq!(client.get(&session).await.header("range"), "0-39999");
    // Where it ends is not looked at.
    let patch = client.patch(&session, "40000-5", rest).await;
    assert_eq!(patch.is(202).header("range"), "0-299999");
    let digest = Digest::of(&blob());
    let put = client.put(&format!("{session}?digest={digest}"), "").await;
    assert_eq!(
        put.is(201).header("docker-content-digest"),
        digest.to_string()
    );
    client
        .get(&session)
        .await
        .refuses(404, "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn a_digest_that_is_wrong_costs_no_session() {
    let (_registry, client) = gitea(Gitea::new()).await;
    let session = client.session(REPOSITORY).await;
    client.patch(&session, "", &blob()).await.is(202);
    client
        .put(&session, "")
        .await
        .refuses(400, "DIGEST_INVALID");
    let wrong = format!("{session}?digest={}", Digest::of(b"other"));
    client.put(&wrong, "").await.refuses(400, "DIGEST_INVALID");
    let right = format!("{session}?digest={}", Digest::of(&blob()));
    client.put(&right, "").await.is(201);
}

#[tokio::test]
async fn a_put_that_met_a_locked_database_has_appended_its_body() {
    let digest = Digest::of(&blob());
    for (again, status) in [(blob(), 400), (Vec::new(), 201)] {
        let (_registry, client) = gitea(Gitea::new().locked_commits(1)).await;
        let put = format!("{}?digest={digest}", client.session(REPOSITORY).await);
        let locked = client.put(&put, blob()).await;
        assert_eq!(locked.is(500).body, "");
        client.put(&put, again).await.is(status);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_poisons_its_session() {
    for method in ["PATCH", "PUT"] {
        let (registry, client) = gitea(Gitea::new()).await;
        let session = client.session(REPOSITORY).await;
        client.patch(&session, "", &blob()[..100_000]).await.is(202);
        registry.add_fault(Fault::cut_after(50_000).on(method, Endpoint::Upload));
        let digest = Digest::of(&blob());
        let put = format!("{session}?digest={digest}");
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let rest = client
            .request(method, &put)
            .body(blob()[100_000..].to_vec());
        let rest = rest.header("content-range", "100000-299999");
        assert!(Answer::try_to(rest).await.is_err());

        assert_eq!(
            client.get(&session).await.is(204).header("range"),
            "0-99999"
        );
        let dead = client
            .patch(&session, "100000-299999", &blob()[100_000..])
            .await;
        assert_eq!(dead.is(500).body, "");
        client.put(&put, "").await.is(500);
        let request = client.request(Method::DELETE, &session);
        Answer::to(request).await.is(204);
        let put = format!("{}?digest={digest}", client.session(REPOSITORY).await);
        client.put(&put, blob()).await.is(201);
    }
}

#[tokio::test]
async fn behind_an_ingress_what_breaks_off_never_comes_there() {
    let (registry, client) = gitea(Gitea::new().behind_ingress()).await;
    let session = client.session(REPOSITORY).await;
    client.patch(&session, "", &blob()[..100_000]).await.is(202);
    registry.add_fault(Fault::cut_after(50_000).on("PATCH", Endpoint::Upload));
    let rest = &blob()[100_000..];
    let broken = client.request(Method::PATCH, &session).body(rest.to_vec());
    assert!(Answer::try_to(broken).await.is_err());
    client.patch(&session, "100000-299999", rest).await.is(202);
    let digest = Digest::of(&blob());
    client
        .put(&format!("{session}?digest={digest}"), "")
        .await
        .is(201);
}

#[tokio::test]
async fn a_lost_answer_leaves_a_blob_and_no_session() {
    let (registry, client) = gitea(Gitea::new()).await;
    registry.add_fault(Fault::lose_answer().on("PUT", Endpoint::Upload));
    let session = client.session(REPOSITORY).await;
    let digest = Digest::of(&blob());
    let put = client.request(Method::PUT, &format!("{session}?digest={digest}"));
    assert!(Answer::try_to(put.body(blob())).await.is_err());
    client
        .get(&session)
        .await
        .refuses(404, "BLOB_UPLOAD_UNKNOWN");
    client
        .head(&format!("/v2/{REPOSITORY}/blobs/{digest}"))
        .await
        .is(200);
}

#[tokio::test]
async fn a_post_with_its_digest_is_a_blob_or_nothing() {
    let (registry, client) = gitea(Gitea::new()).await;
    registry.add_fault(Fault::cut_after(50_000).on("POST", Endpoint::Uploads));
    let digest = Digest::of(&blob());
    let post = format!("/v2/{REPOSITORY}/blobs/uploads/?digest={digest}");
    let broken = client.request(Method::POST, &post).body(blob());
    assert!(Answer::try_to(broken).await.is_err());
    let other = format!(
        "/v2/{REPOSITORY}/blobs/uploads/?digest={}",
        Digest::of(b"x")
    );
    client
        .post(&other, blob())
        .await
        .refuses(400, "DIGEST_INVALID");
    client.post(&post, blob()).await.is(201);
    client.post(&post, blob()).await.is(201);
    let empty = client.push(REPOSITORY, b"").await;
    client
        .head(&format!("/v2/{REPOSITORY}/blobs/{empty}"))
        .await
        .is(200);
}

#[tokio::test]
async fn a_mount_needs_no_from() {
    let (_registry, client) = gitea(Gitea::new().owner("team")).await;
    let digest = client.push(REPOSITORY, &blob()).await;
    let mount = client
        .post(&format!("/v2/team/app/blobs/uploads/?mount={digest}"), "")
        .await;
    mount.is(201);
    client
        .head(&format!("/v2/team/app/blobs/{digest}"))
        .await
        .is(200);
    let unknown = Digest::of(b"unknown");
    let session = client
        .post(&format!("/v2/team/app/blobs/uploads/?mount={unknown}"), "")
        .await;
    client
        .patch(session.is(202).header("location"), "", b"x")
        .await
        .is(202);
}

//! Blobs: sent whole and in part, described, deleted.

use oci::Digest;
use reqwest::Method;

use crate::lab::{Lab, answer, noise, sha512};

#[tokio::test]
async fn a_blob_is_sent_as_it_was_received() {
    let lab = Lab::new().await;
    let blob = noise(1, 3 << 20);
    let digest = lab.client.push("team/app", &blob).await;
    let path = format!("/v2/team/app/blobs/{digest}");

    let head = lab.client.head(&path).await;
    head.is(200);
    assert_eq!(head.header("content-length"), blob.len().to_string());
    assert_eq!(head.header("docker-content-digest"), digest.to_string());
    let get = lab.client.get(&path).await;
    assert!(get.is(200).body == blob);
    assert_eq!(get.header("content-length"), blob.len().to_string());
}

#[tokio::test]
async fn a_blob_belongs_to_the_repository_it_was_pushed_to() {
    let lab = Lab::new().await;
    let digest = lab.client.push("a", b"blob").await;
    let elsewhere = lab.client.get(&format!("/v2/a/b/blobs/{digest}")).await;
    elsewhere.refuses(404, "BLOB_UNKNOWN");
    let nothing = Digest::of(b"nothing");
    let missing = lab.client.get(&format!("/v2/a/blobs/{nothing}")).await;
    missing.refuses(404, "BLOB_UNKNOWN");
    let nonsense = lab.client.get("/v2/a/blobs/sha256:nonsense").await;
    nonsense.refuses(400, "DIGEST_INVALID");
}

#[tokio::test]
async fn a_part_of_a_blob_can_be_asked_for() {
    let lab = Lab::new().await;
    let blob = noise(2, 1 << 20);
    let digest = lab.client.push("a", &blob).await;
    let path = format!("/v2/a/blobs/{digest}");
    for (range, expected) in [
        ("bytes=500-1499", 500..1500),
        ("bytes=300000-", 300_000..1 << 20),
        ("bytes=-1", (1 << 20) - 1..1 << 20),
        ("bytes=0-99999999", 0..1 << 20),
    ] {
        let request = lab.client.request(Method::GET, &path);
        let part = answer(request.header("range", range)).await;
        part.is(206);
        let content_range = format!("bytes {}-{}/1048576", expected.start, expected.end - 1);
        assert_eq!(part.header("content-range"), content_range);
        assert!(part.body == blob[expected], "{range}");
    }
    for range in ["bytes=1048576-", "bytes=500-0"] {
        let request = lab.client.request(Method::GET, &path);
        let outside = answer(request.header("range", range)).await;
        outside.refuses(416, "SIZE_INVALID");
        assert_eq!(outside.header("content-range"), "bytes */1048576");
    }
}

#[tokio::test]
async fn an_empty_blob_is_a_blob() {
    let lab = Lab::new().await;
    let digest = lab.client.push("a", b"").await;
    let get = lab.client.get(&format!("/v2/a/blobs/{digest}")).await;
    assert!(get.is(200).body.is_empty());
    assert_eq!(get.header("content-length"), "0");
}

#[tokio::test]
async fn a_blob_can_be_named_by_sha512() {
    let lab = Lab::new().await;
    let digest = sha512(b"blob");
    let start = format!("/v2/a/blobs/uploads/?digest={digest}");
    lab.client.post(&start, "blob").await.is(201);
    let get = lab.client.get(&format!("/v2/a/blobs/{digest}")).await;
    assert_eq!(get.is(200).body, b"blob");
    let other = format!("/v2/a/blobs/{}", Digest::of(b"blob"));
    lab.client.head(&other).await.is(404);
}

#[tokio::test]
async fn a_deleted_blob_is_gone_from_its_repository_alone() {
    let lab = Lab::new().await;
    let digest = lab.client.push("a", b"blob").await;
    lab.client.push("b", b"blob").await;
    let path = format!("/v2/a/blobs/{digest}");
    lab.client.delete(&path).await.is(202);
    lab.client.delete(&path).await.refuses(404, "BLOB_UNKNOWN");
    lab.client.head(&path).await.is(404);
    let other = lab.client.get(&format!("/v2/b/blobs/{digest}")).await;
    assert_eq!(other.is(200).body, b"blob");
}

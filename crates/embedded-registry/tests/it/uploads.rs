//! Uploads: at once, in chunks, streamed; how far they are, given up, refused.

use std::io;

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use oci::Digest;
use reqwest::{Body, Method};

use crate::lab::{Lab, answer, noise, sha512};

#[tokio::test]
async fn a_blob_is_put_whole_into_a_session() {
    let lab = Lab::new().await;
    let blob = noise(1, 2 << 20);
    let digest = Digest::of(&blob);
    let location = lab.client.start("a").await;
    let put = format!("{location}?digest={digest}");
    let done = lab.client.put(&put, blob.clone()).await;
    assert_eq!(
        done.is(201).header("location"),
        format!("/v2/a/blobs/{digest}")
    );
    assert_eq!(done.header("docker-content-digest"), digest.to_string());
    let get = lab.client.get(done.header("location")).await;
    assert!(get.is(200).body == blob);
    let status = lab.client.get(&location).await;
    status.refuses(404, "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn a_blob_comes_in_chunks_each_where_the_last_one_ended() {
    let lab = Lab::new().await;
    let digest = Digest::of(b"0123456789");
    let location = lab.client.start("a").await;
    let status = lab.client.get(&location).await;
    assert_eq!(status.is(204).header("range"), "0-0");

    let first = lab.client.patch(&location, "0-3", b"0123").await;
    assert_eq!(first.is(202).header("range"), "0-3");
    for range in ["5-6", "0-1"] {
        let refused = lab.client.patch(&location, range, b"xx").await;
        refused.refuses(416, "BLOB_UPLOAD_INVALID");
        assert_eq!(refused.header("range"), "0-3");
        assert_eq!(refused.header("location"), location);
    }
    let status = lab.client.get(&location).await;
    assert_eq!(status.is(204).header("range"), "0-3");
    assert_eq!(status.header("location"), location);

    lab.client.patch(&location, "4-6", b"456").await.is(202);
    let put = lab
        .client
        .request(Method::PUT, &format!("{location}?digest={digest}"));
    let put = put.header("content-range", "7-9").body("789");
    answer(put).await.is(201);
    let get = lab.client.get(&format!("/v2/a/blobs/{digest}")).await;
    assert_eq!(get.is(200).body, b"0123456789");
}

#[tokio::test]
async fn a_last_chunk_out_of_order_does_not_close_the_session() {
    let lab = Lab::new().await;
    let location = lab.client.start("a").await;
    let put = format!("{location}?digest={}", Digest::of(b"abc"));
    let early = lab.client.request(Method::PUT, &put);
    let early = answer(early.header("content-range", "1-2").body("bc")).await;
    early.refuses(416, "BLOB_UPLOAD_INVALID");
    lab.client.patch(&location, "0-0", b"a").await.is(202);
    lab.client.put(&put, "bc").await.is(201);
}

#[tokio::test]
async fn a_chunk_has_the_length_that_it_declares() {
    let lab = Lab::new().await;
    let location = lab.client.start("a").await;
    lab.client.patch(&location, "0-1", b"ab").await.is(202);
    for wrong in [&b"cdefg"[..], b"c"] {
        let refused = lab.client.patch(&location, "2-4", wrong).await;
        refused.refuses(400, "SIZE_INVALID");
        let status = lab.client.get(&location).await;
        assert_eq!(status.header("range"), "0-1");
    }
    let nonsense = lab.client.patch(&location, "two-four", b"cde").await;
    nonsense.refuses(400, "BLOB_UPLOAD_INVALID");
    let put = format!("{location}?digest={}", Digest::of(b"abcde"));
    lab.client.put(&put, "cde").await.is(201);
}

#[tokio::test]
async fn a_stream_of_unknown_length_is_appended() {
    let lab = Lab::new().await;
    let blob = noise(3, 1 << 20);
    let pieces: Vec<_> = blob
        .chunks(100_000)
        .map(|piece| Ok::<_, io::Error>(Bytes::copy_from_slice(piece)))
        .collect();
    let location = lab.client.start("a").await;
    let patch = lab.client.request(Method::PATCH, &location);
    let patch = answer(patch.body(Body::wrap_stream(stream::iter(pieces)))).await;
    assert_eq!(patch.is(202).header("range"), "0-1048575");
    let put = format!("{location}?digest={}", sha512(&blob));
    lab.client.put(&put, "").await.is(201);
    let get = lab
        .client
        .get(&format!("/v2/a/blobs/{}", sha512(&blob)))
        .await;
    assert!(get.body == blob);
}

#[tokio::test]
async fn a_cut_upload_goes_on_where_it_was_cut() {
    let lab = Lab::new().await;
    let blob = noise(4, 1 << 20);
    let location = lab.client.start("a").await;
    let (half, rest) = blob.split_at(1 << 19);
    let half = Bytes::copy_from_slice(half);
    let cut = stream::iter([Ok(half), Err(io::Error::other("cut"))]);
    let patch = lab.client.request(Method::PATCH, &location);
    let patch = patch.body(Body::wrap_stream(cut.then(|piece| async {
        // The piece is on its way before the cut follows.
        tokio::task::yield_now().await;
        piece
    })));
    patch.send().await.expect_err("the client cuts");

    // Whatever had arrived of it stays, and is what the next request goes on from.
    let status = lab.client.patch(&location, "", b"").await;
    let range = status.is(202).header("range");
    let last: usize = range[2..].parse().expect("a number");
    let received = if last == 0 { 0 } else { last + 1 };
    assert!(received <= rest.len(), "{range}");
    let put = format!("{location}?digest={}", Digest::of(&blob));
    let put = lab.client.put(&put, blob[received..].to_vec()).await;
    put.is(201);
}

#[tokio::test]
async fn bytes_that_are_not_what_was_promised_are_no_blob() {
    let lab = Lab::new().await;
    let digest = Digest::of(b"promised");
    let post = format!("/v2/a/blobs/uploads/?digest={digest}");
    let refused = lab.client.post(&post, "something else").await;
    refused.refuses(400, "DIGEST_INVALID");
    let location = lab.client.start("a").await;
    let put = format!("{location}?digest={digest}");
    let refused = lab.client.put(&put, "something else").await;
    refused.refuses(400, "DIGEST_INVALID");
    lab.client
        .head(&format!("/v2/a/blobs/{digest}"))
        .await
        .is(404);
    lab.client.get(&location).await.is(404);
    assert!(left_behind(&lab).is_empty());
}

#[tokio::test]
async fn a_session_can_be_given_up() {
    let lab = Lab::new().await;
    let location = lab.client.start("a").await;
    lab.client.patch(&location, "", b"x").await.is(202);
    lab.client.delete(&location).await.is(204);
    for method in [Method::GET, Method::DELETE, Method::PATCH] {
        let gone = answer(lab.client.request(method, &location)).await;
        gone.refuses(404, "BLOB_UPLOAD_UNKNOWN");
    }
    assert!(left_behind(&lab).is_empty());
}

#[tokio::test]
async fn a_session_belongs_to_its_repository() {
    let lab = Lab::new().await;
    let location = lab.client.start("a").await;
    let elsewhere = location.replace("/v2/a/", "/v2/b/");
    let refused = lab.client.get(&elsewhere).await;
    refused.refuses(404, "BLOB_UPLOAD_UNKNOWN");
    let nonsense = lab.client.get("/v2/a/blobs/uploads/..%2F..%2Fx").await;
    assert!(nonsense.status.is_client_error());
}

#[tokio::test]
async fn a_session_is_closed_by_a_digest_alone() {
    let lab = Lab::new().await;
    let location = lab.client.start("a").await;
    let refused = lab.client.put(&location, "x").await;
    refused.refuses(400, "DIGEST_INVALID");
    lab.client.get(&location).await.is(204);
}

/// The names of what was not taken away.
fn left_behind(lab: &Lab) -> Vec<std::fs::DirEntry> {
    let incoming = lab.directory.path().join("incoming");
    let entries = std::fs::read_dir(incoming).expect("a directory");
    entries.map(|entry| entry.expect("an entry")).collect()
}

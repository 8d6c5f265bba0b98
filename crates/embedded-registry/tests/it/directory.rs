//! The directory: shared by several registries, and left behind by one that died.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use oci::Digest;
use reqwest::{Body, Method};

use crate::lab::{Lab, answer, noise, serve};
use crate::manifests::{OCI, pushed};

#[tokio::test]
async fn what_one_registry_takes_another_on_the_same_directory_gives() {
    let lab = Lab::new().await;
    let (_other, client) = serve(&lab.directory).await;
    let json = pushed(&lab, "a", "layer").await;
    lab.client
        .put_manifest("/v2/a/manifests/1", OCI, &json)
        .await
        .is(201);
    let get = client.get("/v2/a/manifests/1").await;
    assert_eq!(get.is(200).body, json.as_bytes());
    client.delete("/v2/a/manifests/1").await.is(202);
    lab.client.get("/v2/a/manifests/1").await.is(404);
}

#[tokio::test]
async fn a_session_goes_on_at_another_registry() {
    let lab = Lab::new().await;
    let blob = noise(7, 300_000);
    let location = lab.client.start("a").await;
    lab.client
        .patch(&location, "0-99999", &blob[..100_000])
        .await
        .is(202);
    let (_other, client) = serve(&lab.directory).await;
    drop(lab.registry);
    let status = client.get(&location).await;
    assert_eq!(status.is(204).header("range"), "0-99999");
    client
        .patch(&location, "100000-199999", &blob[100_000..200_000])
        .await
        .is(202);
    let put = format!("{location}?digest={}", Digest::of(&blob));
    client.put(&put, blob[200_000..].to_vec()).await.is(201);
}

#[tokio::test]
async fn a_session_is_written_by_one_request_at_a_time() {
    let lab = Lab::new().await;
    let (_other, client) = serve(&lab.directory).await;
    let location = lab.client.start("a").await;
    let (sender, receiver) = futures::channel::mpsc::unbounded();
    let first = lab.client.request(Method::PATCH, &location);
    let first = tokio::spawn(answer(first.body(Body::wrap_stream(receiver))));
    sender
        .unbounded_send(Ok::<_, io::Error>(Bytes::from("abc")))
        .unwrap();
    client.wait_for(&location, "0-2").await;

    let second = client.patch(&location, "", b"xyz").await;
    second.refuses(503, "BLOB_UPLOAD_INVALID");
    assert_eq!(second.header("retry-after"), "1");
    drop(sender);
    first.await.unwrap().is(202);
    let put = format!("{location}?digest={}", Digest::of(b"abcdef"));
    client.put(&put, "def").await.is(201);
}

#[tokio::test]
async fn the_same_blob_may_come_from_many_sides_at_once() {
    let lab = Lab::new().await;
    let (_other, client) = serve(&lab.directory).await;
    let blob = noise(9, 500_000);
    let digest = Digest::of(&blob);
    let clients = [&lab.client, &client];
    let pushes = (0..16).map(|number| {
        let client = clients[number % 2].clone();
        let (blob, repository) = (blob.clone(), format!("r{}", number % 4));
        tokio::spawn(async move { client.push(&repository, &blob).await })
    });
    for push in pushes.collect::<Vec<_>>() {
        assert_eq!(push.await.unwrap(), digest);
    }
    for repository in ["r0", "r1", "r2", "r3"] {
        let path = format!("/v2/{repository}/blobs/{digest}");
        assert!(client.get(&path).await.is(200).body == blob);
    }
    assert!(files(&lab.directory.path().join("incoming")).is_empty());
}

#[tokio::test]
async fn what_a_dead_process_left_is_never_sent() {
    let lab = Lab::new().await;
    // A process that dies leaves sessions and files that it was writing, none of them under its final name.
    let location = lab.client.start("a").await;
    lab.client
        .patch(&location, "", b"half of a bl")
        .await
        .is(202);
    drop(lab.registry);
    fs::write(lab.directory.path().join("incoming/.tmpA1b2C3"), "half").unwrap();

    let (_registry, client) = serve(&lab.directory).await;
    for digest in [Digest::of(b"half of a blob"), Digest::of(b"half")] {
        client.get(&format!("/v2/a/blobs/{digest}")).await.is(404);
        client
            .get(&format!("/v2/a/manifests/{digest}"))
            .await
            .is(404);
    }
    client.get("/v2/a/tags/list").await.is(404);
    let put = format!("{location}?digest={}", Digest::of(b"half of a blob"));
    client.put(&put, "ob").await.is(201);
}

#[tokio::test]
async fn a_damaged_manifest_is_not_sent_and_can_be_put_again() {
    let lab = Lab::new().await;
    let json = pushed(&lab, "a", "layer").await;
    lab.client
        .put_manifest("/v2/a/manifests/1", OCI, &json)
        .await
        .is(201);
    for file in files(&lab.directory.path().join("repositories/a/_manifests")) {
        let whole = fs::read(&file).unwrap();
        fs::write(file, &whole[..whole.len() / 2]).unwrap();
    }
    lab.client
        .get("/v2/a/manifests/1")
        .await
        .refuses(404, "MANIFEST_UNKNOWN");
    lab.client
        .put_manifest("/v2/a/manifests/1", OCI, &json)
        .await
        .is(201);
    lab.client.get("/v2/a/manifests/1").await.is(200);
}

#[tokio::test]
async fn a_blob_that_is_pushed_again_replaces_a_damaged_one() {
    let lab = Lab::new().await;
    let digest = lab.client.push("a", b"blob").await;
    for file in files(&lab.directory.path().join("repositories/a/_blobs")) {
        fs::write(file, "blub").unwrap();
    }
    lab.client.push("a", b"blob").await;
    let mount = format!("/v2/b/blobs/uploads/?mount={digest}");
    lab.client.post(&mount, "").await.is(201);
    for repository in ["a", "b"] {
        let get = lab
            .client
            .get(&format!("/v2/{repository}/blobs/{digest}"))
            .await;
        assert_eq!(get.is(200).body, b"blob");
    }
}

#[tokio::test]
async fn bytes_are_kept_once_and_freed_with_their_last_repository() {
    let lab = Lab::new().await;
    let blob = noise(11, 100_000);
    let digest = lab.client.push("a", &blob).await;
    lab.client.push("b", &blob).await;
    let shared = lab.directory.path().join("shared");
    assert_eq!(files(&shared).len(), 1);
    for repository in ["a", "b"] {
        assert_eq!(files(&shared).len(), 1);
        let path = format!("/v2/{repository}/blobs/{digest}");
        lab.client.delete(&path).await.is(202);
    }
    assert!(files(&shared).is_empty());
}

#[tokio::test]
async fn a_deleted_blob_cannot_be_mounted() {
    let lab = Lab::new().await;
    let digest = lab.client.push("a", b"blob").await;
    lab.client
        .delete(&format!("/v2/a/blobs/{digest}"))
        .await
        .is(202);
    let post = format!("/v2/b/blobs/uploads/?mount={digest}");
    lab.client.post(&post, "").await.is(202);
}

/// The files of a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory");
    entries
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

//! Mounts: with a source, without one, and where there is nothing to mount.

use oci::Digest;

use crate::lab::Lab;

#[tokio::test]
async fn a_blob_is_mounted_from_the_repository_that_is_named() {
    let lab = Lab::new().await;
    let digest = lab.client.push("team/base", b"blob").await;
    let post = format!("/v2/app/blobs/uploads/?mount={digest}&from=team/base");
    let mounted = lab.client.post(&post, "").await;
    assert_eq!(
        mounted.is(201).header("location"),
        format!("/v2/app/blobs/{digest}")
    );
    let get = lab.client.get(mounted.header("location")).await;
    assert_eq!(get.is(200).body, b"blob");
}

#[tokio::test]
async fn a_blob_is_mounted_from_wherever_it_is() {
    let lab = Lab::new().await;
    let digest = lab.client.push("team/base", b"blob").await;
    let post = format!("/v2/app/blobs/uploads/?mount={digest}");
    lab.client.post(&post, "").await.is(201);
    let source = format!("/v2/team/base/blobs/{digest}");
    lab.client.delete(&source).await.is(202);
    let get = lab.client.get(&format!("/v2/app/blobs/{digest}")).await;
    assert_eq!(get.is(200).body, b"blob");
}

#[tokio::test]
async fn a_mount_of_what_is_not_there_is_an_upload_session() {
    let lab = Lab::new().await;
    let digest = Digest::of(b"blob");
    lab.client.push("elsewhere", b"blob").await;
    let post = format!("/v2/app/blobs/uploads/?mount={digest}&from=team/base");
    let session = lab.client.post(&post, "").await;
    let location = session.is(202).header("location");
    let put = format!("{location}?digest={digest}");
    lab.client.put(&put, "blob").await.is(201);
}

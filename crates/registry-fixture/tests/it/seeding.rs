//! Seeding: images of archives, there before the service is.

use std::path::PathBuf;

use oci::Digest;
use registry_fixture::{Endpoint, Error, Fault, Registry, Seeded};

use crate::client::Client;

pub(crate) fn testdata(name: &str) -> PathBuf {
    PathBuf::from("../../testdata").join(name)
}

/// Asserts that the image is there: its manifest by tag and by digest, and every blob.
async fn is_whole(client: &Client, image: &Seeded) {
    let base = format!("/v2/{}", image.repository());
    let tag = image.tag().expect("a tag");
    let manifest = client.get(&format!("{base}/manifests/{tag}")).await;
    assert_eq!(
        Digest::of(manifest.is(200).body.as_bytes()),
        *image.digest()
    );
    let pinned = client
        .get(&format!("{base}/manifests/{}", image.digest()))
        .await;
    assert_eq!(pinned.is(200).body, manifest.body);
    let manifest = manifest.json();
    let layers = manifest["layers"].as_array().expect("layers");
    for blob in layers.iter().chain([&manifest["config"]]) {
        let digest = blob["digest"].as_str().expect("a digest");
        let found = client.head(&format!("{base}/blobs/{digest}")).await;
        assert_eq!(
            found.is(200).header("content-length"),
            blob["size"].to_string()
        );
    }
}

#[tokio::test]
async fn an_archive_is_there_under_its_own_name() {
    let registry = Registry::embedded().start().unwrap();
    let image = registry.seed(testdata("docker20-hello.tar")).unwrap();
    let host = registry.host();
    assert_eq!(image.reference(), format!("{host}/corpus/hello:1"));
    assert_eq!(
        image.pinned(),
        format!("{host}/corpus/hello@{}", image.digest())
    );
    is_whole(&Client::of(&registry), &image).await;
    assert_eq!(registry.exchanges().len(), 6, "the test's own alone");
}

#[tokio::test]
async fn an_archive_is_there_under_a_name_that_the_test_gives() {
    let registry = Registry::embedded().start().unwrap();
    let layout = testdata("skopeo-oci-archive-hello.tar");
    let image = registry.seed_as_async(layout, "team/app:1").await.unwrap();
    assert_eq!(image.reference(), registry.reference("team/app:1"));
    is_whole(&Client::of(&registry), &image).await;
}

#[tokio::test]
async fn several_images_are_there_under_all_their_names() {
    let registry = Registry::embedded().start().unwrap();
    let archive = testdata("docker20-multi.tar");
    let images = registry.seed_all_async(&archive).await.unwrap();
    let references: Vec<_> = images.iter().map(Seeded::reference).collect();
    let expected = ["corpus/dup:1", "corpus/hello:1", "corpus/hello:latest"];
    assert_eq!(references, expected.map(|name| registry.reference(name)));
    for image in &images {
        is_whole(&Client::of(&registry), image).await;
    }
    assert_eq!(registry.seed_async(&archive).await.unwrap(), images[0]);
}

#[tokio::test]
async fn seeding_goes_past_credentials_faults_and_tls() {
    let registry = Registry::embedded()
        .credentials("ci", "secret")
        .tls()
        .fault(Fault::status(503).at(Endpoint::Manifest).always());
    let registry = registry.start().unwrap();
    registry.seed(testdata("docker20-hello.tar")).unwrap();
    assert!(registry.exchanges().is_empty());
    assert_eq!(registry.faults_triggered(), 0);
}

#[test]
fn what_cannot_be_seeded_says_why() {
    let registry = Registry::embedded().start().unwrap();
    let missing = registry.seed("no-such.tar").unwrap_err();
    assert!(matches!(missing, Error::Seed { .. }), "{missing:?}");
    assert_eq!(
        missing.to_string(),
        "cannot seed the registry from `no-such.tar`"
    );
    let archive = testdata("docker20-hello.tar");
    let name = registry.seed_as(archive, "Team/App:1").unwrap_err();
    assert!(matches!(name, Error::Name { .. }), "{name:?}");
}

#[tokio::test]
async fn a_gitea_like_registry_is_seeded_below_its_user() {
    let registry = Registry::embedded().gitea_like().start().unwrap();
    let image = registry.seed(testdata("docker20-hello.tar")).unwrap();
    let expected = format!("{}/giteaadmin/corpus/hello:1", registry.host());
    assert_eq!(image.reference(), expected);
    let named = registry
        .seed_as(testdata("docker20-hello.tar"), "app:V1")
        .unwrap();
    assert_eq!(named.reference(), registry.reference("app:v1"));
    let client = Client::user(&registry).await;
    is_whole(&client, &image).await;
    is_whole(&client, &named).await;
}

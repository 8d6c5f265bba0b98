//! Gitea's ways with manifests: what it wants to have before it takes one, and how it says no.

use oci::{Digest, MediaType};
use registry_fixture::Registry;
use serde_json::json;

use crate::client::{Answer, Client};

const REPOSITORY: &str = "giteaadmin/app";

async fn gitea() -> (Registry, Client) {
    let registry = Registry::embedded().gitea_like().start();
    let registry = registry.expect("the registry starts");
    let client = Client::user(&registry).await;
    (registry, client)
}

fn manifest(config: &[u8], layer: &[u8]) -> serde_json::Value {
    let blob = |media_type: MediaType, bytes: &[u8]| {
        json!({
            "mediaType": media_type.as_str(),
            "digest": Digest::of(bytes).to_string(),
            "size": bytes.len(),
        })
    };
    json!({
        "schemaVersion": 2,
        "mediaType": MediaType::OCI_MANIFEST.as_str(),
        "config": blob(MediaType::OCI_CONFIG, config),
        "layers": [blob(MediaType::OCI_LAYER_GZIP, layer)],
    })
}

fn index(child: &str, media_type: &MediaType) -> String {
    let child = json!({
        "mediaType": media_type.as_str(),
        "digest": Digest::of(child.as_bytes()).to_string(),
        "size": child.len(),
    });
    json!({
        "schemaVersion": 2,
        "mediaType": MediaType::OCI_INDEX.as_str(),
        "manifests": [child],
    })
    .to_string()
}

async fn put(client: &Client, reference: &str, media_type: &MediaType, json: &str) -> Answer {
    let path = format!("/v2/{REPOSITORY}/manifests/{reference}");
    client.put_manifest(&path, media_type.as_str(), json).await
}

#[tokio::test]
async fn tags_are_kept_in_lower_case() {
    let (_registry, client) = gitea().await;
    client.push(REPOSITORY, b"{}").await;
    client.push(REPOSITORY, b"layer").await;
    let json = manifest(b"{}", b"layer").to_string();
    put(&client, "V1", &MediaType::OCI_MANIFEST, &json)
        .await
        .is(201);
    let tags = client.get(&format!("/v2/{REPOSITORY}/tags/list")).await;
    assert_eq!(tags.is(200).json()["tags"], json!(["v1"]));
    for tag in ["v1", "V1"] {
        let read = client
            .get(&format!("/v2/{REPOSITORY}/manifests/{tag}"))
            .await;
        assert_eq!(read.is(200).body, json);
    }
}

#[tokio::test]
async fn what_a_manifest_names_must_be_there_and_as_long_as_it_says() {
    let (_registry, client) = gitea().await;
    client.push(REPOSITORY, b"{}").await;
    let mut wanted = manifest(b"{}", b"layer");
    let missing = put(&client, "1", &MediaType::OCI_MANIFEST, &wanted.to_string()).await;
    missing.refuses(404, "BLOB_UNKNOWN");
    client.push(REPOSITORY, b"layer").await;
    wanted["layers"][0]["size"] = json!(6);
    let wrong = put(&client, "1", &MediaType::OCI_MANIFEST, &wanted.to_string()).await;
    wrong.refuses(400, "SIZE_INVALID");
    wanted["layers"][0]["size"] = json!(5);
    let right = put(&client, "1", &MediaType::OCI_MANIFEST, &wanted.to_string()).await;
    right.is(201);
}

#[tokio::test]
async fn what_is_no_image_fails_inside() {
    let (_registry, client) = gitea().await;
    let broken = put(&client, "1", &MediaType::OCI_MANIFEST, "not JSON").await;
    assert_eq!(broken.is(500).body, "");
    client.push(REPOSITORY, b"no config").await;
    client.push(REPOSITORY, b"layer").await;
    let config = manifest(b"no config", b"layer").to_string();
    let broken = put(&client, "1", &MediaType::OCI_MANIFEST, &config).await;
    assert_eq!(broken.is(500).body, "");
    let old = json!({ "schemaVersion": 1 }).to_string();
    let old = put(&client, "1", &MediaType::OCI_MANIFEST, &old).await;
    old.refuses(501, "UNSUPPORTED");
    let large = "x".repeat((10 << 20) + 1);
    let large = put(&client, "1", &MediaType::OCI_MANIFEST, &large).await;
    large.refuses(413, "MANIFEST_INVALID");
}

#[tokio::test]
async fn an_index_has_children_and_no_grandchildren() {
    let (_registry, client) = gitea().await;
    client.push(REPOSITORY, b"{}").await;
    client.push(REPOSITORY, b"layer").await;
    let child = manifest(b"{}", b"layer").to_string();
    let parent = index(&child, &MediaType::OCI_MANIFEST);
    let missing = put(&client, "1", &MediaType::OCI_INDEX, &parent).await;
    missing.refuses(404, "MANIFEST_BLOB_UNKNOWN");
    let digest = Digest::of(child.as_bytes()).to_string();
    put(&client, &digest, &MediaType::OCI_MANIFEST, &child)
        .await
        .is(201);
    put(&client, "1", &MediaType::OCI_INDEX, &parent)
        .await
        .is(201);
    let grandparent = index(&parent, &MediaType::OCI_INDEX);
    let nested = put(&client, "2", &MediaType::OCI_INDEX, &grandparent).await;
    nested.refuses(400, "MANIFEST_INVALID");
}

#[tokio::test]
async fn a_digest_that_is_not_the_manifests_own_is_taken_for_a_name() {
    let (_registry, client) = gitea().await;
    client.push(REPOSITORY, b"{}").await;
    client.push(REPOSITORY, b"layer").await;
    let json = manifest(b"{}", b"layer").to_string();
    let wrong = Digest::of(b"other").to_string();
    let put = put(&client, &wrong, &MediaType::OCI_MANIFEST, &json).await;
    let digest = Digest::of(json.as_bytes()).to_string();
    assert_eq!(put.is(201).header("docker-content-digest"), digest);
}

#[tokio::test]
async fn there_are_no_referrers() {
    let (_registry, client) = gitea().await;
    client.push(REPOSITORY, b"{}").await;
    client.push(REPOSITORY, b"layer").await;
    let mut json = manifest(b"{}", b"layer");
    json["subject"] = json["config"].clone();
    let put = put(&client, "1", &MediaType::OCI_MANIFEST, &json.to_string()).await;
    assert_eq!(put.is(201).header("oci-subject"), "");
    let digest = Digest::of(b"{}");
    let referrers = client
        .get(&format!("/v2/{REPOSITORY}/referrers/{digest}"))
        .await;
    assert_eq!(referrers.is(404).body, "404 page not found\n");
}

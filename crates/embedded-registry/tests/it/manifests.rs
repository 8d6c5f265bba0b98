//! Manifests: by tag and by digest, kept as they came, refused, deleted.

use oci::{Digest, MediaType};
use reqwest::Method;

use crate::lab::{Lab, answer, sha512};

/// A manifest of one config and one layer.
pub(crate) fn manifest(config: &Digest, layer: &Digest) -> String {
    serde_json::json!({
        "schemaVersion": 2,
        "mediaType": MediaType::OCI_MANIFEST,
        "config": { "mediaType": MediaType::OCI_CONFIG, "digest": config, "size": 2 },
        "layers": [{ "mediaType": MediaType::OCI_LAYER, "digest": layer, "size": 5 }],
        "custom": "field",
    })
    .to_string()
}

/// Pushes the blobs of a manifest, and gives the manifest.
pub(crate) async fn pushed(lab: &Lab, repository: &str, layer: &str) -> String {
    let config = lab.client.push(repository, b"{}").await;
    let layer = lab.client.push(repository, layer.as_bytes()).await;
    manifest(&config, &layer)
}

#[tokio::test]
async fn a_manifest_is_kept_as_it_came() {
    let lab = Lab::new().await;
    let json = pushed(&lab, "team/app", "layer").await;
    let digest = Digest::of(json.as_bytes());
    let put = lab
        .client
        .put_manifest("/v2/team/app/manifests/1.0", OCI, &json)
        .await;
    let by_digest = format!("/v2/team/app/manifests/{digest}");
    assert_eq!(put.is(201).header("location"), by_digest);
    assert_eq!(put.header("docker-content-digest"), digest.to_string());

    for path in ["/v2/team/app/manifests/1.0", &by_digest] {
        let get = lab.client.get(path).await;
        assert_eq!(get.is(200).body, json.as_bytes());
        let head = lab.client.head(path).await;
        for answer in [&get, head.is(200)] {
            assert_eq!(answer.header("content-type"), OCI);
            assert_eq!(answer.header("content-length"), json.len().to_string());
            assert_eq!(answer.header("docker-content-digest"), digest.to_string());
        }
    }
    let other = lab.client.get("/v2/team/app/manifests/2.0").await;
    other.refuses(404, "MANIFEST_UNKNOWN");
}

#[tokio::test]
async fn a_manifest_without_media_type_has_the_one_it_was_put_with() {
    let lab = Lab::new().await;
    let json = pushed(&lab, "a", "layer").await;
    let json = json.replace(&format!("\"mediaType\":\"{OCI}\","), "");
    let path = "/v2/a/manifests/1";
    for media_type in [OCI, "application/vnd.docker.distribution.manifest.v2+json"] {
        let with_charset = format!("{media_type}; charset=utf-8");
        lab.client
            .put_manifest(path, &with_charset, &json)
            .await
            .is(201);
        let get = lab.client.get(path).await;
        assert_eq!(get.is(200).header("content-type"), media_type);
    }
}

#[tokio::test]
async fn a_manifest_is_put_under_its_own_digest_alone() {
    let lab = Lab::new().await;
    let json = pushed(&lab, "a", "layer").await;
    let wrong = format!("/v2/a/manifests/{}", Digest::of(b"other"));
    let refused = lab.client.put_manifest(&wrong, OCI, &json).await;
    refused.refuses(400, "DIGEST_INVALID");
    let nonsense = lab
        .client
        .put_manifest("/v2/a/manifests/sha256:x", OCI, &json)
        .await;
    nonsense.refuses(400, "DIGEST_INVALID");
    let right = format!("/v2/a/manifests/{}", sha512(json.as_bytes()));
    lab.client.put_manifest(&right, OCI, &json).await.is(201);
    assert_eq!(lab.client.get(&right).await.is(200).body, json.as_bytes());
}

#[tokio::test]
async fn a_manifest_put_by_digest_can_be_given_tags() {
    let lab = Lab::new().await;
    let json = pushed(&lab, "a", "layer").await;
    let digest = Digest::of(json.as_bytes());
    let path = format!("/v2/a/manifests/{digest}?tag=1&tag=latest");
    let put = lab.client.put_manifest(&path, OCI, &json).await;
    assert_eq!(put.is(201).header("oci-tag"), "1");
    for tag in ["1", "latest"] {
        let get = lab.client.get(&format!("/v2/a/manifests/{tag}")).await;
        assert_eq!(get.is(200).body, json.as_bytes());
    }
}

#[tokio::test]
async fn what_a_manifest_refers_to_must_be_there() {
    let lab = Lab::new().await;
    let json = pushed(&lab, "a", "layer").await;
    let elsewhere = lab
        .client
        .put_manifest("/v2/b/manifests/1", OCI, &json)
        .await;
    elsewhere.refuses(400, "MANIFEST_BLOB_UNKNOWN");
    lab.client.head("/v2/b/manifests/1").await.is(404);

    let child = Digest::of(json.as_bytes());
    let descriptor = serde_json::json!({ "mediaType": OCI, "digest": child, "size": json.len() });
    let index = index(&[descriptor]);
    let early = lab
        .client
        .put_manifest("/v2/a/manifests/i", INDEX, &index)
        .await;
    early.refuses(400, "MANIFEST_BLOB_UNKNOWN");
    lab.client
        .put_manifest("/v2/a/manifests/1", OCI, &json)
        .await
        .is(201);
    lab.client
        .put_manifest("/v2/a/manifests/i", INDEX, &index)
        .await
        .is(201);
}

#[tokio::test]
async fn layers_that_lie_elsewhere_need_not_be_there() {
    let lab = Lab::new().await;
    let json = pushed(&lab, "a", "layer").await;
    let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    let json = json
        .replace(MediaType::OCI_LAYER.as_str(), foreign)
        .replace(
            &Digest::of(b"layer").to_string(),
            &Digest::of(b"far").to_string(),
        );
    lab.client
        .put_manifest("/v2/a/manifests/1", OCI, &json)
        .await
        .is(201);
}

#[tokio::test]
async fn an_empty_index_may_be_the_first_thing_in_a_repository() {
    let lab = Lab::new().await;
    let index = index(&[]);
    lab.client
        .put_manifest("/v2/a/manifests/1", INDEX, &index)
        .await
        .is(201);
    let get = lab.client.get("/v2/a/manifests/1").await;
    assert_eq!(get.is(200).header("content-type"), INDEX);
}

#[tokio::test]
async fn what_is_no_manifest_is_refused() {
    let lab = Lab::new().await;
    let json = pushed(&lab, "a", "layer").await;
    let ambiguous = json.replace("\"custom\"", "\"manifests\":[],\"custom\"");
    for (media_type, body) in [
        (OCI, "nonsense"),
        (OCI, "{}"),
        (OCI, &ambiguous),
        (INDEX, &json),
        ("text/html", &json),
    ] {
        let refused = lab
            .client
            .put_manifest("/v2/a/manifests/1", media_type, body)
            .await;
        refused.refuses(400, "MANIFEST_INVALID");
    }
    let tag = lab
        .client
        .put_manifest("/v2/a/manifests/-x", OCI, &json)
        .await;
    tag.refuses(400, "MANIFEST_INVALID");
    lab.client.head("/v2/a/manifests/1").await.is(404);
}

#[tokio::test]
async fn a_manifest_larger_than_4_mib_is_refused_and_the_client_sees_why() {
    let lab = Lab::new().await;
    let large = " ".repeat(12 << 20);
    let refused = lab
        .client
        .put_manifest("/v2/a/manifests/1", OCI, &large)
        .await;
    refused.refuses(413, "SIZE_INVALID");
}

#[tokio::test]
async fn a_deleted_manifest_takes_its_tags_with_it() {
    let lab = Lab::new().await;
    let json = pushed(&lab, "a", "layer").await;
    let other = pushed(&lab, "a", "other").await;
    for (tag, json) in [("1", &json), ("latest", &json), ("2", &other)] {
        let path = format!("/v2/a/manifests/{tag}");
        lab.client.put_manifest(&path, OCI, json).await.is(201);
    }
    let by_digest = format!("/v2/a/manifests/{}", Digest::of(json.as_bytes()));
    lab.client.delete("/v2/a/manifests/1").await.is(202);
    lab.client
        .delete("/v2/a/manifests/1")
        .await
        .refuses(404, "MANIFEST_UNKNOWN");
    lab.client.get(&by_digest).await.is(200);
    lab.client.delete(&by_digest).await.is(202);
    lab.client
        .delete(&by_digest)
        .await
        .refuses(404, "MANIFEST_UNKNOWN");
    lab.client.get("/v2/a/manifests/latest").await.is(404);
    let tags = lab.client.get("/v2/a/tags/list").await;
    assert_eq!(tags.is(200).json()["tags"], serde_json::json!(["2"]));
}

#[tokio::test]
async fn other_methods_and_addresses_are_not_part_of_the_api() {
    let lab = Lab::new().await;
    for (method, path, status) in [
        (Method::POST, "/v2/a/manifests/1", 405),
        (Method::PATCH, "/v2/a/tags/list", 405),
        (Method::GET, "/v2/a/blobs/uploads/", 405),
        (Method::PUT, "/v2/", 405),
        (Method::GET, "/v2/a/other/1", 404),
        (Method::GET, "/v1/", 404),
        (Method::GET, "/", 404),
    ] {
        let refused = answer(lab.client.request(method, path)).await;
        refused.refuses(status, "UNSUPPORTED");
    }
    let upper = lab.client.get("/v2/Team/manifests/1").await;
    upper.refuses(400, "NAME_INVALID");
}

/// An index of these descriptors.
fn index(manifests: &[serde_json::Value]) -> String {
    serde_json::json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests })
        .to_string()
}

/// The media type of OCI manifests.
pub(crate) const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

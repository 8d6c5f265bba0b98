//! Referrers: listed by subject, filtered, page by page, gone with their manifest.

use oci::Digest;
use serde_json::{Value, json};

use crate::lab::Lab;
use crate::manifests::{OCI, pushed};

/// Puts a manifest that refers to `subject`, and gives its digest.
async fn refer(lab: &Lab, subject: &Digest, fields: Value) -> Digest {
    let json = pushed(lab, "a", "layer").await;
    let mut json: Value = serde_json::from_str(&json).expect("JSON");
    json["subject"] = json!({ "mediaType": OCI, "digest": subject, "size": 1 });
    for (name, value) in fields.as_object().expect("fields") {
        json[name] = value.clone();
    }
    let json = json.to_string();
    let digest = Digest::of(json.as_bytes());
    let path = format!("/v2/a/manifests/{digest}");
    let put = lab.client.put_manifest(&path, OCI, &json).await;
    assert_eq!(put.is(201).header("oci-subject"), subject.to_string());
    digest
}

#[tokio::test]
async fn nothing_refers_to_what_is_not_there() {
    let lab = Lab::new().await;
    let path = format!("/v2/a/referrers/{}", Digest::of(b"subject"));
    let none = lab.client.get(&path).await;
    let media_type = "application/vnd.oci.image.index.v1+json";
    assert_eq!(none.is(200).header("content-type"), media_type);
    let expected = json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": [] });
    assert_eq!(none.json(), expected);
    let nonsense = lab.client.get("/v2/a/referrers/1.0").await;
    nonsense.refuses(400, "DIGEST_INVALID");
}

#[tokio::test]
async fn referrers_are_listed_with_type_and_annotations() {
    let lab = Lab::new().await;
    let subject = Digest::of(b"subject");
    let fields = json!({ "artifactType": "text/x", "annotations": { "note": "one" } });
    let typed = refer(&lab, &subject, fields).await;
    let image = refer(&lab, &subject, json!({})).await;
    refer(&lab, &Digest::of(b"another"), json!({})).await;

    let path = format!("/v2/a/referrers/{subject}");
    let all = lab.client.get(&path).await;
    assert_eq!(all.is(200).header("oci-filters-applied"), "");
    let listed = all.json()["manifests"].clone();
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
    let find = |digest: &Digest| {
        let mut listed = listed.as_array().into_iter().flatten();
        let found = listed.find(|descriptor| descriptor["digest"] == digest.to_string());
        found.cloned().expect("it is listed")
    };
    assert_eq!(find(&typed)["artifactType"], "text/x");
    assert_eq!(find(&typed)["annotations"], json!({ "note": "one" }));
    assert_eq!(find(&typed)["mediaType"], OCI);
    // Without a type of its own, an image has that of its config.
    let config = "application/vnd.oci.image.config.v1+json";
    assert_eq!(find(&image)["artifactType"], config);

    let filtered = lab.client.get(&format!("{path}?artifactType=text/x")).await;
    assert_eq!(
        filtered.is(200).header("oci-filters-applied"),
        "artifactType"
    );
    assert_eq!(filtered.json()["manifests"], json!([find(&typed)]));
}

#[tokio::test]
async fn a_deleted_referrer_is_no_longer_listed() {
    let lab = Lab::new().await;
    let subject = Digest::of(b"subject");
    let referrer = refer(&lab, &subject, json!({})).await;
    let manifest = format!("/v2/a/manifests/{referrer}");
    lab.client.delete(&manifest).await.is(202);
    let none = lab.client.get(&format!("/v2/a/referrers/{subject}")).await;
    assert_eq!(none.is(200).json()["manifests"], json!([]));
}

#[tokio::test]
async fn more_referrers_than_a_manifest_may_hold_are_on_pages() {
    let lab = Lab::new().await;
    let subject = Digest::of(b"subject");
    let large = "x".repeat(1800 << 10);
    for number in ["1", "2", "3"] {
        let annotations = json!({ "large": large, "number": number });
        let fields = json!({ "artifactType": "a/b+c", "annotations": annotations });
        refer(&lab, &subject, fields).await;
    }
    let mut path = format!("/v2/a/referrers/{subject}?artifactType=a%2Fb%2Bc");
    let mut numbers = Vec::new();
    for expected in [2, 1] {
        let page = lab.client.get(&path).await;
        let listed = page.is(200).json()["manifests"].clone();
        let listed = listed.as_array().expect("a list");
        assert_eq!(listed.len(), expected);
        numbers.extend(
            listed
                .iter()
                .map(|d| d["annotations"]["number"].to_string()),
        );
        let link = page.header("link");
        let next = link.split(['<', '>']).nth(1).unwrap_or_default();
        assert_eq!(next.is_empty(), expected == 1, "{link}");
        path = next.to_owned();
    }
    numbers.sort();
    assert_eq!(numbers, ["\"1\"", "\"2\"", "\"3\""]);
}

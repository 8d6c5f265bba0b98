//! Lists: the tags of a repository and the repositories, page by page.

use serde_json::json;

use crate::lab::Lab;
use crate::manifests::{OCI, pushed};

#[tokio::test]
async fn tags_are_listed_in_order_and_page_by_page() {
    let lab = Lab::new().await;
    let json = pushed(&lab, "a", "layer").await;
    for tag in ["b", "v1", "A", "V1", "c"] {
        let path = format!("/v2/a/manifests/{tag}");
        lab.client.put_manifest(&path, OCI, &json).await.is(201);
    }
    let all = lab.client.get("/v2/a/tags/list").await;
    let expected = json!({ "name": "a", "tags": ["A", "V1", "b", "c", "v1"] });
    assert_eq!(all.is(200).json(), expected);
    assert_eq!(all.header("link"), "");

    let first = lab.client.get("/v2/a/tags/list?n=2").await;
    assert_eq!(first.is(200).json()["tags"], json!(["A", "V1"]));
    let link = first.header("link");
    assert_eq!(link, "</v2/a/tags/list?n=2&last=V1>; rel=\"next\"");
    let second = lab.client.get("/v2/a/tags/list?n=2&last=V1").await;
    assert_eq!(second.json()["tags"], json!(["b", "c"]));
    let third = lab.client.get("/v2/a/tags/list?n=2&last=c").await;
    assert_eq!(third.json()["tags"], json!(["v1"]));
    assert_eq!(third.header("link"), "");
    let none = lab.client.get("/v2/a/tags/list?n=0").await;
    assert_eq!(none.json()["tags"], json!([]));
    let wrong = lab.client.get("/v2/a/tags/list?n=many").await;
    wrong.refuses(400, "PAGINATION_NUMBER_INVALID");
}

#[tokio::test]
async fn a_repository_that_nobody_pushed_to_has_no_list() {
    let lab = Lab::new().await;
    let unknown = lab.client.get("/v2/a/tags/list").await;
    unknown.refuses(404, "NAME_UNKNOWN");
    lab.client.push("a", b"blob").await;
    let empty = lab.client.get("/v2/a/tags/list").await;
    assert_eq!(empty.is(200).json()["tags"], json!([]));
}

#[tokio::test]
async fn a_tag_moves_to_the_manifest_that_was_put_last() {
    let lab = Lab::new().await;
    let first = pushed(&lab, "a", "one").await;
    let second = pushed(&lab, "a", "two").await;
    for json in [&first, &second] {
        lab.client
            .put_manifest("/v2/a/manifests/1", OCI, json)
            .await
            .is(201);
        let get = lab.client.get("/v2/a/manifests/1").await;
        assert_eq!(get.is(200).body, json.as_bytes());
    }
}

#[tokio::test]
async fn repositories_are_listed() {
    let lab = Lab::new().await;
    for repository in ["team/app", "team", "a/b/c"] {
        let json = pushed(&lab, repository, "layer").await;
        let path = format!("/v2/{repository}/manifests/1");
        lab.client.put_manifest(&path, OCI, &json).await.is(201);
    }
    let all = lab.client.get("/v2/_catalog").await;
    let expected = json!({ "repositories": ["a/b/c", "team", "team/app"] });
    assert_eq!(all.is(200).json(), expected);
    let page = lab.client.get("/v2/_catalog?n=1").await;
    assert_eq!(page.json(), json!({ "repositories": ["a/b/c"] }));
    assert_eq!(
        page.header("link"),
        "</v2/_catalog?n=1&last=a/b/c>; rel=\"next\""
    );
}

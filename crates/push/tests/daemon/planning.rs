//! What is said of a push before it: no export reaches the daemon for that.

use insta::assert_snapshot;
use oci::Digest;
use push::source::SourceSpec;
use push::{Action, Events, ManifestFormat, Naming, Plan, PushOperation};

use crate::fake::{ARM64, FakeImage, INDEX};
use crate::pair::Pair;
use crate::{LAYERS, hello, multi, testdata};

/// The image of a classic store, which knows its layers.
fn classic() -> FakeImage {
    FakeImage {
        layers: LAYERS.to_vec(),
        ..hello()
    }
}

/// The plan, a line for everything in it, once it is certain that nothing was exported for it.
async fn planned(pair: &Pair, operation: &PushOperation) -> String {
    let before = pair.exports();
    let plan = operation.plan(&Events::ignored()).await;
    assert_eq!(pair.exports(), before);
    shown(&plan.expect("a plan")).replace(&pair.registry.address().to_string(), "<registry>")
}

fn shown(plan: &Plan) -> String {
    let mut lines = Vec::new();
    for image in &plan.images {
        let short = |digest: &Digest| digest.hex()[..8].to_owned();
        let digest = image.digest.as_ref().map(short);
        let current = image.current.as_ref().map(short);
        lines.push(format!(
            "{}: {} in the place of {}",
            image.references.join(" "),
            digest.as_deref().unwrap_or("unknown"),
            current.as_deref().unwrap_or("nothing"),
        ));
    }
    for blob in &plan.blobs {
        let digest = &blob.digest.hex()[..8];
        let (kind, action) = (blob.kind, blob.action);
        lines.push(format!("{kind:?} {digest} {:?}: {action:?}", blob.size));
    }
    let unknown = plan.unknown.iter();
    lines.extend(unknown.map(|blobs| format!("{:?} unknown", blobs.kind)));
    lines.push(format!("to send: {:?}", plan.bytes_to_send()));
    lines.join("\n")
}

/// Puts an archive into the registry.
async fn put(pair: &Pair, archive: &str, image: &str, destination: &str) {
    let mut operation = pair.operation(destination);
    operation.source = SourceSpec::Path(testdata().join(archive));
    operation.options.image = Some(image.to_owned());
    let report = operation.execute(&Events::ignored()).await;
    assert!(report.expect("a push").failed.is_empty());
}

#[tokio::test]
async fn the_layers_of_a_classic_store_are_asked_for_by_their_diff_ids() {
    let pair = Pair::new(classic()).await;
    let operation = pair.operation("app:1");
    assert_snapshot!(planned(&pair, &operation).await, @r#"
    <registry>/app:1: unknown in the place of nothing
    Config b01cbee7 None: Upload
    Layer c821bd63 None: Upload
    Layer 04506e4e None: Upload
    Layer 621c5846 None: Upload
    to send: None
    "#);
    put(&pair, "docker20-multi.tar", "corpus/dup:1", "app:1").await;
    assert_snapshot!(planned(&pair, &operation).await, @r#"
    <registry>/app:1: unknown in the place of d00e73ae
    Config b01cbee7 None: Upload
    Layer c821bd63 None: Upload
    Layer 04506e4e Some(6656): Exists
    Layer 621c5846 None: Upload
    to send: None
    "#);
    let mut again = operation.clone();
    again.options.registry.reupload = true;
    assert_snapshot!(planned(&pair, &again).await, @r#"
    <registry>/app:1: unknown in the place of d00e73ae
    Config b01cbee7 None: Upload
    Layer c821bd63 None: Upload
    Layer 04506e4e None: Upload
    Layer 621c5846 None: Upload
    to send: None
    "#);
}

#[tokio::test]
async fn an_export_has_the_blobs_that_were_foreseen() {
    for archive in ["docker20-hello.tar", "docker28-hello.tar"] {
        let image = FakeImage {
            archive: testdata().join(archive),
            ..classic()
        };
        let pair = Pair::new(image).await;
        pair.push(&pair.operation("app:1")).await;
        let plan = pair
            .operation("app:2")
            .plan(&Events::ignored())
            .await
            .unwrap();
        let there = |blob: &push::PlannedBlob| blob.action == Action::Exists && blob.size.is_some();
        assert_eq!(plan.blobs.len(), 4, "{archive}");
        assert!(plan.blobs.iter().all(there), "{archive}: {plan:?}");
        assert_eq!(plan.bytes_to_send(), Some(0), "{archive}");
    }
}

#[tokio::test]
async fn where_every_tag_holds_the_image_there_is_nothing_to_do() {
    let pair = Pair::new(classic()).await;
    let mut operation = pair.operation("app:1");
    operation.options.tags = vec!["2".parse().unwrap()];
    pair.push(&operation).await;
    assert_snapshot!(planned(&pair, &operation).await, @r#"
    <registry>/app:1 <registry>/app:2: 5492e95c in the place of 5492e95c
    to send: Some(0)
    "#);
}

#[tokio::test]
async fn a_daemon_that_knows_no_layers_leaves_them_open() {
    let pair = Pair::new(hello()).await;
    let operation = pair.operation("app:1");
    assert_snapshot!(planned(&pair, &operation).await, @r#"
    <registry>/app:1: unknown in the place of nothing
    Config b01cbee7 None: Upload
    Layer unknown
    to send: None
    "#);
}

#[tokio::test]
async fn in_containerds_store_the_manifest_is_known_and_no_blob() {
    let pair = Pair::new(multi(true)).await;
    let mut operation = pair.operation("app:1");
    assert!(planned(&pair, &operation).await.contains(&INDEX[7..15]));
    operation.options.platforms = vec!["linux/arm64".parse().unwrap()];
    assert_snapshot!(planned(&pair, &operation).await, @r#"
    <registry>/app:1: 84fe0654 in the place of nothing
    Config unknown
    Layer unknown
    to send: None
    "#);
    operation.options.format = ManifestFormat::Oci;
    assert!(!planned(&pair, &operation).await.contains(&ARM64[7..15]));
}

#[tokio::test]
async fn what_a_push_would_refuse_a_plan_refuses_too() {
    let pair = Pair::new(multi(true)).await;
    let refusal = async |operation: PushOperation| {
        let refused = operation.plan(&Events::ignored()).await;
        assert_eq!(pair.exports(), 0);
        refused.expect_err("a refusal")
    };
    let asserted = refusal(pair.operation(&format!("app:1@{ARM64}"))).await;
    assert!(
        matches!(asserted, push::Error::DigestMismatch { .. }),
        "{asserted}"
    );
    let mut named = pair.operation("team/foo--bar:1");
    named.options.naming = Naming::Gitea;
    let named = refusal(named).await;
    assert!(matches!(named, push::Error::RefusedName { .. }), "{named}");
    let mut absent = pair.operation("app:1");
    absent.options.platforms = vec!["linux/s390x".parse().unwrap()];
    let absent = refusal(absent).await;
    assert!(
        matches!(absent, push::Error::ImageNotFound { .. }),
        "{absent}"
    );
}

//! A push of what the registry has already: no export reaches the daemon.

use std::fs::File;
use std::path::Path;

use push::source::SourceSpec;
use push::{Events, ManifestFormat, PushOperation, PushOptions, Verify};

use crate::fake::{AMD64, ARM64, FakeDaemon, FakeImage, INDEX};
use crate::pair::Pair;
use crate::{environment, hello, multi, testdata};

fn archive(name: &str) -> FakeImage {
    FakeImage {
        archive: testdata().join(name),
        ..hello()
    }
}

#[tokio::test]
async fn an_image_that_is_under_its_tag_is_not_exported_again() {
    for name in ["docker20-hello.tar", "docker28-hello.tar"] {
        let pair = Pair::new(archive(name)).await;
        let operation = pair.operation("app:1");
        let (first, exports) = pair.push(&operation).await;
        assert_eq!((first.len(), exports), (1, 1), "{name}");
        assert_eq!(pair.push(&operation).await, (first.clone(), 0), "{name}");
        let mut thorough = operation;
        thorough.options.verify = Verify::Full;
        assert_eq!(pair.push(&thorough).await, (first, 0), "{name}");
    }
}

#[tokio::test]
async fn with_containerds_store_the_id_is_the_manifests_digest() {
    let image = FakeImage {
        id: "sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89",
        ..archive("docker28c-hello.tar")
    };
    let id = image.id;
    let pair = Pair::new(image).await;
    let operation = pair.operation("app:1");
    let pinned = vec![format!("app:1@{id}")];
    assert_eq!(pair.push(&operation).await, (pinned.clone(), 1));
    assert_eq!(pair.push(&operation).await, (pinned, 0));
    let pair = Pair::new(multi(true)).await;
    let mut operation = pair.operation("app:1");
    assert_eq!(pair.push(&operation).await.1, 1);
    operation.options.verify = Verify::Full;
    assert_eq!(pair.push(&operation).await.1, 0);
    // One platform of it is something else than what is there.
    operation.options.platforms = vec!["linux/arm64".parse().unwrap()];
    let (narrow, _) = pair.push(&operation).await;
    assert_ne!(narrow, pair.push(&pair.operation("app:1")).await.0);
}

/// An archive without the bytes of one blob.
fn without(archive: &Path, digest: &str) -> tempfile::NamedTempFile {
    let (_, hex) = digest.split_once(':').expect("a digest");
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut whole = tar::Archive::new(File::open(archive).expect("an archive"));
    let mut part = tar::Builder::new(file.reopen().expect("the same file"));
    for entry in whole.entries().expect("an archive") {
        let entry = entry.expect("an entry");
        let path = entry.path().expect("its name").into_owned();
        if !path.ends_with(hex) {
            let mut header = entry.header().clone();
            part.append_data(&mut header, path, entry)
                .expect("room for it");
        }
    }
    part.finish().expect("room for it");
    file
}

#[tokio::test]
async fn the_only_image_of_an_index_is_known_by_its_own_manifest() {
    let mut image = multi(false);
    let part = without(&image.archive, ARM64);
    image.archive = part.path().to_owned();
    let pair = Pair::new(image).await;
    let operation = pair.operation("app:1");
    let pinned = vec![format!("app:1@{AMD64}")];
    assert_eq!(pair.push(&operation).await, (pinned.clone(), 1));
    assert_eq!(pair.push(&operation).await, (pinned.clone(), 0));
    let mut thorough = operation.clone();
    thorough.options.verify = Verify::Full;
    assert_eq!(pair.push(&thorough).await, (pinned, 0));
    let mut other = operation.clone();
    other.options.format = ManifestFormat::Oci;
    let (converted, _) = pair.push(&other).await;
    assert_eq!(pair.push(&operation).await.1, 1);
    // What is there as it would be written says nothing of what a conversion would make of it.
    assert_eq!(pair.push(&other).await, (converted, 1));
}

#[tokio::test]
async fn the_index_that_the_daemon_has_in_part_stays_where_it_is_whole() {
    let whole = Pair::new(multi(true)).await;
    whole.push(&whole.operation("app:1")).await;
    let part = FakeDaemon::start(vec![multi(false)], None);
    let mut operation = whole.operation("app:1");
    operation.environment = environment(&part);
    let report = operation.execute(&Events::ignored()).await.unwrap();
    assert_eq!(report.pushed[0].digest.to_string(), INDEX);
}

#[tokio::test]
async fn platforms_that_are_there_as_asked_for_are_not_exported_again() {
    let pair = Pair::new(multi(true)).await;
    let of = |platforms: &[&str]| {
        let mut operation = pair.operation("app:1");
        let platforms = platforms.iter().map(|it| it.parse().expect("a platform"));
        operation.options.platforms = platforms.collect();
        operation
    };
    let arm64 = (vec![format!("app:1@{ARM64}")], 1);
    assert_eq!(pair.push(&of(&["linux/arm64"])).await, arm64);
    assert_eq!(pair.push(&of(&["linux/arm64"])).await, (arm64.0, 0));
    assert_eq!(pair.push(&of(&["linux/amd64"])).await.1, 1);
    assert_eq!(pair.push(&of(&["linux/amd64"])).await.1, 0);
    let index = vec![format!("app:1@{INDEX}")];
    let both = of(&["linux/arm64", "linux/amd64"]);
    assert_eq!(pair.push(&both).await, (index.clone(), 1));
    assert_eq!(pair.push(&both).await, (index.clone(), 0));
    assert_eq!(pair.push(&of(&[])).await, (index, 0));
}

#[tokio::test]
async fn every_tag_must_hold_it() {
    let pair = Pair::new(hello()).await;
    let mut operation = pair.operation("app:1");
    pair.push(&operation).await;
    operation.options.tags = vec!["2".parse().unwrap()];
    assert_eq!(pair.push(&operation).await.1, 1);
    let (both, exports) = pair.push(&operation).await;
    assert_eq!((both.len(), exports), (2, 0));
    // Without a tag the destination takes the image's own, which is `1`.
    assert_eq!(pair.push(&pair.operation("app")).await.1, 0);
    assert_eq!(pair.push(&pair.operation("other/")).await.1, 1);
    assert_eq!(pair.push(&pair.operation("other/")).await.1, 0);
}

#[tokio::test]
async fn another_image_under_the_tag_is_replaced() {
    let pair = Pair::new(hello()).await;
    let operation = pair.operation("app:1");
    let (first, _) = pair.push(&operation).await;
    let other = PushOperation {
        source: SourceSpec::Path(testdata().join("crane-oci-index.tar")),
        ..operation.clone()
    };
    other.execute(&Events::ignored()).await.unwrap();
    assert_eq!(pair.push(&operation).await, (first, 1));
}

#[tokio::test]
async fn options_that_ask_for_more_need_an_export() {
    let pair = Pair::new(hello()).await;
    let operation = pair.operation("app:1");
    let (pinned, _) = pair.push(&operation).await;
    let with = |change: fn(&mut PushOptions)| {
        let mut operation = operation.clone();
        change(&mut operation.options);
        operation
    };
    let exports = async |operation: PushOperation| pair.push(&operation).await.1;
    assert_eq!(exports(with(|it| it.registry.reupload = true)).await, 1);
    assert_eq!(
        exports(with(|it| it.format = ManifestFormat::Docker)).await,
        0
    );
    assert_eq!(
        exports(with(
            |it| it.platforms = vec!["linux/amd64".parse().unwrap()]
        ))
        .await,
        0
    );
    let digest = pinned[0].split_once('@').unwrap().1;
    assert_eq!(exports(pair.operation(&format!("app:1@{digest}"))).await, 0);
    assert_eq!(exports(pair.operation(&format!("app@{digest}"))).await, 0);
    assert_eq!(exports(with(|it| it.format = ManifestFormat::Oci)).await, 1);
    assert_eq!(exports(with(|it| it.format = ManifestFormat::Oci)).await, 0);
}

#[tokio::test]
async fn where_it_goes_is_decided_before_the_export() {
    let pair = Pair::new(hello()).await;
    let mut operation = pair.operation("team/");
    operation.source = SourceSpec::DockerDaemon("b01cbee79d79".to_owned());
    let error = operation.execute(&Events::ignored()).await.unwrap_err();
    assert!(matches!(error, push::Error::Ambiguous { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "`b01cbee79d79` has no name of its own to go by: name a repository"
    );
    let asked = pair.daemon.requests();
    assert!(
        !asked.iter().any(|it| it.ends_with("b01cbee79d79/get")),
        "{asked:?}"
    );
}

//! Layers of a daemon's image, sent while the rest of it is still awaited.

use std::sync::mpsc;
use std::time::Duration;

use embedded_registry::{Config, Registry};
use oci::Digest;
use push::registry::{Client, Options};
use push::source::SourceSpec;
use push::{BlobOutcome, Event, Events, Naming, PushOperation, PushOptions};
use tempfile::NamedTempFile;

use crate::fake::{FakeDaemon, FakeImage, Fault};
use crate::{LAYERS, environment, hello, multi, testdata};

/// A daemon whose export never comes to its end.
fn daemon() -> FakeDaemon {
    let archive = testdata().join("docker28-hello.tar");
    let size = std::fs::metadata(&archive).expect("an archive").len();
    let image = FakeImage {
        archive,
        layers: LAYERS.to_vec(),
        ..hello()
    };
    let most = usize::try_from(size).expect("a small archive") - 1024;
    FakeDaemon::start(vec![image], Some(Fault::Hangs(most)))
}

fn operation(daemon: &FakeDaemon, registry: &Registry, destination: &str) -> PushOperation {
    let destination = format!("http://{}/{destination}", registry.address());
    PushOperation {
        source: SourceSpec::DockerDaemon("corpus/hello:1".to_owned()),
        destination: destination.parse().expect("a destination"),
        options: PushOptions::default(),
        environment: environment(daemon),
    }
}

async fn registry() -> (Registry, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let config = Config::new(directory.path().to_owned());
    (
        Registry::start(config).await.expect("a registry"),
        directory,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_images_own_name_says_where_its_layers_go() {
    let (daemon, (registry, _directory)) = (daemon(), registry().await);
    for (destination, repository) in [
        ("", "corpus/hello"),
        ("team/", "team/corpus/hello"),
        ("team/app:1", "team/app"),
    ] {
        let (tell, told) = mpsc::channel();
        let events = Events::new(move |event| drop(tell.send(event)));
        let operation = operation(&daemon, &registry, destination);
        let push = tokio::spawn(async move { operation.execute(&events).await.map(drop) });
        let sent = tokio::task::spawn_blocking(move || {
            let (mut to, mut layers) = (None, 0);
            while layers < LAYERS.len() {
                match told.recv().expect("the layers, before the end") {
                    Event::Streaming { repository } => to = Some(repository),
                    Event::BlobFinished { outcome, .. } if outcome != BlobOutcome::AlreadyThere => {
                        layers += 1;
                    }
                    _ => {}
                }
            }
            to
        });
        let to = sent.await.expect("every layer").expect("where they go");
        assert_eq!(to, format!("{}/{repository}", registry.address()));
        push.abort();
    }
}

#[tokio::test]
async fn an_image_that_has_another_name_in_the_export_goes_to_no_other_place() {
    let image = FakeImage {
        archive: testdata().join("docker20-multi.tar"),
        ..hello()
    };
    let daemon = FakeDaemon::start(vec![image], None);
    let (registry, _directory) = registry().await;
    let mut operation = operation(&daemon, &registry, "team/");
    operation.options.image = Some("@0".to_owned());
    let report = operation.execute(&Events::ignored()).await;
    let report = report.expect("a push");
    let [pushed] = &report.pushed[..] else {
        panic!("{report:?}");
    };
    assert_eq!(pushed.repository.as_str(), "team/corpus/dup");
    let (address, environment) = (registry.address().to_string(), environment(&daemon));
    let (address, events) = (address.parse().expect("an address"), Events::ignored());
    let client = Client::connect(&address, None, Options::default(), &environment, events).await;
    let config = format!("sha256:{DUP}").parse().expect("a digest");
    for (repository, has_it) in [("team/corpus/dup", true), ("team/corpus/hello", false)] {
        let repository = repository.parse().expect("a name");
        let client = client.as_ref().expect("it answers");
        let found = client.find_blob(&repository, &config).await;
        assert_eq!(found.expect("an answer").is_some(), has_it, "{repository}");
    }
}

#[tokio::test]
async fn a_name_that_is_refused_is_so_before_anything_is_asked_of_the_daemon() {
    let (daemon, (registry, _directory)) = (daemon(), registry().await);
    let mut operation = operation(&daemon, &registry, "team/foo--bar:1");
    operation.options.naming = Naming::Gitea;
    let refused = operation.execute(&Events::ignored()).await;
    assert!(
        matches!(refused, Err(push::Error::RefusedName { .. })),
        "{refused:?}"
    );
    let exports = daemon
        .requests()
        .into_iter()
        .filter(|it| it.ends_with("/get"));
    assert_eq!(exports.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_layer_is_begun_before_it_is_all_there() {
    // In the middle of the first layer that the export has, which is the base layer.
    let (daemon, (registry, _directory)) = (
        FakeDaemon::start(
            vec![FakeImage {
                layers: LAYERS.to_vec(),
                ..hello()
            }],
            Some(Fault::Hangs(4096)),
        ),
        registry().await,
    );
    let (tell, told) = mpsc::channel();
    let events = Events::new(move |event| drop(tell.send(event)));
    let operation = operation(&daemon, &registry, "app:1");
    let push = tokio::spawn(async move { operation.execute(&events).await.map(drop) });
    let begun = tokio::task::spawn_blocking(move || {
        told.iter().find_map(|event| match event {
            Event::BlobStarted { digest, .. } => Some(digest.to_string()),
            _ => None,
        })
    });
    let begun = tokio::time::timeout(PATIENCE, begun).await;
    push.abort();
    let begun = begun.expect("the layer, before the end").expect("no panic");
    assert_eq!(begun.as_deref(), Some(LAYERS[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mark_at_the_end_of_an_export_is_its_end() {
    for image in [hello(), multi(true)] {
        let size = std::fs::metadata(&image.archive).expect("an archive").len();
        let whole = usize::try_from(size).expect("a small archive");
        let daemon = FakeDaemon::start(vec![image], Some(Fault::Hangs(whole)));
        let (registry, _directory) = registry().await;
        let operation = operation(&daemon, &registry, "app:1");
        let events = Events::ignored();
        let pushed = tokio::time::timeout(PATIENCE, operation.execute(&events)).await;
        let report = pushed.expect("nothing to wait for").expect("a push");
        assert!(report.failed.is_empty(), "{:?}", report.failed);
        let gone = tokio::task::spawn_blocking(move || daemon.wait_until_gone());
        gone.await.expect("nobody holds the connection");
    }
}

/// A daemon whose export gives one layer and then never ends, and that layer.
fn daemon_of_one_layer(layer: &[u8], image: FakeImage) -> (FakeDaemon, NamedTempFile, Digest) {
    let digest = Digest::of(layer);
    let archive = NamedTempFile::new().expect("a temporary file");
    let mut tar = tar::Builder::new(archive.as_file());
    let mut header = tar::Header::new_gnu();
    header.set_size(layer.len() as u64);
    let name = format!("blobs/sha256/{}", digest.hex());
    let added = tar.append_data(&mut header, name, layer);
    added.expect("room for it");
    tar.finish().expect("room for it");
    drop(tar);
    let size = archive.as_file().metadata().expect("a file").len();
    let most = usize::try_from(size).expect("a small archive") - 1024;
    let image = FakeImage {
        archive: archive.path().to_owned(),
        ..image
    };
    let daemon = FakeDaemon::start(vec![image], Some(Fault::Hangs(most)));
    (daemon, archive, digest)
}

/// A daemon of containerd's store with an index and one compressed layer of 2 MiB.
fn daemon_of_containerds() -> (FakeDaemon, NamedTempFile, Digest) {
    let mut layer = vec![7; 2 << 20];
    layer[..3].copy_from_slice(&[0x1f, 0x8b, 8]);
    let image = FakeImage {
        layers: LAYERS.to_vec(),
        ..multi(true)
    };
    daemon_of_one_layer(&layer, image)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_for_the_wanted_platforms_alone_is_sent_while_it_comes() {
    for platforms in [&["linux/arm64"][..], &["linux/arm64", "linux/amd64"]] {
        let ((daemon, _archive, digest), (registry, _directory)) =
            (daemon_of_containerds(), registry().await);
        let (tell, told) = mpsc::channel();
        let events = Events::new(move |event| drop(tell.send(event)));
        let mut operation = operation(&daemon, &registry, "app:1");
        let wanted = platforms.iter().map(|it| it.parse().expect("a platform"));
        operation.options.platforms = wanted.collect();
        let push = tokio::spawn(async move { operation.execute(&events).await.map(drop) });
        let sent = tokio::task::spawn_blocking(move || {
            told.iter().find_map(|event| match event {
                Event::BlobFinished { digest, .. } => Some(digest),
                _ => None,
            })
        });
        let before_the_end = tokio::time::timeout(PATIENCE, sent).await;
        push.abort();
        let sent = before_the_end.expect("the layer, before the end");
        assert_eq!(sent.expect("no panic"), Some(digest), "{platforms:?}");
    }
}

/// The config of `corpus/dup:1`, the first image of `docker20-multi.tar`.
const DUP: &str = "0eae904e5dcd81db79011a803c6d90cdffc1887d084378607fc7c5c7cc1b5632";

/// Far longer than it takes to send a layer on loopback.
const PATIENCE: Duration = Duration::from_secs(20);

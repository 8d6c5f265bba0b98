//! What comes of an export that fails, and of one that nobody waits for.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use insta::assert_snapshot;
use oci::Digest;
use push::{Error, Event, Events};

use crate::archive::{Image, Tar, docker_archive};
use crate::fake::{FakeDaemon, FakeImage, Fault};
use crate::pair::Pair;
use crate::{LAYERS, chain, hello, multi, open};

/// What is said of an export with a fault.
fn said(fault: Fault) -> String {
    let daemon = FakeDaemon::start(vec![hello()], Some(fault));
    let error = open(&daemon, "corpus/hello:1").expect_err("the fault shows");
    chain(&daemon, &error)
}

#[test]
fn a_daemon_that_fails_is_said_to_have_failed() {
    assert_snapshot!(said(Fault::Refuses(500, "write /tmp/x: no space left on device")), @r#"
    cannot read `corpus/hello:1` from the Docker daemon
    the daemon refused with status 500: write /tmp/x: no space left on device
    "#);
    assert_snapshot!(said(Fault::GivesUp(4096, "layer not found")), @r#"
    cannot read `corpus/hello:1` from the Docker daemon
    the daemon gave up the export after 4169 bytes: layer not found
    "#);
    assert_snapshot!(said(Fault::Removes), @"`<daemon>` has no image `corpus/hello:1` any more: it was removed during the export");
}

#[test]
fn a_daemon_that_dies_says_after_how_many_bytes() {
    let dies = said(Fault::Dies(10_000));
    let first = "cannot read `corpus/hello:1` from the Docker daemon\nthe export broke off after 10000 bytes\n";
    assert!(dies.starts_with(first), "{dies}");
    let dies = said(Fault::Dies(0));
    let first = "cannot read `corpus/hello:1` from the Docker daemon\n";
    assert!(dies.starts_with(first), "{dies}");
}

#[tokio::test]
async fn a_push_that_is_dropped_ends_the_export_and_leaves_nothing() {
    let pair = Pair::with_fault(hello(), Some(Fault::Hangs(10_000))).await;
    let scratch = tempfile::tempdir().unwrap();
    let mut operation = pair.operation("app:1");
    operation.environment.tmpdir = Some(scratch.path().to_owned());
    let pushing = tokio::spawn(async move { operation.execute(&Events::ignored()).await });
    while pair.exports() == 0 {
        tokio::task::yield_now().await;
    }
    pushing.abort();
    assert!(pushing.await.unwrap_err().is_cancelled());
    let gone = tokio::task::spawn_blocking(move || pair.daemon.wait_until_gone());
    gone.await.unwrap();
    assert_eq!(names(scratch.path()), Vec::<String>::new());
}

#[tokio::test]
async fn a_layer_that_is_damaged_on_its_way_is_found_out_and_nothing_is_tagged() {
    let archive = tempfile::NamedTempFile::new().unwrap();
    let mut bytes = std::fs::read(hello().archive).unwrap();
    // In the first layer, behind the header of its first file.
    bytes[3072 + 600] ^= 1;
    std::fs::write(archive.path(), bytes).unwrap();
    let pair = Pair::new(FakeImage {
        archive: archive.path().to_owned(),
        layers: LAYERS.to_vec(),
        ..hello()
    })
    .await;
    let pushed = pair.operation("app:1").execute(&Events::ignored()).await;
    let Err(Error::DigestMismatch { expected, .. }) = &pushed else {
        panic!("{pushed:?}");
    };
    assert_eq!(expected.to_string(), LAYERS[0]);
    assert!(!pair.has_app().await);
}

/// Removes every file below a directory that has `name` in its path.
fn remove(directory: &Path, name: &str) {
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            remove(&path, name);
        } else if path.to_string_lossy().contains(name) {
            std::fs::remove_file(&path).expect("a file");
        }
    }
}

/// An image with one layer, so large that its room is worth something.
fn of_one_large_layer() -> (tempfile::NamedTempFile, FakeImage) {
    let mut image = Image::new(&["large"]);
    image.layers[0] = Tar::new().file("large", vec![7; 2 << 20]).finish();
    image.diff_ids[0] = Digest::of(&image.layers[0]);
    let archive = tempfile::NamedTempFile::new().expect("a temporary file");
    let bytes = docker_archive(&image, &["corpus/hello:1"]).finish();
    std::fs::write(archive.path(), bytes).expect("room for it");
    let leaked = |digest: &Digest| &*Box::leak(digest.to_string().into_boxed_str());
    let daemons = FakeImage {
        archive: archive.path().to_owned(),
        id: leaked(&Digest::of(&image.config())),
        layers: image.diff_ids.iter().map(leaked).collect(),
        ..hello()
    };
    (archive, daemons)
}

#[tokio::test]
async fn a_layer_that_the_registry_loses_when_it_was_released_is_its_own_fault() {
    let (_archive, image) = of_one_large_layer();
    let layer = image.layers[0].strip_prefix("sha256:").expect("a digest");
    let pair = Pair::new(image).await;
    let (directory, finished) = (pair.directory(), AtomicUsize::new(0));
    let events = Events::new(move |event| {
        // Layer and config.
        let is_blob = matches!(event, Event::BlobFinished { .. });
        if is_blob && finished.fetch_add(1, Ordering::Relaxed) == 1 {
            remove(&directory, layer);
        }
    });
    let report = pair.operation("app:1").execute(&events).await.unwrap();
    let [failed] = &report.failed[..] else {
        panic!("{report:?}");
    };
    let text = chain(&pair.daemon, &failed.error);
    assert!(text.contains("BLOB_UNKNOWN"), "{text}");
    assert!(!pair.has_app().await);
    let (pushed, _) = pair.push(&pair.operation("app:1")).await;
    assert_eq!(pushed.len(), 1, "another push mends it");
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).expect("a directory");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry
            .expect("an entry")
            .file_name()
            .to_string_lossy()
            .into_owned()
    };
    entries.map(name).collect()
}

/// The export request, and what came of a push of a platform.
async fn pushed(image: FakeImage, platform: &str) -> String {
    let pair = Pair::new(image).await;
    let mut operation = pair.operation("app:1");
    operation.options.platforms = vec![platform.parse().expect("a platform")];
    let pushed = operation.execute(&Events::ignored()).await;
    let daemon = &pair.daemon;
    let requests = daemon.requests();
    let exports = requests.iter().filter(|it| it.contains("/get"));
    let exports: Vec<_> = exports.filter(|it| !it.contains("/json")).collect();
    let said = match pushed {
        Ok(report) if report.failed.is_empty() => "pushed".to_owned(),
        Ok(report) => format!("{:?}", report.failed),
        Err(error @ Error::ImageNotFound { .. }) => {
            let Error::ImageNotFound { available, .. } = &error else {
                unreachable!("it was just looked at");
            };
            format!("{}; it has {}", chain(daemon, &error), available.join(", "))
        }
        Err(error) => chain(daemon, &error),
    };
    format!("{exports:?} {said}")
}

#[tokio::test]
async fn a_platform_is_asked_of_a_daemon_that_knows_them() {
    assert_snapshot!(pushed(multi(true), "linux/arm64").await, @r#"["/images/corpus/hello:1/get?platform=%7B%22architecture%22%3A%22arm64%22%2C%22os%22%3A%22linux%22%7D&unread=/get"] pushed"#);
    assert_snapshot!(pushed(hello(), "linux/amd64").await, @r#"["/images/corpus/hello:1/get"] pushed"#);
}

#[tokio::test]
async fn a_platform_that_is_not_there_is_known_before_the_export() {
    assert_snapshot!(pushed(multi(false), "linux/arm64").await, @"[] `corpus/hello:1` has no image for linux/arm64; it has linux/amd64");
    assert_snapshot!(pushed(multi(true), "linux/s390x").await, @"[] `corpus/hello:1` has no image for linux/s390x; it has linux/amd64, linux/arm64");
    assert_snapshot!(pushed(hello(), "linux/arm64").await, @"[] `corpus/hello:1` has no image for linux/arm64; it has linux/amd64");
}

#[tokio::test]
async fn the_wait_for_an_export_is_told_as_reading() {
    let pair = Pair::new(hello()).await;
    let (sender, told) = std::sync::mpsc::channel();
    let events = Events::new(move |event| {
        if let Event::Spooling { read } = event {
            sender.send(read).expect("the test listens");
        }
    });
    let operation = pair.operation("app:1");
    operation.execute(&events).await.expect("a push");
    drop((operation, events));
    let read: Vec<u64> = told.iter().collect();
    let size = std::fs::metadata(hello().archive).unwrap().len();
    assert_eq!((read.first(), read.last()), (Some(&0), Some(&size)));
}

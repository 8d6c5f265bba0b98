//! Built by a daemon, pushed to a registry, pulled by the daemon and by oci-client: the same image.

use std::fs;

use lab::{Absent, Engine, Store};
use oci_client::secrets::RegistryAuth;
use tempfile::TempDir;

use crate::daemon_image::{Image, files, reader};
use crate::proxy::Proxy;
use crate::read_back::whole;
use crate::{digest, parts, push};

#[tokio::test]
async fn what_the_installed_daemon_builds_comes_back_the_same() {
    comes_back_the_same(Engine::installed()).await;
}

#[tokio::test]
async fn what_docker_28_builds_comes_back_the_same() {
    comes_back_the_same(Engine::docker_28(Store::Classic)).await;
}

#[tokio::test]
async fn what_docker_28_with_containerds_store_builds_comes_back_the_same() {
    comes_back_the_same(Engine::docker_28(Store::Containerd)).await;
}

async fn comes_back_the_same(engine: Result<Engine, Absent>) {
    let Some((dockerd, registry)) = parts(engine) else {
        return;
    };
    let (files, scratch) = (files(), empty());
    dockerd.build("team/app:1", files.path());
    dockerd.docker(&["tag", "team/app:1", "other:latest"]);
    let image = Image::of(&dockerd, "team/app:1");
    assert!(image.has(files.path()));
    let short = &image.id["sha256:".len()..][..12];
    let target = |tag| format!("{}/back/app:{tag}", registry.address());
    let names = [
        "team/app:1",
        "other",
        short,
        &image.id,
        &image.id["sha256:".len()..],
    ];
    for (tag, name) in (1..).zip(names) {
        let target = target(tag);
        let pushed = push(
            &dockerd.host(),
            scratch.path(),
            &["--verify=full", name, &target],
        );
        assert_eq!(pushed.code, Some(0), "{name}: {pushed:?}");
        image
            .is_pulled_by_oci_client(&target, digest(&pushed))
            .await;
    }
    image.is_pulled_by(&dockerd, &target(1));
}

/// The other stores write no archive of such an image.
#[tokio::test]
async fn an_image_without_layers_comes_out_of_containerds_store() {
    let Some((dockerd, registry)) = parts(Engine::docker_28(Store::Containerd)) else {
        return;
    };
    let (files, scratch) = (empty(), empty());
    dockerd.build("app:1", files.path());
    let id = dockerd.docker(&["image", "inspect", "-f", "{{.Id}}", "app:1"]);
    let target = format!("{}/app:1", registry.address());
    let pushed = push(&dockerd.host(), scratch.path(), &["app:1", &target]);
    assert_eq!(pushed.code, Some(0), "{pushed:?}");
    let found = whole(&reader(), &target, &RegistryAuth::Anonymous).await;
    assert_eq!((digest(&pushed), found.digest), (id.as_str(), id.clone()));
}

#[test]
fn an_unchanged_image_is_not_exported_again() {
    is_not_exported_again(Engine::installed());
}

#[test]
fn an_unchanged_image_of_docker_28_is_not_exported_again() {
    is_not_exported_again(Engine::docker_28(Store::Classic));
}

#[test]
fn an_unchanged_image_of_containerds_store_is_not_exported_again() {
    is_not_exported_again(Engine::docker_28(Store::Containerd));
}

fn is_not_exported_again(engine: Result<Engine, Absent>) {
    let Some((dockerd, registry)) = parts(engine) else {
        return;
    };
    let (files, scratch) = (files(), empty());
    dockerd.build("app:1", files.path());
    let proxy = Proxy::start(&dockerd.socket());
    let target = format!("{}/app:1", registry.address());
    let first = push(&proxy.host(), scratch.path(), &["app:1", &target]);
    assert_eq!(proxy.exports(), 1, "{first:?}");
    let second = push(&proxy.host(), scratch.path(), &["app:1", &target]);
    assert_eq!(
        (proxy.exports(), &second.stdout),
        (1, &first.stdout),
        "{second:?}"
    );
    fs::write(files.path().join("a-text"), "changed\n").expect("a file");
    dockerd.build("app:1", files.path());
    let third = push(&proxy.host(), scratch.path(), &["app:1", &target]);
    assert_eq!(proxy.exports(), 2, "{third:?}");
    assert_ne!(digest(&third), digest(&first));
}

fn empty() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

//! Built by a daemon, pushed to a registry, pulled by the daemon and by oci-client: the same image.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use lab::{Absent, Engine, RunningEngine, Store};
use oci_client::secrets::RegistryAuth;
use serde_json::Value;
use tempfile::TempDir;

use crate::proxy::Proxy;
use crate::read_back::whole;
use crate::{digest, noise, parts, push, reader};

/// Three files: a text, nothing at all, and some noise.
fn files() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("a-text"), "hello\n").expect("a file");
    fs::write(folder.path().join("b-empty"), "").expect("a file");
    noise(&folder.path().join("c-noise"), 3_000_000);
    folder
}

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
    let (files, scratch) = (files(), tempfile::tempdir().expect("a temporary folder"));
    dockerd.build("team/app:1", files.path());
    dockerd.docker(&["tag", "team/app:1", "other:latest"]);
    let image = Image::of(&dockerd, "team/app:1");
    let short = &image.id["sha256:".len()..][..12];
    let target = format!("{}/back/app:1", registry.address());
    for name in ["team/app:1", "other", short, &image.id] {
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
    dockerd.docker(&["rmi", "-f", &image.id]);
    dockerd.docker(&["pull", "-q", &target]);
    assert_eq!(Image::of(&dockerd, &target), image);
    assert_eq!(files_of(&dockerd, &target), read(files.path()));
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
    let (files, scratch) = (files(), tempfile::tempdir().expect("a temporary folder"));
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

/// An image as a daemon has it.
#[derive(Debug, PartialEq)]
struct Image {
    store: Store,
    id: String,
    config: String,
}

impl Image {
    fn of(dockerd: &RunningEngine, name: &str) -> Self {
        Self {
            store: dockerd.store(),
            id: dockerd.docker(&["image", "inspect", "-f", "{{.Id}}", name]),
            config: config(dockerd, name),
        }
    }

    /// Pulls everything under a tag with oci-client, and compares what it is.
    async fn is_pulled_by_oci_client(&self, target: &str, digest: &str) {
        let found = whole(&reader(), target, &RegistryAuth::Anonymous).await;
        let config = found.document["config"]["digest"].as_str();
        assert_eq!(
            (found.digest.as_str(), config),
            (digest, Some(self.config.as_str()))
        );
        match self.store {
            Store::Classic => assert_eq!(self.id, self.config),
            Store::Containerd => assert_eq!(self.id, digest),
        }
    }
}

/// The digest of an image's config, as the archive says that the daemon writes of it.
fn config(dockerd: &RunningEngine, image: &str) -> String {
    let path = dockerd.folder().join("saved.tar");
    dockerd.docker(&["save", "-o", path.to_str().expect("text"), image]);
    let mut archive = tar::Archive::new(fs::File::open(&path).expect("an archive"));
    let mut entries = archive.entries().expect("an archive").map_while(Result::ok);
    let manifest = entries.find(|entry| entry.path_bytes() == &b"manifest.json"[..]);
    let manifest: Value =
        serde_json::from_reader(manifest.expect("one in every archive")).expect("JSON");
    let config = manifest[0]["Config"].as_str().expect("a path");
    // `DIGEST.json` in 20.10.
    let name = config.rsplit('/').next().unwrap_or(config);
    format!("sha256:{}", name.trim_end_matches(".json"))
}

/// The files of an image, by name, with the digests of their bytes.
fn files_of(dockerd: &RunningEngine, image: &str) -> BTreeMap<String, String> {
    let container = dockerd.docker(&["create", "--network=none", image]);
    let folder = dockerd.folder().join("files");
    fs::create_dir(&folder).expect("a folder");
    for name in ["a-text", "b-empty", "c-noise"] {
        let (from, to) = (format!("{container}:/{name}"), folder.join(name));
        dockerd.docker(&["cp", &from, to.to_str().expect("text")]);
    }
    dockerd.docker(&["rm", &container]);
    read(&folder)
}

fn read(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let mut bytes = Vec::new();
            let file = fs::File::open(&path).expect("a file");
            { file }.read_to_end(&mut bytes).expect("its bytes");
            let name = path.file_name().expect("a name").to_string_lossy();
            (name.into_owned(), oci::Digest::of(&bytes).to_string())
        })
        .collect()
}

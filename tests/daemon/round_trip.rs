//! Built by a daemon, pushed to a registry, pulled by the daemon and by oci-client: the same image.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use oci_client::secrets::RegistryAuth;
use tempfile::TempDir;

use crate::dockerd::Dockerd;
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
async fn what_a_daemon_builds_comes_back_the_same() {
    let Some((dockerd, registry)) = parts() else {
        return;
    };
    let (files, scratch) = (files(), tempfile::tempdir().unwrap());
    dockerd.build("team/app:1", files.path());
    dockerd.docker(&["tag", "team/app:1", "other:latest"]);
    let id = dockerd.docker(&["image", "inspect", "-f", "{{.Id}}", "team/app:1"]);
    let short = &id["sha256:".len()..][..12];
    let target = format!("{}/back/app:1", registry.address());
    for name in ["team/app:1", "other", short, &id] {
        let pushed = push(
            &dockerd.host(),
            scratch.path(),
            &["--verify=full", name, &target],
        );
        assert_eq!(pushed.code, Some(0), "{name}: {pushed:?}");
        pulled_by_oci_client(&target, digest(&pushed), &id).await;
    }
    dockerd.docker(&["rmi", "-f", &id]);
    dockerd.docker(&["pull", "-q", &target]);
    let pulled = dockerd.docker(&["image", "inspect", "-f", "{{.Id}}", &target]);
    assert_eq!(pulled, id);
    assert_eq!(
        files_of(&dockerd, &target, scratch.path()),
        read(files.path())
    );
}

#[test]
fn an_unchanged_image_is_not_exported_again() {
    let Some((dockerd, registry)) = parts() else {
        return;
    };
    let (files, scratch) = (files(), tempfile::tempdir().unwrap());
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
    fs::write(files.path().join("a-text"), "changed\n").unwrap();
    dockerd.build("app:1", files.path());
    let third = push(&proxy.host(), scratch.path(), &["app:1", &target]);
    assert_eq!(proxy.exports(), 2, "{third:?}");
    assert_ne!(digest(&third), digest(&first));
}

/// Pulls everything under a tag with oci-client, and compares what it is.
async fn pulled_by_oci_client(target: &str, digest: &str, id: &str) {
    let found = whole(&reader(), target, &RegistryAuth::Anonymous).await;
    let config = found.document["config"]["digest"].as_str();
    assert_eq!((found.digest.as_str(), config), (digest, Some(id)));
}

/// The files of an image, by name, with the digests of their bytes.
fn files_of(dockerd: &Dockerd, image: &str, scratch: &Path) -> BTreeMap<String, String> {
    let container = dockerd.docker(&["create", "--network=none", image]);
    let folder = scratch.join("files");
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

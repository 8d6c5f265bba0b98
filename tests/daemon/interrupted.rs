//! A daemon that is killed while it exports: a clear error, the old tag, and nothing left lying about.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::Path;
use std::sync::Arc;

use lab::{Absent, Engine, Store};
use oci_client::Reference;
use oci_client::secrets::RegistryAuth;

use crate::daemon_image::{noise, reader};
use crate::proxy::Proxy;
use crate::{digest, parts, push};

const SIZE: u64 = 24 << 20;

#[tokio::test]
async fn killing_the_installed_daemon_at_any_moment_leaves_the_old_tag() {
    killing_leaves_the_old_tag(Engine::installed()).await;
}

#[tokio::test]
async fn killing_docker_28_at_any_moment_leaves_the_old_tag() {
    killing_leaves_the_old_tag(Engine::docker_28(Store::Classic)).await;
}

#[tokio::test]
async fn killing_docker_28_with_containerds_store_at_any_moment_leaves_the_old_tag() {
    killing_leaves_the_old_tag(Engine::docker_28(Store::Containerd)).await;
}

async fn killing_leaves_the_old_tag(engine: Result<Engine, Absent>) {
    let Some((dockerd, registry)) = parts(engine) else {
        return;
    };
    let (folder, scratch) = (
        tempfile::tempdir().expect("a temporary folder"),
        tempfile::tempdir().expect("a temporary folder"),
    );
    noise(&folder.path().join("a"), 1000);
    dockerd.build("app:1", folder.path());
    let target = format!("{}/app:1", registry.address());
    let old = push(&dockerd.host(), scratch.path(), &["app:1", &target]);
    assert_eq!(old.code, Some(0), "{old:?}");
    for name in ["b", "c", "d"] {
        noise(&folder.path().join(name), SIZE / 3);
    }
    dockerd.build("app:1", folder.path());
    let dockerd = Arc::new(dockerd);
    let proxy = Proxy::start(&dockerd.socket());
    // The first before the first byte, while the daemon still copies the image.
    let moments = std::iter::once(0)
        .chain(std::iter::repeat_with(random))
        .take(10);
    for moment in moments {
        let killed = Arc::clone(&dockerd);
        proxy.at(moment, move || killed.kill());
        let failed = push(&proxy.host(), scratch.path(), &["app:1", &target]);
        assert_eq!(failed.code, Some(5), "at {moment}: {failed:?}");
        assert!(
            failed.stderr.contains("from the Docker daemon"),
            "at {moment}: {failed:?}"
        );
        assert_eq!(failed.stdout, "", "at {moment}");
        assert_eq!(names(scratch.path()), Vec::<String>::new(), "at {moment}");
        assert_eq!(tagged(&target).await, digest(&old), "at {moment}");
        dockerd.restart();
    }
    let new = push(&proxy.host(), scratch.path(), &["app:1", &target]);
    assert_eq!(new.code, Some(0), "{new:?}");
    assert_ne!(digest(&new), digest(&old));
}

/// The digest under a tag, as the registry says.
async fn tagged(target: &str) -> String {
    let reference: Reference = target.parse().expect("a reference");
    let registry = reader();
    let digest = registry.fetch_manifest_digest(&reference, &RegistryAuth::Anonymous);
    digest.await.expect("a tag")
}

/// A byte of the export, a good way before its end, which the sockets between may swallow.
fn random() -> u64 {
    let hash = RandomState::new().build_hasher().finish();
    hash % (SIZE - (4 << 20))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

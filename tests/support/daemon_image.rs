//! An image as a daemon of the lab has it: built from local files, and compared with what comes back of it.
//!
//! Wants `read_back` beside it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use lab::{RunningEngine, Store};
use oci_client::Client;
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::secrets::RegistryAuth;
use serde_json::Value;
use tempfile::TempDir;

use crate::read_back::whole;

const FILES: [&str; 3] = ["a-text", "b-empty", "c-noise"];

/// Three files: a text, nothing at all, and some noise.
pub(crate) fn files() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [text, empty, noisy] = FILES.map(|name| folder.path().join(name));
    fs::write(text, "hello\n").expect("a file");
    fs::write(empty, "").expect("a file");
    noise(&noisy, 3_000_000);
    folder
}

/// A file of so many bytes that do not repeat soon and do not compress.
pub(crate) fn noise(path: &Path, size: u64) {
    let random = File::open("/dev/urandom").expect("Linux has it");
    let mut file = File::create(path).expect("a new file");
    std::io::copy(&mut random.take(size), &mut file).expect("it never ends");
}

/// What an image is, whatever its name.
#[derive(Debug, PartialEq)]
pub(crate) struct Image {
    pub(crate) id: String,
    store: Store,
    config: String,
    /// By name, with the digests of their bytes.
    files: BTreeMap<String, String>,
}

impl Image {
    /// The image of that name, which has the files that [`files`] makes.
    pub(crate) fn of(daemon: &RunningEngine, name: &str) -> Self {
        Self {
            id: daemon.docker(&["image", "inspect", "-f", "{{.Id}}", name]),
            store: daemon.store(),
            config: config(daemon, name),
            files: files_of(daemon, name),
        }
    }

    /// Whether it has the files of a folder, and nothing is different in any.
    pub(crate) fn has(&self, folder: &Path) -> bool {
        self.files == read(folder)
    }

    /// Pulls everything under a tag with oci-client, and compares what it is; `digest` is what was pushed.
    pub(crate) async fn is_pulled_by_oci_client(&self, target: &str, digest: &str) {
        let found = whole(&reader(), target, &RegistryAuth::Anonymous).await;
        assert_eq!(found.digest, digest);
        assert_eq!(found.document["config"]["digest"], self.config);
        match self.store {
            Store::Classic => assert_eq!(self.id, self.config),
            Store::Containerd => assert_eq!(self.id, digest),
        }
    }

    /// Has the daemon forget it and pull what is under a tag: the same image, with the same files.
    pub(crate) fn is_pulled_by(&self, daemon: &RunningEngine, target: &str) {
        daemon.docker(&["rmi", "-f", &self.id]);
        daemon.docker(&["pull", "-q", target]);
        assert_eq!(Self::of(daemon, target), *self);
    }
}

/// An independent reader of a registry on loopback.
pub(crate) fn reader() -> Client {
    // Whoever was first has installed the same one; there is one provider in the whole workspace.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::new(ClientConfig {
        protocol: ClientProtocol::Http,
        ..ClientConfig::default()
    })
}

/// The digest of an image's config, as the archive says that the daemon writes of it.
fn config(daemon: &RunningEngine, image: &str) -> String {
    let path = daemon.folder().join("saved.tar");
    daemon.docker(&["save", "-o", path.to_str().expect("text"), image]);
    let mut archive = tar::Archive::new(File::open(&path).expect("an archive"));
    let mut entries = archive.entries().expect("an archive").map_while(Result::ok);
    let manifest = entries.find(|entry| *entry.path_bytes() == *b"manifest.json");
    let manifest = manifest.expect("one in every archive");
    let manifest: Value = serde_json::from_reader(manifest).expect("JSON");
    let config = manifest[0]["Config"].as_str().expect("a path");
    // `DIGEST.json` in 20.10.
    let name = config.rsplit('/').next().unwrap_or(config);
    format!("sha256:{}", name.trim_end_matches(".json"))
}

fn files_of(daemon: &RunningEngine, image: &str) -> BTreeMap<String, String> {
    let container = daemon.docker(&["create", "--network=none", image]);
    let folder = tempfile::tempdir_in(daemon.folder()).expect("a temporary folder");
    for name in FILES {
        let (from, to) = (format!("{container}:/{name}"), folder.path().join(name));
        daemon.docker(&["cp", &from, to.to_str().expect("text")]);
    }
    daemon.docker(&["rm", &container]);
    read(folder.path())
}

fn read(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let bytes = fs::read(&path).expect("a file");
            let name = path.file_name().expect("a name").to_string_lossy();
            (name.into_owned(), oci::Digest::of(&bytes).to_string())
        })
        .collect()
}

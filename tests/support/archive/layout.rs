//! OCI layouts, as a set of files that can be written as a directory or as a tar.

use std::collections::BTreeMap;
use std::path::Path;

use oci::Digest;

use super::{Image, Tar};

/// An OCI layout that is being filled.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    /// Files by name, `index.json` and `oci-layout` not among them.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// The entries of `index.json`.
    pub(crate) entries: Vec<String>,
}

/// The media type of manifests.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

impl Layout {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds some bytes as a blob; gives its descriptor.
    pub(crate) fn blob(&mut self, media_type: &str, bytes: impl AsRef<[u8]>) -> String {
        let bytes = bytes.as_ref();
        let digest = Digest::of(bytes);
        self.files
            .insert(format!("blobs/sha256/{}", digest.hex()), bytes.to_vec());
        format!(
            r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{}}}"#,
            bytes.len()
        )
    }

    /// Adds config, layers and manifest of an image; gives the manifest's descriptor.
    pub(crate) fn image(&mut self, image: &Image) -> String {
        let config = self.blob(CONFIG, image.config());
        let layers: Vec<String> = image.layers.iter().map(|it| self.layer(it)).collect();
        self.manifest(&config, &layers)
    }

    /// Adds a manifest of blobs that are already there; gives its descriptor.
    pub(crate) fn manifest(&mut self, config: &str, layers: &[String]) -> String {
        let layers = layers.join(",");
        self.blob(
            MANIFEST,
            format!(
                r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{config},"layers":[{layers}]}}"#
            ),
        )
    }

    /// Adds an index of children that are already there; gives its descriptor.
    pub(crate) fn index(&mut self, children: &[String]) -> String {
        let children = children.join(",");
        self.blob(
            INDEX,
            format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{children}]}}"#),
        )
    }

    /// Lists an image in `index.json`, with a name for the annotation of that key where there is one.
    pub(crate) fn entry(mut self, descriptor: &str, name: Option<(&str, &str)>) -> Self {
        self.entries.push(match name {
            Some((key, name)) => with_field(
                descriptor,
                &format!(r#""annotations":{{"{key}":"{name}"}}"#),
            ),
            None => descriptor.to_owned(),
        });
        self
    }

    /// Every file, in an order of which readers should make nothing.
    pub(crate) fn all_files(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = self.entries.join(",");
        let mut files = self.files.clone();
        let index = format!(r#"{{"schemaVersion":2,"manifests":[{entries}]}}"#);
        files
            .entry("index.json".to_owned())
            .or_insert(index.into_bytes());
        files
            .entry("oci-layout".to_owned())
            .or_insert(br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec());
        files
    }

    /// The layout as a tar.
    pub(crate) fn tar(&self) -> Tar {
        tar_of(&self.all_files())
    }

    /// The layout as a directory.
    pub(crate) fn write_to(&self, directory: &Path) {
        for (name, bytes) in self.all_files() {
            let path = directory.join(name);
            let parent = path.parent().expect("a file is in a directory");
            std::fs::create_dir_all(parent).expect("a directory of the test can be made");
            std::fs::write(&path, bytes).expect("a file of the test can be written");
        }
    }

    fn layer(&mut self, bytes: &[u8]) -> String {
        let suffix = match bytes {
            [0x1f, 0x8b, ..] => "+gzip",
            [0x28, 0xb5, ..] => "+zstd",
            _ => "",
        };
        self.blob(&format!("{LAYER}{suffix}"), bytes)
    }
}

/// A tar of some files.
fn tar_of(files: &BTreeMap<String, Vec<u8>>) -> Tar {
    files
        .iter()
        .fold(Tar::new(), |tar, (name, bytes)| tar.file(name, bytes))
}

/// The descriptor with one field more.
pub(crate) fn with_field(descriptor: &str, field: &str) -> String {
    let open = descriptor
        .strip_suffix('}')
        .expect("a descriptor is a JSON object");
    format!("{open},{field}}}")
}

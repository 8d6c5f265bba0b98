//! An image in the abstract, and as a docker archive.

use oci::Digest;

use super::Tar;

/// An image whose layers are small tars.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    /// `os` and `architecture` of its config.
    pub(crate) platform: (String, String),
    /// The layers as they are stored.
    pub(crate) layers: Vec<Vec<u8>>,
    /// Digests of the layers, uncompressed.
    pub(crate) diff_ids: Vec<Digest>,
}

impl Image {
    /// An image for linux/amd64 with one layer for each text.
    pub(crate) fn new(texts: &[&str]) -> Self {
        let layers: Vec<Vec<u8>> = texts
            .iter()
            .map(|text| Tar::new().file("text", text).finish())
            .collect();
        Self {
            platform: ("linux".to_owned(), "amd64".to_owned()),
            diff_ids: layers.iter().map(|layer| Digest::of(layer)).collect(),
            layers,
        }
    }

    /// The same for another architecture of Linux.
    pub(crate) fn for_architecture(mut self, architecture: &str) -> Self {
        architecture.clone_into(&mut self.platform.1);
        self
    }

    /// The same with each layer stored as `pack` makes it.
    pub(crate) fn packed(mut self, pack: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        self.layers = self.layers.iter().map(|layer| pack(layer)).collect();
        self
    }

    /// The bytes of its config.
    pub(crate) fn config(&self) -> Vec<u8> {
        let (os, architecture) = &self.platform;
        let diff_ids = quoted(self.diff_ids.iter().map(ToString::to_string));
        format!(
            r#"{{"architecture":"{architecture}","os":"{os}","rootfs":{{"type":"layers","diff_ids":[{diff_ids}]}}}}"#
        )
        .into_bytes()
    }

    /// The name of its config in a docker archive.
    pub(crate) fn config_name(&self) -> String {
        format!("{}.json", Digest::of(&self.config()).hex())
    }
}

/// A docker archive of one image, as old versions of Docker write it: `layer-N/layer.tar`.
pub(crate) fn docker_archive(image: &Image, tags: &[&str]) -> Tar {
    let names: Vec<String> = (0..image.layers.len())
        .map(|number| format!("layer-{number}/layer.tar"))
        .collect();
    with_layers(image, tags, names)
}

/// A docker archive of one image, as Podman writes it: `<diff id>.tar`.
pub(crate) fn podman_archive(image: &Image, tags: &[&str]) -> Tar {
    let names = image.diff_ids.iter();
    with_layers(
        image,
        tags,
        names.map(|id| format!("{}.tar", id.hex())).collect(),
    )
}

fn with_layers(image: &Image, tags: &[&str], names: Vec<String>) -> Tar {
    let mut tar = Tar::new();
    for (name, layer) in names.iter().zip(&image.layers) {
        tar = tar.file(name, layer);
    }
    let config = image.config_name();
    let tags = quoted(tags.iter().map(ToString::to_string));
    let layers = quoted(names.into_iter());
    let manifest = format!(r#"[{{"Config":"{config}","RepoTags":[{tags}],"Layers":[{layers}]}}]"#);
    tar.file(&config, image.config())
        .file("manifest.json", manifest)
}

fn quoted(texts: impl Iterator<Item = String>) -> String {
    let texts: Vec<String> = texts.map(|text| format!("\"{text}\"")).collect();
    texts.join(",")
}

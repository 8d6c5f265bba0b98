//! Media types of manifests, configs and layers, and what they say about the bytes.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A media type, kept as it was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MediaType(Cow<'static, str>);

/// How the bytes of a layer are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// A plain tar.
    None,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

impl MediaType {
    /// An OCI image manifest.
    pub const OCI_MANIFEST: Self = Self::of("application/vnd.oci.image.manifest.v1+json");
    /// An OCI image index.
    pub const OCI_INDEX: Self = Self::of("application/vnd.oci.image.index.v1+json");
    /// An OCI image config.
    pub const OCI_CONFIG: Self = Self::of("application/vnd.oci.image.config.v1+json");
    /// An OCI layer, uncompressed.
    pub const OCI_LAYER: Self = Self::of("application/vnd.oci.image.layer.v1.tar");
    /// An OCI layer, gzip.
    pub const OCI_LAYER_GZIP: Self = Self::of("application/vnd.oci.image.layer.v1.tar+gzip");
    /// An OCI layer, zstd.
    pub const OCI_LAYER_ZSTD: Self = Self::of("application/vnd.oci.image.layer.v1.tar+zstd");
    /// A Docker image manifest, version 2 schema 2.
    pub const DOCKER_MANIFEST: Self =
        Self::of("application/vnd.docker.distribution.manifest.v2+json");
    /// A Docker manifest list.
    pub const DOCKER_INDEX: Self =
        Self::of("application/vnd.docker.distribution.manifest.list.v2+json");
    /// A Docker image config.
    pub const DOCKER_CONFIG: Self = Self::of("application/vnd.docker.container.image.v1+json");
    /// A Docker layer, uncompressed.
    pub const DOCKER_LAYER: Self = Self::of("application/vnd.docker.image.rootfs.diff.tar");
    /// A Docker layer, gzip.
    pub const DOCKER_LAYER_GZIP: Self =
        Self::of("application/vnd.docker.image.rootfs.diff.tar.gzip");
    /// A Docker layer, zstd: written by some tools, though Docker never registered it.
    pub const DOCKER_LAYER_ZSTD: Self =
        Self::of("application/vnd.docker.image.rootfs.diff.tar.zstd");

    const fn of(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// The text, as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a list of manifests (an OCI index or a Docker manifest list).
    #[must_use]
    pub fn is_index(&self) -> bool {
        *self == Self::OCI_INDEX || *self == Self::DOCKER_INDEX
    }

    /// Whether it is a manifest with a config and layers.
    #[must_use]
    pub fn is_manifest(&self) -> bool {
        *self == Self::OCI_MANIFEST || *self == Self::DOCKER_MANIFEST
    }

    /// Whether it is the config of a runnable image, which names platform and diff IDs.
    #[must_use]
    pub fn is_image_config(&self) -> bool {
        *self == Self::OCI_CONFIG || *self == Self::DOCKER_CONFIG
    }

    /// Whether it is one of the layer types of images, foreign ones included.
    #[must_use]
    pub fn is_layer(&self) -> bool {
        self.compression().is_some()
    }

    /// Whether its bytes may lie elsewhere (`foreign`, `nondistributable`).
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        let foreign = self
            .0
            .starts_with("application/vnd.docker.image.rootfs.foreign.diff.tar");
        foreign
            || self
                .0
                .starts_with("application/vnd.oci.image.layer.nondistributable.v1.tar")
    }

    /// How a layer of this type is compressed; `None` when it is no layer of an image.
    #[must_use]
    pub fn compression(&self) -> Option<Compression> {
        let suffix = LAYER_PREFIXES
            .iter()
            .find_map(|prefix| self.0.strip_prefix(prefix))?;
        match suffix {
            "" => Some(Compression::None),
            "+gzip" | ".gzip" => Some(Compression::Gzip),
            "+zstd" | ".zstd" => Some(Compression::Zstd),
            _ => None,
        }
    }
}

const LAYER_PREFIXES: [&str; 4] = [
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.foreign.diff.tar",
];

impl From<&str> for MediaType {
    fn from(text: &str) -> Self {
        Self(Cow::Owned(text.to_owned()))
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_type_says_how_it_is_compressed() {
        let table = [
            (MediaType::OCI_LAYER, Some(Compression::None)),
            (MediaType::OCI_LAYER_GZIP, Some(Compression::Gzip)),
            (MediaType::OCI_LAYER_ZSTD, Some(Compression::Zstd)),
            (MediaType::DOCKER_LAYER, Some(Compression::None)),
            (MediaType::DOCKER_LAYER_GZIP, Some(Compression::Gzip)),
            (MediaType::DOCKER_LAYER_ZSTD, Some(Compression::Zstd)),
            (MediaType::OCI_CONFIG, None),
            (
                MediaType::from("application/vnd.oci.image.layer.v1.tar+lz4"),
                None,
            ),
        ];
        for (media_type, expected) in table {
            assert_eq!(media_type.compression(), expected, "{media_type}");
        }
    }

    #[test]
    fn foreign_layers_are_recognised() {
        let docker = MediaType::from("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip");
        let oci = MediaType::from("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip");
        assert!(docker.is_foreign() && docker.is_layer());
        assert!(oci.is_foreign() && oci.is_layer());
        assert!(!MediaType::OCI_LAYER_GZIP.is_foreign());
    }

    #[test]
    fn both_vendors_types_are_known() {
        assert!(MediaType::DOCKER_INDEX.is_index() && MediaType::OCI_INDEX.is_index());
        assert!(MediaType::DOCKER_MANIFEST.is_manifest() && MediaType::OCI_MANIFEST.is_manifest());
        assert!(
            MediaType::DOCKER_CONFIG.is_image_config() && MediaType::OCI_CONFIG.is_image_config()
        );
    }
}

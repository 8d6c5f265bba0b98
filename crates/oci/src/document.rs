//! Manifests and indexes: parsed, with their bytes kept exactly as they were read.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Descriptor, Digest, MediaType};

/// A manifest or an index together with its exact bytes, which are what is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Media type, digest and size of the bytes.
    pub descriptor: Descriptor,
    /// The bytes as read, or as composed.
    pub bytes: Arc<[u8]>,
    /// What they say.
    pub content: Content,
}

/// What a [`Document`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// One image, or an artifact: a config and layers.
    Manifest(Manifest),
    /// A list of manifests.
    Index(Index),
}

/// An image manifest (OCI, or Docker version 2 schema 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Always 2.
    pub schema_version: u32,
    /// The type it says of itself; OCI allows it to be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// The config.
    pub config: Descriptor,
    /// The layers, base layer first.
    pub layers: Vec<Descriptor>,
}

/// An OCI index or a Docker manifest list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// Always 2.
    pub schema_version: u32,
    /// The type it says of itself; OCI allows it to be left out.
    #[serde(default)]
    pub media_type: Option<MediaType>,
    /// The manifests, in the order that a runtime should try them.
    #[serde(default)]
    pub manifests: Option<Vec<Descriptor>>,
}

/// Why some bytes are neither a manifest nor an index.
#[derive(Debug, thiserror::Error)]
pub enum ParseDocumentError {
    /// Not JSON, or not of the shape that the specification gives.
    #[error("not a valid manifest")]
    Json(#[source] serde_json::Error),
    /// An old or unknown schema.
    #[error("`schemaVersion` is {found}, and only 2 is supported")]
    SchemaVersion {
        /// What it says.
        found: String,
    },
    /// Both a manifest and an index, or neither (CVE-2021-41190).
    #[error("ambiguous: it has {found}")]
    Ambiguous {
        /// Which fields it has.
        found: &'static str,
    },
    /// It says another media type of itself than its descriptor does (CVE-2021-41190).
    #[error("its media type is `{found}`, and its descriptor promised `{expected}`")]
    MediaType {
        /// What the descriptor says.
        expected: MediaType,
        /// What the document says.
        found: MediaType,
    },
}

impl Document {
    /// The largest manifest or index that is read, in bytes; Gitea and distribution take no larger ones either.
    pub const SIZE_LIMIT: u64 = 4 << 20;

    /// Parses bytes whose media type a descriptor or a header promised.
    ///
    /// Without a promise the document's own `mediaType` counts, and without that its fields do.
    ///
    /// # Errors
    /// [`ParseDocumentError`] where the bytes could be taken for something other than what is promised.
    pub fn parse(bytes: Vec<u8>, promised: Option<&MediaType>) -> Result<Self, ParseDocumentError> {
        let _ = (bytes, promised);
        Err(ParseDocumentError::Ambiguous {
            found: "not supported yet",
        })
    }

    /// Makes a document of a manifest that was composed here; the same manifest always gives the same bytes.
    ///
    /// # Panics
    /// Never: a manifest is made of strings and numbers, which JSON can always say.
    #[must_use]
    pub fn compose(manifest: Manifest) -> Self {
        let bytes = serde_json::to_vec(&manifest).expect("a manifest is always JSON");
        let media_type = manifest
            .media_type
            .clone()
            .unwrap_or(MediaType::OCI_MANIFEST);
        let descriptor = Descriptor::new(media_type, Digest::of(&bytes), bytes.len() as u64);
        Self {
            descriptor,
            bytes: bytes.into(),
            content: Content::Manifest(manifest),
        }
    }

    /// The digest of the bytes.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.descriptor.digest
    }
}

impl Index {
    /// The manifests, none where Go wrote `null`.
    #[must_use]
    pub fn children(&self) -> &[Descriptor] {
        self.manifests.as_deref().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"{
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": 0,
            "digest": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        "layers": [], "annotations": {"kept": "as read"}}"#;
    const INDEX: &str = r#"{"schemaVersion": 2, "manifests": []}"#;

    #[track_caller]
    fn refused(json: &str, promised: Option<&MediaType>, expected: &str) {
        let error = Document::parse(json.as_bytes().to_vec(), promised).unwrap_err();
        assert_eq!(error.to_string(), expected, "{json}");
    }

    #[test]
    fn bytes_are_kept_as_read() {
        let document = Document::parse(MANIFEST.into(), None).unwrap();
        assert_eq!(&*document.bytes, MANIFEST.as_bytes());
        assert_eq!(*document.digest(), Digest::of(MANIFEST.as_bytes()));
        assert_eq!(document.descriptor.media_type, MediaType::OCI_MANIFEST);
    }

    #[test]
    fn a_document_without_media_type_is_known_by_its_fields() {
        let document = Document::parse(INDEX.into(), None).unwrap();
        assert_eq!(document.descriptor.media_type, MediaType::OCI_INDEX);
        assert!(matches!(document.content, Content::Index(index) if index.children().is_empty()));
    }

    #[test]
    fn an_ambiguous_document_is_refused() {
        let both = MANIFEST.replace("\"layers\": []", "\"layers\": [], \"manifests\": []");
        refused(
            &both,
            None,
            "ambiguous: it has both the fields of a manifest and those of an index",
        );
        refused(
            "{\"schemaVersion\": 2}",
            None,
            "ambiguous: it has neither `config` and `layers` nor `manifests`",
        );
    }

    #[test]
    fn a_document_must_be_what_its_descriptor_promised() {
        refused(
            MANIFEST,
            Some(&MediaType::DOCKER_MANIFEST),
            "its media type is `application/vnd.oci.image.manifest.v1+json`, and its descriptor promised `application/vnd.docker.distribution.manifest.v2+json`",
        );
        refused(
            INDEX,
            Some(&MediaType::OCI_MANIFEST),
            "its media type is `application/vnd.oci.image.index.v1+json`, and its descriptor promised `application/vnd.oci.image.manifest.v1+json`",
        );
    }

    #[test]
    fn other_schemas_are_refused() {
        refused(
            r#"{"schemaVersion": 1, "fsLayers": []}"#,
            None,
            "`schemaVersion` is 1, and only 2 is supported",
        );
        refused(
            "{}",
            None,
            "`schemaVersion` is missing, and only 2 is supported",
        );
        refused("nonsense", None, "not a valid manifest");
    }

    #[test]
    fn a_field_given_twice_is_refused() {
        let twice = MANIFEST.replace("\"layers\": []", "\"layers\": [], \"layers\": []");
        refused(&twice, None, "not a valid manifest");
    }

    #[test]
    fn composing_is_deterministic() {
        let Content::Manifest(manifest) = Document::parse(MANIFEST.into(), None).unwrap().content
        else {
            panic!("a manifest");
        };
        let document = Document::compose(manifest.clone());
        assert_eq!(document, Document::compose(manifest));
        assert_eq!(
            document,
            Document::parse(document.bytes.to_vec(), None).unwrap()
        );
    }
}

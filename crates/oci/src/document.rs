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
    Manifest(Box<Manifest>),
    /// A list of manifests.
    Index(Index),
}

/// An image manifest (OCI, or Docker version 2 schema 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a manifest")]
pub struct Manifest {
    /// Always 2.
    pub schema_version: u32,
    /// The type it says of itself; OCI allows it to be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// The config.
    pub config: Descriptor,
    /// The layers, base layer first; none where Go wrote `null`.
    #[serde(deserialize_with = "null_is_empty")]
    pub layers: Vec<Descriptor>,
}

/// An OCI index or a Docker manifest list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an index")]
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
        let outline: Outline = serde_json::from_slice(&bytes).map_err(ParseDocumentError::Json)?;
        outline.check_version()?;
        let is_index = outline.is_index()?;
        let media_type = outline.media_type(promised, is_index)?;
        let content = if is_index {
            Content::Index(serde_json::from_slice(&bytes).map_err(ParseDocumentError::Json)?)
        } else {
            Content::Manifest(serde_json::from_slice(&bytes).map_err(ParseDocumentError::Json)?)
        };
        let descriptor = Descriptor::new(media_type, Digest::of(&bytes), bytes.len() as u64);
        Ok(Self {
            descriptor,
            bytes: bytes.into(),
            content,
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
            content: Content::Manifest(Box::new(manifest)),
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

/// Which of the deciding fields there are, whatever is in them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a manifest or an index")]
struct Outline {
    #[serde(default)]
    schema_version: Option<serde_json::Number>,
    #[serde(default)]
    media_type: Option<MediaType>,
    #[serde(default, deserialize_with = "present")]
    config: bool,
    #[serde(default, deserialize_with = "present")]
    layers: bool,
    #[serde(default, deserialize_with = "present")]
    fs_layers: bool,
    #[serde(default, deserialize_with = "present")]
    manifests: bool,
}

impl Outline {
    fn check_version(&self) -> Result<(), ParseDocumentError> {
        match &self.schema_version {
            Some(version) if version.as_u64() == Some(2) => Ok(()),
            Some(version) => Err(ParseDocumentError::SchemaVersion {
                found: version.to_string(),
            }),
            None => Err(ParseDocumentError::SchemaVersion {
                found: "missing".to_owned(),
            }),
        }
    }

    fn is_index(&self) -> Result<bool, ParseDocumentError> {
        let manifest = self.config || self.layers || self.fs_layers;
        match (manifest, self.manifests) {
            (true, true) => Err(ParseDocumentError::Ambiguous {
                found: "both the fields of a manifest and those of an index",
            }),
            (false, false) => Err(ParseDocumentError::Ambiguous {
                found: "neither `config` and `layers` nor `manifests`",
            }),
            (_, index) => Ok(index),
        }
    }

    fn media_type(
        &self,
        promised: Option<&MediaType>,
        is_index: bool,
    ) -> Result<MediaType, ParseDocumentError> {
        let usual = if is_index {
            MediaType::OCI_INDEX
        } else {
            MediaType::OCI_MANIFEST
        };
        let own = self.media_type.clone();
        let media_type = promised
            .cloned()
            .or_else(|| own.clone())
            .unwrap_or_else(|| usual.clone());
        let fits = if is_index {
            media_type.is_index()
        } else {
            media_type.is_manifest()
        };
        if !fits {
            return Err(ParseDocumentError::MediaType {
                expected: media_type,
                found: own.unwrap_or(usual),
            });
        }
        match own {
            Some(found) if found != media_type => Err(ParseDocumentError::MediaType {
                expected: media_type,
                found,
            }),
            _ => Ok(media_type),
        }
    }
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(|_| true)
}

fn null_is_empty<'de, D>(deserializer: D) -> Result<Vec<Descriptor>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
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
    fn an_image_may_have_no_layers() {
        let null = MANIFEST.replace("\"layers\": []", "\"layers\": null");
        for manifest in [MANIFEST, &null] {
            let document = Document::parse(manifest.into(), None).unwrap();
            assert_eq!(&*document.bytes, manifest.as_bytes());
            let layers = |it: &Manifest| it.layers.len();
            assert!(matches!(&document.content, Content::Manifest(it) if layers(it) == 0));
        }
        let missing = MANIFEST.replace("\"layers\": [],", "");
        refused(&missing, None, "not a valid manifest");
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
        let document = Document::compose((*manifest).clone());
        assert_eq!(document, Document::compose(*manifest));
        assert_eq!(
            document,
            Document::parse(document.bytes.to_vec(), None).unwrap()
        );
    }
}

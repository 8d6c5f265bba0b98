//! Descriptors: media type, digest and size of something addressed by digest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Digest, MediaType, Platform};

/// A reference by digest, as manifests and indexes hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a descriptor")]
pub struct Descriptor {
    /// What the bytes are.
    pub media_type: MediaType,
    /// The digest of the bytes, as sent.
    pub digest: Digest,
    /// How many bytes there are, as sent.
    pub size: u64,
    /// What a manifest runs on; indexes say it of their children.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Places from where the bytes may be fetched; never followed (CVE-2020-15157).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urls: Option<Vec<String>>,
    /// What somebody noted about it, such as `org.opencontainers.image.ref.name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
}

impl Descriptor {
    /// A descriptor with nothing but the three fields that each has.
    #[must_use]
    pub fn new(media_type: MediaType, digest: Digest, size: u64) -> Self {
        Self {
            media_type,
            digest,
            size,
            platform: None,
            urls: None,
            annotations: None,
        }
    }

    /// The annotation of that key, when there is one.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(String::as_str)
    }

    /// The digest of the manifest that this one attests, when it is a BuildKit attestation manifest.
    #[must_use]
    pub fn attests(&self) -> Option<Digest> {
        let attestation =
            self.annotation("vnd.docker.reference.type") == Some("attestation-manifest");
        let subject = self.annotation("vnd.docker.reference.digest")?;
        attestation.then(|| subject.parse().ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0}"#;

    #[test]
    fn json_is_read_and_written_back() {
        let descriptor: Descriptor = serde_json::from_str(JSON).unwrap();
        assert_eq!(
            descriptor,
            Descriptor::new(MediaType::OCI_MANIFEST, Digest::of(b""), 0)
        );
        assert_eq!(serde_json::to_string(&descriptor).unwrap(), JSON);
    }

    #[test]
    fn a_negative_size_is_refused() {
        assert!(serde_json::from_str::<Descriptor>(&JSON.replace(":0}", ":-1}")).is_err());
    }

    #[test]
    fn an_attestation_names_its_subject() {
        let mut descriptor: Descriptor = serde_json::from_str(JSON).unwrap();
        assert_eq!(descriptor.attests(), None);
        let subject = Digest::of(b"subject");
        descriptor.annotations = Some(BTreeMap::from([
            (
                "vnd.docker.reference.type".to_owned(),
                "attestation-manifest".to_owned(),
            ),
            (
                "vnd.docker.reference.digest".to_owned(),
                subject.to_string(),
            ),
        ]));
        assert_eq!(descriptor.attests(), Some(subject));
    }
}

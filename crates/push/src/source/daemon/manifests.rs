//! What containerd's store says of the manifests of an image, and which of them a push would write.
//!
//! It is the counterpart of what is picked when the archive is there: when in doubt, only the archive knows.

use oci::{Digest, Platform};
use serde::Deserialize;

/// A manifest of an image; all of an index are listed, those below indexes in it too.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ManifestSummary {
    /// Its digest.
    #[serde(default, rename = "ID")]
    id: Option<String>,
    /// Whether the daemon has all of it.
    #[serde(default)]
    available: bool,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    size: Option<Sizes>,
    #[serde(default)]
    image_data: Option<ImageData>,
    #[serde(default)]
    attestation_data: Option<AttestationData>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sizes {
    /// Of its blobs and of itself, as often as it names them.
    #[serde(default)]
    content: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ImageData {
    #[serde(default)]
    platform: Platform,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AttestationData {
    /// The digest of the manifest that it attests.
    #[serde(default, rename = "For")]
    subject: Option<String>,
}

impl ManifestSummary {
    /// The platform of an image that can be exported.
    pub(super) fn platform(&self) -> Option<&Platform> {
        let image = self.image_data.as_ref().filter(|_| self.available);
        image
            .filter(|_| self.kind == "image")
            .map(|image| &image.platform)
    }

    /// The bytes that an export has of it, if it names no blob twice.
    pub(super) fn content(&self) -> Option<u64> {
        self.size.as_ref().map(|size| size.content)
    }

    fn digest(&self) -> Option<Digest> {
        self.id.as_ref()?.parse().ok()
    }

    fn attests(&self, images: &[&Self]) -> bool {
        let subject = self.attestation_data.as_ref();
        let subject = subject.and_then(|data| data.subject.as_ref());
        let of = |image: &&Self| image.id.as_ref() == subject;
        self.kind == ATTESTATION && subject.is_some() && images.iter().any(of)
    }
}

/// The digest of the manifest or index that a push of these platforms writes; none where only the export tells.
///
/// `id` is that of the image: the digest of the index, or of the only manifest.
pub(super) fn root(
    id: &Digest,
    manifests: &[ManifestSummary],
    wanted: &[Platform],
) -> Option<Digest> {
    let images = || manifests.iter().filter(|it| it.platform().is_some());
    let known = |it: &ManifestSummary| it.platform().is_some() || it.kind == ATTESTATION;
    if !manifests.iter().all(|it| known(it) || !it.available) {
        return None;
    }
    let mut chosen: Vec<&ManifestSummary> = Vec::new();
    for wanted in wanted {
        let meant = |it: &&ManifestSummary| it.platform().is_some_and(|it| it.satisfies(wanted));
        // Which of several comes first in the index is not known.
        let [only] = images().filter(meant).collect::<Vec<_>>()[..] else {
            return None;
        };
        chosen.push(only);
    }
    if wanted.is_empty() {
        chosen.extend(images());
    }
    let whole = manifests.iter().all(|it| it.available);
    let is_chosen = |image: &ManifestSummary| chosen.iter().any(|it| it.id == image.id);
    let all = images().all(is_chosen)
        && (wanted.is_empty()
            || manifests
                .iter()
                .all(|it| it.platform().is_some() || it.attests(&chosen)));
    match (wanted, &chosen[..]) {
        (_, []) => None,
        ([_], [only]) => only.digest(),
        _ if whole && all => Some(id.clone()),
        ([], [only]) => only.digest(),
        _ => None,
    }
}

const ATTESTATION: &str = "attestation";

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn image(name: &str, platform: &str, available: bool) -> Value {
        let Platform {
            architecture, os, ..
        } = platform.parse().expect("a platform");
        json!({
            "ID": Digest::of(name.as_bytes()).to_string(),
            "Available": available,
            "Kind": "image",
            "ImageData": {"Platform": {"architecture": architecture, "os": os}},
        })
    }

    fn attestation(name: &str, of: &str, available: bool) -> Value {
        json!({
            "ID": Digest::of(name.as_bytes()).to_string(),
            "Available": available,
            "Kind": ATTESTATION,
            "AttestationData": {"For": Digest::of(of.as_bytes()).to_string()},
        })
    }

    /// The name of what is pushed of the index `index`.
    #[track_caller]
    fn check(manifests: &[Value], wanted: &[&str], expected: Option<&str>) {
        let manifests: Vec<ManifestSummary> =
            serde_json::from_value(manifests.to_vec().into()).expect("what a daemon says");
        let wanted: Vec<Platform> = wanted
            .iter()
            .map(|it| it.parse().expect("a platform"))
            .collect();
        let expected = expected.map(|name| Digest::of(name.as_bytes()));
        assert_eq!(root(&Digest::of(b"index"), &manifests, &wanted), expected);
    }

    #[test]
    fn a_whole_index_is_pushed_as_it_is() {
        let whole = [
            image("amd", "linux/amd64", true),
            image("arm", "linux/arm64", true),
            attestation("amd's", "amd", true),
        ];
        check(&whole, &[], Some("index"));
        check(&whole, &["linux/amd64"], Some("amd"));
        check(&whole, &["linux/arm64", "linux/amd64"], Some("index"));
        check(&whole, &["linux/arm64", "linux/arm64"], None);
        check(&whole[..1], &[], Some("index"));
        check(&whole[..1], &["linux/amd64"], Some("amd"));
    }

    #[test]
    fn of_a_part_only_one_image_can_be_pushed() {
        let part = [
            image("amd", "linux/amd64", true),
            image("arm", "linux/arm64", true),
            image("s390x", "linux/s390x", false),
        ];
        check(&part, &[], None);
        check(&part, &["linux/arm64"], Some("arm"));
        check(&part, &["linux/amd64", "linux/arm64"], None);
        check(&part[1..], &[], Some("arm"));
        check(&part[1..], &["linux/arm64"], Some("arm"));
        check(&part[1..], &["linux/s390x"], None);
        check(&part[2..], &[], None);
        let lacking = [
            image("amd", "linux/amd64", true),
            attestation("amd's", "amd", false),
        ];
        check(&lacking, &[], Some("amd"));
    }

    #[test]
    fn what_is_not_understood_is_not_foreseen() {
        let mut other = image("amd", "linux/amd64", true);
        other["Kind"] = "unknown".into();
        check(&[image("amd", "linux/amd64", true), other], &[], None);
        let two = [
            image("one", "linux/amd64", true),
            image("two", "linux/amd64", true),
        ];
        check(&two, &["linux/amd64"], None);
        check(&two, &[], Some("index"));
        let strange = [
            image("amd", "linux/amd64", true),
            image("arm", "linux/arm64", true),
            attestation("nobody's", "riscv", true),
        ];
        check(&strange, &["linux/amd64", "linux/arm64"], None);
        check(&[], &[], None);
    }
}

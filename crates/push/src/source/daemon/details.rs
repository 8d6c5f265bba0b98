//! What the daemon says of an image before it exports it.

use std::collections::HashSet;

use oci::{Digest, Platform};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::manifests::{self, ManifestSummary};

/// The answer to an inspection, as far as a push needs it; lenient, because Docker and Podman of every age answer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Details {
    /// The digest of the config, or with containerd's store that of the manifest or index.
    #[serde(default)]
    pub(super) id: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    os: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    architecture: String,
    #[serde(default)]
    variant: Option<String>,
    /// Of its layers in bytes, uncompressed; with containerd's store something else.
    #[serde(default)]
    size: Option<u64>,
    #[serde(default, rename = "RootFS")]
    root_fs: Option<RootFs>,
    /// What its layers are unpacked by.
    #[serde(default)]
    graph_driver: Option<GraphDriver>,
    /// The names with digests of manifests that it was pulled or pushed as.
    #[serde(default)]
    repo_digests: Option<Vec<String>>,
    /// Of the manifest or index; only containerd's store says so, from API 1.48 on.
    #[serde(default)]
    descriptor: Option<IgnoredAny>,
    /// What an index names; only containerd's store says so, from API 1.48 on.
    #[serde(default)]
    manifests: Option<Vec<ManifestSummary>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GraphDriver {
    #[serde(default, deserialize_with = "null_is_empty")]
    name: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RootFs {
    #[serde(default)]
    layers: Option<Vec<String>>,
}

impl Details {
    /// Its ID as a digest; Podman leaves out the algorithm.
    pub(super) fn digest(&self) -> Option<Digest> {
        let id = &self.id;
        id.parse().or_else(|_| format!("sha256:{id}").parse()).ok()
    }

    /// Whether its ID begins with these digits.
    pub(super) fn has_id(&self, digits: &str) -> bool {
        self.digest()
            .is_some_and(|digest| digest.hex().starts_with(digits))
    }

    /// The diff IDs of its layers, base layer first.
    fn layers(&self) -> Vec<Digest> {
        let layers = self.root_fs.iter().flat_map(|it| &it.layers).flatten();
        layers.filter_map(|layer| layer.parse().ok()).collect()
    }

    /// The digest of the config in an export, where that is known by now.
    pub(super) fn config(&self) -> Option<Digest> {
        self.digest().filter(|_| !self.is_containerds())
    }

    /// The digests of the layers in an export, base layer first, where these are known by now.
    ///
    /// Only containerd's store keeps layers as they were pulled; all others export them uncompressed.
    pub(super) fn exported_layers(&self) -> Option<Vec<Digest>> {
        let said = self.root_fs.as_ref()?.layers.as_ref()?;
        let layers = self.layers();
        (layers.len() == said.len() && !self.is_containerds()).then_some(layers)
    }

    /// Whether containerd's store has it, where an image is its manifest or index; before API 1.48 its names tell, or
    /// what unpacks it where that is what only containerd has.
    fn is_containerds(&self) -> bool {
        let mut digests = self.repo_digests.iter().flatten();
        let by_id = |name: &String| name.rsplit_once('@').is_some_and(|(_, it)| it == self.id);
        let driver = self.graph_driver.as_ref();
        self.manifests.is_some()
            || self.descriptor.is_some()
            || driver.is_some_and(|driver| driver.name == SNAPSHOTTER)
            || digests.any(by_id)
    }

    /// How many bytes an export of one platform, or of all, has at least, where that is known.
    ///
    /// Daemons count a layer as often as the image has it, and an export has it once. With containerd's store only the
    /// layers of its own platform are known, and the others' may be the same.
    pub(super) fn least_size(&self, platform: Option<&Platform>) -> Option<u64> {
        let layers = self.root_fs.as_ref()?.layers.as_ref()?;
        if layers.iter().collect::<HashSet<_>>().len() < layers.len() {
            return None;
        }
        let Some(manifests) = &self.manifests else {
            return self.size.filter(|_| !self.is_containerds());
        };
        let own = self.own_platform();
        if platform.is_some_and(|platform| *platform != own) {
            return None;
        }
        let images = manifests.iter().filter(|it| it.platform() == Some(&own));
        images.filter_map(ManifestSummary::content).min()
    }

    /// Whether the daemon has nothing of it but these platforms; none is all.
    pub(super) fn is_nothing_but(&self, platforms: &[Platform]) -> bool {
        let wanted = |it: &Platform| platforms.iter().any(|wanted| it.satisfies(wanted));
        platforms.is_empty() || self.platforms().iter().all(wanted)
    }

    /// The platforms that can be exported.
    pub(super) fn platforms(&self) -> Vec<Platform> {
        let Some(manifests) = &self.manifests else {
            return vec![self.own_platform()];
        };
        let platforms = manifests.iter().filter_map(ManifestSummary::platform);
        platforms.cloned().collect()
    }

    /// The digest of the manifest or index that a push of these platforms writes, where that is known by now.
    ///
    /// Only containerd's store has manifests.
    pub(super) fn root(&self, wanted: &[Platform]) -> Option<Digest> {
        manifests::root(&self.digest()?, self.manifests.as_deref()?, wanted)
    }

    /// Whether the daemon can export one platform of several.
    pub(super) fn has_several(&self) -> bool {
        self.manifests.is_some()
    }

    fn own_platform(&self) -> Platform {
        Platform {
            architecture: self.architecture.clone(),
            os: self.os.clone(),
            variant: self.variant.clone().filter(|variant| !variant.is_empty()),
            os_version: None,
        }
    }
}

/// containerd's own by default; Docker's store calls its like `overlay2`, and Podman's `overlay`.
const SNAPSHOTTER: &str = "overlayfs";

fn null_is_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// An answer about the image `image` with the layer `layer`, and what else it says.
    fn details(said: &[(&str, Value)]) -> Details {
        let digest = |name: &str| Digest::of(name.as_bytes()).to_string();
        let layers = json!({"Type": "layers", "Layers": [digest("layer")]});
        let mut json = json!({"Id": digest("image"), "RootFS": layers});
        for (key, value) in said {
            json[*key] = value.clone();
        }
        serde_json::from_value(json).expect("what a daemon says")
    }

    /// Whether the digests of config and layers are known.
    #[track_caller]
    fn check(said: &[(&str, Value)], expected: (bool, bool)) {
        let details = details(said);
        let config = details.config() == Some(Digest::of(b"image"));
        let layers = details.exported_layers() == Some(vec![Digest::of(b"layer")]);
        assert_eq!((config, layers), expected, "{said:?}");
    }

    #[test]
    fn the_digests_of_an_export_are_known_in_a_classic_store() {
        check(&[], (true, true));
        let pulled = format!("app@{}", Digest::of(b"manifest"));
        check(&[("RepoDigests", json!([pulled]))], (true, true));
        let null = Value::Null;
        let nulls = ["RepoDigests", "Descriptor", "Manifests"].map(|key| (key, null.clone()));
        check(&nulls, (true, true));
        check(&[("RootFS", null)], (true, false));
        check(&[("RootFS", json!({"Type": "layers"}))], (true, false));
        check(&[("RootFS", json!({"Layers": ["md5:0"]}))], (true, false));
        check(&[("Id", json!(Digest::of(b"image").hex()))], (true, true));
        check(&[("Id", json!("image"))], (false, true));
    }

    #[test]
    fn in_containerds_store_only_the_export_tells() {
        check(&[("Manifests", json!([]))], (false, false));
        check(&[("Descriptor", json!({"size": 1}))], (false, false));
        let own = format!("app@{}", Digest::of(b"image"));
        check(&[("RepoDigests", json!([own]))], (false, false));
        let driver = |name: &str| ("GraphDriver", json!({"Data": null, "Name": name}));
        check(&[driver("overlayfs")], (false, false));
        check(&[driver("overlay2")], (true, true));
        check(&[("GraphDriver", Value::Null)], (true, true));
    }

    #[test]
    fn only_a_classic_store_says_how_large_its_layers_are() {
        let size = ("Size", json!(1000));
        let driver = |name: &str| ("GraphDriver", json!({"Name": name}));
        let least = |said: &[(&str, Value)]| details(said).least_size(None);
        assert_eq!(least(&[size.clone(), driver("overlay2")]), Some(1000));
        assert_eq!(least(&[size, driver("overlayfs")]), None);
    }
}

//! The image config, as far as a push needs it: platform and diff IDs.

use serde::Deserialize;

use crate::{Digest, Platform};

/// What an image config says that a push must know; everything else in it is sent unread.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(expecting = "an image config")]
pub struct ImageConfig {
    /// What the image runs on.
    #[serde(flatten)]
    pub platform: Platform,
    /// The layers, uncompressed.
    pub rootfs: RootFs,
}

/// The `rootfs` of an image config.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(expecting = "the layers of a `rootfs`")]
pub struct RootFs {
    /// Digests of the uncompressed layers, base layer first.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub diff_ids: Vec<Digest>,
}

impl ImageConfig {
    /// The largest config that is read, in bytes; containers/image and go-containerregistry draw the line here too.
    pub const SIZE_LIMIT: u64 = 8 << 20;
}

/// Go writes an empty list as `null`.
fn null_is_empty<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Digest>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platform_and_diff_ids_are_read() {
        let json = r#"{"architecture":"arm64","os":"linux","variant":"v8","config":{"Env":["A=b"]},
            "rootfs":{"type":"layers","diff_ids":["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]}}"#;
        let config: ImageConfig = serde_json::from_str(json).unwrap();
        assert_eq!(config.platform.to_string(), "linux/arm64/v8");
        assert_eq!(config.rootfs.diff_ids, [Digest::of(b"")]);
    }

    #[test]
    fn no_layers_may_be_written_as_null() {
        let json =
            r#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":null}}"#;
        let config: ImageConfig = serde_json::from_str(json).unwrap();
        assert!(config.rootfs.diff_ids.is_empty());
    }

    #[test]
    fn a_config_without_rootfs_is_none() {
        assert!(
            serde_json::from_str::<ImageConfig>(r#"{"architecture":"amd64","os":"linux"}"#)
                .is_err()
        );
    }
}

//! Platforms: `OS/ARCHITECTURE[/VARIANT]`, as an index names them and as a person asks for them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What an image runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(expecting = "a platform")]
pub struct Platform {
    /// CPU architecture, in Go's words: `amd64`, `arm64`.
    #[serde(default)]
    pub architecture: String,
    /// Operating system, in Go's words: `linux`, `windows`.
    #[serde(default)]
    pub os: String,
    /// Variant of the architecture, such as `v7` of `arm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Version of the operating system, which Windows images need.
    #[serde(
        default,
        rename = "os.version",
        skip_serializing_if = "Option::is_none"
    )]
    pub os_version: Option<String>,
}

/// Why some text is not a platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a platform is OS/ARCH or OS/ARCH/VARIANT in lower case, such as linux/arm64")]
pub struct ParsePlatformError;

impl Platform {
    /// Whether an image for `self` is one that somebody who asks for `wanted` means.
    ///
    /// A variant that is left out means the usual one: `v8` for `arm64`, `v7` for `arm` (as containerd reads them),
    /// and on other architectures any.
    #[must_use]
    pub fn satisfies(&self, wanted: &Self) -> bool {
        let same = self.os == wanted.os && self.architecture == wanted.architecture;
        same && match (self.usual_variant(), wanted.usual_variant()) {
            (_, None) => true,
            (mine, wanted) => mine == wanted,
        }
    }

    /// Whether it stands for no platform at all, as attestation manifests do (`unknown/unknown`).
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.os == "unknown" && self.architecture == "unknown"
    }

    fn usual_variant(&self) -> Option<&str> {
        match (&*self.architecture, self.variant.as_deref()) {
            (_, Some(variant)) if !variant.is_empty() => Some(variant),
            ("arm64", _) => Some("v8"),
            ("arm", _) => Some("v7"),
            _ => None,
        }
    }
}

impl FromStr for Platform {
    type Err = ParsePlatformError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let valid = |part: &&str| {
            let word = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-');
            !part.is_empty() && part.bytes().all(word)
        };
        let parts: Vec<&str> = text.split('/').collect();
        let (os, architecture, variant) = match parts[..] {
            [os, architecture] => (os, architecture, None),
            [os, architecture, variant] => (os, architecture, Some(variant.to_owned())),
            _ => return Err(ParsePlatformError),
        };
        if !parts.iter().all(valid) {
            return Err(ParsePlatformError);
        }
        Ok(Self {
            architecture: architecture.to_owned(),
            os: os.to_owned(),
            variant,
            os_version: None,
        })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) if !variant.is_empty() => write!(f, "/{variant}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(text: &str) -> Platform {
        text.parse().unwrap()
    }

    #[test]
    fn text_is_parsed_and_printed_back() {
        for text in [
            "linux/amd64",
            "linux/arm/v7",
            "windows/amd64",
            "unknown/unknown",
        ] {
            assert_eq!(platform(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_platform_is_refused() {
        for text in [
            "",
            "linux",
            "linux/",
            "/amd64",
            "linux/arm/v7/x",
            "Linux/AMD64",
            "linux/am d64",
        ] {
            assert_eq!(text.parse::<Platform>(), Err(ParsePlatformError), "{text}");
        }
    }

    #[test]
    fn a_variant_left_out_is_the_usual_one() {
        let table = [
            ("linux/arm64", "linux/arm64/v8", true),
            ("linux/arm64/v8", "linux/arm64", true),
            ("linux/arm/v6", "linux/arm", false),
            ("linux/arm/v7", "linux/arm", true),
            ("linux/amd64", "linux/amd64", true),
            ("linux/amd64/v3", "linux/amd64", true),
            ("linux/amd64", "linux/amd64/v3", false),
            ("linux/amd64", "windows/amd64", false),
        ];
        for (have, wanted, expected) in table {
            assert_eq!(
                platform(have).satisfies(&platform(wanted)),
                expected,
                "{have} for {wanted}"
            );
        }
    }
}

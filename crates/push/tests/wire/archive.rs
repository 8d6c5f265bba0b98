//! Archives of one image with one large layer, whose names come last, as in those of Docker; in pieces for a stream.

use oci::Digest;

/// An archive in the order of its bytes.
pub(crate) struct Archive {
    pub(crate) layer: Vec<u8>,
    pub(crate) config: Vec<u8>,
    /// The header of the layer and its bytes, padded.
    pub(crate) beginning: Vec<u8>,
    /// Everything after the layer.
    pub(crate) end: Vec<u8>,
}

impl Archive {
    /// What Docker 25 and later and build tools write: blobs named after their digests, `index.json` after them.
    pub(crate) fn oci() -> Self {
        let (layer, config) = image();
        let blob = |bytes: &[u8]| format!("blobs/sha256/{}", Digest::of(bytes).hex());
        let descriptor = |kind: &str, bytes: &[u8]| {
            format!(
                r#"{{"mediaType":"application/vnd.oci.image.{kind}","digest":"{}","size":{}}}"#,
                Digest::of(bytes),
                bytes.len()
            )
        };
        let manifest = format!(
            r#"{{"schemaVersion":2,"config":{},"layers":[{}]}}"#,
            descriptor("config.v1+json", &config),
            descriptor("layer.v1.tar", &layer)
        )
        .into_bytes();
        let index = format!(
            r#"{{"schemaVersion":2,"manifests":[{}]}}"#,
            descriptor("manifest.v1+json", &manifest)
        );
        let files = [
            (blob(&config), config.clone()),
            (blob(&manifest), manifest),
            ("index.json".to_owned(), index.into_bytes()),
            (
                "oci-layout".to_owned(),
                br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec(),
            ),
        ];
        Self {
            beginning: entry(&blob(&layer), &layer),
            end: tar(&files),
            layer,
            config,
        }
    }

    /// What Docker before 25 writes: no digest anywhere before `manifest.json`.
    pub(crate) fn docker() -> Self {
        let (layer, config) = image();
        let name = format!("{}.json", Digest::of(&config).hex());
        let list = format!(
            r#"[{{"Config":"{name}","RepoTags":["team/app:1"],"Layers":["0123/layer.tar"]}}]"#
        );
        let files = [
            (name, config.clone()),
            ("manifest.json".to_owned(), list.into_bytes()),
        ];
        Self {
            beginning: entry("0123/layer.tar", &layer),
            end: tar(&files),
            layer,
            config,
        }
    }

    /// The same under a name that promises other bytes.
    pub(crate) fn mislabelled() -> Self {
        let other = Digest::of(b"something else");
        let archive = Self::oci();
        let beginning = entry(&format!("blobs/sha256/{}", other.hex()), &archive.layer);
        Self {
            beginning,
            ..archive
        }
    }
}

/// A layer of 3 MiB, and a config that names it.
fn image() -> (Vec<u8>, Vec<u8>) {
    let mut layer = entry("file", &super::support::large().repeat(5));
    layer.resize(layer.len() + 1024, 0);
    let diff_id = Digest::of(&layer);
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":["{diff_id}"]}}}}"#
    );
    (layer, config.into_bytes())
}

fn tar(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut bytes: Vec<u8> = files
        .iter()
        .flat_map(|(name, bytes)| entry(name, bytes))
        .collect();
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

fn entry(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_path(name).expect("a short name");
    header.set_mode(0o644);
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    let mut entry = [header.as_bytes(), bytes].concat();
    entry.resize(entry.len().next_multiple_of(512), 0);
    entry
}

//! Blobs in chunks, to real registries and back.

use std::path::Path;

use lab::{Distribution, or_skip};
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use serde_json::json;
use tempfile::TempDir;

use crate::push;

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// Bytes that repeat nowhere near, so that chunks in the wrong order would show.
fn layer() -> Vec<u8> {
    (0u32..75_000).flat_map(u32::to_le_bytes).collect()
}

/// An OCI layout of one image with one layer.
fn layout() -> TempDir {
    let directory = TempDir::new().expect("a temporary directory");
    let blobs = directory.path().join("blobs/sha256");
    std::fs::create_dir_all(&blobs).expect("a directory");
    let write = |bytes: &[u8], media_type: &str| {
        let digest = oci::Digest::of(bytes);
        std::fs::write(blobs.join(digest.hex()), bytes).expect("a file");
        json!({"mediaType": media_type, "digest": digest.to_string(), "size": bytes.len()})
    };
    let layer = write(&layer(), LAYER);
    let rootfs = json!({"type": "layers", "diff_ids": [layer["digest"]]});
    let config = json!({"architecture": "amd64", "os": "linux", "rootfs": rootfs}).to_string();
    let config = write(
        config.as_bytes(),
        "application/vnd.oci.image.config.v1+json",
    );
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type, "config": config, "layers": [layer],
    });
    let manifest = write(manifest.to_string().as_bytes(), media_type);
    let index = json!({"schemaVersion": 2, "manifests": [manifest]});
    let save = |name: &str, text: &str| std::fs::write(directory.path().join(name), text);
    save("index.json", &index.to_string()).expect("a file");
    save("oci-layout", r#"{"imageLayoutVersion": "1.0.0"}"#).expect("a file");
    directory
}

#[tokio::test]
async fn distribution_2_8_takes_a_blob_in_chunks() {
    if let Some(distribution) = or_skip(Distribution::v2_8()) {
        round_trip(distribution).await;
    }
}

#[tokio::test]
async fn distribution_3_1_takes_a_blob_in_chunks() {
    if let Some(distribution) = or_skip(Distribution::v3_1()) {
        round_trip(distribution).await;
    }
}

async fn round_trip(distribution: Distribution) {
    let registry = distribution.start();
    let (layout, reference) = (layout(), format!("{}/chunks/app:1", registry.address()));
    let outcome = push(&["-vv", "--chunk-size=64KiB", path(layout.path()), &reference]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let patches = outcome
        .stderr
        .lines()
        .filter(|line| line.contains("PATCH http"));
    // 300 000 bytes: four whole chunks and a rest.
    assert_eq!(patches.count(), 5, "{outcome:?}");

    // oci-client wants a TLS provider even for plain HTTP; an error says that another test was first.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = Client::new(ClientConfig {
        protocol: ClientProtocol::Http,
        ..ClientConfig::default()
    });
    let reference: Reference = reference.parse().expect("a reference");
    let pulled = client.pull(&reference, &RegistryAuth::Anonymous, vec![LAYER]);
    let image = pulled.await.expect("a whole image");
    assert!(image.layers[0].data == layer());
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

//! Pulls everything below a tag with oci-client: another implementation than our own, which checks each digest.

use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use serde_json::Value;

/// What a tag pointed to.
pub(crate) struct Whole {
    /// The digest of the manifest or index.
    pub(crate) digest: String,
    /// The manifest or index.
    pub(crate) document: Value,
}

/// Pulls a tag's manifest or index, the manifests below it and all blobs, and compares each with its digest.
pub(crate) async fn whole(client: &Client, reference: &str, credentials: &RegistryAuth) -> Whole {
    let reference: Reference = reference.parse().expect("a reference");
    let (bytes, digest) = pull(client, &reference, credentials).await;
    let document: Value = serde_json::from_slice(&bytes).expect("JSON");
    let mut manifests = vec![document.clone()];
    for child in document["manifests"].as_array().into_iter().flatten() {
        let child = child["digest"].as_str().expect("a digest").to_owned();
        let child = reference.clone_with_digest(child);
        let (bytes, _) = pull(client, &child, credentials).await;
        manifests.push(serde_json::from_slice(&bytes).expect("JSON"));
    }
    for manifest in &manifests {
        let layers = manifest["layers"].as_array().into_iter().flatten();
        for blob in layers.chain(manifest.get("config")) {
            let descriptor: oci_client::manifest::OciDescriptor =
                serde_json::from_value(blob.clone()).expect("a descriptor");
            let mut bytes = Vec::new();
            let pulled = client.pull_blob(&reference, &descriptor, &mut bytes).await;
            pulled.expect("a whole blob");
            let pulled = oci::Digest::of(&bytes).to_string();
            assert_eq!(pulled, blob["digest"], "{reference}");
        }
    }
    Whole { digest, document }
}

async fn pull(
    client: &Client,
    reference: &Reference,
    credentials: &RegistryAuth,
) -> (Vec<u8>, String) {
    let accepted = [
        oci::MediaType::OCI_MANIFEST,
        oci::MediaType::OCI_INDEX,
        oci::MediaType::DOCKER_MANIFEST,
        oci::MediaType::DOCKER_INDEX,
    ];
    let accepted: Vec<&str> = accepted.iter().map(oci::MediaType::as_str).collect();
    let pulled = client
        .pull_manifest_raw(reference, credentials, &accepted)
        .await;
    let (bytes, digest) = pulled.expect("a manifest");
    (bytes.to_vec(), digest)
}

//! Every archive that a real tool made, to real registries and back, byte for byte.

use lab::{Distribution, Registry, or_skip};
use oci_client::Client;
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::secrets::RegistryAuth;
use std::process::Command;

use crate::command::testdata;
use crate::push;
use crate::read_back::{Whole, whole};

/// What an archive must be in a registry: `manifest` for what an OCI layout names, `config` for docker archives.
struct Expected {
    archive: &'static str,
    /// The images' tags, each with the digest that must survive.
    tags: &'static [(&'static str, Digest)],
}

#[derive(Clone, Copy)]
enum Digest {
    Manifest(&'static str),
    Config(&'static str),
}

const HELLO: Digest =
    Digest::Config("sha256:b01cbee79d79ccbc61b2d7145bffd597ebbbd6f07a0c34a29c6aa40f2cd3776f");
const DUP: Digest =
    Digest::Config("sha256:0eae904e5dcd81db79011a803c6d90cdffc1887d084378607fc7c5c7cc1b5632");
const GZIP_LAYERS: Digest =
    Digest::Manifest("sha256:e4a32d31472f6526b8d5652f85529557fbbb1ec7f17971ec7b0196d8ed9adfd6");
const CLASSIC: Digest =
    Digest::Manifest("sha256:97f409dbff36dea920357fbeca3fad4f072752f59a09b587c3e87b3399e3e20c");
const CONTAINERD: Digest =
    Digest::Manifest("sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89");
const INDEX: Digest =
    Digest::Manifest("sha256:a073da0cf3fb330ceb3b5fae6e1bcf307f72908976a6137c59b687b9ae839058");

const CORPUS: &[Expected] = &[
    Expected {
        archive: "docker20-hello.tar",
        tags: &[("corpus/hello:1", HELLO)],
    },
    Expected {
        archive: "docker20-multi.tar",
        tags: &[
            ("corpus/hello:1", HELLO),
            ("corpus/hello:latest", HELLO),
            ("corpus/dup:1", DUP),
        ],
    },
    Expected {
        archive: "docker28-hello.tar",
        tags: &[("corpus/hello:1", CLASSIC)],
    },
    Expected {
        archive: "docker28c-hello.tar",
        tags: &[("corpus/hello:1", CONTAINERD)],
    },
    Expected {
        archive: "podman-docker-archive-hello.tar",
        tags: &[("corpus/hello:1", HELLO)],
    },
    Expected {
        archive: "podman-oci-archive-hello.tar",
        tags: &[("corpus/hello:1", GZIP_LAYERS)],
    },
    Expected {
        archive: "skopeo-oci-archive-hello.tar",
        tags: &[("named/here:hello", GZIP_LAYERS)],
    },
    Expected {
        archive: "crane-oci-index.tar",
        tags: &[("named/here:latest", INDEX)],
    },
];

#[tokio::test]
async fn distribution_2_8_holds_every_archive_whole() {
    if let Some(distribution) = or_skip(Distribution::v2_8()) {
        round_trips(&distribution.start()).await;
    }
}

#[tokio::test]
async fn distribution_3_1_holds_every_archive_whole() {
    if let Some(distribution) = or_skip(Distribution::v3_1()) {
        round_trips(&distribution.start()).await;
    }
}

#[test]
fn skopeo_pulls_what_was_pushed() {
    let (Some(distribution), Some(skopeo)) =
        (or_skip(Distribution::v2_8()), or_skip(lab::skopeo()))
    else {
        return;
    };
    let registry = distribution.start();
    for Expected { archive, tags } in CORPUS {
        let prefix = format!(
            "{}/skopeo-{}",
            registry.address(),
            archive.trim_end_matches(".tar")
        );
        push_all(archive, tags, &prefix);
        for (name, _) in *tags {
            let layout = tempfile::tempdir().expect("a temporary directory");
            let output = Command::new(&skopeo)
                .args([
                    "copy",
                    "--quiet",
                    "--insecure-policy",
                    "--all",
                    "--src-tls-verify=false",
                ])
                .arg(format!("docker://{prefix}/{name}"))
                .arg(format!("oci:{}", layout.path().display()))
                .output()
                .expect("skopeo starts");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{archive} {name}: {said}");
        }
    }
}

async fn round_trips(registry: &Registry) {
    // oci-client wants a TLS provider even for plain HTTP; an error says that the other test was first.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = Client::new(ClientConfig {
        protocol: ClientProtocol::Http,
        ..ClientConfig::default()
    });
    for Expected { archive, tags } in CORPUS {
        let prefix = format!(
            "{}/{}",
            registry.address(),
            archive.trim_end_matches(".tar")
        );
        let stdout = push_all(archive, tags, &prefix);
        for (name, expected) in *tags {
            let reference = format!("{prefix}/{name}");
            let digest = read_back(&client, &reference, *expected).await;
            assert!(
                stdout.contains(&format!("{reference}@{digest}\n")),
                "{archive}: {stdout}"
            );
        }
    }
}

/// Pushes an archive below `prefix`; where it does not say what its image is called, under the name expected of it.
fn push_all(archive: &str, tags: &[(&str, Digest)], prefix: &str) -> String {
    let named = tags[0]
        .0
        .strip_prefix("named/here:")
        .map(|tag| format!("{prefix}/named/here:{tag}"));
    let destination = named.unwrap_or_else(|| format!("{prefix}/"));
    let outcome = push(&["--verify=full", &testdata(archive), &destination]);
    assert_eq!(outcome.code, Some(0), "{archive}: {outcome:?}");
    assert_eq!(
        outcome.stdout.lines().count(),
        tags.len(),
        "{archive}: {outcome:?}"
    );
    outcome.stdout
}

/// Pulls everything below a tag, compares it with what it must be, and returns the digest of the tag.
async fn read_back(client: &Client, reference: &str, expected: Digest) -> String {
    let Whole { digest, document } = whole(client, reference, &RegistryAuth::Anonymous).await;
    match expected {
        Digest::Manifest(expected) => assert_eq!(digest, expected, "{reference}"),
        Digest::Config(expected) => {
            assert_eq!(document["config"]["digest"], expected, "{reference}");
        }
    }
    digest
}

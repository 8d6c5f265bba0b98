//! What is pushed with nothing but a kubeconfig is pulled by others, by the very reference that was printed.

use std::path::Path;
use std::process::Command;

use lab::{Cluster, DockerDaemon, or_skip};
use oci_client::Client;
use oci_client::client::ClientConfig;
use oci_client::secrets::RegistryAuth;

use crate::image::{Archive, unique};
use crate::proxy::Proxy;
use crate::push::{push, testdata};
use crate::read_back::{Whole, whole};

/// Pulls with oci-client, as anybody: Gitea lets everybody read.
pub(crate) async fn pulled(reference: &str) -> Whole {
    // An error says that another test was first.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = Client::new(ClientConfig {
        accept_invalid_certificates: true,
        https_proxy: Some(Proxy::start().url()),
        ..ClientConfig::default()
    });
    whole(&client, reference, &RegistryAuth::Anonymous).await
}

#[tokio::test]
async fn an_archive_goes_to_the_cluster_with_nothing_but_a_kubeconfig() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let outcome = push(&cluster, &[&testdata("docker20-hello.tar")]);
    let (reference, digest) = outcome.only();
    let expected = format!("{}/giteaadmin/corpus/hello:1", cluster.registry());
    assert_eq!(reference, expected);
    assert!(
        outcome.stderr.contains(&expected),
        "named first: {outcome:?}"
    );
    let whole = pulled(reference).await;
    assert_eq!(whole.digest, digest);
    assert_eq!(
        whole.document["config"]["digest"],
        "sha256:b01cbee79d79ccbc61b2d7145bffd597ebbbd6f07a0c34a29c6aa40f2cd3776f"
    );
}

#[tokio::test]
async fn every_archive_of_the_corpus_arrives_whole() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    for archive in [
        "docker20-multi.tar",
        "docker28-hello.tar",
        "docker28c-hello.tar",
        "podman-docker-archive-hello.tar",
        "podman-oci-archive-hello.tar",
        "skopeo-oci-archive-hello.tar",
        "crane-oci-index.tar",
    ] {
        let several = archive == "docker20-multi.tar";
        let name = format!(
            "corpus-{}{}",
            archive.trim_end_matches(".tar"),
            if several { "/" } else { ":1" }
        );
        let destination = format!("giteaadmin/{name}");
        let outcome = push(
            &cluster,
            &["--verify=full", &testdata(archive), &destination],
        );
        for line in outcome.pushed() {
            let (reference, digest) = line.split_once('@').expect("a digest");
            assert_eq!(pulled(reference).await.digest, digest, "{archive}");
        }
    }
}

#[tokio::test]
async fn the_same_again_sends_nothing_and_another_takes_the_tag_over() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let (first, second) = (unique("first"), unique("second"));
    let (first, second) = (Archive::of(&[&first]), Archive::of(&[&second]));
    let name = format!("{}:moving", unique("overwrite"));
    let before = push(&cluster, &[first.path(), &name]);
    let again = push(&cluster, &["--progress=plain", first.path(), &name]);
    assert_eq!(again.only(), before.only());
    assert!(!again.stderr.contains("uploaded"), "{again:?}");
    let after = push(&cluster, &[second.path(), &name]);
    let (reference, digest) = after.only();
    assert_ne!(digest, before.only().1);
    assert_eq!(pulled(reference).await.digest, digest);
}

#[test]
fn skopeo_pulls_what_was_printed() {
    let (Some(cluster), Some(skopeo)) = (or_skip(Cluster::running()), or_skip(lab::skopeo()))
    else {
        return;
    };
    let outcome = push(
        &cluster,
        &[&testdata("crane-oci-index.tar"), "skopeo-index:1"],
    );
    let (reference, _) = outcome.only();
    let place = tempfile::tempdir().expect("a temporary directory");
    let trusted = place.path().join("ca.crt");
    std::fs::copy(cluster.ca_file(), trusted).expect("a copy");
    let output = Command::new(skopeo)
        .args(["copy", "--quiet", "--insecure-policy", "--all"])
        .arg(format!("--src-cert-dir={}", place.path().display()))
        .arg(format!("docker://{reference}"))
        .arg(format!("oci:{}", place.path().join("layout").display()))
        .env("HTTPS_PROXY", Proxy::start().url())
        .output()
        .expect("skopeo starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// As containerd on a node of kind does, with the `hosts.toml` that idpbuilder writes.
#[test]
fn a_node_pulls_what_was_printed() {
    let (Some(cluster), Some(daemon)) = (
        or_skip(Cluster::running()),
        or_skip(DockerDaemon::running()),
    ) else {
        return;
    };
    let outcome = push(&cluster, &[&testdata("docker28-hello.tar"), "node:1"]);
    let (reference, digest) = outcome.only();
    let hosts = tempfile::tempdir().expect("a temporary directory");
    let registry = cluster.registry();
    let directory = hosts.path().join(&registry);
    std::fs::create_dir(&directory).expect("a new directory");
    let toml = format!(
        "server = \"https://{registry}\"\n[host.\"https://{registry}\"]\n  \
         capabilities = [\"pull\", \"resolve\"]\n  skip_verify = true\n"
    );
    std::fs::write(directory.join("hosts.toml"), toml).expect("a file");
    let socket = containerd(&daemon);
    let ctr = |words: &[&str]| {
        let output = Command::new("ctr")
            .args(["--address", &socket, "--namespace", NAMESPACE])
            .args(words)
            .env("HTTPS_PROXY", Proxy::start().url())
            .output()
            .expect("ctr starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "ctr {words:?}: {said}");
        String::from_utf8(output.stdout).expect("text")
    };
    let hosts = hosts.path().to_string_lossy();
    ctr(&[
        "image",
        "pull",
        "--snapshotter=native",
        "--hosts-dir",
        &hosts,
        reference,
    ]);
    let listed = ctr(&["image", "list"]);
    let line = listed.lines().find(|line| line.starts_with(reference));
    assert!(line.is_some_and(|line| line.contains(digest)), "{listed}");
    ctr(&["image", "remove", "--sync", reference]);
}

/// The containerd that a Docker daemon works with.
fn containerd(daemon: &DockerDaemon) -> String {
    let own = daemon
        .socket()
        .with_file_name("exec/containerd/containerd.sock");
    let places = [own.as_path(), Path::new("/run/containerd/containerd.sock")];
    let found = places.into_iter().find(|place| place.exists());
    let found = found.expect("a Docker daemon works with a containerd");
    found.to_string_lossy().into_owned()
}

/// Apart from what Docker keeps in that containerd.
const NAMESPACE: &str = "idpbuilder-test";

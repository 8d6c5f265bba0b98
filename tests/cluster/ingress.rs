//! What the ingress does to bodies: a limit, a buffer, and pages in HTML.

use std::net::SocketAddr;

use lab::{Cluster, DOMAIN, Ingress, RunningIngress, or_skip};
use tempfile::TempDir;

use crate::image::{Archive, unique};
use crate::push::{Outcome, run};

/// An ingress of a test's own before some Gitea, and what a push through it needs to be told.
pub(crate) struct Entrance {
    pub(crate) ingress: RunningIngress,
    files: TempDir,
}

impl Entrance {
    pub(crate) fn through(ingress: &Ingress) -> Self {
        let ingress = ingress.start();
        let files = TempDir::new().expect("a temporary directory");
        let certificate = ingress.certificate_pem().expect("it speaks TLS");
        std::fs::write(files.path().join("ca.pem"), certificate).expect("a file");
        Self { ingress, files }
    }

    /// Pushes through it as the cluster's administrator.
    pub(crate) fn push(&self, cluster: &Cluster, words: &[&str], name: &str) -> Outcome {
        self.run("push", cluster, words, name)
    }

    /// Runs a command about an image's place there as the cluster's administrator.
    pub(crate) fn run(
        &self,
        command: &str,
        cluster: &Cluster,
        words: &[&str],
        name: &str,
    ) -> Outcome {
        let SocketAddr::V4(address) = self.ingress.address() else {
            panic!("loopback is IPv4 here");
        };
        let registry = format!("gitea.{DOMAIN}:{}", address.port());
        let resolve = format!("--resolve={registry}:{}", address.ip());
        let trust = format!("--ca-file={}", self.files.path().join("ca.pem").display());
        let destination = format!("https://{registry}/giteaadmin/{name}:1");
        let mut all = vec![&*resolve, &*trust];
        all.extend(words);
        all.push(&destination);
        run(
            command,
            &[
                ("DOCKER_HOST", "unix:///nowhere/docker.sock"),
                ("IDPBUILDER_REGISTRY", &*registry),
                ("IDPBUILDER_REGISTRY_USERNAME", cluster.username()),
                ("IDPBUILDER_REGISTRY_PASSWORD", cluster.password()),
            ],
            &all,
        )
    }
}

#[test]
fn a_layer_over_the_limit_for_bodies_goes_in_chunks() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let Some(ingress) = or_skip(Ingress::before(cluster.gitea())) else {
        return;
    };
    let entrance = Entrance::through(&ingress.body_limit(1 << 20));
    let archive = Archive::of_size(5 << 20, &unique("over the limit"));
    let words = ["--verify=full", archive.path()];
    entrance.push(&cluster, &words, &unique("limit")).only();
    assert!(
        entrance.ingress.log().contains(TOO_LARGE),
        "the limit was met"
    );
}

#[test]
fn chunks_of_a_given_size_meet_no_limit() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let Some(ingress) = or_skip(Ingress::before(cluster.gitea())) else {
        return;
    };
    let entrance = Entrance::through(&ingress.body_limit(1 << 20));
    let archive = Archive::of_size(5 << 20, &unique("chunks"));
    let words = ["--chunk-size=1MiB", "--verify=full", archive.path()];
    entrance.push(&cluster, &words, &unique("chunks")).only();
    assert!(!entrance.ingress.log().contains(TOO_LARGE));
}

/// What nginx logs of a body over its limit.
const TOO_LARGE: &str = "too large body";

//! Mishaps on the way to a real Gitea: through its ingress, whose buffer spares it most of them, and without.

use std::net::SocketAddr;

use lab::{Cluster, Ingress, or_skip};

use crate::image::{Archive, unique};
use crate::ingress::Entrance;
use crate::mishap::{Mishap, Relay};
use crate::push::push_with;

/// In bytes; large enough that a body is under way when it is cut.
const LAYER: usize = 6 << 20;

const MISHAPS: [Mishap; 5] = [
    Mishap::CutAfter(2 << 20),
    Mishap::AnswerLost("PUT /v2/"),
    Mishap::AnswerLost("/manifests/1 HTTP"),
    Mishap::BadGateway("POST /v2/"),
    Mishap::BadGateway("/manifests/1 HTTP"),
];

/// With the mishap between the ingress and Gitea.
#[test]
fn behind_the_ingress_everything_is_made_up_for() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    for mishap in MISHAPS {
        for chunks in ["--chunk-size=none", "--chunk-size=1MiB"] {
            let relay = Relay::before(cluster.gitea(), mishap);
            let Some(ingress) = or_skip(Ingress::before(relay.address)) else {
                return;
            };
            let archive = Archive::of_size(LAYER, &unique("behind"));
            let words = [chunks, "--verify=full", archive.path()];
            let entrance = Entrance::through(&ingress);
            let outcome = entrance.push(&cluster, &words, &unique("retry"));
            assert!(relay.happened(), "{mishap:?} {chunks}: {outcome:?}");
            assert_eq!(outcome.code, Some(0), "{mishap:?} {chunks}: {outcome:?}");
        }
    }
}

/// Straight to Gitea, where a body that is cut spoils the upload session for good.
#[test]
fn without_an_ingress_too() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    for mishap in MISHAPS {
        for chunks in ["--chunk-size=none", "--chunk-size=1MiB"] {
            let relay = Relay::before(cluster.gitea(), mishap);
            let archive = Archive::of_size(LAYER, &unique("without"));
            let outcome = straight(
                &cluster,
                relay.address,
                &[chunks, "--verify=full", archive.path()],
            );
            assert!(relay.happened(), "{mishap:?} {chunks}: {outcome:?}");
            assert_eq!(outcome.code, Some(0), "{mishap:?} {chunks}: {outcome:?}");
        }
    }
}

fn straight(cluster: &Cluster, address: SocketAddr, words: &[&str]) -> crate::push::Outcome {
    let registry = address.to_string();
    let destination = format!("http://{registry}/giteaadmin/{}:1", unique("straight"));
    push_with(
        &[
            ("IDPBUILDER_REGISTRY", &*registry),
            ("IDPBUILDER_REGISTRY_USERNAME", cluster.username()),
            ("IDPBUILDER_REGISTRY_PASSWORD", cluster.password()),
        ],
        &[words, &[&*destination]].concat(),
    )
}

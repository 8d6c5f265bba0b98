//! The stand-in cluster's registry as a fixture: a test is a guest there, and leaves nothing behind.

use lab::{Cluster, or_skip};
use oci::Content;
use push::registry::{Client, Options, Reference, Resolve};
use push::{Environment, Events};
use registry_fixture::{Registry, Seeded};

const HELLO: &str = "../../testdata/docker20-hello.tar";
const INDEX: &str = "../../testdata/crane-oci-index.tar";

#[tokio::test]
async fn what_a_test_brings_is_there_until_the_test_ends() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let find = || Registry::cluster().kubeconfig(cluster.kubeconfig());
    let (registry, other) = (find().start().unwrap(), find().start_async().await.unwrap());
    assert_eq!(registry.host(), cluster.registry());
    assert_eq!(registry.address(), cluster.ingress());
    assert!(registry.ca().is_some_and(std::path::Path::exists));

    let seeded = registry.seed_as_async(HELLO, "app:1").await.unwrap();
    let named = registry.seed(HELLO).unwrap();
    let others = other.seed_as(HELLO, "app:1").unwrap();

    assert_eq!(seeded.reference(), registry.reference("app:1"));
    assert_ne!(seeded.reference(), others.reference());
    for image in [&seeded, &named, &others] {
        assert!(is_there(&cluster, image).await, "{}", image.reference());
    }
    drop(registry);
    for gone in [&seeded, &named] {
        assert!(!is_there(&cluster, gone).await, "{}", gone.reference());
    }
    assert!(is_there(&cluster, &others).await, "another test's stays");
}

#[tokio::test]
async fn an_index_goes_with_all_that_is_below_it() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let registry = Registry::cluster().kubeconfig(cluster.kubeconfig());
    let registry = registry.start().unwrap();
    let seeded = registry.seed_as_async(INDEX, "index:1").await.unwrap();
    let client = client(&cluster).await;
    let repository = seeded.repository();
    let index = client.manifest(repository, Reference::Digest(seeded.digest()));
    let Some(Content::Index(index)) = index.await.unwrap().map(|found| found.content) else {
        panic!("an index");
    };
    assert!(!index.children().is_empty());
    drop(registry);
    for child in index.children() {
        let left = client.manifest(repository, Reference::Digest(&child.digest));
        assert!(left.await.unwrap().is_none(), "{} is left", child.digest);
    }
}

async fn is_there(cluster: &Cluster, image: &Seeded) -> bool {
    let reference = Reference::Digest(image.digest());
    let client = client(cluster).await;
    let found = client.manifest(image.repository(), reference).await;
    found.expect("an answer").is_some()
}

/// Asks as anybody may.
async fn client(cluster: &Cluster) -> Client {
    let options = Options {
        certificate: Some(std::fs::read_to_string(cluster.ca_file()).expect("a certificate")),
        resolve: vec![Resolve {
            host: cluster.registry_host(),
            port: cluster.ingress().port(),
            address: cluster.ingress().ip(),
        }],
        ..Options::default()
    };
    let registry = cluster.registry().parse().expect("a registry");
    let environment = Environment::default();
    let client = Client::connect(&registry, None, options, &environment, Events::ignored());
    client.await.expect("a registry that answers")
}

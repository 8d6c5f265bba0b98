//! Owners, names and tags as Gitea keeps them.

use lab::{Cluster, or_skip};

use crate::image::{Archive, unique};
use crate::pull::pulled;
use crate::push::{push, testdata};

#[tokio::test]
async fn the_owner_may_be_written_as_the_login_is() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let outcome = push(
        &cluster,
        &[&testdata("docker28-hello.tar"), "giteaAdmin/Named:1"],
    );
    assert_eq!(
        outcome.code,
        Some(2),
        "only the owner is lowered: {outcome:?}"
    );
    let outcome = push(
        &cluster,
        &[&testdata("docker28-hello.tar"), "giteaAdmin/named:1"],
    );
    let (reference, digest) = outcome.only();
    assert_eq!(
        reference,
        format!("{}/giteaadmin/named:1", cluster.registry())
    );
    assert!(outcome.stderr.contains("note: "), "{outcome:?}");
    assert_eq!(pulled(reference).await.digest, digest);
}

#[test]
fn names_that_gitea_refuses_are_refused_before_anything_is_sent() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    for name in ["foo--bar:1", "foo__bar:1", "giteaadmin/a/foo--bar:1"] {
        let outcome = push(&cluster, &[&testdata("docker28-hello.tar"), name]);
        assert_eq!(outcome.code, Some(2), "{name}: {outcome:?}");
    }
    let outcome = push(
        &cluster,
        &["-t=V1", &testdata("docker28-hello.tar"), "tags:v1"],
    );
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
}

#[tokio::test]
async fn the_registry_may_be_named_as_the_cluster_names_it() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let archive = Archive::of(&[&unique("named")]);
    let destination = format!("{}/giteaadmin/host:1", cluster.registry());
    let outcome = push(
        &cluster,
        &["--context", cluster.context(), archive.path(), &destination],
    );
    let (reference, digest) = outcome.only();
    assert_eq!(reference, destination);
    assert_eq!(pulled(reference).await.digest, digest);
}

//! Layers that the cluster has already, and pushes at the same time.

use std::thread;

use lab::{Cluster, or_skip};

use crate::image::{Archive, unique};
use crate::pull::pulled;
use crate::push::push;

#[tokio::test]
async fn a_layer_that_any_image_has_is_not_sent_again() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    // Large enough to be worth the question; small ones are sent with it.
    let base = unique("base").repeat(20_000);
    let (one, other) = (unique("one"), unique("other"));
    let (first, second) = (Archive::of(&[&base, &one]), Archive::of(&[&base, &other]));
    push(
        &cluster,
        &[first.path(), &format!("{}:1", unique("mount-one"))],
    )
    .only();
    // A home of its own: this run remembers nothing of the other.
    let outcome = push(
        &cluster,
        &[
            "--progress=plain",
            second.path(),
            &format!("{}:1", unique("mount-two")),
        ],
    );
    let (reference, digest) = outcome.only();
    let mounted = outcome
        .stderr
        .lines()
        .filter(|line| line.contains("mounted"));
    assert_eq!(mounted.count(), 1, "{outcome:?}");
    assert_eq!(pulled(reference).await.digest, digest);
}

#[tokio::test]
async fn sixteen_pushes_at_once_are_all_whole() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let run = unique("parallel");
    let base = unique("shared").repeat(20_000);
    let pushes: Vec<_> = (0..16)
        .map(|number| {
            let (cluster, run, base) = (cluster.clone(), run.clone(), base.clone());
            thread::spawn(move || {
                let archive = Archive::of(&[&base, &format!("{run} {number}")]);
                push(&cluster, &[archive.path(), &format!("{run}-{number}:1")])
            })
        })
        .collect();
    for pushed in pushes {
        let outcome = pushed.join().expect("no panic");
        let (reference, digest) = outcome.only();
        assert_eq!(pulled(reference).await.digest, digest);
    }
}

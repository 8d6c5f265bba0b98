//! Who may not push, and what they read of it: exit codes, and a registry that is as it was.

use lab::{Cluster, or_skip};

use crate::image::{Archive, unique};
use crate::push::{Outcome, push, push_with, testdata};

#[track_caller]
fn refused(outcome: &Outcome, code: i32, words: &str) {
    assert_eq!(outcome.code, Some(code), "{outcome:?}");
    assert_eq!(outcome.stdout, "");
    assert!(outcome.stderr.contains(words), "{outcome:?}");
    assert!(outcome.stderr.contains("hint: "), "{outcome:?}");
}

#[test]
fn a_wrong_password_is_told_as_one() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let archive = Archive::of(&[&unique("wrong password")]);
    let outcome = push(
        &cluster,
        &[
            "-u=giteaAdmin",
            "-p=not-the-password",
            archive.path(),
            "wrong:1",
        ],
    );
    refused(&outcome, 4, "401");
    assert!(!outcome.stderr.contains("not-the-password"), "{outcome:?}");
}

#[test]
fn an_owner_who_does_not_exist_is_named() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let outcome = push(
        &cluster,
        &[&testdata("docker28-hello.tar"), "nobody-here/app:1"],
    );
    refused(&outcome, 6, "nobody-here");
}

#[test]
fn somebody_without_a_right_to_the_owner_is_refused() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let kubeconfig = cluster.kubeconfig();
    let archive = Archive::of(&[&unique("foreign owner")]);
    // The ghost that Gitea makes of who has no credentials may read and not write.
    let outcome = push_with(
        &[("KUBECONFIG", &kubeconfig.to_string_lossy())],
        &[
            "--context",
            cluster.reader_context(),
            archive.path(),
            "foreign:1",
        ],
    );
    refused(&outcome, 4, "secret");
}

#[test]
fn a_context_that_is_gone_is_wrong_usage() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let outcome = push(
        &cluster,
        &[
            "--context=kind-gone",
            &testdata("docker28-hello.tar"),
            "app:1",
        ],
    );
    refused(&outcome, 2, "kind-gone");
    assert!(
        outcome.stderr.contains(cluster.context()),
        "which there are: {outcome:?}"
    );
}

#[test]
fn two_kubeconfigs_are_one() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let other = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(
        other.path(),
        "apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\n",
    )
    .expect("a file that can be written");
    let both = std::env::join_paths([other.path(), &cluster.kubeconfig()]).expect("two paths");
    let outcome = push_with(
        &[("KUBECONFIG", &both.to_string_lossy())],
        &[&testdata("docker28-hello.tar"), "two-kubeconfigs:1"],
    );
    outcome.only();
}

#[test]
fn nothing_secret_is_ever_said() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let kubeconfig = cluster.kubeconfig();
    let archive = Archive::of(&[&unique("secrets")]);
    let outcome = push_with(
        &[
            ("KUBECONFIG", &*kubeconfig.to_string_lossy()),
            ("RUST_LOG", "trace"),
        ],
        &["-vvv", archive.path(), "secrets:1"],
    );
    outcome.only();
    let kubeconfig = std::fs::read_to_string(kubeconfig).expect("a kubeconfig");
    let tokens = kubeconfig
        .lines()
        .filter_map(|line| line.trim().strip_prefix("token: "));
    for secret in tokens.chain([cluster.password(), cluster.token()]) {
        assert!(!outcome.stderr.contains(secret), "a secret is in the log");
    }
    // Nor a token that Gitea gave: all of its kind begin so.
    assert!(
        !outcome.stderr.contains("eyJ"),
        "a bearer token is in the log"
    );
}

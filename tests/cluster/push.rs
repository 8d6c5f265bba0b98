//! Runs `push` with a kubeconfig, and nothing else of this machine.

use lab::Cluster;

pub(crate) use crate::command::{Outcome, run, testdata};

/// Runs `push` with the cluster's kubeconfig as `KUBECONFIG`, in an empty home.
pub(crate) fn push(cluster: &Cluster, words: &[&str]) -> Outcome {
    push_with(
        &[("KUBECONFIG", &cluster.kubeconfig().to_string_lossy())],
        words,
    )
}

/// Runs `push` with these variables, in an empty home.
pub(crate) fn push_with(variables: &[(&str, &str)], words: &[&str]) -> Outcome {
    run("push", variables, words)
}

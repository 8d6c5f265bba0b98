//! Why a cluster's registry is not known, ordered by whose move it is.
//!
//! What a cluster says is not escaped here: whoever shows it does that.

use std::path::PathBuf;

/// What kept a cluster's registry from being found.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    // The caller and the kubeconfig.
    /// There is no kubeconfig, so there is no cluster.
    #[error("no cluster is known: there is no kubeconfig{}", at(looked))]
    NoKubeconfig {
        /// Where it was looked for.
        looked: Vec<PathBuf>,
    },
    /// A kubeconfig cannot be read.
    #[error("cannot use the kubeconfig `{}`: {problem}", path.display())]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// What is wrong with it; none of its text.
        problem: String,
    },
    /// No context is current, and none was named.
    #[error("the kubeconfig has no current context")]
    NoCurrentContext {
        /// The contexts that there are.
        known: Vec<String>,
    },
    /// The context that was named, or is current, is not there.
    #[error("the kubeconfig has no context `{context}`")]
    UnknownContext {
        /// The one that was looked for.
        context: String,
        /// The contexts that there are.
        known: Vec<String>,
    },
    /// The current context is not a local kind cluster, and was not named.
    #[error("the current context `{context}` is not asked for its registry: {refusal}")]
    Refused {
        /// The current context.
        context: String,
        /// What it lacks.
        refusal: Refusal,
    },
    /// A context cannot be used as it stands in the kubeconfig.
    #[error("the context `{context}` cannot be used: {problem}")]
    Unusable {
        /// The context.
        context: String,
        /// What is wrong with it.
        problem: String,
    },

    // Credentials.
    /// The Kubernetes API does not know who is asking.
    #[error("the cluster of context `{context}` did not let us in: {words}")]
    Unauthorized {
        /// The context.
        context: String,
        /// What the API said.
        words: String,
    },
    /// The Kubernetes API knows who is asking, and does not allow it.
    #[error("the cluster of context `{context}` does not let us read {what}: {words}")]
    Forbidden {
        /// The context.
        context: String,
        /// What was asked for.
        what: String,
        /// What the API said.
        words: String,
    },

    // The cluster.
    /// The Kubernetes API does not answer.
    #[error("the cluster of context `{context}` does not answer at `{server}`: {problem}")]
    Unreachable {
        /// The context.
        context: String,
        /// The address of its API.
        server: String,
        /// What went wrong.
        problem: String,
    },
    /// The cluster is none of idpbuilder's.
    #[error("the cluster of context `{context}` was not made by idpbuilder: it has no {what}")]
    NotIdpbuilder {
        /// The context.
        context: String,
        /// What is not there.
        what: &'static str,
    },
    /// There are several builds, and no telling whose registry is meant.
    #[error("the cluster of context `{context}` has several localbuilds")]
    Several {
        /// The context.
        context: String,
        /// Their names.
        names: Vec<String>,
    },
    /// Gitea is not there yet.
    #[error("the cluster of context `{context}` is still starting: {missing}")]
    Starting {
        /// The context.
        context: String,
        /// What is not there yet.
        missing: String,
    },
    /// Something that every cluster of idpbuilder has is not there.
    #[error("the cluster of context `{context}` has no {what}")]
    Missing {
        /// The context.
        context: String,
        /// What was asked for.
        what: String,
    },
    /// The Kubernetes API answered with a failure.
    #[error("the cluster of context `{context}` failed to read {what}: {status} {words}")]
    Answered {
        /// The context.
        context: String,
        /// What was asked for.
        what: String,
        /// The HTTP status.
        status: u16,
        /// What the API said.
        words: String,
    },
    /// What the cluster says of itself cannot be used.
    #[error("{what} of the cluster of context `{context}` cannot be used: {problem}")]
    Malformed {
        /// The context.
        context: String,
        /// What was asked for.
        what: String,
        /// What is wrong with it; never a secret.
        problem: String,
    },
}

/// Why a current context is not taken for granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its name is not one that kind gives.
    #[error("its name does not begin with `kind-`")]
    Name,
    /// Its API is not on this machine.
    #[error("its API is not on loopback but at `{0}`")]
    Server(String),
}

/// `` at `a` or `b` ``, where it was looked for at all.
fn at(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths
        .iter()
        .map(|path| format!("`{}`", path.display()))
        .collect();
    if paths.is_empty() {
        return String::new();
    }
    format!(" at {}", paths.join(" or "))
}

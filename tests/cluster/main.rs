//! Pushes to the stand-in cluster that `cargo xtask lab up` starts: a real Gitea behind a real ingress, found through a
//! real Kubernetes API; pulled back by other clients than our own, under the very references that were printed.

#[path = "../support/archive/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    reason = "shared with tests that need more of it"
)]
mod archive;
#[path = "../support/command.rs"]
mod command;
#[path = "../support/kubernetes.rs"]
#[expect(dead_code, reason = "shared with tests that need more of it")]
mod kubernetes;
#[path = "../support/read_back.rs"]
mod read_back;

mod doctor;
mod image;
mod ingress;
mod mishap;
mod names;
mod proxy;
mod pull;
mod push;
mod refusal;
mod retry;
mod sharing;
mod variants;

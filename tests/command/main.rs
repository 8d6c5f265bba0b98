//! What a user sees of `cargo xtask`: the real binary, with standard output, standard error and exit status as one value.

mod cluster;
mod embedded;
mod harness;
mod help;
mod inspect;
mod interrupt;
mod lab;
#[path = "../support/kubernetes.rs"]
mod kubernetes;
mod push;
mod registry;
mod stream;

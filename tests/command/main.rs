//! What a user sees of `cargo xtask`: the real binary, with standard output, standard error and exit status as one value.

mod cluster;
mod credentials;
mod daemon;
mod doctor;
mod embedded;
mod harness;
mod help;
mod inspect;
mod interrupt;
#[path = "../support/kubernetes.rs"]
mod kubernetes;
mod lab;
mod push;
mod registry;
mod server;
mod stream;

//! Pushes to real registries with the real binary, read back by other clients than our own.

mod chunks;
mod command;
mod corpus;
#[path = "../support/read_back.rs"]
mod read_back;
mod transport;

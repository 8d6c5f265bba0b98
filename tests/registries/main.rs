//! Pushes to real registries with the real binary, read back by other clients than our own.

mod chunks;
mod command;
mod corpus;
mod transport;

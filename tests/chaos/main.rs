//! What breaks in the middle: registries that are killed, and registries that do wrong, and what is whole after it.

mod dice;
mod faults;
mod kill;
mod pusher;
mod reader;
mod server;

#[path = "../support/archive/mod.rs"]
#[expect(dead_code, unused_imports, reason = "other tests need the rest of it")]
mod archive;

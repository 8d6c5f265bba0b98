//! What breaks in the middle: registries that are killed, and what is whole after it.

mod dice;
mod kill;
mod pusher;
mod reader;
mod server;

//! What the registry client says to a registry, line by line, and what the registry has in the end.

mod archive;
mod auth;
mod authorized;
mod checkup;
mod chunks;
mod connect;
mod dropped;
mod exported;
mod fake;
mod manifest;
mod mount;
mod own_certificate;
mod progress;
mod resume;
mod retry;
mod stream;
mod streaming;
mod support;
mod tls;
mod upload;

//! What the registry client says to a registry, line by line, and what the registry has in the end.

#![expect(
    dead_code,
    reason = "some of the support waits for the tests that come next"
)]

mod auth;
mod authorized;
mod connect;
mod fake;
mod manifest;
mod mount;
mod support;
mod tls;
mod upload;

//! What the registry client says to a registry, line by line, and what the registry has in the end.

#![expect(
    dead_code,
    reason = "some of the support waits for the tests that come next"
)]

mod auth;
mod connect;
mod fake;
mod support;
mod tls;

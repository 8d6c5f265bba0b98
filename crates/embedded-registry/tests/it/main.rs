//! The registry as a client sees it, over real HTTP on loopback.

#![expect(dead_code, reason = "what the tests of access and directory need")]

mod blobs;
mod lab;
mod manifests;
mod mounts;
mod referrers;
mod tags;
mod uploads;

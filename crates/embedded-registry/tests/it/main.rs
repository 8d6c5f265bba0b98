//! The registry as a client sees it, over real HTTP on loopback.

mod access;
mod blobs;
mod directory;
mod lab;
mod manifests;
mod mounts;
mod referrers;
mod tags;
mod uploads;

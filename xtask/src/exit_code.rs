//! What this tool's exit status means; a contract with scripts, so a change here is a breaking change.
//!
//! 101 is not ours: cargo's build failed, or a panic, which is a bug.

/// Everything asked for is in the registry.
pub(crate) const SUCCESS: u8 = 0;
/// An error with no code of its own, such as a full disk.
pub(crate) const OTHER: u8 = 1;
/// Wrong usage, or a reference that cannot be parsed.
pub(crate) const USAGE: u8 = 2;
/// The source is missing, unreadable or not a valid image.
pub(crate) const SOURCE: u8 = 3;
/// Authentication or permission.
pub(crate) const CREDENTIALS: u8 = 4;
/// The registry, the daemon or the cluster cannot be reached.
pub(crate) const UNREACHABLE: u8 = 5;
/// The registry answered and refused.
pub(crate) const REFUSED: u8 = 6;
/// Of several images, some were pushed and some were not.
pub(crate) const PARTIAL: u8 = 7;
/// Pushed, but reading back did not match.
pub(crate) const MISMATCH: u8 = 8;
/// Interrupted (`SIGINT`, Ctrl-C).
pub(crate) const INTERRUPTED: u8 = 130;
/// Terminated (`SIGTERM`).
pub(crate) const TERMINATED: u8 = 143;

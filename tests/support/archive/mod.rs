//! Small archives made in code, always with the same bytes: tars entry by entry, and images in every format.
//!
//! What tools write is imitated as far as their shape goes; what is wrong in a test is one call more. Knows nothing of
//! the code under test but digests. Include it with `#[path]`.

mod image;
mod layout;
mod tar;

pub(crate) use image::{Image, docker_archive, podman_archive};
pub(crate) use layout::{Layout, MANIFEST, with_field};
pub(crate) use tar::{Tar, pax};

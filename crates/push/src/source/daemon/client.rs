//! What is asked of a Docker daemon; who asks, and how, is `api`'s affair.

use std::future::Future;

use oci::Platform;

use super::details::Details;
use super::pipe::PipeWriter;
use crate::DaemonFailure;

/// A daemon that can be asked for images.
pub(super) trait Daemon: Send + Sync + 'static {
    /// What it says of an image; none where it has none of that name or ID.
    fn image(
        &self,
        reference: &str,
    ) -> impl Future<Output = Result<Option<Details>, DaemonFailure>> + Send;

    /// The names of all its images, with their tags.
    fn names(&self) -> impl Future<Output = Result<Vec<String>, DaemonFailure>> + Send;

    /// Writes an archive of an image; the wait for its first byte has no end, for the daemon copies the image first.
    fn export(
        &self,
        reference: &str,
        platform: Option<&Platform>,
        pipe: &mut PipeWriter,
    ) -> impl Future<Output = Result<(), DaemonFailure>> + Send;
}

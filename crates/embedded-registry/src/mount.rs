//! Mounts: a blob of one repository given to another without sending it again.

use oci::{Digest, Repository};

use crate::error_code::Error;
use crate::store::Store;

/// Gives `repository` a blob that `from` has, or any repository where no `from` is said; says whether it was there.
pub(crate) fn mount(
    store: &Store,
    repository: &Repository,
    digest: &Digest,
    from: Option<&str>,
) -> Result<bool, Error> {
    let Some(from) = from else {
        return Ok(store.mount_shared(repository, digest)?);
    };
    let from: Repository = from.parse().map_err(Error::NameInvalid)?;
    Ok(store.link(&store.blob(&from, digest), repository, digest)?)
}

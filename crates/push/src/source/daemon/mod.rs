//! The local Docker daemon as a source: where it is, what it has, and the archive that it exports.
//!
//! Only `api` knows how the daemon is spoken to.

mod address;
mod context;
mod locate;
mod name;
mod nearest;
mod pipe;
mod reach;
mod runtime;

use super::Contents;
use crate::{DaemonFailure, Environment, Error};

/// Opens an image of the local Docker daemon; blocks.
pub(super) fn open(image: &str, environment: &Environment) -> Result<Contents, Error> {
    let failed = |source| Error::Daemon {
        image: image.to_owned(),
        source,
    };
    let runtime = runtime::Runtime::here().map_err(failed)?;
    let addresses = locate::addresses(environment).map_err(failed)?;
    let address = runtime.block_on(reach::reach(addresses)).map_err(failed)?;
    Err(failed(DaemonFailure::Unreachable {
        address: address.to_string(),
        source: "reading its images is not supported yet".into(),
    }))
}

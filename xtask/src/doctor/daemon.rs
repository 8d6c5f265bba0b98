//! The local Docker daemon, which only those need whose images are there: without one, nothing is wrong.

use push::DaemonFailure;
use push::source::{FoundDaemon, find_daemon};

use super::finding::{Finding, Outcome};
use crate::environment::Environment;
use crate::{diagnostic, hint, words};

const DAEMON: &str = "Docker";

/// Whether a daemon answers, where one is.
pub(super) async fn look(environment: &Environment) -> Finding {
    match find_daemon(&environment.push).await {
        Ok(FoundDaemon { address, names }) => {
            let text = format!(
                "{address} answers, with {}",
                words::count(names, "image name")
            );
            Finding::new(DAEMON, Outcome::Passed, text)
        }
        Err(absent @ DaemonFailure::Absent { .. }) => {
            Finding::new(DAEMON, Outcome::Skipped, absent.to_string())
        }
        Err(failure) => {
            let text = diagnostic::chain(&failure).join(": ");
            Finding::new(DAEMON, Outcome::Warned, text).with(Some(hint::of_daemon(&failure)))
        }
    }
}

//! What was asked and answered, written down for the test to read.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One request and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The method.
    pub method: String,
    /// Path and query, as they came.
    pub target: String,
    /// The status of the answer; none where none was sent.
    pub status: Option<u16>,
    /// What the registry did wrong on purpose, in words.
    pub fault: Option<String>,
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<5} {} ", self.method, self.target)?;
        match self.status {
            Some(status) => write!(f, "{status}")?,
            None => f.write_str("---")?,
        }
        self.fault
            .as_ref()
            .map_or(Ok(()), |fault| write!(f, "  [{fault}]"))
    }
}

/// Every exchange of a registry, in the order of the answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exchanges(Arc<Mutex<Vec<Exchange>>>);

impl Exchanges {
    pub(crate) fn record(&self, exchange: Exchange) {
        self.lock().push(exchange);
    }

    pub(crate) fn all(&self) -> Vec<Exchange> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Exchange>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

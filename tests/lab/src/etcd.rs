//! etcd, where the Kubernetes API keeps its objects.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::curl::Request;
use crate::golang::ETCD_PROGRAM;
use crate::place::in_cache;
use crate::server::Service;
use crate::{Absent, Error};

/// An etcd of one member, to be started.
#[derive(Debug)]
pub(crate) struct Etcd {
    /// Where the API server finds it.
    pub(crate) listen: SocketAddr,
}

/// Finds etcd, as `lab up` builds it.
pub(crate) fn find() -> Result<PathBuf, Absent> {
    in_cache(&ETCD_PROGRAM.folder(), ETCD_PROGRAM.name)
}

impl Service for Etcd {
    fn settings(&self) -> Value {
        json!({"listen": self.listen})
    }

    fn command(&self, folder: &Path) -> Result<Command, Error> {
        let url = format!("http://{}", self.listen);
        // It has no peers; the socket is in its folder, which is where it starts.
        let peers = "unix://peers:0";
        let mut command = Command::new(find()?);
        command
            .current_dir(folder)
            .env_clear()
            .arg("--data-dir=data")
            .arg(format!("--listen-client-urls={url}"))
            .arg(format!("--advertise-client-urls={url}"))
            .arg(format!("--listen-peer-urls={peers}"))
            .arg(format!("--initial-advertise-peer-urls={peers}"))
            .arg(format!("--initial-cluster=default={peers}"))
            .arg("--unsafe-no-fsync")
            .arg("--log-level=warn");
        Ok(command)
    }

    fn answers(&self, _: &str) -> bool {
        Request::new(format!("http://{}/health", self.listen)).succeeds()
    }
}

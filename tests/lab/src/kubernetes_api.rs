//! A Kubernetes API without a cluster behind it: kube-apiserver on etcd, with two users, one of them a mere reader.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::certificate::{for_loopback, write_secret};
use crate::curl::Request;
use crate::gitea::random;
use crate::golang::KUBE_APISERVER_PROGRAM;
use crate::kubeconfig::Kubeconfig;
use crate::place::in_cache;
use crate::server::Service;
use crate::{Absent, Error};

/// An API server to be started.
#[derive(Debug)]
pub(crate) struct KubernetesApi {
    /// Where it listens, in TLS.
    pub(crate) listen: SocketAddr,
    /// Where etcd does.
    pub(crate) etcd: SocketAddr,
    /// Its own folder, which holds what its users need.
    pub(crate) folder: PathBuf,
}

/// The tokens of the two users.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Tokens {
    /// Of who may do everything.
    pub(crate) admin: String,
    /// Of who may read, but no secrets.
    pub(crate) reader: String,
}

/// Finds the API server, as `lab up` builds it.
pub(crate) fn find() -> Result<PathBuf, Absent> {
    in_cache(
        &KUBE_APISERVER_PROGRAM.folder(),
        KUBE_APISERVER_PROGRAM.name,
    )
}

impl KubernetesApi {
    /// Where it is reached.
    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.listen)
    }

    /// The configuration of its users; the file is there once it has been started.
    pub(crate) fn kubeconfig(folder: &Path) -> PathBuf {
        folder.join("kubeconfig")
    }

    /// A request to it, as who may do everything.
    pub(crate) fn request(&self, path: &str) -> Result<Request, Error> {
        let request = Request::new(format!("{}{path}", self.url()))
            .ca(&ca_file(&self.folder))
            .bearer(&tokens(&self.folder)?.admin);
        Ok(request)
    }

    /// Makes certificates and tokens, unless an earlier run has.
    fn prepare(&self, folder: &Path) -> Result<(), Error> {
        if ca_file(folder).is_file() {
            return self.write_kubeconfig(folder);
        }
        let secret = || random(20).map_err(Error::machine("make a token"));
        let tokens = Tokens {
            admin: secret()?,
            reader: secret()?,
        };
        let text = serde_json::to_string(&tokens).expect("strings are JSON");
        write_secret(&folder.join("tokens.json"), &text)?;
        let Tokens { admin, reader } = &tokens;
        write_secret(
            &folder.join("tokens.csv"),
            &format!("{admin},kubernetes-admin,1,system:masters\n{reader},{READER},2\n"),
        )?;
        let (certificate, ca) = for_loopback();
        certificate.write(folder)?;
        let path = ca_file(folder);
        fs::write(&path, ca).map_err(Error::file("write", &path))?;
        self.write_kubeconfig(folder)
    }

    fn write_kubeconfig(&self, folder: &Path) -> Result<(), Error> {
        let path = ca_file(folder);
        let kubeconfig = Kubeconfig {
            server: self.url(),
            ca_file: path,
            tokens: tokens(folder)?,
        };
        write_secret(&Self::kubeconfig(folder), &kubeconfig.yaml())
    }
}

/// The name of the user who may read, but no secrets.
pub(crate) const READER: &str = "reader";

impl Service for KubernetesApi {
    fn settings(&self) -> Value {
        json!({"listen": self.listen, "etcd": self.etcd})
    }

    fn command(&self, folder: &Path) -> Result<Command, Error> {
        self.prepare(folder)?;
        let file = |name: &str| folder.join(name).display().to_string();
        let (certificate, key) = (file("certificate.pem"), file("key.pem"));
        let mut command = Command::new(find()?);
        command.current_dir(folder).env_clear().args([
            format!("--etcd-servers=http://{}", self.etcd),
            format!("--bind-address={}", self.listen.ip()),
            format!("--secure-port={}", self.listen.port()),
            format!("--tls-cert-file={certificate}"),
            format!("--tls-private-key-file={key}"),
            // Nobody asks for tokens of service accounts, but it insists; any key will do.
            format!("--service-account-key-file={certificate}"),
            format!("--service-account-signing-key-file={key}"),
            "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
            format!("--token-auth-file={}", file("tokens.csv")),
            "--authorization-mode=RBAC".to_owned(),
            "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
            "--disable-admission-plugins=ServiceAccount".to_owned(),
            "--endpoint-reconciler-type=none".to_owned(),
        ]);
        Ok(command)
    }

    fn answers(&self, _: &str) -> bool {
        self.request("/readyz")
            .is_ok_and(|request| request.succeeds())
    }
}

/// The tokens of the API server of a folder.
pub(crate) fn tokens(folder: &Path) -> Result<Tokens, Error> {
    let path = folder.join("tokens.json");
    let text = fs::read(&path).map_err(Error::file("read", &path))?;
    serde_json::from_slice(&text).map_err(|source| Error::State { path, source })
}

fn ca_file(folder: &Path) -> PathBuf {
    folder.join("ca.pem")
}

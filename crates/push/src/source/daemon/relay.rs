//! A private socket for a daemon that docker-api cannot reach by itself: each connection to it is carried on over TLS
//! or by `ssh`.

use std::convert::Infallible;
use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(target_os = "linux")]
use rustix::fs::{Mode, OFlags};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{JoinHandle, JoinSet};

use super::address::Address;
use super::ssh::Ssh;
use super::tls::Tls;
use crate::{DaemonFailure, Environment};

/// A socket that leads to the daemon; it is gone, with every connection and every child, when this is dropped.
pub(super) struct Relay {
    socket: Socket,
    accepting: JoinHandle<()>,
    failure: Failure,
}

/// A socket that only this user can reach; on Linux it has no name.
struct Socket {
    path: PathBuf,
    /// What the path leads to.
    #[cfg(target_os = "linux")]
    _handle: OwnedFd,
    /// Where its name is, as long as it needs one.
    _directory: Option<TempDir>,
}

/// The first thing that went wrong behind the socket, where a client only sees that the connection ends.
type Failure = Arc<Mutex<Option<DaemonFailure>>>;

/// Who carries a connection on.
enum Carrier {
    Tls(Tls),
    Ssh(Ssh),
}

impl Relay {
    /// Opens a socket for an address that needs one.
    pub(super) async fn open(
        address: &Address,
        environment: &Environment,
    ) -> Result<Option<Self>, DaemonFailure> {
        let carrier = match address {
            Address::Socket(_) | Address::Tcp(_) => return Ok(None),
            Address::Tls(to, certificates) => {
                let tls = Tls::read(to.clone(), certificates.clone(), environment);
                Carrier::Tls(tls.await?)
            }
            Address::Ssh(host) => Carrier::Ssh(Ssh::new(host.clone(), environment.path.clone())),
        };
        let (socket, listener) = listen(environment).map_err(|error| {
            let what = "a private socket for the connection".to_owned();
            let problem = error.to_string();
            DaemonFailure::Configuration { what, problem }
        })?;
        let failure = Failure::default();
        let accepting = tokio::spawn(accept(
            listener,
            Arc::new(carrier),
            address.to_string(),
            Arc::clone(&failure),
        ));
        Ok(Some(Self {
            socket,
            accepting,
            failure,
        }))
    }

    /// Where it listens.
    pub(super) fn address(&self) -> Address {
        Address::Socket(self.socket.path.clone())
    }

    /// What went wrong on the way to the daemon, where something did; known once.
    pub(super) fn failure(&self) -> Option<DaemonFailure> {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.take()
    }
}

/// A socket that only this user can reach, in a directory whose name is short enough for one.
fn listen(environment: &Environment) -> io::Result<(Socket, UnixListener)> {
    let parent = environment
        .runtime
        .clone()
        .filter(|runtime| runtime.is_dir());
    let parent = parent.unwrap_or_else(|| PathBuf::from("/tmp"));
    let only_me = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    let directory = tempfile::Builder::new()
        .prefix("docker-")
        .permissions(only_me)
        .tempdir_in(parent)?;
    let listener = UnixListener::bind(directory.path().join(SOCKET))?;
    Ok((Socket::new(directory)?, listener))
}

impl Socket {
    /// Takes away its name where the system has another way to it, so that nothing stays however the process ends.
    #[cfg(target_os = "linux")]
    fn new(directory: TempDir) -> io::Result<Self> {
        let path = directory.path().join(SOCKET);
        let handle = rustix::fs::open(&path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
        let nameless = PathBuf::from(format!("/proc/self/fd/{}", handle.as_raw_fd()));
        let is_reachable = nameless.exists();
        Ok(Self {
            path: if is_reachable { nameless } else { path },
            _handle: handle,
            _directory: (!is_reachable).then_some(directory),
        })
    }

    #[cfg(not(target_os = "linux"))]
    fn new(directory: TempDir) -> io::Result<Self> {
        Ok(Self {
            path: directory.path().join(SOCKET),
            _directory: Some(directory),
        })
    }
}

async fn accept(listener: UnixListener, carrier: Arc<Carrier>, address: String, failure: Failure) {
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    while let Ok((near, _)) = listener.accept().await {
        let (carrier, address, failure) =
            (Arc::clone(&carrier), address.clone(), Arc::clone(&failure));
        connections.spawn(async move {
            let mut near = near;
            if let Err(source) = carrier.carry(&mut near).await {
                let mut first = failure.lock().unwrap_or_else(PoisonError::into_inner);
                first.get_or_insert(DaemonFailure::Unreachable { address, source });
            }
            // Only here does the client learn of the end, and may ask why.
            drop(near);
        });
        while connections.try_join_next().is_some() {}
    }
}

impl Carrier {
    async fn carry(
        &self,
        near: &mut UnixStream,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        match self {
            Self::Tls(tls) => {
                let (mut from, mut to) = tokio::io::split(tls.connect().await?);
                Ok(join(near, &mut from, &mut to).await?)
            }
            Self::Ssh(ssh) => ssh.carry(near).await,
        }
    }
}

/// Carries bytes both ways until the far side has no more.
pub(super) async fn join(
    near: &mut UnixStream,
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    let (mut near_from, mut near_to) = near.split();
    let up = async {
        // A client that hangs up has nothing more to say; whether the far side still has is found out below.
        let _ = tokio::io::copy(&mut near_from, to).await;
        let _ = to.shutdown().await;
        std::future::pending::<Infallible>().await
    };
    tokio::select! {
        down = copy_all(from, &mut near_to) => down,
        never = up => match never {},
    }
}

async fn copy_all(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    let mut from = tokio::io::BufReader::with_capacity(BUFFER, from);
    match tokio::io::copy_buf(&mut from, to).await {
        // The client is gone, or the daemon has hung up without a farewell: whether that was too early is known to
        // whoever reads the answer.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof
            ) =>
        {
            Ok(())
        }
        copied => copied.map(drop),
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

const SOCKET: &str = "docker.sock";

/// As large as what a TLS record and a pipe hold, so that an export is not slowed down.
const BUFFER: usize = 64 << 10;

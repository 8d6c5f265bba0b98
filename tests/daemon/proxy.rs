//! A socket before the daemon's that counts what the daemon answers, and does something at a chosen byte.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tempfile::TempDir;

/// A socket that leads to a daemon.
pub(crate) struct Proxy {
    folder: TempDir,
    state: Arc<State>,
}

struct State {
    daemon: PathBuf,
    /// The first line of each request.
    requests: Mutex<Vec<String>>,
    /// What is done at which byte of an export.
    at: Mutex<Option<(u64, Deed)>>,
}

type Deed = Box<dyn FnOnce() + Send>;

impl Proxy {
    pub(crate) fn start(daemon: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let listener = UnixListener::bind(folder.path().join("p.sock")).expect("a new socket");
        let state = Arc::new(State {
            daemon: daemon.to_owned(),
            requests: Mutex::default(),
            at: Mutex::default(),
        });
        let carrying = Arc::clone(&state);
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&carrying);
                // Either side may go at any time.
                thread::spawn(move || drop(state.carry(near)));
            }
        });
        Self { folder, state }
    }

    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.folder.path().join("p.sock").display())
    }

    /// Does something when so many bytes of the next export have been answered.
    pub(crate) fn at(&self, byte: u64, deed: impl FnOnce() + Send + 'static) {
        let mut at = self.state.at.lock().unwrap_or_else(PoisonError::into_inner);
        *at = Some((byte, Box::new(deed)));
    }

    /// The requests for an export.
    pub(crate) fn exports(&self) -> usize {
        let requests = self.state.requests.lock();
        let requests = requests.unwrap_or_else(PoisonError::into_inner);
        requests.iter().filter(|line| is_export(line)).count()
    }
}

impl State {
    fn carry(&self, mut near: UnixStream) -> io::Result<()> {
        let mut request = vec![0; 64 << 10];
        let read = near.read(&mut request)?;
        if read == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&request[..read]);
        let line = text.lines().next().unwrap_or_default().to_owned();
        let counts = is_export(&line);
        let requests = self.requests.lock();
        requests.unwrap_or_else(PoisonError::into_inner).push(line);
        let mut far = UnixStream::connect(&self.daemon)?;
        far.write_all(&request[..read])?;
        let mut deed = if counts {
            self.at
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take()
        } else {
            None
        };
        let (mut sent, mut buffer) = (0, vec![0; 64 << 10]);
        loop {
            if let Some((_, deed)) = deed.take_if(|(byte, _)| sent >= *byte) {
                deed();
            }
            let read = far.read(&mut buffer)?;
            if read == 0 {
                return near.shutdown(Shutdown::Both);
            }
            near.write_all(&buffer[..read])?;
            sent += read as u64;
        }
    }
}

/// Whether a request is one for an archive, rather than one that only ends like it.
fn is_export(line: &str) -> bool {
    let target = line.split(' ').nth(1).unwrap_or_default();
    target
        .split('?')
        .next()
        .is_some_and(|path| path.ends_with("/get"))
}

//! Upload sessions: each is a file of the bytes that have come so far.
//!
//! The file is the whole state, so a session outlives the process that started it, and any process can go on with
//! it. Whoever writes holds a lock on the file. The protocol around it is `upload`'s.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::PathBuf;

use oci::{Algorithm, Digest, Hasher, Repository};

use crate::error_code::Error;
use crate::store::Store;

/// An upload session, locked for this request until it is dropped.
pub(crate) struct Session {
    store: Store,
    id: String,
    path: PathBuf,
    file: File,
    length: u64,
    hashed: Option<Hashed>,
    keep: bool,
}

/// The first bytes of a session, hashed as they came; where it has more, they are read again for their digest.
pub(crate) struct Hashed {
    algorithm: Algorithm,
    length: u64,
    hasher: Hasher,
}

impl Session {
    /// Starts one, whose bytes are expected to be asked for by a digest of `algorithm`.
    ///
    /// It is gone when it is dropped, unless [`Session::keep`] is called.
    pub(crate) fn start(
        store: &Store,
        repository: &Repository,
        algorithm: Algorithm,
    ) -> Result<Self, Error> {
        let suffix = suffix(repository);
        let file = tempfile::Builder::new()
            .prefix("")
            .rand_bytes(ID_LENGTH)
            .suffix(&suffix)
            .append(true)
            .tempfile_in(store.incoming())?;
        lock(file.as_file())?;
        let (file, path) = file.keep().map_err(|error| error.error)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let id = name.strip_suffix(&suffix).unwrap_or_default().to_owned();
        Ok(Self {
            store: store.clone(),
            id,
            path,
            file,
            length: 0,
            hashed: Some(Hashed::nothing(algorithm)),
            keep: false,
        })
    }

    /// Goes on with one.
    pub(crate) fn open(store: &Store, repository: &Repository, id: &str) -> Result<Self, Error> {
        let path = path(store, repository, id)?;
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .open(&path)
            .map_err(unknown)?;
        lock(&file)?;
        // Whoever held the lock before may have made a blob of this file, or removed it.
        fs::metadata(&path).map_err(unknown)?;
        Ok(Self {
            store: store.clone(),
            id: id.to_owned(),
            length: file.metadata()?.len(),
            hashed: store.hashed().remove(&path),
            path,
            file,
            keep: true,
        })
    }

    /// How many bytes a session has.
    pub(crate) fn length_of(
        store: &Store,
        repository: &Repository,
        id: &str,
    ) -> Result<u64, Error> {
        let path = path(store, repository, id)?;
        Ok(fs::metadata(path).map_err(unknown)?.len())
    }

    /// Has it stay when it is dropped.
    pub(crate) fn keep(mut self) -> Self {
        self.keep = true;
        self
    }

    /// What it is called in its location.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// How many bytes it has.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Says by which algorithm it will be asked for, so that its bytes are hashed as they come.
    pub(crate) fn expect(&mut self, algorithm: Algorithm) {
        if self.length == 0 {
            self.hashed = Some(Hashed::nothing(algorithm));
        }
    }

    /// Takes the next bytes.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        if let Some(hashed) = self.hashed.as_mut().filter(|h| h.length == self.length) {
            hashed.hasher.update(bytes);
            hashed.length += bytes.len() as u64;
        }
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Forgets all bytes from `length` on.
    pub(crate) fn cut(&mut self, length: u64) -> io::Result<()> {
        self.hashed = None;
        self.length = length;
        self.file.set_len(length)
    }

    /// Makes a blob of it, where it has the digest that is promised; otherwise it is gone.
    pub(crate) fn close(mut self, repository: &Repository, digest: &Digest) -> Result<(), Error> {
        let found = self.digest(digest.algorithm())?;
        if found != *digest {
            self.keep = false;
            return Err(Error::DigestMismatch {
                expected: digest.clone(),
                found,
            });
        }
        self.store.sync_file(&self.file)?;
        self.store.keep_blob(&self.path, repository, digest)?;
        self.keep = false;
        Ok(())
    }

    /// Gives it up.
    pub(crate) fn cancel(mut self) {
        self.keep = false;
    }

    fn digest(&mut self, algorithm: Algorithm) -> io::Result<Digest> {
        let length = self.file.metadata()?.len();
        match self.hashed.take() {
            Some(hashed) if hashed.algorithm == algorithm && hashed.length == length => {
                Ok(hashed.hasher.finish())
            }
            _ => digest_of_file(&mut self.file, algorithm),
        }
    }
}

impl Hashed {
    fn nothing(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            length: 0,
            hasher: Hasher::new(algorithm),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if !self.keep {
            // Either it became a blob, and this name is gone, or it is to go; the sweep gets what stays.
            let _ = fs::remove_file(&self.path);
        } else if let Some(hashed) = self.hashed.take() {
            self.store.hashed().insert(self.path.clone(), hashed);
        }
    }
}

/// Locks a file of `incoming`, so that nobody else writes to it or sweeps it away.
pub(crate) fn lock(file: &File) -> Result<(), Error> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(Error::UploadBusy),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn path(store: &Store, repository: &Repository, id: &str) -> Result<PathBuf, Error> {
    if id.len() != ID_LENGTH || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Error::UploadUnknown);
    }
    Ok(store.incoming().join(id.to_owned() + &suffix(repository)))
}

/// What binds a session to its repository: in another one it does not exist.
fn suffix(repository: &Repository) -> String {
    format!(".{}", Digest::of(repository.as_str().as_bytes()).short())
}

fn unknown(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => Error::UploadUnknown,
        _ => error.into(),
    }
}

fn digest_of_file(file: &mut File, algorithm: Algorithm) -> io::Result<Digest> {
    let mut hasher = Hasher::new(algorithm);
    let mut buffer = vec![0; READ_SIZE];
    file.rewind()?;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finish()),
            count => hasher.update(&buffer[..count]),
        }
    }
}

const ID_LENGTH: usize = 24;
const READ_SIZE: usize = 256 << 10;

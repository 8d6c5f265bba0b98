//! The files of a directory, none of them reached through a link.
//!
//! A link in an OCI layout could lead to any file of the machine, and its bytes into a registry.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::{SourceFile, Span, Stamp, changed};
use super::section::{Files, Section, malformed};
use crate::Error;
use crate::blob::{Content, Place};

/// A directory with files below it.
pub(super) struct Directory {
    path: Arc<PathBuf>,
    place: Place,
}

/// A file below a directory, opened anew for each reader, so that no image needs more open files than it has readers.
struct Below {
    directory: Arc<PathBuf>,
    name: String,
    stamp: Option<Stamp>,
}

impl Directory {
    pub(super) fn new(path: &Path, place: Place) -> Self {
        Self {
            path: Arc::new(path.to_owned()),
            place,
        }
    }
}

impl Files for Directory {
    fn place(&self) -> &Place {
        &self.place
    }

    fn find(&self, name: &str) -> Result<Option<Section>, Error> {
        let place = self.place.entry(name);
        let file = match open_below(&self.path, name) {
            Ok(file) => file,
            Err(Refusal::System(error)) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(Refusal::System(source)) => return Err(Error::OpenSource { place, source }),
            Err(Refusal::Link) => {
                let problem = "it is reached through a symbolic link or something else that is no directory; \
                     copy the file itself there";
                return Err(malformed(&place, problem));
            }
        };
        let regular = file.metadata().map(|metadata| metadata.is_file());
        let file = match regular.and_then(|regular| Ok((regular, SourceFile::new(file)?))) {
            Ok((true, file)) => file,
            Ok((false, _)) => return Err(malformed(&place, "it is no regular file")),
            Err(source) => return Err(Error::OpenSource { place, source }),
        };
        let below = Below {
            directory: Arc::clone(&self.path),
            name: name.to_owned(),
            stamp: file.stamp().cloned(),
        };
        Ok(Some(Section::new(place, file.size(), Arc::new(below))))
    }
}

impl Content for Below {
    fn open_at(&self, offset: u64) -> io::Result<Box<dyn Read + Send>> {
        let file = match open_below(&self.directory, &self.name) {
            Ok(file) => SourceFile::new(file)?,
            Err(Refusal::System(error)) => return Err(error),
            Err(Refusal::Link) => return Err(changed()),
        };
        if file.stamp() != self.stamp.as_ref() {
            return Err(changed());
        }
        Span::whole(file).open_at(offset)
    }
}

/// Why a file below a directory was not opened.
enum Refusal {
    System(io::Error),
    Link,
}

/// Opens a file below a directory, one component after the other, so that nothing can be swapped for a link meanwhile.
#[cfg(unix)]
fn open_below(directory: &Path, name: &str) -> Result<File, Refusal> {
    use rustix::fs::{Mode, OFlags, open, openat};
    use rustix::io::Errno;

    let refuse = |error: Errno| match error {
        // Linux says ENOTDIR of a link where a directory is asked for.
        Errno::LOOP | Errno::NOTDIR => Refusal::Link,
        error => Refusal::System(error.into()),
    };
    let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut at =
        open(directory, folder, Mode::empty()).map_err(|error| Refusal::System(error.into()))?;
    let (parents, file) = name.rsplit_once('/').unwrap_or(("", name));
    for parent in parents.split('/').filter(|parent| !parent.is_empty()) {
        at = openat(&at, parent, folder | OFlags::NOFOLLOW, Mode::empty()).map_err(refuse)?;
    }
    // Without NONBLOCK a named pipe would be waited for.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = openat(&at, file, flags, Mode::empty()).map_err(refuse)?;
    Ok(file.into())
}

/// Opens a file below a directory, where the system cannot do it one component after the other.
#[cfg(not(unix))]
fn open_below(directory: &Path, name: &str) -> Result<File, Refusal> {
    let mut path = directory.to_owned();
    for part in name.split('/') {
        path.push(part);
        let metadata = path.symlink_metadata().map_err(Refusal::System)?;
        if metadata.is_symlink() {
            return Err(Refusal::Link);
        }
    }
    File::open(path).map_err(Refusal::System)
}

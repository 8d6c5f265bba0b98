//! The spool: what cannot be read at offsets, written once to a temporary file that can, also while it is written.
//!
//! Standard input, pipes, and archives that are compressed as a whole. The file has no name, so it is gone when its
//! last reader is, however the process ends. Who waits for its bytes is the growth's business.

use std::io::{self, Cursor, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::arrivals::Arrivals;
use super::decode::{Decoder, Failure, Packing};
use super::file::SourceFile;
use super::growth::Growth;
use super::scratch::Scratch;
use super::section::malformed;
use super::sniff::{HEAD, Seems};
use super::system::free_space;
use crate::blob::Place;
use crate::{Environment, Error, Event, Events};

/// Where temporary files go.
#[derive(Clone)]
pub(super) struct Spool {
    directory: PathBuf,
    events: Events,
    /// How many bytes will be written at least, where somebody knows.
    needed: Option<u64>,
}

/// A stream that is being written to a temporary file.
pub(super) struct Spooling {
    /// It can be read while it grows.
    pub(super) file: Arc<SourceFile>,
    packed: Arc<AtomicBool>,
}

impl Spool {
    /// `TMPDIR`, else the cache directory, because `/tmp` may be memory.
    pub(super) fn new(environment: &Environment, events: &Events) -> Self {
        let directory = environment.tmpdir.clone().or_else(|| {
            let cache = environment.cache.clone()?;
            std::fs::create_dir_all(&cache).is_ok().then_some(cache)
        });
        Self {
            directory: directory.unwrap_or_else(last_resort),
            events: events.clone(),
            needed: None,
        }
    }

    /// The same, when there is room for so many bytes.
    ///
    /// # Errors
    /// [`Error::Spool`] with what is needed and what is free.
    pub(super) fn with_room_for(mut self, needed: Option<u64>) -> Result<Self, Error> {
        self.needed = needed;
        match (needed, free_space(&self.directory)) {
            (Some(needed), Some(free)) if free < needed => {
                let problem = format!("at least {needed} bytes are needed, and {free} are free");
                let source = io::Error::new(io::ErrorKind::StorageFull, problem);
                Err(Error::Spool {
                    path: self.directory,
                    source,
                })
            }
            _ => Ok(self),
        }
    }

    /// Begins to write everything that `reader` gives to a temporary file, decompressed, on a thread of its own.
    pub(super) fn start(
        self,
        reader: impl Read + Send + 'static,
        place: &Place,
        arrivals: &Arrivals,
    ) -> Result<Spooling, Error> {
        let scratch = Scratch::in_directory(&self.directory);
        let (scratch, mut writer) = scratch.map_err(|e| self.cannot_write(e))?;
        let growth = Arc::clone(arrivals.growth());
        let packed = Arc::new(AtomicBool::new(false));
        let file = SourceFile::growing(scratch, Arc::clone(&growth), arrivals.is_repeatable());
        let spooling = Spooling {
            file: Arc::new(file),
            packed: Arc::clone(&packed),
        };
        let (place, not_started) = (place.clone(), self.clone());
        let write = move || {
            // Whatever happens here, nobody waits for bytes that will not come.
            let _ending = Ending(&growth);
            growth.finish(self.fill(reader, &place, &mut writer, &growth, &packed));
        };
        thread::Builder::new()
            .name("spool".to_owned())
            .spawn(write)
            .map_err(|e| not_started.cannot_write(e))?;
        Ok(spooling)
    }

    fn fill(
        &self,
        mut reader: impl Read,
        place: &Place,
        file: &mut impl Write,
        growth: &Growth,
        packed: &AtomicBool,
    ) -> Result<(), Error> {
        let mut head = Vec::new();
        (&mut reader)
            .take(HEAD as u64)
            .read_to_end(&mut head)
            .map_err(|source| cannot_read(place, Failure::Read(source)))?;
        let packing = match Seems::of(&head) {
            Seems::Tar => None,
            Seems::Packed(packing) => Some(packing),
            Seems::Other(found) => {
                return Err(Error::UnknownFormat {
                    place: place.clone(),
                    found,
                });
            }
        };
        packed.store(packing.is_some(), Ordering::Relaxed);
        let all = Cursor::new(head).chain(reader);
        self.copy(all, packing, place, file, growth)
    }

    fn copy(
        &self,
        reader: impl Read,
        packing: Option<Packing>,
        place: &Place,
        file: &mut impl Write,
        growth: &Growth,
    ) -> Result<(), Error> {
        let cannot_read = |failure| cannot_read(place, failure);
        let mut decoder = Decoder::new(reader, packing).map_err(cannot_read)?;
        let mut buffer = vec![0; BUFFER];
        let mut told = 0;
        loop {
            let read = decoder.read(&mut buffer).map_err(cannot_read)?;
            let taken = decoder.taken();
            if read == 0 || taken - told >= STEP {
                self.events.tell(Event::Spooling { read: taken });
                told = taken;
            }
            if read == 0 {
                return Ok(());
            }
            file.write_all(&buffer[..read])
                .map_err(|e| self.cannot_write(e))?;
            if !growth.add(read) {
                return Ok(());
            }
        }
    }

    fn cannot_write(&self, source: io::Error) -> Error {
        let source = match (source.kind(), self.needed) {
            (io::ErrorKind::StorageFull, Some(needed)) => io::Error::new(
                source.kind(),
                format!("{source}; at least {needed} bytes are needed"),
            ),
            _ => source,
        };
        Error::Spool {
            path: self.directory.clone(),
            source,
        }
    }
}

impl Spooling {
    /// Whether the stream is compressed, as far as it has been looked at.
    pub(super) fn is_packed(&self) -> bool {
        self.packed.load(Ordering::Relaxed)
    }
}

/// Stops a growth that was not finished.
struct Ending<'a>(&'a Growth);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

fn cannot_read(place: &Place, failure: Failure) -> Error {
    match failure {
        Failure::Read(source) => Error::OpenSource {
            place: place.clone(),
            source,
        },
        Failure::Corrupt(problem) => malformed(place, problem),
    }
}

/// Where no directory is named: `/tmp`, and on systems without one the working directory.
fn last_resort() -> PathBuf {
    PathBuf::from(if cfg!(unix) { "/tmp" } else { "." })
}

const BUFFER: usize = 256 << 10;

/// How many bytes are read between two events.
const STEP: u64 = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with so much room.
    struct Disk(usize);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let written = bytes.len().min(self.0);
            self.0 -= written;
            Ok(written)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn spool(room: usize, bytes: &[u8]) -> Result<(), Error> {
        let environment = Environment {
            tmpdir: Some(PathBuf::from("/var/scratch")),
            ..Environment::default()
        };
        Spool::new(&environment, &Events::ignored()).copy(
            bytes,
            None,
            &Place::source("standard input"),
            &mut Disk(room),
            &Growth::default(),
        )
    }

    #[test]
    fn a_full_disk_names_the_directory() {
        let error = spool(1000, &[7; 2000]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot write a temporary file in `/var/scratch`"
        );
        assert!(
            matches!(error, Error::Spool { source, .. } if source.kind() == io::ErrorKind::StorageFull)
        );
    }

    #[test]
    fn a_disk_that_is_just_large_enough_will_do() {
        spool(2000, &[7; 2000]).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_disk_that_is_too_small_is_known_beforehand_when_the_size_is() {
        let directory = tempfile::tempdir().unwrap();
        let environment = Environment {
            tmpdir: Some(directory.path().to_owned()),
            ..Environment::default()
        };
        let spool = Spool::new(&environment, &Events::ignored());
        assert!(spool.clone().with_room_for(Some(1)).is_ok());
        assert!(spool.clone().with_room_for(None).is_ok());
        let Err(Error::Spool { path, source }) = spool.with_room_for(Some(1 << 60)) else {
            panic!("no disk is that large");
        };
        assert_eq!(path, directory.path());
        assert_eq!(source.kind(), io::ErrorKind::StorageFull);
        let said = source.to_string();
        let beginning = "at least 1152921504606846976 bytes are needed, and ";
        assert!(
            said.starts_with(beginning) && said.ends_with(" are free"),
            "{said}"
        );
    }
}

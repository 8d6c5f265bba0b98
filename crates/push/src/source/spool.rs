//! The spool: what cannot be read at offsets, written once to a temporary file that can.
//!
//! Standard input, pipes, and archives that are compressed as a whole. The file has no name, so it is gone when its
//! last reader is, however the process ends.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use super::decode::{Decoder, Failure, Packing};
use super::section::malformed;
use crate::blob::Place;
use crate::{Environment, Error, Event, Events};

/// Where temporary files go.
pub(super) struct Spool<'a> {
    directory: PathBuf,
    events: &'a Events,
}

impl<'a> Spool<'a> {
    /// `TMPDIR`, else the cache directory, because `/tmp` may be memory.
    pub(super) fn new(environment: &Environment, events: &'a Events) -> Self {
        let directory = environment.tmpdir.clone().or_else(|| {
            let cache = environment.cache.clone()?;
            std::fs::create_dir_all(&cache).is_ok().then_some(cache)
        });
        Self {
            directory: directory.unwrap_or_else(last_resort),
            events,
        }
    }

    /// Writes everything that `reader` gives to a temporary file, decompressed.
    pub(super) fn fill(
        &self,
        reader: impl Read,
        packing: Option<Packing>,
        place: &Place,
    ) -> Result<File, Error> {
        let mut file = tempfile::tempfile_in(&self.directory).map_err(|e| self.cannot_write(e))?;
        self.copy(reader, packing, place, &mut file)?;
        Ok(file)
    }

    fn copy(
        &self,
        reader: impl Read,
        packing: Option<Packing>,
        place: &Place,
        file: &mut impl Write,
    ) -> Result<(), Error> {
        let cannot_read = |failure| match failure {
            Failure::Read(source) => Error::OpenSource {
                place: place.clone(),
                source,
            },
            Failure::Corrupt(problem) => malformed(place, problem),
        };
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
        }
    }

    fn cannot_write(&self, source: io::Error) -> Error {
        Error::Spool {
            path: self.directory.clone(),
            source,
        }
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
        let events = Events::ignored();
        let environment = Environment {
            tmpdir: Some(PathBuf::from("/var/scratch")),
            ..Environment::default()
        };
        Spool::new(&environment, &events).copy(
            bytes,
            None,
            &Place::source("standard input"),
            &mut Disk(room),
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
}

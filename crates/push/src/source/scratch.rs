//! The scratch file: what a spool is written to, in slots that are used again when nobody needs what is in them.
//!
//! A push that keeps up with its source then takes room for the layers on their way, not for the image, and writes to
//! memory that the system has given it before. The file has no name, so it is gone when its last reader is.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::sniff::HEAD;
use super::system::{read_at, write_at};
use crate::blob::Released;

/// Bytes that are written once, from the first to the last, and can be read at any offset until they are released.
#[derive(Debug)]
pub(super) struct Scratch {
    file: File,
    slots: Mutex<Slots>,
}

/// The one writer of a scratch file.
pub(super) struct Appending(Arc<Scratch>);

/// In which slot of the file each slot of the bytes is.
#[derive(Debug, Default)]
struct Slots {
    /// In the order of the bytes.
    begun: Vec<Slot>,
    /// How many bytes were written, those that are released included.
    end: u64,
    /// Places in the file that can be written again.
    free: Vec<u32>,
    /// How many places the file has.
    places: u32,
}

/// Where the bytes of a slot are.
#[derive(Clone, Copy, Debug)]
enum Slot {
    At(u32),
    Released,
}

/// Bytes in the file.
struct Found {
    position: u64,
    /// How many follow each other.
    there: usize,
}

impl Scratch {
    /// A file of no length in `directory`, and what writes it.
    pub(super) fn in_directory(directory: &Path) -> io::Result<(Arc<Self>, Appending)> {
        let scratch = Arc::new(Self {
            file: tempfile::tempfile_in(directory)?,
            slots: Mutex::default(),
        });
        Ok((Arc::clone(&scratch), Appending(scratch)))
    }

    /// Reads some of the bytes from `offset` on; returns how many, 0 behind the last that was written.
    ///
    /// # Errors
    /// [`Released`] where they are not there any more.
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let found = self.slots().find(offset)?;
        found.map_or(Ok(0), |found| self.read_found(buffer, offset, &found))
    }

    fn read_found(&self, buffer: &mut [u8], offset: u64, found: &Found) -> io::Result<usize> {
        let most = buffer.len().min(found.there);
        let read = read_at(&self.file, &mut buffer[..most], found.position)?;
        // If it was released meanwhile, other bytes may have been written there.
        self.slots().find(offset)?;
        Ok(read)
    }

    /// Lets what lies in whole slots within `range` go, but for its beginning, by which a file is known.
    pub(super) fn release(&self, range: &Range<u64>) {
        let start = range.start + HEAD as u64;
        let (first, _) = split(start.next_multiple_of(SLOT as u64));
        let mut slots = self.slots();
        let (behind, _) = split(range.end.min(slots.end));
        slots.release(first..behind);
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        // Nothing is left half-done under the lock.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Appending {
    /// Writes some of `bytes` behind what was written before; returns how many.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Self(scratch) = self;
        let (place, within) = scratch.slots().next();
        let most = bytes.len().min(SLOT - within);
        let written = write_at(&scratch.file, &bytes[..most], position(place, within))?;
        scratch.slots().end += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Slots {
    /// Where the next byte is written: in the slot that is not full yet, else in a place that nobody uses.
    fn next(&mut self) -> (u32, usize) {
        let (slot, within) = split(self.end);
        // A slot is released only when it is full.
        if let Some(Slot::At(place)) = self.begun.get(slot) {
            return (*place, within);
        }
        let place = self.free.pop().unwrap_or_else(|| {
            self.places += 1;
            self.places - 1
        });
        self.begun.push(Slot::At(place));
        (place, within)
    }

    /// Where the bytes from an offset on are; none where nothing was written yet.
    fn find(&self, offset: u64) -> io::Result<Option<Found>> {
        let (slot, within) = split(offset);
        let left = self.end.saturating_sub(offset);
        match self.begun.get(slot) {
            Some(Slot::Released) => Err(io::Error::other(Released)),
            Some(Slot::At(place)) if left > 0 => Ok(Some(Found {
                position: position(*place, within),
                there: usize::try_from(left).unwrap_or(SLOT).min(SLOT - within),
            })),
            _ => Ok(None),
        }
    }

    fn release(&mut self, slots: Range<usize>) {
        for slot in self.begun.get_mut(slots).into_iter().flatten() {
            if let Slot::At(place) = std::mem::replace(slot, Slot::Released) {
                self.free.push(place);
            }
        }
    }
}

/// The slot that an offset lies in, and where in it.
fn split(offset: u64) -> (usize, usize) {
    let few = |number| usize::try_from(number).expect("slots are many times larger than their map");
    (few(offset / SLOT as u64), few(offset % SLOT as u64))
}

/// Where in the file a byte is.
fn position(place: u32, within: usize) -> u64 {
    u64::from(place) * SLOT as u64 + within as u64
}

/// In bytes: less than two of it stay of a released layer, and more than one is never read at once.
const SLOT: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    /// A scratch file of bytes that say where they stand, in pieces of eight.
    struct Numbered {
        scratch: Arc<Scratch>,
        writer: Appending,
    }

    impl Numbered {
        /// A file of so many bytes.
        fn of(size: u64) -> Self {
            let directory = tempfile::tempdir().expect("a temporary directory");
            let (scratch, writer) = Scratch::in_directory(directory.path()).expect("a file");
            let mut numbered = Self { scratch, writer };
            numbered.grow(size);
            numbered
        }

        /// Writes so many bytes more.
        fn grow(&mut self, more: u64) {
            let end = self.end();
            let written = self.writer.write_all(&numbers(end..end + more));
            written.expect("room for it");
        }

        fn end(&self) -> u64 {
            self.scratch.slots().end
        }

        /// What there is of a range.
        fn read(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
            let size = usize::try_from(range.end - range.start).expect("a small range");
            let (mut buffer, mut filled) = (vec![0; size], 0);
            while filled < size {
                let offset = range.start + filled as u64;
                match self.scratch.read_at(&mut buffer[filled..], offset)? {
                    0 => break,
                    read => filled += read,
                }
            }
            buffer.truncate(filled);
            Ok(buffer)
        }

        /// Sees to it that of a range everything is there that was written.
        #[track_caller]
        fn check(&self, range: Range<u64>) {
            let expected = numbers(range.start..range.end.min(self.end()));
            let read = self
                .read(range.clone())
                .expect("nothing of it was released");
            assert!(read == expected, "{range:?} differs");
        }

        #[track_caller]
        fn check_released(&self, range: Range<u64>) {
            let error = self.read(range).expect_err("it was released");
            assert_eq!(error.to_string(), "it was released");
        }
    }

    fn numbers(range: Range<u64>) -> Vec<u8> {
        range.step_by(8).flat_map(u64::to_le_bytes).collect()
    }

    #[test]
    fn what_was_written_is_read_at_any_offset() {
        let mut file = Numbered::of(0);
        for _ in 0..17 {
            file.grow(300 << 10);
        }
        file.grow(4096);
        let end = file.end();
        for range in [
            0..end,
            8..16,
            MIB - 8..MIB + 8,
            3 * MIB..end,
            end - 8..end + 8,
        ] {
            file.check(range);
        }
    }

    #[test]
    fn the_room_of_what_was_released_is_used_again() {
        let mut file = Numbered::of(4 * MIB);
        for _ in 0..20 {
            file.grow(5 * MIB);
            let end = file.end();
            file.scratch.release(&(end - 7 * MIB..end - 2 * MIB));
        }
        let (end, length) = (file.end(), file.scratch.file.metadata().unwrap().len());
        assert!(length <= 16 * MIB, "{length} bytes for {end}");
        file.check(0..2 * MIB);
        file.check(end - 2 * MIB..end);
    }

    #[test]
    fn what_was_released_is_not_read_and_its_neighbours_are() {
        let mut file = Numbered::of(8 * MIB);
        let released = MIB / 2 + 4096..5 * MIB + 4096;
        file.scratch.release(&released);
        file.scratch.release(&released);
        file.grow(8 * MIB);
        file.check_released(2 * MIB..2 * MIB + 8);
        file.check_released(4 * MIB - 8..4 * MIB + 8);
        file.check(0..released.start + HEAD as u64);
        file.check(released.end..16 * MIB);
    }

    #[test]
    fn behind_the_end_is_nothing_where_something_else_was_before() {
        let mut file = Numbered::of(4 * MIB);
        file.scratch.release(&(0..4 * MIB));
        file.grow(8);
        assert_eq!(file.read(4 * MIB + 8..5 * MIB).unwrap().len(), 0);
        assert_eq!(
            file.read(4 * MIB..5 * MIB).unwrap(),
            numbers(4 * MIB..file.end())
        );
    }

    #[test]
    fn what_is_released_before_it_is_all_there_is_written_on() {
        let mut file = Numbered::of(2 * MIB + 8);
        file.scratch.release(&(0..8 * MIB));
        while file.end() < 8 * MIB {
            file.grow(8192);
        }
        file.check_released(MIB..MIB + 8);
        file.check(2 * MIB..file.end());
    }

    #[test]
    fn who_reads_while_it_is_released_and_written_again_gets_no_others_bytes() {
        let mut file = Numbered::of(MIB);
        let offset = MIB / 2;
        let found = file.scratch.slots().find(offset).unwrap();
        file.scratch.release(&(0..MIB));
        file.grow(MIB);
        let found = found.expect("it was there");
        let read = file.scratch.read_found(&mut [0; 8], offset, &found);
        assert_eq!(read.unwrap_err().to_string(), "it was released");
    }
}

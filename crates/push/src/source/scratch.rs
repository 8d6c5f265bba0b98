//! The scratch file: what a spool is written to, in slots that are used again when nobody needs what is in them.
//!
//! A push that keeps up with its source then takes room for the layers on their way, not for the image, and writes to
//! memory that the system has given it before. The file has no name, so it is gone when its last reader is.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::sniff::HEAD;
use super::system::{read_at, write_at};
use crate::blob::Released;

/// Bytes that are written once, from the first to the last, and can be read at any offset until they are released.
#[derive(Debug)]
pub(super) struct Scratch {
    file: File,
    slots: Mutex<Slots>,
}

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
    /// A file of no length in `directory`.
    pub(super) fn in_directory(directory: &Path) -> io::Result<Self> {
        Ok(Self {
            file: tempfile::tempfile_in(directory)?,
            slots: Mutex::default(),
        })
    }

    /// Writes some of `bytes` behind what was written before; returns how many.
    ///
    /// For one writer.
    pub(super) fn append(&self, bytes: &[u8]) -> io::Result<usize> {
        let (place, within) = self.slots().next();
        let most = bytes.len().min(SLOT - within);
        let written = write_at(&self.file, &bytes[..most], position(place, within))?;
        self.slots().end += written as u64;
        Ok(written)
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

    fn scratch() -> Scratch {
        let directory = tempfile::tempdir().unwrap();
        Scratch::in_directory(directory.path()).unwrap()
    }

    /// Bytes that say where they stand, in pieces of eight.
    fn bytes(range: Range<u64>) -> Vec<u8> {
        let numbers = range.step_by(8).map(u64::to_le_bytes);
        numbers.flatten().collect()
    }

    /// Writes the bytes of a range that begins where what was written before ends.
    fn write(scratch: &Scratch, range: Range<u64>) {
        let (bytes, mut written) = (bytes(range), 0);
        while written < bytes.len() {
            written += scratch.append(&bytes[written..]).unwrap();
        }
    }

    fn read(scratch: &Scratch, range: Range<u64>) -> io::Result<Vec<u8>> {
        let mut buffer = vec![0; usize::try_from(range.end - range.start).unwrap()];
        let mut filled = 0;
        while filled < buffer.len() {
            let offset = range.start + filled as u64;
            match scratch.read_at(&mut buffer[filled..], offset)? {
                0 => break,
                read => filled += read,
            }
        }
        buffer.truncate(filled);
        Ok(buffer)
    }

    #[test]
    fn what_was_written_is_read_at_any_offset() {
        let scratch = scratch();
        let end = 5 * MIB + 4096;
        for start in (0..end).step_by(300 << 10) {
            write(&scratch, start..end.min(start + (300 << 10)));
        }
        for range in [0..end, 8..16, MIB - 8..MIB + 8, 3 * MIB..end] {
            assert!(read(&scratch, range.clone()).unwrap() == bytes(range));
        }
        let behind = end - 8..end + 8;
        assert!(read(&scratch, behind).unwrap() == bytes(end - 8..end));
    }

    #[test]
    fn the_room_of_what_was_released_is_used_again() {
        let scratch = scratch();
        write(&scratch, 0..4 * MIB);
        for n in 0..20 {
            let start = (4 + 5 * n) * MIB;
            write(&scratch, start..start + 5 * MIB);
            scratch.release(&(start - 2 * MIB..start + 3 * MIB));
        }
        let (length, end) = (scratch.file.metadata().unwrap().len(), 104 * MIB);
        assert!(length <= 16 * MIB, "{length} bytes for {end}");
        for kept in [0..2 * MIB, end - 2 * MIB..end] {
            assert!(read(&scratch, kept.clone()).unwrap() == bytes(kept));
        }
    }

    #[test]
    fn what_was_released_is_not_read_and_its_neighbours_are() {
        let scratch = scratch();
        write(&scratch, 0..8 * MIB);
        let released = MIB / 2 + 4096..5 * MIB + 4096;
        scratch.release(&released);
        scratch.release(&released);
        write(&scratch, 8 * MIB..16 * MIB);
        for gone in [2 * MIB..2 * MIB + 8, 4 * MIB - 8..4 * MIB + 8] {
            let error = read(&scratch, gone).unwrap_err();
            assert_eq!(error.to_string(), "it was released");
        }
        let head = released.start + HEAD as u64;
        for kept in [0..head, released.end..16 * MIB] {
            assert!(read(&scratch, kept.clone()).unwrap() == bytes(kept));
        }
    }

    #[test]
    fn behind_the_end_is_nothing_where_something_else_was_before() {
        let scratch = scratch();
        write(&scratch, 0..4 * MIB);
        scratch.release(&(0..4 * MIB));
        write(&scratch, 4 * MIB..4 * MIB + 8);
        assert!(read(&scratch, 4 * MIB + 8..5 * MIB).unwrap().is_empty());
        assert!(read(&scratch, 4 * MIB..5 * MIB).unwrap() == bytes(4 * MIB..4 * MIB + 8));
    }

    #[test]
    fn what_is_released_before_it_is_all_there_is_written_on() {
        let scratch = scratch();
        write(&scratch, 0..2 * MIB + 8);
        scratch.release(&(0..8 * MIB));
        for start in (2 * MIB + 8..8 * MIB).step_by(8192) {
            write(&scratch, start..(8 * MIB).min(start + 8192));
        }
        assert!(read(&scratch, MIB..MIB + 8).is_err());
        for kept in [2 * MIB..8 * MIB, 8 * MIB - 8..8 * MIB] {
            assert!(read(&scratch, kept.clone()).unwrap() == bytes(kept));
        }
    }

    #[test]
    fn who_reads_while_it_is_released_and_written_again_gets_no_others_bytes() {
        let scratch = scratch();
        write(&scratch, 0..MIB);
        let offset = MIB / 2;
        let found = scratch.slots().find(offset).unwrap();
        scratch.release(&(0..MIB));
        write(&scratch, MIB..2 * MIB);
        let read = scratch.read_found(&mut [0; 8], offset, &found.expect("it was there"));
        assert_eq!(read.unwrap_err().to_string(), "it was released");
    }
}

//! Files that are read at offsets, by any number of readers at once, and that say so when they change meanwhile.
//!
//! A file that is still being spooled is one of them: reading it waits for its bytes. What they mean is left to others.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::SystemTime;

use super::growth::Growth;
use super::kept::Kept;
use crate::blob::Content;

/// An open file: one with the size that it had when it was opened, or one that is still growing.
///
/// Every byte of an archive comes through [`read_at`](Self::read_at), so a file that is still growing has one place
/// to wait in.
#[derive(Debug)]
pub(super) struct SourceFile {
    file: File,
    extent: Extent,
    kept: Kept,
}

/// How far a file goes.
#[derive(Debug)]
enum Extent {
    /// As far as when it was opened, or it has changed.
    Fixed(Stamp),
    /// As far as it has been written; nobody else can write to it.
    Growing(Arc<Growth>),
}

/// What must stay the same while a file is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    size: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

/// The bytes of one blob within a file.
#[derive(Clone, Debug)]
pub(super) struct Span {
    file: Arc<SourceFile>,
    start: u64,
    size: u64,
}

/// Reads a [`Span`] from some offset to its end.
struct SpanReader {
    span: Span,
    position: u64,
}

impl SourceFile {
    pub(super) fn new(file: File) -> io::Result<Self> {
        Ok(Self {
            extent: Extent::Fixed(Stamp::of(&file)?),
            kept: Kept::to_the_end(),
            file,
        })
    }

    /// A file that somebody still writes.
    pub(super) fn growing(file: File, growth: Arc<Growth>, kept: Kept) -> Self {
        let extent = Extent::Growing(growth);
        Self { file, extent, kept }
    }

    /// Size in bytes: when it was opened, or so far.
    pub(super) fn size(&self) -> u64 {
        match &self.extent {
            Extent::Fixed(stamp) => stamp.size,
            Extent::Growing(growth) => growth.written(),
        }
    }

    /// What must stay the same of a file that does not grow.
    pub(super) fn stamp(&self) -> Option<&Stamp> {
        match &self.extent {
            Extent::Fixed(stamp) => Some(stamp),
            Extent::Growing(_) => None,
        }
    }

    /// Waits until the file has `wanted` bytes, or as many as it will ever have; returns how many.
    pub(super) fn reach(&self, wanted: u64) -> io::Result<u64> {
        match &self.extent {
            Extent::Fixed(stamp) => Ok(stamp.size),
            Extent::Growing(growth) => growth.reach(wanted),
        }
    }

    /// Fills `buffer` from `offset` on as far as the file goes; returns how much of it.
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.reach(offset.saturating_add(buffer.len() as u64))?;
        let mut filled = 0;
        while filled < buffer.len() {
            match read_at(&self.file, &mut buffer[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.kept.check(&(offset..offset + filled as u64))?;
        Ok(filled)
    }

    fn check_unchanged(&self) -> io::Result<()> {
        match &self.extent {
            Extent::Fixed(stamp) if Stamp::of(&self.file)? != *stamp => Err(changed()),
            Extent::Fixed(_) | Extent::Growing(_) => Ok(()),
        }
    }
}

/// When nobody is left to read a file, nobody need write it; who has written enough already ends by itself.
impl Drop for SourceFile {
    fn drop(&mut self) {
        if let Extent::Growing(growth) = &self.extent {
            growth.stop();
        }
    }
}

/// The file is not the one that was looked at before.
pub(super) fn changed() -> io::Error {
    io::Error::other("it changed while it was read")
}

impl Stamp {
    fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Ok(Self {
            size: metadata.len(),
            modified: metadata.modified().ok(),
            inode,
        })
    }
}

impl Span {
    pub(super) fn new(file: Arc<SourceFile>, start: u64, size: u64) -> Self {
        Self { file, start, size }
    }

    /// In bytes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The whole file.
    pub(super) fn whole(file: SourceFile) -> Self {
        let size = file.size();
        Self::new(Arc::new(file), 0, size)
    }
}

impl Content for Span {
    fn open_at(&self, offset: u64) -> io::Result<Box<dyn Read + Send>> {
        if offset > self.size {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(Box::new(SpanReader {
            span: self.clone(),
            position: offset,
        }))
    }

    fn is_private(&self) -> bool {
        matches!(self.file.extent, Extent::Growing(_))
    }

    fn release(&self) {
        let SourceFile { file, kept, .. } = &*self.file;
        kept.release(file, &(self.start..self.start + self.size));
    }
}

impl Read for SpanReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Span { file, start, size } = &self.span;
        let left = usize::try_from(size - self.position).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        if wanted == 0 {
            return Ok(0);
        }
        let read = file.read_at(&mut buffer[..wanted], start + self.position)?;
        self.position += read as u64;
        // The last bytes are handed out only when everything before them is sure to be of the same file.
        if read < wanted || self.position == *size {
            file.check_unchanged()?;
        }
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(read)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

/// Moves the cursor as well, which matters to nobody here.
#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

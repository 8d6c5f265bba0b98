//! Files that are read at offsets, by any number of readers at once, and that say so when they change meanwhile.
//!
//! A file that is still being spooled is one of them: reading it waits for its bytes. What they mean is left to others.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::SystemTime;

use super::growth::Growth;
use super::scratch::Scratch;
use super::system::read_at;
use crate::blob::Content;

/// An open file: one with the size that it had when it was opened, or one that is still growing.
///
/// Every byte of an archive comes through [`read_at`](Self::read_at), so a file that is still growing has one place
/// to wait in.
#[derive(Debug)]
pub(super) struct SourceFile(Kind);

#[derive(Debug)]
enum Kind {
    /// It goes as far as when it was opened, or it has changed.
    Fixed { file: File, stamp: Stamp },
    /// It goes as far as it has been written; nobody else can write to it.
    Growing {
        scratch: Arc<Scratch>,
        growth: Arc<Growth>,
        /// The stream can be had again, so what is released can go.
        releases: bool,
    },
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
        let stamp = Stamp::of(&file)?;
        Ok(Self(Kind::Fixed { file, stamp }))
    }

    /// A file that somebody still writes; where it `releases`, nobody needs what has come where it should.
    pub(super) fn growing(scratch: Arc<Scratch>, growth: Arc<Growth>, releases: bool) -> Self {
        Self(Kind::Growing {
            scratch,
            growth,
            releases,
        })
    }

    /// Size in bytes: when it was opened, or so far.
    pub(super) fn size(&self) -> u64 {
        match &self.0 {
            Kind::Fixed { stamp, .. } => stamp.size,
            Kind::Growing { growth, .. } => growth.written(),
        }
    }

    /// What must stay the same of a file that does not grow.
    pub(super) fn stamp(&self) -> Option<&Stamp> {
        match &self.0 {
            Kind::Fixed { stamp, .. } => Some(stamp),
            Kind::Growing { .. } => None,
        }
    }

    /// Waits until the file has `wanted` bytes, or as many as it will ever have; returns how many.
    pub(super) fn reach(&self, wanted: u64) -> io::Result<u64> {
        match &self.0 {
            Kind::Fixed { stamp, .. } => Ok(stamp.size),
            Kind::Growing { growth, .. } => growth.reach(wanted),
        }
    }

    /// Fills `buffer` from `offset` on as far as the file goes; returns how much of it.
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.reach(offset.saturating_add(buffer.len() as u64))?;
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read_some(&mut buffer[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    fn read_some(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match &self.0 {
            Kind::Fixed { file, .. } => read_at(file, buffer, offset),
            Kind::Growing { scratch, .. } => scratch.read_at(buffer, offset),
        }
    }

    fn check_unchanged(&self) -> io::Result<()> {
        match &self.0 {
            Kind::Fixed { file, stamp } if Stamp::of(file)? != *stamp => Err(changed()),
            Kind::Fixed { .. } | Kind::Growing { .. } => Ok(()),
        }
    }
}

/// When nobody is left to read a file, nobody need write it; who has written enough already ends by itself.
impl Drop for SourceFile {
    fn drop(&mut self) {
        if let Kind::Growing { growth, .. } = &self.0 {
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
        matches!(self.file.0, Kind::Growing { .. })
    }

    fn release(&self) {
        if let Kind::Growing {
            scratch,
            releases: true,
            ..
        } = &self.file.0
        {
            scratch.release(&(self.start..self.start + self.size));
        }
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

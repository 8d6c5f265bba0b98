//! The members of a tar, one header after the other, with nothing of their data read; they may still be arriving.
//!
//! Whatever two readers of tar could disagree about is refused here, because one of them would then see another image
//! than the one that was checked (CVE-2025-62518). What the names mean is left to the index.

use std::io;

use super::file::SourceFile;
use super::pax::Extended;
use super::section::malformed;
use crate::Error;
use crate::blob::Place;

/// Walks the headers of a tar.
pub(super) struct Members<'a> {
    file: &'a SourceFile,
    place: &'a Place,
    next: u64,
    last: Option<String>,
    /// What was stepped over without a look whether it is there.
    unchecked: Option<Data>,
    ended: bool,
}

/// The data of a member.
struct Data {
    name: String,
    start: u64,
    size: u64,
}

/// One member of a tar.
#[derive(Debug)]
pub(super) struct Member {
    /// As it is written.
    pub(super) name: String,
    /// What it is.
    pub(super) kind: Kind,
    /// Where its data begin, in bytes from the beginning of the tar.
    pub(super) start: u64,
    /// The size of its data in bytes.
    pub(super) size: u64,
}

/// What a member is.
#[derive(Debug)]
pub(super) enum Kind {
    File,
    Directory,
    /// The target is relative to the directory of the link.
    SymbolicLink(String),
    /// The target is relative to the root of the tar.
    HardLink(String),
    /// The label of a volume, which holds nothing.
    Label,
}

impl Kind {
    /// Where a link leads.
    pub(super) fn target(&self) -> Option<&str> {
        match self {
            Self::SymbolicLink(target) | Self::HardLink(target) => Some(target),
            Self::File | Self::Directory | Self::Label => None,
        }
    }
}

impl<'a> Members<'a> {
    pub(super) fn new(file: &'a SourceFile, place: &'a Place) -> Self {
        Self {
            file,
            place,
            next: 0,
            last: None,
            unchecked: None,
            ended: false,
        }
    }

    /// The next member, when all data of the one before are there; none after the last.
    pub(super) fn next_member(&mut self) -> Result<Option<Member>, Error> {
        let mut extended = Extended::default();
        loop {
            let Some(header) = self.header()? else {
                return if extended.is_empty() {
                    Ok(None)
                } else {
                    Err(self.broken("an extended header is followed by nothing"))
                };
            };
            let size = self.size(&header)?;
            match header.entry_type().as_byte() {
                b'L' => extended.set_name(self.extension(size)?),
                b'K' => extended.set_target(self.extension(size)?),
                b'x' => extended.read(&self.extension(size)?),
                b'g' => Extended::check_global(&self.extension(size)?),
                _ => return self.member(&header, size, extended).map(Some),
            }
            .map_err(|problem| self.broken(&problem))?;
        }
    }

    /// Whether the mark was found that ends a tar which is not cut short.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    fn header(&mut self) -> Result<Option<tar::Header>, Error> {
        self.check_data()?;
        let mut header = tar::Header::new_old();
        let read = self
            .file
            .read_at(header.as_mut_bytes(), self.next)
            .map_err(|source| self.cannot_read(source))?;
        let bytes = header.as_bytes();
        if read == 0 {
            return Ok(None);
        }
        if read < bytes.len() {
            return Err(self.broken("the archive ends within it"));
        }
        if bytes.iter().all(|byte| *byte == 0) {
            self.ended = true;
            return Ok(None);
        }
        // The checksum counts its own eight bytes as spaces.
        let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
        let expected = sum(&bytes[..148]) + 8 * u32::from(b' ') + sum(&bytes[156..]);
        if header.cksum().ok() != Some(expected) {
            return Err(self.broken("its checksum is wrong"));
        }
        self.next += BLOCK;
        Ok(Some(header))
    }

    /// The size in the header itself, in bytes.
    fn size(&self, header: &tar::Header) -> Result<u64, Error> {
        let field = header.as_old().size;
        // Base 256 has twelve bytes, and a size that fits into eight of them has zeros in the others.
        let too_large = field[0] & 0x80 != 0 && (field[0] != 0x80 || field[1..4] != [0; 3]);
        match header.entry_size() {
            Ok(size) if !too_large => Ok(size),
            _ => Err(self.broken("its size is no number that a file can have")),
        }
    }

    /// The data of a header that describes the member after it.
    fn extension(&mut self, size: u64) -> Result<Vec<u8>, Error> {
        if size > EXTENSION_LIMIT {
            return Err(self.broken(&format!(
                "it is extended by {size} bytes, and at most {EXTENSION_LIMIT} can be right"
            )));
        }
        let start = self.next;
        self.skip(size, "an extended header")?;
        self.check_data()?;
        let mut bytes = vec![0; usize::try_from(size).expect("it is below the limit")];
        self.file
            .read_at(&mut bytes, start)
            .map_err(|source| self.cannot_read(source))?;
        Ok(bytes)
    }

    fn member(
        &mut self,
        header: &tar::Header,
        size: u64,
        extended: Extended,
    ) -> Result<Member, Error> {
        let whole_size = extended.size(size);
        let name = match extended.name {
            Some(name) => name,
            None => text(&header.path_bytes()),
        };
        let size = whole_size.map_err(|problem| self.refuse(&name, problem))?;
        let target = || match (extended.target, header.link_name_bytes()) {
            (Some(target), _) => target,
            (None, Some(target)) => text(&target),
            (None, None) => String::new(),
        };
        let kind = match header.entry_type().as_byte() {
            // Before POSIX, a name that ends in a slash was all that told a directory.
            b'0' | b'7' | 0 if name.ends_with('/') => Kind::Directory,
            b'0' | b'7' | 0 => Kind::File,
            b'1' => Kind::HardLink(target()),
            b'2' => Kind::SymbolicLink(target()),
            b'5' => Kind::Directory,
            b'V' => Kind::Label,
            other => return Err(self.refuse(&name, unfit(other))),
        };
        if size > 0 && !matches!(kind, Kind::File) {
            return Err(self.refuse(&name, "it has data and is no file"));
        }
        let start = self.next;
        self.skip(size, &name)?;
        self.last = Some(name.clone());
        Ok(Member {
            name,
            kind,
            start,
            size,
        })
    }

    /// Steps over the data of a member.
    fn skip(&mut self, size: u64, name: &str) -> Result<(), Error> {
        let start = self.next;
        let end = start.checked_add(size);
        let Some(next) = end.and_then(|end| end.checked_next_multiple_of(BLOCK)) else {
            return Err(self.refuse(
                name,
                cut_short(size, self.file.size().saturating_sub(start)),
            ));
        };
        self.next = next;
        self.unchecked = Some(Data {
            name: name.to_owned(),
            start,
            size,
        });
        Ok(())
    }

    /// Waits for the data that were stepped over, all of which must be there; the padding after them need not be.
    fn check_data(&mut self) -> Result<(), Error> {
        let Some(Data { name, start, size }) = self.unchecked.take() else {
            return Ok(());
        };
        let there = self
            .file
            .reach(start + size)
            .map_err(|source| self.cannot_read(source))?
            .saturating_sub(start);
        if there < size {
            return Err(self.refuse(&name, cut_short(size, there)));
        }
        Ok(())
    }

    fn refuse(&self, name: &str, problem: impl Into<String>) -> Error {
        malformed(&self.place.entry(name), problem)
    }

    fn broken(&self, problem: &str) -> Error {
        let after = match &self.last {
            Some(last) => format!("the tar header after `{last}`"),
            None => "the first tar header".to_owned(),
        };
        malformed(
            self.place,
            format!("{after} (near byte {}) is broken: {problem}", self.next),
        )
    }

    fn cannot_read(&self, source: io::Error) -> Error {
        Error::OpenSource {
            place: self.place.clone(),
            source,
        }
    }
}

fn cut_short(size: u64, there: u64) -> String {
    format!("it is cut short: {size} bytes expected, {there} found")
}

fn unfit(kind: u8) -> String {
    match kind {
        b'3' | b'4' => "it is a device, which no image archive has".to_owned(),
        b'6' => "it is a named pipe, which no image archive has".to_owned(),
        b'S' => SPARSE.to_owned(),
        b'M' => "it continues on another volume".to_owned(),
        other => format!(
            "its type `{}` is not known",
            char::from(other).escape_default()
        ),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What is said of sparse files, which are stored without their holes: the bytes in the archive are not the file's.
pub(super) const SPARSE: &str =
    "it is a sparse file, whose bytes are not all there; save the image again without --sparse";

/// Tars are made of blocks of so many bytes.
const BLOCK: u64 = 512;

/// The most that may describe one member, in bytes.
const EXTENSION_LIMIT: u64 = 1 << 20;

//! Compressed bytes read as what they decompress to, with bounds on what a bomb can make of them.
//!
//! Knows neither files nor images.

use std::io::{self, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use liblzma::bufread::XzDecoder;
use oci::{Algorithm, Digest, Hasher};

/// The compressions that archives come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstd,
    Xz,
}

/// Decompresses; counts and hashes what goes in.
pub(super) struct Decoder<R: Read> {
    stream: Stream<R>,
    given: u64,
}

enum Stream<R: Read> {
    Plain(BufReader<Metered<R>>),
    Gzip(MultiGzDecoder<BufReader<Metered<R>>>),
    Zstd(zstd::stream::read::Decoder<'static, BufReader<Metered<R>>>),
    Xz(XzDecoder<BufReader<Metered<R>>>),
}

/// Why bytes could not be decompressed.
#[derive(Debug)]
pub(super) enum Failure {
    /// They could not be read.
    Read(io::Error),
    /// They are not what they begin like.
    Corrupt(String),
}

/// What went into a decoder.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) size: u64,
    pub(super) digest: Digest,
}

/// Counts and hashes what is read, and remembers whether reading failed.
struct Metered<R> {
    inner: R,
    read: u64,
    hasher: Option<Hasher>,
    failed: bool,
}

impl Packing {
    /// The compression that bytes begin like.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            // A skippable frame, which pzstd and the chunked variants begin with.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            _ => None,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
        }
    }
}

impl<R: Read> Decoder<R> {
    /// Reads `inner` decompressed; without a packing, as it is.
    pub(super) fn new(inner: R, packing: Option<Packing>) -> Result<Self, Failure> {
        Self::with(inner, packing, None)
    }

    /// The same, and hashes the compressed bytes.
    pub(super) fn hashing(inner: R, packing: Option<Packing>) -> Result<Self, Failure> {
        Self::with(inner, packing, Some(Hasher::new(Algorithm::Sha256)))
    }

    fn with(inner: R, packing: Option<Packing>, hasher: Option<Hasher>) -> Result<Self, Failure> {
        let metered = Metered {
            inner,
            read: 0,
            hasher,
            failed: false,
        };
        let reader = BufReader::with_capacity(BUFFER, metered);
        let stream = match packing {
            None => Stream::Plain(reader),
            Some(Packing::Gzip) => Stream::Gzip(MultiGzDecoder::new(reader)),
            Some(Packing::Zstd) => {
                let decoder = zstd::stream::read::Decoder::with_buffer(reader);
                Stream::Zstd(
                    decoder
                        .and_then(|mut decoder| {
                            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                            Ok(decoder)
                        })
                        .map_err(Failure::Read)?,
                )
            }
            Some(Packing::Xz) => {
                let flags = liblzma::stream::CONCATENATED;
                let stream = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, flags)
                    .map_err(|error| Failure::Read(error.into()))?;
                Stream::Xz(XzDecoder::new_stream(reader, stream))
            }
        };
        Ok(Self { stream, given: 0 })
    }

    /// The next decompressed bytes; 0 at the end.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let read = match &mut self.stream {
            Stream::Plain(reader) => reader.read(buffer),
            Stream::Gzip(decoder) => decoder.read(buffer),
            Stream::Zstd(decoder) => decoder.read(buffer),
            Stream::Xz(decoder) => decoder.read(buffer),
        };
        match read {
            Ok(read) => self.count(read),
            Err(error) if self.metered().failed => Err(Failure::Read(error)),
            Err(error) => Err(Failure::Corrupt(self.explain(&error))),
        }
    }

    /// How many bytes have been taken in.
    pub(super) fn taken(&self) -> u64 {
        self.metered().read
    }

    /// What went in, once everything has come out.
    pub(super) fn finish(self) -> Taken {
        let metered = match self.stream {
            Stream::Plain(reader) => reader.into_inner(),
            Stream::Gzip(decoder) => decoder.into_inner().into_inner(),
            Stream::Zstd(decoder) => decoder.finish().into_inner(),
            Stream::Xz(decoder) => decoder.into_inner().into_inner(),
        };
        let hasher = metered.hasher;
        Taken {
            size: metered.read,
            digest: hasher
                .unwrap_or_else(|| Hasher::new(Algorithm::Sha256))
                .finish(),
        }
    }

    fn metered(&self) -> &Metered<R> {
        match &self.stream {
            Stream::Plain(reader) => reader.get_ref(),
            Stream::Gzip(decoder) => decoder.get_ref().get_ref(),
            Stream::Zstd(decoder) => decoder.get_ref().get_ref(),
            Stream::Xz(decoder) => decoder.get_ref().get_ref(),
        }
    }

    fn count(&mut self, read: usize) -> Result<usize, Failure> {
        self.given += read as u64;
        if self.given > FREE && self.given / RATIO > self.taken() {
            return Err(Failure::Corrupt(format!(
                "{} compressed bytes became {} and would become more; that is a bomb and no image",
                self.taken(),
                self.given
            )));
        }
        Ok(read)
    }

    fn explain(&self, error: &io::Error) -> String {
        let format = match &self.stream {
            Stream::Plain(_) => "stream",
            Stream::Gzip(_) => "gzip stream",
            Stream::Zstd(_) => "zstd stream",
            Stream::Xz(_) => "xz stream",
        };
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return format!("its {format} is cut short after {} bytes", self.taken());
        }
        format!("its {format} is corrupt: {error}")
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.inner.read(buffer) {
                Ok(read) => {
                    self.read += read as u64;
                    if let Some(hasher) = &mut self.hasher {
                        hasher.update(&buffer[..read]);
                    }
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = true;
                    return Err(error);
                }
            }
        }
    }
}

const BUFFER: usize = 128 << 10;

/// So much may come out of any few bytes: no more harm than an honest layer of that size.
const FREE: u64 = 1 << 30;

/// Beyond [`FREE`], so many bytes may come out of one: zeros reach 1030 with gzip, images 3.
const RATIO: u64 = 1000;

/// 128 MiB of window, what `zstd -22` writes; `--long` beyond that is refused, as the zstd tool does too.
const ZSTD_WINDOW_LOG: u32 = 27;

/// `xz -9` needs 65 MiB.
const XZ_MEMORY: u64 = 256 << 20;

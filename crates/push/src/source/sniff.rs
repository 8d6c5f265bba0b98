//! What a file seems to be, by its first bytes.

use super::decode::Packing;

/// What a file begins like.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seems {
    Tar,
    Packed(Packing),
    /// In words, with what to do about it where there is something.
    Other(String),
}

impl Seems {
    /// Looks at the first [`HEAD`] bytes, or at all of them where there are fewer.
    pub(super) fn of(head: &[u8]) -> Self {
        if let Some(packing) = Packing::of(head) {
            return Self::Packed(packing);
        }
        if head.get(257..262) == Some(b"ustar") || is_old_tar(head) {
            return Self::Tar;
        }
        Self::Other(other(head).to_owned())
    }
}

fn other(head: &[u8]) -> &'static str {
    let text = head.trim_ascii_start().to_ascii_lowercase();
    match head {
        [] => return "it is empty",
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => {
            return "it is compressed with bzip2; gzip, zstd and xz are understood";
        }
        [b'P', b'K', 3, 4, ..] => return "it is a zip archive",
        [0x7f, b'E', b'L', b'F', ..] => return "it is a program",
        _ => {}
    }
    if text.starts_with(b"<!doctype") || text.starts_with(b"<html") {
        "it is an HTML page; the download it comes from has failed"
    } else if text.starts_with(b"version https://git-lfs") {
        "it is a Git LFS pointer; `git lfs pull` gets the file itself"
    } else if text.starts_with(b"{") || text.starts_with(b"[") {
        "it is JSON text"
    } else if head.iter().all(|byte| *byte == 0) {
        "it holds nothing but zeros"
    } else if head.len() < HEAD {
        "it is shorter than any tar"
    } else {
        "it is no tar, and no gzip, zstd or xz of one"
    }
}

/// Before POSIX a tar had no magic number; its checksum is what it can be known by.
fn is_old_tar(head: &[u8]) -> bool {
    let Some(head) = head.get(..HEAD) else {
        return false;
    };
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    let expected = sum(&head[..148]) + 8 * u32::from(b' ') + sum(&head[156..]);
    tar::Header::from_byte_slice(head).cksum().ok() == Some(expected)
}

/// How many bytes are looked at.
pub(super) const HEAD: usize = 512;

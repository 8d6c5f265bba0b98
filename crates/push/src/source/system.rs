//! What the system says of a path and of standard input, and does to files, where systems differ.

use std::fs::{File, Metadata};
use std::path::Path;

/// Whether bytes come out of it as from a file, only once and in order.
#[cfg(unix)]
pub(super) fn is_pipe(metadata: &Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type())
}

#[cfg(not(unix))]
pub(super) fn is_pipe(_: &Metadata) -> bool {
    false
}

/// Standard input, where a whole file was redirected to it, which needs no copy.
#[cfg(unix)]
pub(super) fn file_on_standard_input() -> Option<File> {
    use std::io::Seek;
    use std::os::fd::AsFd;

    let mut file = File::from(std::io::stdin().as_fd().try_clone_to_owned().ok()?);
    let whole = file.metadata().ok()?.is_file() && file.stream_position().ok()? == 0;
    whole.then_some(file)
}

#[cfg(not(unix))]
pub(super) fn file_on_standard_input() -> Option<File> {
    None
}

/// Bytes that may still be written below a directory, where the system says so.
#[cfg(unix)]
pub(super) fn free_space(directory: &Path) -> Option<u64> {
    let space = rustix::fs::statvfs(directory).ok()?;
    space.f_bavail.checked_mul(space.f_frsize)
}

#[cfg(not(unix))]
pub(super) fn free_space(_: &Path) -> Option<u64> {
    None
}

/// Writes to a file at an offset; some of it, as systems do.
#[cfg(unix)]
pub(super) fn write_at(file: &File, bytes: &[u8], offset: u64) -> std::io::Result<usize> {
    std::os::unix::fs::FileExt::write_at(file, bytes, offset)
}

#[cfg(windows)]
pub(super) fn write_at(file: &File, bytes: &[u8], offset: u64) -> std::io::Result<usize> {
    std::os::windows::fs::FileExt::seek_write(file, bytes, offset)
}

/// Reads some bytes of a file from an offset on.
#[cfg(unix)]
pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

/// Moves the cursor as well, which matters to nobody here.
#[cfg(windows)]
pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

/// What a directory without `oci-layout` seems to be.
pub(super) fn what_directory(path: &Path) -> std::io::Result<&'static str> {
    let has = |name: &str| path.join(name).exists();
    Ok(if path.read_dir()?.next().is_none() {
        "it is an empty directory"
    } else if has("manifest.json") {
        "it is a docker archive that was unpacked; tar it again, or push the archive itself"
    } else if has("index.json") {
        "it is a directory with `index.json` and without `oci-layout`"
    } else {
        "it is a directory without `oci-layout`"
    })
}

//! The file of `--digest-file`: the bare digest, written whole on success only.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use oci::Digest;
use tempfile::NamedTempFile;

/// The place for the digest, where it appears whole or not at all.
///
/// It is found before the push, so that one that cannot be written is known before anything is sent.
#[derive(Debug)]
pub(super) enum DigestFile {
    /// A file, which is replaced in one step.
    Replaced {
        /// Where it comes to be; no link.
        path: PathBuf,
        /// What it is until then, beside that place.
        temporary: NamedTempFile,
    },
    /// A pipe or a device, which is written to: to replace it would take it from everybody else.
    WrittenTo(File),
}

impl DigestFile {
    /// Begins a file beside its final place, or opens what is there and is no file.
    ///
    /// # Errors
    /// Whatever the system says.
    pub(super) fn begin(path: &Path) -> io::Result<Self> {
        let path = match path.metadata() {
            Ok(there) if !there.is_file() => {
                return File::options().write(true).open(path).map(Self::WrittenTo);
            }
            // A link stays what it is.
            Ok(_) => path.canonicalize()?,
            Err(_) => path.to_owned(),
        };
        let directory = path.parent().filter(|parent| *parent != Path::new(""));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".digest-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // A temporary file is for its owner alone; this one is what the user would have created.
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let temporary = builder.tempfile_in(directory.unwrap_or(Path::new(".")))?;
        Ok(Self::Replaced { path, temporary })
    }

    /// Puts the bare digest there, without a line break.
    ///
    /// # Errors
    /// Whatever the system says.
    pub(super) fn finish(self, digest: &Digest) -> io::Result<()> {
        match self {
            Self::WrittenTo(mut file) => write!(file, "{digest}"),
            Self::Replaced {
                path,
                mut temporary,
            } => {
                write!(temporary, "{digest}")?;
                temporary.as_file().sync_all()?;
                temporary.persist(path)?;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_file_appears_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("digest");
        std::fs::write(&path, "before").unwrap();
        drop(DigestFile::begin(&path).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1);
        let file = DigestFile::begin(&path).unwrap();
        file.finish(&Digest::of(b"")).unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn a_digest_file_in_no_directory_is_known_at_once() {
        let directory = tempfile::tempdir().unwrap();
        assert!(DigestFile::begin(&directory.path().join("none/digest")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_written_to_and_never_replaced() {
        use std::io::Read;
        use std::os::unix::fs::FileTypeExt;

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipe");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        let kind = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, &path, kind, mode, 0).unwrap();
        let mut pipe = File::options().read(true).write(true).open(&path).unwrap();
        let digest = Digest::of(b"").to_string();
        let file = DigestFile::begin(&path).unwrap();
        file.finish(&Digest::of(b"")).unwrap();
        assert!(path.metadata().unwrap().file_type().is_fifo());
        let mut written = vec![0; digest.len()];
        pipe.read_exact(&mut written).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), digest);
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_its_file_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let (path, link) = (
            directory.path().join("digest"),
            directory.path().join("link"),
        );
        std::fs::write(&path, "before").unwrap();
        std::os::unix::fs::symlink("digest", &link).unwrap();
        let file = DigestFile::begin(&link).unwrap();
        file.finish(&Digest::of(b"")).unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            Digest::of(b"").to_string()
        );
    }
}

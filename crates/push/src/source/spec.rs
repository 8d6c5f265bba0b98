//! SOURCE as it is written: a path, `-`, a prefixed form, or the name of an image in the local Docker daemon.

use std::fmt;
use std::path::PathBuf;

/// Which source is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceSpec {
    /// A file or directory whose format is found by looking.
    Path(PathBuf),
    /// An archive on standard input.
    StandardInput,
    /// `docker-archive:PATH[:REF]`.
    DockerArchive {
        /// The file.
        path: PathBuf,
        /// Which image of it.
        image: Option<String>,
    },
    /// `oci:PATH[:REF]`.
    OciLayout {
        /// The directory.
        path: PathBuf,
        /// Which image of it.
        image: Option<String>,
    },
    /// `oci-archive:PATH[:REF]`.
    OciArchive {
        /// The file.
        path: PathBuf,
        /// Which image of it.
        image: Option<String>,
    },
    /// `docker-daemon:NAME`, or a name that is no file.
    DockerDaemon(String),
}

impl SourceSpec {
    /// Finds out which source some text means, by its form and by what exists in the file system.
    #[must_use]
    pub fn read(text: &str) -> Self {
        Self::DockerDaemon(text.to_owned())
    }

    /// Which image of an archive the text itself names, as `docker-archive:PATH:REF` does.
    #[must_use]
    pub fn image(&self) -> Option<&str> {
        match self {
            Self::DockerArchive { image, .. }
            | Self::OciLayout { image, .. }
            | Self::OciArchive { image, .. } => image.as_deref(),
            Self::Path(_) | Self::StandardInput | Self::DockerDaemon(_) => None,
        }
    }
}

impl fmt::Display for SourceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path)
            | Self::DockerArchive { path, .. }
            | Self::OciLayout { path, .. }
            | Self::OciArchive { path, .. } => write!(f, "{}", path.display()),
            Self::StandardInput => f.write_str("standard input"),
            Self::DockerDaemon(name) => f.write_str(name),
        }
    }
}

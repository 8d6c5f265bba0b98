//! SOURCE as it is written: a path, `-`, a prefixed form, or the name of an image in the local Docker daemon.

use std::fmt;
use std::path::{Path, PathBuf};

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
        if text == "-" {
            return Self::StandardInput;
        }
        if let Some(spec) = Self::prefixed(text) {
            return spec;
        }
        let path = Path::new(text);
        let is_source =
            path.is_dir() && path.join("oci-layout").exists() || !path.is_dir() && path.exists();
        if looks_like_path(text) || is_source {
            Self::Path(path.to_owned())
        } else {
            Self::DockerDaemon(text.to_owned())
        }
    }

    /// The forms of containers-transports(5).
    fn prefixed(text: &str) -> Option<Self> {
        let (transport, rest) = text.split_once(':')?;
        let (path, image) = match rest.split_once(':') {
            Some((path, image)) => (path, Some(image.to_owned()).filter(|i| !i.is_empty())),
            None => (rest, None),
        };
        let path = PathBuf::from(path);
        match transport {
            "docker-archive" => Some(Self::DockerArchive { path, image }),
            "oci" => Some(Self::OciLayout { path, image }),
            "oci-archive" => Some(Self::OciArchive { path, image }),
            "docker-daemon" => Some(Self::DockerDaemon(rest.to_owned())),
            _ => None,
        }
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

    /// What an image of the Docker daemon would be called over which this file wins; none where only a file can be
    /// meant.
    #[must_use]
    pub fn rival(&self) -> Option<&str> {
        match self {
            Self::Path(path) => path.to_str().filter(|text| !looks_like_path(text)),
            _ => None,
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

/// Whether text means a path even where there is nothing of that name.
fn looks_like_path(text: &str) -> bool {
    const BEGINNINGS: [&str; 3] = ["/", "./", "../"];
    const ENDINGS: [&str; 5] = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz"];
    let begins = BEGINNINGS.iter().any(|start| text.starts_with(start));
    let ends = ENDINGS.iter().any(|end| text.ends_with(end));
    begins || ends || matches!(text, "." | "..")
}

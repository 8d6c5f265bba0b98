//! Opening a source: which format it has, by what was asked for and by looking.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use super::arrivals::Arrivals;
use super::directory::Directory;
use super::file::{SourceFile, Span};
use super::lookout::Lookout;
use super::section::{Files, Section, malformed};
use super::sniff::{HEAD, Seems};
use super::spool::{Spool, Spooling};
use super::system::{file_on_standard_input, is_pipe, what_directory};
use super::tar_index::TarIndex;
use super::{Contents, Format, Listing, SourceSpec, daemon, docker_archive, oci_layout};
use crate::blob::Place;
use crate::{Environment, Error, Events};

/// One source while it is opened.
pub(super) struct Opening {
    place: Place,
    environment: Environment,
    events: Events,
    spool: Spool,
    arrivals: Arrivals,
}

impl Opening {
    pub(super) fn new(
        name: &str,
        environment: &Environment,
        events: &Events,
        arrivals: Arrivals,
    ) -> Self {
        Self {
            place: Place::source(name),
            environment: environment.clone(),
            events: events.clone(),
            spool: Spool::new(environment, events),
            arrivals,
        }
    }

    pub(super) fn source(self, spec: &SourceSpec) -> Result<Contents, Error> {
        match spec {
            SourceSpec::Path(path) => self.path(path, None),
            SourceSpec::DockerArchive { path, .. } => self.path(path, Some(Format::DockerArchive)),
            SourceSpec::OciLayout { path, .. } => self.path(path, Some(Format::OciLayout)),
            SourceSpec::OciArchive { path, .. } => self.path(path, Some(Format::OciArchive)),
            SourceSpec::StandardInput => match file_on_standard_input() {
                Some(file) => self.file(file, None),
                None => self.stream(io::stdin(), None),
            },
            SourceSpec::DockerDaemon(name) => {
                daemon::open(name, &self.environment, &self.events, self.arrivals)
            }
        }
    }

    /// An archive that cannot be read at offsets: it is copied, decompressed meanwhile, and read as it comes.
    pub(super) fn stream(
        &self,
        reader: impl Read + Send + 'static,
        wanted: Option<Format>,
    ) -> Result<Contents, Error> {
        self.arrivals.tell_of_stream();
        let spool = self.spool.clone().with_room_for(self.arrivals.size())?;
        let spooling = spool.start(reader, &self.place, &self.arrivals)?;
        let mut lookout = Lookout::new(&self.arrivals);
        let index = self
            .index(&spooling.file, |section| lookout.look(section))
            .map_err(|error| self.explain(error, &spooling))?;
        let growth = self.arrivals.growth();
        if index.ended() && self.arrivals.ends_with_mark() {
            growth.suffice();
        }
        if !growth.complete()? {
            return Err(self.cannot_read(io::Error::other("the reading was stopped")));
        }
        self.tar(&index, wanted)
    }

    /// Why a stream could not be read: what is found in it may only be the consequence.
    fn explain(&self, error: Error, spooling: &Spooling) -> Error {
        let growth = self.arrivals.growth();
        // Damage to what is compressed is often seen in the tar before the decompression notices.
        if !spooling.is_packed() {
            growth.stop();
        }
        growth.complete().err().unwrap_or(error)
    }

    fn path(&self, path: &Path, wanted: Option<Format>) -> Result<Contents, Error> {
        let metadata = path.metadata().map_err(|source| self.cannot_read(source))?;
        if metadata.is_dir() {
            return self.directory(path, wanted);
        }
        if wanted == Some(Format::OciLayout) {
            return Err(
                self.unknown("it is a file; `oci:` is for directories, `oci-archive:` for files")
            );
        }
        if !metadata.is_file() && !is_pipe(&metadata) {
            return Err(self.unknown("it is neither a file nor a directory nor a pipe"));
        }
        let file = File::open(path).map_err(|source| self.cannot_read(source))?;
        if metadata.is_file() {
            self.file(file, wanted)
        } else {
            self.stream(file, wanted)
        }
    }

    fn directory(&self, path: &Path, wanted: Option<Format>) -> Result<Contents, Error> {
        if let Some(Format::DockerArchive | Format::OciArchive) = wanted {
            return Err(self.unknown("it is a directory, and a file was asked for"));
        }
        if !path.join(oci_layout::MARKER).exists() {
            return Err(
                self.unknown(what_directory(path).map_err(|source| self.cannot_read(source))?)
            );
        }
        self.layout(&Directory::new(path, self.place.clone()), Format::OciLayout)
    }

    fn file(&self, file: File, wanted: Option<Format>) -> Result<Contents, Error> {
        let file = self.source_file(file)?;
        let mut head = [0; HEAD];
        let read = file
            .read_at(&mut head, 0)
            .map_err(|source| self.cannot_read(source))?;
        match Seems::of(&head[..read]) {
            Seems::Tar => self.tar(&self.index(&Arc::new(file), |_| Ok(()))?, wanted),
            Seems::Packed(_) => {
                let whole = Section::of_span(self.place.clone(), Span::whole(file));
                self.stream(whole.open()?, wanted)
            }
            Seems::Other(found) => Err(self.unknown(found)),
        }
    }

    /// The index of a tar, where it is one.
    fn index(
        &self,
        file: &Arc<SourceFile>,
        look: impl FnMut(&Section) -> Result<(), Error>,
    ) -> Result<TarIndex, Error> {
        let mut head = [0; HEAD];
        let read = file
            .read_at(&mut head, 0)
            .map_err(|source| self.cannot_read(source))?;
        match Seems::of(&head[..read]) {
            Seems::Tar => TarIndex::read(Arc::clone(file), self.place.clone(), look),
            Seems::Packed(inner) => Err(self.unknown(format!(
                "what it holds is compressed again, with {}",
                inner.as_str()
            ))),
            Seems::Other(found) => Err(self.unknown(format!("decompressed, {found}"))),
        }
    }

    fn tar(&self, index: &TarIndex, wanted: Option<Format>) -> Result<Contents, Error> {
        let layout = index.holds(oci_layout::MARKER) && index.holds(oci_layout::INDEX);
        let manifest = index.holds(docker_archive::MANIFEST);
        match wanted {
            Some(Format::DockerArchive) if manifest => self.docker_archive(index),
            Some(Format::OciArchive) if layout => self.layout(index, Format::OciArchive),
            None if layout && manifest => self.both(index),
            None if layout => self.layout(index, Format::OciArchive),
            None if manifest => self.docker_archive(index),
            _ => Err(self.neither(index)),
        }
    }

    fn docker_archive(&self, files: &dyn Files) -> Result<Contents, Error> {
        Ok(self.contents(Format::DockerArchive, docker_archive::read(files)?))
    }

    fn layout(&self, files: &dyn Files, format: Format) -> Result<Contents, Error> {
        let layout = oci_layout::read(files)?;
        if let Some(missing) = layout.missing.first() {
            return Err(malformed(&self.place, missing.explain()));
        }
        let oci_layout::Layout { images, notes, .. } = layout;
        Ok(self.contents(format, Listing { images, notes }))
    }

    /// Docker 25 and later write both an OCI layout and a `manifest.json`; only the layout has manifests to push.
    fn both(&self, files: &dyn Files) -> Result<Contents, Error> {
        let layout = oci_layout::read(files)?;
        if layout.is_complete() {
            let oci_layout::Layout { images, notes, .. } = layout;
            return Ok(self.contents(Format::OciArchive, Listing { images, notes }));
        }
        let mut contents = self.docker_archive(files)?;
        contents.notes.push(
            "`index.json` names blobs that the archive does not have; it is read by its `manifest.json`".to_owned(),
        );
        Ok(contents)
    }

    fn contents(&self, format: Format, found: Listing) -> Contents {
        Contents {
            place: self.place.clone(),
            format,
            images: found.images,
            notes: found.notes,
        }
    }

    /// Why a tar is no image.
    fn neither(&self, index: &TarIndex) -> Error {
        if !index.ended() {
            let problem =
                "it ends without a mark and without a list of its images: it is cut short";
            return malformed(&self.place, problem);
        }
        let has = |name| index.holds(name);
        self.unknown(match () {
            () if index.is_empty() => "it is an empty tar",
            () if has(oci_layout::INDEX) && has(oci_layout::MARKER) => {
                "it is an OCI layout without `manifest.json`; `oci-archive:` reads it"
            }
            () if has(docker_archive::MANIFEST) => {
                "it is a docker archive without `oci-layout` and `index.json`; `docker-archive:` reads it"
            }
            () if has(oci_layout::INDEX) => "it is a tar with `index.json` and without `oci-layout`",
            () if has(oci_layout::MARKER) => "it is a tar with `oci-layout` and without `index.json`",
            () if has("repositories") => "it is a docker archive without `manifest.json`, from before Docker 1.10",
            () if has("etc") || has("usr") || has("bin") => {
                "it is a tar of a file system, as `docker export` writes it; `docker save` writes images"
            }
            () => "it is a tar without `manifest.json` and without `oci-layout` and `index.json`",
        })
    }

    fn source_file(&self, file: File) -> Result<SourceFile, Error> {
        SourceFile::new(file).map_err(|source| self.cannot_read(source))
    }

    fn unknown(&self, found: impl Into<String>) -> Error {
        Error::UnknownFormat {
            place: self.place.clone(),
            found: found.into(),
        }
    }

    fn cannot_read(&self, source: io::Error) -> Error {
        Error::OpenSource {
            place: self.place.clone(),
            source,
        }
    }
}

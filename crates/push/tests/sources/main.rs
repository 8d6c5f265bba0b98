//! What sources make of files: of archives by real tools, of shapes made in code, and of what is wrong.

mod arriving;
mod bad_docker_archive;
mod bad_file;
mod bad_layout;
mod bad_tar;
mod packed;
mod reading;
mod real;
mod shapes;
mod spec;
mod streamed;
mod truncated;
mod validation;

#[path = "../../../../tests/support/archive/mod.rs"]
mod archive;

use std::error::Error as _;
use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};

use oci::{Digest, Hasher};
use push::blob::Blob;
use push::image::{Found, Image, Node};
use push::source::{Contents, SourceSpec};
use push::validate::validate;
use push::{Environment, Error, Events};

/// Opens what lies at a path, whatever it is.
fn open(path: &Path) -> Result<Contents, Error> {
    open_as(&SourceSpec::Path(path.to_owned()))
}

fn open_as(spec: &SourceSpec) -> Result<Contents, Error> {
    push::source::open(spec, &environment(), &Events::ignored())
}

/// Opens an archive that is a file.
fn open_bytes(bytes: &[u8]) -> Result<Contents, Error> {
    open(&Scratch::new(bytes).path)
}

fn environment() -> Environment {
    Environment {
        tmpdir: Some(PathBuf::from(env!("CARGO_TARGET_TMPDIR"))),
        docker_host: Some("unix:///nowhere/docker.sock".to_owned()),
        ..Environment::default()
    }
}

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../testdata")
        .join(name)
}

/// A file `image.tar` in a directory that goes with it.
struct Scratch {
    path: PathBuf,
    _directory: tempfile::TempDir,
}

impl Scratch {
    fn new(bytes: &[u8]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let path = directory.path().join("image.tar");
        std::fs::write(&path, bytes).expect("a temporary file can be written");
        Self {
            path,
            _directory: directory,
        }
    }
}

/// What stands in the way of pushing what a file holds: the error with its causes.
#[track_caller]
fn refusal(bytes: &[u8]) -> String {
    let scratch = Scratch::new(bytes);
    refusal_at(&scratch.path)
}

#[track_caller]
fn refusal_at(path: &Path) -> String {
    match open(path).and_then(|contents| check(&contents)) {
        Ok(()) => panic!("nothing was found wrong"),
        Err(error) => chain(&error).replace(&path.display().to_string(), "image.tar"),
    }
}

/// All that is checked of a source until its last byte is sent.
fn check(contents: &Contents) -> Result<(), Error> {
    contents.images.iter().try_for_each(validate)?;
    blobs(contents).iter().try_for_each(|blob| {
        let actual = digest_of(blob).map_err(|source| Error::OpenSource {
            place: blob.place.clone(),
            source,
        })?;
        if actual == blob.descriptor.digest {
            return Ok(());
        }
        Err(Error::DigestMismatch {
            place: blob.place.clone(),
            promise: blob.promise,
            expected: blob.descriptor.digest.clone(),
            actual,
        })
    })
}

fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(text, "\n  caused by: {error}").expect("a string can be written to");
        cause = error.source();
    }
    text
}

fn digest_of(blob: &Blob) -> std::io::Result<Digest> {
    let mut hasher = Hasher::new(blob.descriptor.digest.algorithm());
    let bytes = read_from(blob, 0)?;
    assert_eq!(bytes.len() as u64, blob.descriptor.size, "{:?}", blob.place);
    hasher.update(&bytes);
    Ok(hasher.finish())
}

fn read_from(blob: &Blob, offset: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    blob.open_at(offset)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Every blob of a source.
fn blobs(contents: &Contents) -> Vec<&Blob> {
    let mut blobs = Vec::new();
    for image in &contents.images {
        collect(&image.root, &mut blobs);
    }
    blobs
}

fn collect<'a>(node: &'a Node, blobs: &mut Vec<&'a Blob>) {
    match node {
        Node::Manifest(manifest) => {
            blobs.push(&manifest.config);
            blobs.extend(&manifest.layers);
        }
        Node::Index(index) => {
            for child in &index.children {
                if let Found::Whole(node) = &child.found {
                    collect(node, blobs);
                }
            }
        }
    }
}

/// A source as text: its images with names, manifests, platforms and blobs; every byte has been read and checked.
#[track_caller]
fn summary(contents: &Contents) -> String {
    if let Err(error) = check(contents) {
        panic!("{}", chain(&error));
    }
    let mut text = format!("{:?}\n", contents.format);
    for Image { names, root, .. } in &contents.images {
        let names: Vec<&str> = names.iter().map(|name| &*name.written).collect();
        writeln!(text, "image [{}]", names.join(", ")).expect("a string can be written to");
        describe(root, 1, &mut text);
    }
    for note in &contents.notes {
        writeln!(text, "note: {note}").expect("a string can be written to");
    }
    text
}

fn describe(node: &Node, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    let mut line = |words: String| {
        writeln!(text, "{indent}{words}").expect("a string can be written to");
    };
    match node {
        Node::Manifest(manifest) => {
            let platform = node.platform().map_or("-".to_owned(), ToString::to_string);
            match &manifest.document {
                Some(document) => line(format!("manifest {} {platform}", document.digest())),
                None => line(format!("no manifest {platform}")),
            }
            line(format!("  config {}", in_words(&manifest.config)));
            for layer in &manifest.layers {
                line(format!("  layer {}", in_words(layer)));
            }
        }
        Node::Index(index) => {
            line(format!("index {}", index.document.digest()));
            for child in &index.children {
                match &child.found {
                    Found::Whole(node) => describe(node, depth + 1, text),
                    Found::Partial { missing } => {
                        let missing: Vec<&str> =
                            missing.iter().map(|it| it.digest.short()).collect();
                        writeln!(text, "{indent}  partial, lacks {}", missing.join(", "))
                            .expect("a string can be written to");
                    }
                }
            }
        }
    }
}

fn in_words(blob: &Blob) -> String {
    let descriptor = &blob.descriptor;
    let media_type = descriptor.media_type.as_str();
    let media_type = media_type
        .rsplit_once("vnd.")
        .map_or(media_type, |(_, it)| it);
    let (digest, size) = (descriptor.digest.short(), descriptor.size);
    format!("{digest} {size} {media_type}, says {}", blob.promise)
}

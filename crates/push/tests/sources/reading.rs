//! Blobs read at offsets, by many at once, and while their files change.

use std::fs::File;
use std::io::Write;

use push::source::Contents;

use crate::archive::{Image, Layout, docker_archive};
use crate::{Scratch, blobs, digest_of, open, read_from, testdata};

#[test]
fn a_blob_opens_at_any_offset_again_and_again() {
    let contents = open(&testdata("docker20-hello.tar")).unwrap();
    for blob in blobs(&contents) {
        let whole = read_from(blob, 0).unwrap();
        for offset in [0, 1, 511, 512, 513, whole.len() - 1, whole.len()] {
            assert_eq!(read_from(blob, offset as u64).unwrap(), whole[offset..]);
        }
        assert!(blob.open_at(whole.len() as u64 + 1).is_err());
    }
}

#[test]
fn many_readers_do_not_disturb_each_other() {
    let contents = open(&testdata("docker20-multi.tar")).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for blob in blobs(&contents) {
                    assert_eq!(digest_of(blob).unwrap(), blob.descriptor.digest);
                }
            });
        }
    });
}

#[test]
fn an_uncompressed_archive_is_not_copied() {
    let environment = push::Environment {
        tmpdir: Some("/no/such/directory".into()),
        ..push::Environment::default()
    };
    let spec = push::source::SourceSpec::Path(testdata("docker28-hello.tar"));
    let events = push::Events::new(|event| panic!("{event:?}"));
    push::source::open(&spec, &environment, &events).unwrap();
}

/// What reading every blob says first.
fn first_error(contents: &Contents) -> String {
    let errors = blobs(contents).into_iter().map(digest_of);
    let mut errors = errors.filter_map(Result::err);
    errors.next().expect("a blob cannot be read").to_string()
}

fn archive() -> Scratch {
    Scratch::new(&docker_archive(&Image::new(&["one"]), &["app:1"]).finish())
}

#[test]
fn an_archive_that_grows_has_changed() {
    let scratch = archive();
    let contents = open(&scratch.path).unwrap();
    let mut file = File::options().append(true).open(&scratch.path).unwrap();
    file.write_all(&[0; 512]).unwrap();
    assert_eq!(first_error(&contents), "it changed while it was read");
}

#[test]
fn an_archive_that_is_cut_has_changed() {
    let scratch = archive();
    let contents = open(&scratch.path).unwrap();
    let file = File::options().write(true).open(&scratch.path).unwrap();
    file.set_len(600).unwrap();
    assert_eq!(first_error(&contents), "it changed while it was read");
}

#[test]
fn an_archive_that_is_written_again_has_changed() {
    let scratch = archive();
    let contents = open(&scratch.path).unwrap();
    let file = File::options().write(true).open(&scratch.path).unwrap();
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(1);
    file.set_modified(later).unwrap();
    assert_eq!(first_error(&contents), "it changed while it was read");
}

#[test]
fn a_change_after_a_blob_was_opened_is_noticed_before_its_end() {
    let scratch = archive();
    let contents = open(&scratch.path).unwrap();
    let layer = blobs(&contents)[1];
    let mut reader = layer.open_at(0).unwrap();
    reader.read_exact(&mut [0; 100]).unwrap();
    let file = File::options().write(true).open(&scratch.path).unwrap();
    file.set_len(1 << 20).unwrap();
    let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "it changed while it was read");
}

#[cfg(unix)]
#[test]
fn an_archive_that_is_replaced_is_still_read() {
    let scratch = archive();
    let contents = open(&scratch.path).unwrap();
    std::fs::remove_file(&scratch.path).unwrap();
    std::fs::write(&scratch.path, "another").unwrap();
    for blob in blobs(&contents) {
        assert_eq!(digest_of(blob).unwrap(), blob.descriptor.digest);
    }
}

#[test]
fn a_layout_blob_that_is_replaced_has_changed() {
    let image = Image::new(&["one"]);
    let mut layout = Layout::new();
    let entry = layout.image(&image);
    let directory = tempfile::tempdir().unwrap();
    layout.entry(&entry, None).write_to(directory.path());
    let contents = open(directory.path()).unwrap();
    let name = format!("blobs/sha256/{}", oci::Digest::of(&image.layers[0]).hex());
    std::fs::write(directory.path().join(name), "another").unwrap();
    assert_eq!(first_error(&contents), "it changed while it was read");
}

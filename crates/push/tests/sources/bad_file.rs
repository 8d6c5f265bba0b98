//! What is no image at all, or not there.

use insta::assert_snapshot;
use push::source::SourceSpec;

use crate::archive::Tar;
use crate::{chain, open_as, refusal, refusal_at, testdata};

#[test]
fn what_is_no_archive_is_named() {
    let table: [&[u8]; 10] = [
        b"",
        b"x",
        b"<!DOCTYPE html>\n<html><body>404</body></html>",
        b"{\"message\": \"not found\"}",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        b"PK\x03\x04zip",
        b"BZh91AY&SY",
        b"\x7fELF",
        &[0; 10240],
        &[b'x'; 10240],
    ];
    let refusals = table.map(refusal);
    assert_snapshot!(refusals.join("\n"), @r"
    `image.tar` is not an image archive: it is empty
    `image.tar` is not an image archive: it is shorter than any tar
    `image.tar` is not an image archive: it is an HTML page; the download it comes from has failed
    `image.tar` is not an image archive: it is JSON text
    `image.tar` is not an image archive: it is a Git LFS pointer; `git lfs pull` gets the file itself
    `image.tar` is not an image archive: it is a zip archive
    `image.tar` is not an image archive: it is compressed with bzip2; gzip, zstd and xz are understood
    `image.tar` is not an image archive: it is a program
    `image.tar` is not an image archive: it holds nothing but zeros
    `image.tar` is not an image archive: it is no tar, and no gzip, zstd or xz of one
    ");
}

#[test]
fn a_tar_of_something_else_is_named() {
    let some = |names: &[&str]| {
        let tar = names
            .iter()
            .fold(Tar::new(), |tar, name| tar.file(name, "{}"));
        refusal(&tar.finish())
    };
    let refusals = [
        some(&["a", "b"]),
        some(&["index.json"]),
        some(&["oci-layout"]),
        some(&["repositories"]),
        refusal(&Tar::new().directory("etc/").directory("usr/").finish()),
        refusal(&Tar::new().directory("./").finish()),
        refusal(&Tar::new().file("a", "b").unfinished()),
    ];
    assert_snapshot!(refusals.join("\n"), @r"
    `image.tar` is not an image archive: it is a tar without `manifest.json` and without `oci-layout` and `index.json`
    `image.tar` is not an image archive: it is a tar with `index.json` and without `oci-layout`
    `image.tar` is not an image archive: it is a tar with `oci-layout` and without `index.json`
    `image.tar` is not an image archive: it is a docker archive without `manifest.json`, from before Docker 1.10
    `image.tar` is not an image archive: it is a tar of a file system, as `docker export` writes it; `docker save` writes images
    `image.tar` is not an image archive: it is an empty tar
    `image.tar` is malformed: it ends without a mark and without a list of its images: it is cut short
    ");
}

#[test]
fn a_file_that_is_not_there_is_an_error_of_the_file() {
    let error = open_as(&SourceSpec::read("./no/such/app.tar")).unwrap_err();
    assert_snapshot!(chain(&error), @r"
    cannot read `./no/such/app.tar`
      caused by: No such file or directory (os error 2)
    ");
}

#[test]
fn a_directory_that_is_no_layout_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut refusals = vec![refusal_at(path)];
    for name in ["something", "index.json", "manifest.json"] {
        std::fs::write(path.join(name), "{}").unwrap();
        refusals.push(refusal_at(path));
    }
    assert_snapshot!(refusals.join("\n"), @r"
    `image.tar` is not an image archive: it is an empty directory
    `image.tar` is not an image archive: it is a directory without `oci-layout`
    `image.tar` is not an image archive: it is a directory with `index.json` and without `oci-layout`
    `image.tar` is not an image archive: it is a docker archive that was unpacked; tar it again, or push the archive itself
    ");
}

#[test]
fn a_prefix_forces_its_format() {
    let hello = |name| testdata(name).display().to_string();
    let legacy = hello("docker20-hello.tar");
    let layout = hello("podman-oci-archive-hello.tar");
    let directory = testdata("").display().to_string();
    let table = [
        format!("oci-archive:{legacy}"),
        format!("docker-archive:{layout}"),
        format!("oci:{layout}"),
        format!("oci-archive:{directory}"),
    ];
    let refusals = table.map(|text| chain(&open_as(&SourceSpec::read(&text)).unwrap_err()));
    let text = refusals.join("\n").replace(&directory, "testdata/");
    assert_snapshot!(text, @r"
    `testdata/docker20-hello.tar` is not an image archive: it is a docker archive without `oci-layout` and `index.json`; `docker-archive:` reads it
    `testdata/podman-oci-archive-hello.tar` is not an image archive: it is an OCI layout without `manifest.json`; `oci-archive:` reads it
    `testdata/podman-oci-archive-hello.tar` is not an image archive: it is a file; `oci:` is for directories, `oci-archive:` for files
    `testdata/` is not an image archive: it is a directory, and a file was asked for
    ");
}

#[test]
fn without_a_daemon_a_name_says_where_one_was_looked_for() {
    let table = ["docker-daemon:app:1", "no-such-app:1", "src"];
    let refusals = table.map(|text| chain(&open_as(&SourceSpec::read(text)).unwrap_err()));
    assert_snapshot!(refusals.join("\n"), @r#"
    cannot read `app:1` from the Docker daemon
      caused by: no daemon listens at `unix:///nowhere/docker.sock`
    cannot read `no-such-app:1` from the Docker daemon
      caused by: no daemon listens at `unix:///nowhere/docker.sock`
    cannot read `src` from the Docker daemon
      caused by: no daemon listens at `unix:///nowhere/docker.sock`
    "#);
}

#[cfg(unix)]
#[test]
fn a_device_is_no_source() {
    let error = open_as(&SourceSpec::Path("/dev/null".into())).unwrap_err();
    assert_snapshot!(chain(&error), @"`/dev/null` is not an image archive: it is neither a file nor a directory nor a pipe");
}

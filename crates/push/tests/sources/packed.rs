//! What is compressed: archives as a whole, layers within docker archives, and archives that come as a stream.

use std::io::{Cursor, Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use insta::assert_snapshot;
use push::source::{Arrivals, Contents, open_stream};
use push::{Environment, Error, Event, Events};

use crate::archive::{Image, Tar, docker_archive, podman_archive};
use crate::{chain, check, environment, open, open_bytes, refusal, summary, testdata};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder
        .write_all(bytes)
        .expect("a vector can be written to");
    encoder.finish().expect("a vector can be written to")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("level 1 is known");
    encoder
        .include_checksum(true)
        .expect("a frame may have a checksum");
    encoder
        .write_all(bytes)
        .expect("a vector can be written to");
    encoder.finish().expect("a vector can be written to")
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    liblzma::read::XzEncoder::new(bytes, 1)
        .read_to_end(&mut packed)
        .expect("a vector can be written to");
    packed
}

type Packer = fn(&[u8]) -> Vec<u8>;

const PACKERS: [Packer; 3] = [gzip, zstd, xz];

const ARCHIVES: [&str; 8] = [
    "crane-oci-index.tar",
    "docker20-hello.tar",
    "docker20-multi.tar",
    "docker28-hello.tar",
    "docker28c-hello.tar",
    "podman-docker-archive-hello.tar",
    "podman-oci-archive-hello.tar",
    "skopeo-oci-archive-hello.tar",
];

fn stream(bytes: &[u8]) -> Result<Contents, Error> {
    open_as_stream(
        Cursor::new(bytes.to_vec()),
        &environment(),
        &Events::ignored(),
    )
}

fn open_as_stream(
    reader: impl Read + Send + 'static,
    environment: &Environment,
    events: &Events,
) -> Result<Contents, Error> {
    let arrivals = Arrivals::ignored();
    open_stream(reader, "standard input", environment, events, arrivals)
}

#[test]
fn a_compressed_archive_holds_what_the_archive_holds() {
    for name in ARCHIVES {
        let bytes = std::fs::read(testdata(name)).unwrap();
        let expected = summary(&open(&testdata(name)).unwrap());
        for pack in PACKERS {
            assert_eq!(
                summary(&open_bytes(&pack(&bytes)).unwrap()),
                expected,
                "{name}"
            );
        }
    }
}

#[test]
fn a_stream_holds_what_the_file_holds() {
    for name in ARCHIVES {
        let bytes = std::fs::read(testdata(name)).unwrap();
        let expected = summary(&open(&testdata(name)).unwrap());
        assert_eq!(summary(&stream(&bytes).unwrap()), expected, "{name}");
        for pack in PACKERS {
            assert_eq!(summary(&stream(&pack(&bytes)).unwrap()), expected, "{name}");
        }
    }
}

#[test]
fn compression_in_several_members_is_one_archive() {
    let bytes = std::fs::read(testdata("docker20-hello.tar")).unwrap();
    let (first, second) = bytes.split_at(10_000);
    let expected = summary(&open_bytes(&bytes).unwrap());
    for pack in PACKERS {
        let packed = [pack(first), pack(second)].concat();
        assert_eq!(summary(&open_bytes(&packed).unwrap()), expected);
    }
}

#[test]
fn spooling_is_told() {
    let bytes = Tar::new().file("filler", vec![7; 9 << 20]).finish();
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    let events = Events::new(move |event| listener.lock().unwrap().push(event));
    let result = open_as_stream(Cursor::new(bytes.clone()), &environment(), &events);
    assert!(matches!(result, Err(Error::UnknownFormat { .. })));
    let told = told.lock().unwrap();
    assert!(told.len() >= 3, "{told:?}");
    let all = bytes.len() as u64;
    assert_eq!(told.last(), Some(&Event::Spooling { read: all }));
}

#[test]
fn a_spool_that_cannot_be_written_names_its_directory() {
    let environment = Environment {
        tmpdir: Some(PathBuf::from("/no/such/directory")),
        ..Environment::default()
    };
    let bytes = Tar::new().file("a", "b").finish();
    let error = open_as_stream(Cursor::new(bytes), &environment, &Events::ignored());
    assert_snapshot!(chain(&error.unwrap_err()), @r"
    cannot write a temporary file in `/no/such/directory`
      caused by: No such file or directory (os error 2)
    ");
}

/// The layers' media types and who promises their digests; that they are right has been checked.
fn layers(bytes: &[u8]) -> String {
    let contents = open_bytes(bytes).expect("the archive can be opened");
    summary(&contents);
    let layers = crate::blobs(&contents).into_iter().skip(1);
    let words = layers.map(|it| format!("{} by {}", it.descriptor.media_type, it.promise));
    words
        .chain(contents.notes.clone())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn compressed_layers_of_docker_archives_are_measured() {
    let image = Image::new(&["one", "two", "one"]);
    let packers: [Packer; 2] = [gzip, zstd];
    let [gzip, zstd] = packers
        .map(|pack| layers(&docker_archive(&image.clone().packed(pack), &["app:1"]).finish()));
    assert_snapshot!(gzip, @r"
    application/vnd.docker.image.rootfs.diff.tar.gzip by an earlier reading
    application/vnd.docker.image.rootfs.diff.tar.gzip by an earlier reading
    application/vnd.docker.image.rootfs.diff.tar.gzip by an earlier reading
    ");
    assert_snapshot!(zstd, @r"
    application/vnd.oci.image.layer.v1.tar+zstd by an earlier reading
    application/vnd.oci.image.layer.v1.tar+zstd by an earlier reading
    application/vnd.oci.image.layer.v1.tar+zstd by an earlier reading
    some layers are compressed with zstd, for which Docker has no media type; they get OCI's
    ");
}

#[test]
fn each_layer_is_looked_at_by_itself() {
    let mut image = Image::new(&["one", "two"]);
    image.layers[1] = gzip(&image.layers[1]);
    assert_snapshot!(layers(&docker_archive(&image, &[]).finish()), @r"
    application/vnd.docker.image.rootfs.diff.tar by the diff ID in the image config
    application/vnd.docker.image.rootfs.diff.tar.gzip by an earlier reading
    ");
}

/// crane names layers by the digests of their compressed bytes, and the config by its digest with the algorithm.
fn crane(image: &Image) -> Tar {
    let config = format!("sha256:{}", oci::Digest::of(&image.config()).hex());
    let name = format!("{}.tar.gz", oci::Digest::of(&image.layers[0]).hex());
    let list = format!(r#"[{{"Config":"{config}","RepoTags":["app:1"],"Layers":["{name}"]}}]"#);
    Tar::new()
        .file(&config, image.config())
        .file(&name, &image.layers[0])
        .file("manifest.json", list)
}

#[test]
fn crane_names_layers_by_their_compressed_digests() {
    let image = Image::new(&["one"]).packed(gzip);
    assert_snapshot!(layers(&crane(&image).finish()), @"application/vnd.docker.image.rootfs.diff.tar.gzip by its file name");
}

#[test]
fn a_compressed_layer_that_is_not_what_was_promised_is_refused() {
    let image = Image::new(&["one"]);
    let mut other = image.clone();
    other.layers = vec![gzip(&Image::new(&["two"]).layers[0])];
    assert_snapshot!(refusal(&docker_archive(&other, &[]).finish()), @"`layer-0/layer.tar` in `image.tar` does not match the diff ID in the image config: expected sha256:1782cfcd8eae51d7d4c4987f5d94335f22ae58c0b0abf177b6ae101f47e54ff4, found sha256:40c514413537faeda279ab1f69de29e33545a974270e5ebd32d872da7441fc4a");

    // Podman's name promises the diff ID of what must then not be compressed.
    let packed = image.packed(gzip);
    let text = refusal(&podman_archive(&packed, &[]).finish());
    let found = oci::Digest::of(&packed.layers[0]).to_string();
    assert_snapshot!(text.replace(&found, "<its digest>"), @"`1782cfcd8eae51d7d4c4987f5d94335f22ae58c0b0abf177b6ae101f47e54ff4.tar` in `image.tar` does not match its file name: expected sha256:1782cfcd8eae51d7d4c4987f5d94335f22ae58c0b0abf177b6ae101f47e54ff4, found <its digest>");
}

#[test]
fn a_layer_in_no_known_compression_is_refused() {
    let image = Image::new(&["one"]).packed(xz);
    assert_snapshot!(refusal(&docker_archive(&image, &[]).finish()), @"`layer-0/layer.tar` in `image.tar` is malformed: it is compressed with xz, for which layers have no media type");
}

/// Text without the sizes that depend on how well somebody compresses.
fn stable(text: &str) -> String {
    let words = text.split_inclusive(' ').scan(false, |after, word| {
        let masked = if *after { "<n> " } else { word };
        *after = word == "after ";
        Some(masked)
    });
    words.collect()
}

#[test]
fn a_damaged_compressed_layer_is_refused() {
    let image = Image::new(&["one"]);
    let cut = image.clone().packed(|layer| {
        let mut packed = gzip(layer);
        packed.truncate(packed.len() - 9);
        packed
    });
    assert_snapshot!(stable(&refusal(&docker_archive(&cut, &[]).finish())), @"`layer-0/layer.tar` in `image.tar` is malformed: its gzip stream is cut short after <n> bytes");
    let garbage = image.packed(|layer| [gzip(layer), b"and then some garbage".to_vec()].concat());
    assert_snapshot!(refusal(&docker_archive(&garbage, &[]).finish()), @"`layer-0/layer.tar` in `image.tar` is malformed: its gzip stream is corrupt: invalid gzip header");
}

#[test]
fn a_damaged_compressed_archive_is_refused() {
    let bytes = std::fs::read(testdata("docker20-hello.tar")).unwrap();
    let damaged = PACKERS.map(|pack| {
        let mut packed = pack(&bytes);
        let middle = packed.len() / 2;
        packed[middle..middle + 8].copy_from_slice(b"\xff\x00damage");
        refusal(&packed)
    });
    assert_snapshot!(damaged.join("\n"), @r"
    `image.tar` is malformed: its gzip stream is corrupt: corrupt gzip stream does not have a matching checksum
    `image.tar` is malformed: its zstd stream is corrupt: Restored data doesn't match checksum
    `image.tar` is malformed: its xz stream is corrupt: lzma data error
    ");
    let cut = PACKERS.map(|pack| {
        let packed = pack(&bytes);
        refusal(&packed[..packed.len() / 2])
    });
    assert_snapshot!(stable(&cut.join("\n")), @r"
    `image.tar` is malformed: its gzip stream is cut short after <n> bytes
    `image.tar` is malformed: its zstd stream is cut short after <n> bytes
    `image.tar` is malformed: its xz stream is cut short after <n> bytes
    ");
}

#[test]
fn what_is_compressed_twice_or_holds_no_tar_is_refused() {
    let tar = docker_archive(&Image::new(&["one"]), &[]).finish();
    assert_snapshot!(refusal(&gzip(&zstd(&tar))), @"`image.tar` is not an image archive: what it holds is compressed again, with zstd");
    assert_snapshot!(refusal(&gzip(b"<html>")), @"`image.tar` is not an image archive: decompressed, it is an HTML page; the download it comes from has failed");
    assert_snapshot!(refusal(&gzip(b"")), @"`image.tar` is not an image archive: decompressed, it is empty");
}

/// Zeros without end: members of 64 MiB, each of about 64 kB.
fn bomb() -> Vec<u8> {
    gzip(&vec![0; 64 << 20]).repeat(17)
}

#[test]
fn a_bomb_is_refused_before_it_has_gone_off() {
    let mut image = Image::new(&["one"]);
    image.layers = vec![bomb()];
    let text = refusal(&docker_archive(&image, &[]).finish());
    assert!(text.ends_with("that is a bomb and no image"), "{text}");
}

#[test]
fn an_honest_layer_of_zeros_is_no_bomb() {
    let mut image = Image::new(&["one"]);
    let zeros = vec![0; 70 << 20];
    image.diff_ids = vec![oci::Digest::of(&zeros)];
    image.layers = vec![gzip(&zeros)];
    open_bytes(&docker_archive(&image, &[]).finish()).unwrap();
}

#[test]
fn a_reader_that_fails_is_not_a_damaged_archive() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the cable is out"))
        }
    }
    let bytes = gzip(&std::fs::read(testdata("docker20-hello.tar")).unwrap());
    let half = Cursor::new(bytes[..bytes.len() / 2].to_vec());
    let result = open_as_stream(half.chain(Failing), &environment(), &Events::ignored());
    assert_snapshot!(chain(&result.unwrap_err()), @r"
    cannot read `standard input`
      caused by: the cable is out
    ");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_like_standard_input() {
    use std::os::fd::AsRawFd;

    let (reader, mut writer) = std::io::pipe().unwrap();
    let bytes = docker_archive(&Image::new(&["one"]), &["app:1"]).finish();
    writer.write_all(&bytes).unwrap();
    drop(writer);
    // As a shell writes `<(docker save app:1)`.
    let path = PathBuf::from(format!("/dev/fd/{}", reader.as_raw_fd()));
    let contents = open(&path).unwrap();
    check(&contents).unwrap();
    assert_eq!(contents.images.len(), 1);
}

//! OCI layouts that are wrong.

use insta::assert_snapshot;

use crate::archive::{Image, Layout, MANIFEST, with_field};
use crate::{refusal, refusal_at};

const REF: &str = "org.opencontainers.image.ref.name";

fn of_layout(layout: &Layout) -> String {
    refusal(&layout.tar().finish())
}

/// A layout of one image, with its files changed.
fn changed(change: impl Fn(&mut Layout)) -> String {
    let mut layout = Layout::new();
    let image = layout.image(&Image::new(&["one", "two"]));
    let mut layout = layout.entry(&image, Some((REF, "app:1")));
    change(&mut layout);
    of_layout(&layout)
}

fn set(name: &'static str, text: &'static str) -> impl Fn(&mut Layout) {
    move |layout| {
        layout.files.insert(name.to_owned(), text.into());
    }
}

fn blob_name(bytes: &[u8]) -> String {
    format!("blobs/sha256/{}", oci::Digest::of(bytes).hex())
}

#[test]
fn the_marker_has_a_version_that_is_known() {
    let refusals = [
        changed(set("oci-layout", "")),
        changed(set("oci-layout", "{}")),
        changed(set("oci-layout", r#"{"imageLayoutVersion":"2.0.0"}"#)),
    ];
    assert_snapshot!(refusals.join("\n"), @r"
    `oci-layout` in `image.tar` is malformed: it is not the JSON it should be: EOF while parsing a value at line 1 column 0
    `oci-layout` in `image.tar` is malformed: it is not the JSON it should be: missing field `imageLayoutVersion` at line 1 column 2
    `oci-layout` in `image.tar` is malformed: its version is `2.0.0`, and only 1.0.0 is supported
    ");
}

#[test]
fn index_json_is_an_index_of_images() {
    let manifest = r#"{"schemaVersion":2,"config":{},"layers":[]}"#;
    let both = r#"{"schemaVersion":2,"manifests":[],"layers":[]}"#;
    let refusals = [
        changed(set("index.json", "")),
        changed(set("index.json", "{}")),
        changed(set("index.json", r#"{"schemaVersion":1,"manifests":[]}"#)),
        changed(set("index.json", r#"{"schemaVersion":2,"manifests":[]}"#)),
        changed(set("index.json", r#"{"schemaVersion":2,"manifests":null}"#)),
        changed(set("index.json", both)),
        changed(set("index.json", manifest)),
    ];
    assert_snapshot!(refusals.join("\n"), @r"
    `index.json` in `image.tar` is malformed: not a valid manifest: EOF while parsing a value at line 1 column 0
    `index.json` in `image.tar` is malformed: `schemaVersion` is missing, and only 2 is supported
    `index.json` in `image.tar` is malformed: `schemaVersion` is 1, and only 2 is supported
    `index.json` in `image.tar` is malformed: it lists no image
    `index.json` in `image.tar` is malformed: it lists no image
    `index.json` in `image.tar` is malformed: ambiguous: it has both the fields of a manifest and those of an index
    `index.json` in `image.tar` is malformed: not a valid manifest: missing field `mediaType` at line 1 column 30
    ");
}

#[test]
fn a_missing_blob_is_named() {
    let image = Image::new(&["one", "two"]);
    let without = |bytes: &[u8]| {
        let name = blob_name(bytes);
        changed(|layout| {
            layout.files.remove(&name).expect("the blob was there");
        })
    };
    let manifest = changed(|layout| {
        layout
            .files
            .retain(|_, bytes| !bytes.starts_with(b"{\"schemaVersion"));
    });
    let refusals = [
        without(&image.layers[1]),
        without(&image.config()),
        manifest,
    ];
    assert_snapshot!(refusals.join("\n"), @r"
    `image.tar` is malformed: the image `app:1` lacks the layer sha256:40c514413537faeda279ab1f69de29e33545a974270e5ebd32d872da7441fc4a of 2048 bytes
    `image.tar` is malformed: the image `app:1` lacks the config sha256:74eb8f09cb773d1c3a8ea36a8f4bd66b0d9f90f00874b3f846cf93687ae1a32d of 225 bytes
    `image.tar` is malformed: the image `app:1` lacks the manifest sha256:866223e2d705b5414839ffbd1d210f4175f5de2b4d21f3179be2d9dde43127f7 of 547 bytes
    ");
}

#[test]
fn a_blob_is_what_its_descriptor_promises() {
    let image = Image::new(&["one", "two"]);
    let with = |bytes: Vec<u8>, change: fn(&mut Vec<u8>)| {
        let name = blob_name(&bytes);
        changed(|layout| change(layout.files.get_mut(&name).expect("the blob is there")))
    };
    let flip: fn(&mut Vec<u8>) = |bytes| *bytes.last_mut().expect("not empty") ^= 1;
    let grow: fn(&mut Vec<u8>) = |bytes| bytes.push(0);
    let manifest = changed(|layout| {
        for bytes in layout.files.values_mut() {
            if bytes.starts_with(b"{\"schemaVersion") {
                bytes[0] = b' ';
            }
        }
    });
    let refusals = [
        with(image.layers[0].clone(), flip),
        with(image.layers[0].clone(), grow),
        with(image.config(), flip),
        with(image.config(), grow),
        manifest,
    ];
    assert_snapshot!(refusals.join("\n"), @r"
    `blobs/sha256/1782cfcd8eae51d7d4c4987f5d94335f22ae58c0b0abf177b6ae101f47e54ff4` in `image.tar` does not match its descriptor: expected sha256:1782cfcd8eae51d7d4c4987f5d94335f22ae58c0b0abf177b6ae101f47e54ff4, found sha256:2db9c245bac007bac9d4f97338a3dfa776236622cd1773e1805b1c83e3c3897d
    `blobs/sha256/1782cfcd8eae51d7d4c4987f5d94335f22ae58c0b0abf177b6ae101f47e54ff4` in `image.tar` is malformed: its descriptor promises 2048 bytes, and it has 2049
    `blobs/sha256/74eb8f09cb773d1c3a8ea36a8f4bd66b0d9f90f00874b3f846cf93687ae1a32d` in `image.tar` does not match its descriptor: expected sha256:74eb8f09cb773d1c3a8ea36a8f4bd66b0d9f90f00874b3f846cf93687ae1a32d, found sha256:b323b6f26b6d2354b4cd82a8bc3b8eead315648919ee938e3ccc504cfbf001a7
    `blobs/sha256/74eb8f09cb773d1c3a8ea36a8f4bd66b0d9f90f00874b3f846cf93687ae1a32d` in `image.tar` is malformed: its descriptor promises 225 bytes, and it has 226
    `blobs/sha256/866223e2d705b5414839ffbd1d210f4175f5de2b4d21f3179be2d9dde43127f7` in `image.tar` does not match its descriptor: expected sha256:866223e2d705b5414839ffbd1d210f4175f5de2b4d21f3179be2d9dde43127f7, found sha256:0ebe3a27afb675825130d3cd3868d5182a863d12d0fad285d00d025d838a1815
    ");
}

#[test]
fn what_an_entry_names_is_a_manifest_of_the_type_it_says() {
    let named = |media_type: &str, bytes: &str| {
        let mut layout = Layout::new();
        let entry = layout.blob(media_type, bytes);
        of_layout(&layout.entry(&entry, None))
    };
    let index = r#"{"schemaVersion":2,"manifests":[]}"#;
    let refusals = [
        named("application/vnd.oci.image.layer.v1.tar", "x"),
        named(MANIFEST, index),
        named(MANIFEST, "nonsense"),
        named("application/vnd.docker.distribution.manifest.v1+json", "{}"),
        named(
            MANIFEST,
            r#"{"schemaVersion":2,"config":{},"layers":[],"manifests":[]}"#,
        ),
    ];
    assert_snapshot!(refusals.join("\n"), @r"
    `blobs/sha256/2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881` in `image.tar` is malformed: its media type is `application/vnd.oci.image.layer.v1.tar`, neither a manifest nor an index
    `blobs/sha256/bc5857ac9458293d5111ab85c952172cd7f56bceb4e3014ddc4cafac8927b313` in `image.tar` is malformed: its media type is `application/vnd.oci.image.index.v1+json`, and its descriptor promised `application/vnd.oci.image.manifest.v1+json`
    `blobs/sha256/999aaa8645bb72ff599e143b1e3d2a94777127f4783a69f067251f7bbebc5ab6` in `image.tar` is malformed: not a valid manifest: expected ident at line 1 column 2
    `blobs/sha256/44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a` in `image.tar` is malformed: its media type is `application/vnd.docker.distribution.manifest.v1+json`, neither a manifest nor an index
    `blobs/sha256/de407bb0ad062b04faac2af6d882bd86611cd2d539159a6b43ee3d2eead3f2c8` in `image.tar` is malformed: ambiguous: it has both the fields of a manifest and those of an index
    ");
}

#[test]
fn descriptors_are_digest_and_size() {
    let refusals = [
        r#"{"mediaType":"x","digest":"sha256:../../../etc/passwd","size":1}"#,
        r#"{"mediaType":"x","digest":"","size":1}"#,
        r#"{"mediaType":"x","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":-1}"#,
        r#"{"mediaType":"x","size":1}"#,
    ]
    .map(|entry| of_layout(&Layout::new().entry(entry, None)));
    assert_snapshot!(refusals.join("\n"), @r"
    `index.json` in `image.tar` is malformed: not a valid manifest: sha256 takes 64 lower-case hexadecimal digits at line 1 column 86
    `index.json` in `image.tar` is malformed: not a valid manifest: no `algorithm:` before the digits at line 1 column 60
    `index.json` in `image.tar` is malformed: not a valid manifest: invalid value: integer `-1`, expected u64 at line 1 column 141
    `index.json` in `image.tar` is malformed: not a valid manifest: missing field `digest` at line 1 column 58
    ");
}

#[test]
fn a_document_is_small() {
    let mut layout = Layout::new();
    let large = layout.blob(MANIFEST, " ".repeat((4 << 20) + 1));
    assert_snapshot!(of_layout(&layout.entry(&large, None)), @"`blobs/sha256/2650f5452459081abf6602c1620ef8c809a8a1887a2f4692369575bd10ea2b85` in `image.tar` is malformed: it is 4194305 bytes long, and at most 4194304 can be right");
}

#[test]
fn indexes_neither_nest_nor_repeat_without_end() {
    let mut layout = Layout::new();
    let mut nested = layout.image(&Image::new(&["one"]));
    for _ in 0..10 {
        nested = layout.index(&[nested]);
    }
    let deep = of_layout(&layout.entry(&nested, None));

    let mut layout = Layout::new();
    let mut wide = layout.image(&Image::new(&["one"]));
    for _ in 0..5 {
        wide = layout.index(&vec![wide; 50]);
    }
    let wide = of_layout(&layout.entry(&wide, None));
    assert_snapshot!([deep, wide].join("\n"), @r"
    `blobs/sha256/d5d88adf2e820539104e4ee8dc74d5d76ebfb9a6fae544796b1e5399a4405203` in `image.tar` is malformed: indexes lie in each other more than 8 deep
    `image.tar` is malformed: it names more than 100000 manifests and blobs
    ");
}

#[test]
fn foreign_layers_must_be_there() {
    const FOREIGN: &str = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    let mut layout = Layout::new();
    let image = Image::new(&["one"]);
    let config = layout.blob("application/vnd.oci.image.config.v1+json", image.config());
    let layer = layout.blob(FOREIGN, "bytes that lie elsewhere");
    let layer = with_field(&layer, r#""urls":["http://127.0.0.1:1/layer"]"#);
    let manifest = layout.manifest(&config, &[layer]);
    let mut layout = layout.entry(&manifest, None);
    crate::open_bytes(&layout.tar().finish()).unwrap();
    layout.files.remove(&blob_name(b"bytes that lie elsewhere"));
    assert_snapshot!(of_layout(&layout), @"`image.tar` is malformed: the image sha256:fff551e8df5344bbb2cb75ef5807b5eebba7cd7a52820b58b03b2ea20e267985 lacks the foreign layer sha256:d3893fa8d98da6fc2caa4084f2f9be6cff7f374ce72c1d73610282b5396548cb of 24 bytes");
}

#[test]
fn a_truncated_layout_says_so() {
    let bytes = crate::archive::Tar::new()
        .directory("blobs/")
        .file("blobs/sha256/x", "x")
        .unfinished();
    assert_snapshot!(refusal(&bytes), @"`image.tar` is malformed: it ends without a mark and without a list of its images: it is cut short");
}

#[cfg(unix)]
#[test]
fn nothing_in_a_directory_is_reached_through_a_link() {
    use std::os::unix::fs::symlink;

    let image = Image::new(&["one"]);
    let layer = blob_name(&image.layers[0]);
    let with = |name: &str| {
        let mut layout = Layout::new();
        let entry = layout.image(&image);
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let path = directory.path().join("layout");
        layout.entry(&entry, None).write_to(&path);
        let elsewhere = directory.path().join("elsewhere");
        std::fs::rename(path.join(name), &elsewhere).expect("it can be moved");
        symlink(&elsewhere, path.join(name)).expect("a link can be made");
        let text = refusal_at(&path);
        text.replace(layer.rsplit('/').next().expect("a name"), "<layer>")
    };
    let refusals = [&*layer, "blobs/sha256", "blobs", "index.json", "oci-layout"].map(with);
    assert_snapshot!(refusals.join("\n"), @r"
    `blobs/sha256/<layer>` in `image.tar` is malformed: it is reached through a symbolic link or something else that is no directory; copy the file itself there
    `blobs/sha256/a05e75169cb48be81b98238b7758aa8f697e004df9688420b76de0dfb810fe3f` in `image.tar` is malformed: it is reached through a symbolic link or something else that is no directory; copy the file itself there
    `blobs/sha256/a05e75169cb48be81b98238b7758aa8f697e004df9688420b76de0dfb810fe3f` in `image.tar` is malformed: it is reached through a symbolic link or something else that is no directory; copy the file itself there
    `index.json` in `image.tar` is malformed: it is reached through a symbolic link or something else that is no directory; copy the file itself there
    `oci-layout` in `image.tar` is malformed: it is reached through a symbolic link or something else that is no directory; copy the file itself there
    ");
}

#[cfg(unix)]
#[test]
fn a_blob_in_a_directory_is_a_regular_file() {
    let image = Image::new(&["one"]);
    let mut layout = Layout::new();
    let entry = layout.image(&image);
    let directory = tempfile::tempdir().unwrap();
    layout.entry(&entry, None).write_to(directory.path());
    let blob = directory.path().join(blob_name(&image.layers[0]));
    std::fs::remove_file(&blob).unwrap();
    std::fs::create_dir(&blob).unwrap();
    assert_snapshot!(refusal_at(directory.path()), @"`blobs/sha256/1782cfcd8eae51d7d4c4987f5d94335f22ae58c0b0abf177b6ae101f47e54ff4` in `image.tar` is malformed: it is no regular file");
    std::fs::remove_dir(&blob).unwrap();
    // Opening a named pipe would wait for somebody to write into it.
    let mode = rustix::fs::Mode::from(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &blob, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    assert_snapshot!(refusal_at(directory.path()), @"`blobs/sha256/1782cfcd8eae51d7d4c4987f5d94335f22ae58c0b0abf177b6ae101f47e54ff4` in `image.tar` is malformed: it is no regular file");
}

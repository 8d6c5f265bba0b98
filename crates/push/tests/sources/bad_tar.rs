//! Tars that are wrong, or that two readers could read differently.

use insta::assert_snapshot;

use crate::archive::{Image, Tar, docker_archive, pax};
use crate::refusal;

fn image() -> Image {
    Image::new(&["one"])
}

/// A docker archive whose one layer is found under `layer.tar`, after the entries that `before` adds.
fn with(before: impl Fn(Tar, &[u8]) -> Tar) -> Vec<u8> {
    let image = image();
    before(Tar::new(), &image.layers[0])
        .file("config", image.config())
        .file(
            "manifest.json",
            r#"[{"Config":"config","Layers":["layer.tar"]}]"#,
        )
        .finish()
}

#[test]
fn links_stay_in_the_archive_and_come_to_an_end() {
    let refusals = [
        with(|tar, _| tar.symbolic_link("layer.tar", "../layer.tar")),
        with(|tar, _| tar.symbolic_link("layer.tar", "/etc/passwd")),
        with(|tar, _| tar.hard_link("layer.tar", "/etc/passwd")),
        with(|tar, _| tar.hard_link("layer.tar", "a/../../layer.tar")),
        with(|tar, _| {
            tar.symbolic_link("layer.tar", "a")
                .symbolic_link("a", "layer.tar")
        }),
        with(|tar, _| tar.symbolic_link("layer.tar", "layer.tar")),
        with(|tar, _| tar.symbolic_link("layer.tar", "nowhere")),
        with(|tar, layer| {
            (0..9)
                .fold(tar.file("9", layer), |tar, hop| {
                    tar.symbolic_link(&hop.to_string(), &(hop + 1).to_string())
                })
                .symbolic_link("layer.tar", "0")
        }),
    ]
    .map(|bytes| refusal(&bytes));
    assert_snapshot!(refusals.join("\n"), @r"
    `layer.tar` in `image.tar` is malformed: it links to `../layer.tar`, which is out of the archive
    `layer.tar` in `image.tar` is malformed: it links to `/etc/passwd`, which is out of the archive
    `layer.tar` in `image.tar` is malformed: it links to `/etc/passwd`, which is out of the archive
    `layer.tar` in `image.tar` is malformed: it links to `a/../../layer.tar`, which is out of the archive
    `layer.tar` in `image.tar` is malformed: its links go in a circle, or on for more than 8
    `layer.tar` in `image.tar` is malformed: its links go in a circle, or on for more than 8
    `layer.tar` in `image.tar` is malformed: it links to `nowhere`, which is not in the archive
    `layer.tar` in `image.tar` is malformed: its links go in a circle, or on for more than 8
    ");
}

#[test]
fn names_stay_in_the_archive() {
    let refusals = ["/layer.tar", "../layer.tar", "a/../layer.tar", "", "./"]
        .map(|name| refusal(&with(|tar, layer| tar.file(name, layer))));
    assert_snapshot!(refusals.join("\n"), @r"
    `/layer.tar` in `image.tar` is malformed: its name is an absolute path
    `../layer.tar` in `image.tar` is malformed: its name has `..` in it
    `a/../layer.tar` in `image.tar` is malformed: its name has `..` in it
    `` in `image.tar` is malformed: it has no name
    `./` in `image.tar` is malformed: it has data and is no file
    ");
}

#[test]
fn only_files_directories_and_links_are_taken() {
    let refusals = [b'3', b'4', b'6', b'S', b'M', b'Z']
        .map(|kind| refusal(&with(|tar, _| tar.header("layer.tar", kind, "", 0))));
    assert_snapshot!(refusals.join("\n"), @r"
    `layer.tar` in `image.tar` is malformed: it is a device, which no image archive has
    `layer.tar` in `image.tar` is malformed: it is a device, which no image archive has
    `layer.tar` in `image.tar` is malformed: it is a named pipe, which no image archive has
    `layer.tar` in `image.tar` is malformed: it is a sparse file, whose bytes are not all there; save the image again without --sparse
    `layer.tar` in `image.tar` is malformed: it continues on another volume
    `layer.tar` in `image.tar` is malformed: its type `Z` is not known
    ");
}

#[test]
fn a_layer_is_a_file() {
    let directory = with(|tar, _| tar.directory("layer.tar/"));
    let linked = with(|tar, _| tar.directory("a").symbolic_link("layer.tar", "a"));
    let old = with(|tar, _| tar.header("layer.tar/", b'0', "", 0));
    assert_snapshot!([directory, linked, old].map(|it| refusal(&it)).join("\n"), @r"
    `layer.tar` in `image.tar` is malformed: it is a directory, and a file is needed
    `layer.tar` in `image.tar` is malformed: it is a directory, and a file is needed
    `layer.tar` in `image.tar` is malformed: it is a directory, and a file is needed
    ");
}

#[test]
fn a_name_is_given_once() {
    let refusals = [
        with(|tar, layer| tar.file("layer.tar", layer).file("layer.tar", layer)),
        with(|tar, layer| tar.file("layer.tar", layer).file("./layer.tar", "other")),
        with(|tar, layer| {
            tar.file("layer.tar", layer)
                .symbolic_link("layer.tar", "other")
        }),
        with(|tar, layer| tar.directory("layer.tar").file("layer.tar", layer)),
        docker_archive(&image(), &[])
            .file("manifest.json", "[]")
            .finish(),
    ]
    .map(|bytes| refusal(&bytes));
    assert_snapshot!(refusals.join("\n"), @r"
    `layer.tar` in `image.tar` is malformed: it is there twice
    `./layer.tar` in `image.tar` is malformed: it is there twice
    `layer.tar` in `image.tar` is malformed: it is there twice
    `layer.tar` in `image.tar` is malformed: it is there twice
    `manifest.json` in `image.tar` is malformed: it is there twice
    ");
}

#[test]
fn a_directory_given_twice_harms_nobody() {
    let bytes = with(|tar, layer| {
        tar.directory("a/")
            .directory("a")
            .file("layer.tar", layer)
            .symbolic_link("a/link", "../layer.tar")
            .symbolic_link("a/link", "../layer.tar")
    });
    assert_eq!(crate::open_bytes(&bytes).unwrap().images.len(), 1);
}

#[test]
fn sparse_files_are_refused() {
    let old = pax("GNU.sparse.map", "0,1");
    let new = [pax("GNU.sparse.major", "1"), pax("GNU.sparse.minor", "0")].concat();
    let refusals = [old, new].map(|records| {
        refusal(&with(|tar, layer| {
            tar.extension(b'x', &records).file("layer.tar", layer)
        }))
    });
    assert_snapshot!(refusals.join("\n"), @r"
    `layer.tar` in `image.tar` is malformed: it is a sparse file, whose bytes are not all there; save the image again without --sparse
    `layer.tar` in `image.tar` is malformed: it is a sparse file, whose bytes are not all there; save the image again without --sparse
    ");
}

#[test]
fn a_size_is_the_same_wherever_it_is_said() {
    let records = |records: &[u8]| {
        let records = records.to_vec();
        refusal(&with(|tar, layer| {
            tar.extension(b'x', &records).file("layer.tar", layer)
        }))
    };
    let hidden = refusal(&with(|tar, layer| {
        let size = layer.len().to_string();
        tar.extension(b'x', &pax("size", &size))
            .header("layer.tar", b'0', "", 0)
            .data(layer)
    }));
    let global = refusal(&with(|tar, layer| {
        tar.extension(b'g', &pax("size", "1"))
            .file("layer.tar", layer)
    }));
    let refusals = [
        records(&pax("size", "1024")),
        records(&pax("size", "99999999999")),
        records(&pax("size", "99999999999999999999999")),
        records(&pax("size", "-1")),
        records(&[pax("size", "2048"), pax("size", "1024")].concat()),
        records(b"12 size=99"),
        records(b"99 size=99\n"),
        hidden,
        global,
    ];
    assert_snapshot!(refusals.join("\n"), @r"
    `layer.tar` in `image.tar` is malformed: its size is 1024 in its PAX record and 2048 in its header
    `layer.tar` in `image.tar` is malformed: it is cut short: 99999999999 bytes expected, 5120 found
    `image.tar` is malformed: the first tar header (near byte 1024) is broken: the PAX size is not a number
    `image.tar` is malformed: the first tar header (near byte 1024) is broken: the PAX size is not a number
    `image.tar` is malformed: the first tar header (near byte 1024) is broken: the size is given twice
    `image.tar` is malformed: the first tar header (near byte 1024) is broken: a PAX record is malformed
    `image.tar` is malformed: the first tar header (near byte 1024) is broken: a PAX record is malformed
    `layer.tar` in `image.tar` is malformed: its size is 2048 in its PAX record and 0 in its header
    `image.tar` is malformed: the first tar header (near byte 1024) is broken: a global PAX header says the same name, size or holes of every entry
    ");
}

#[test]
fn numbers_are_numbers_that_a_file_can_have() {
    let negative = |mut bytes: Vec<u8>| {
        bytes[124..136].copy_from_slice(&[0xff; 12]);
        resign(bytes)
    };
    let overflowing = |mut bytes: Vec<u8>| {
        bytes[124..136].copy_from_slice(&[0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0]);
        resign(bytes)
    };
    let letters = |mut bytes: Vec<u8>| {
        bytes[124..136].copy_from_slice(b"0000000200z\0");
        resign(bytes)
    };
    let bytes = with(|tar, layer| tar.file("layer.tar", layer));
    let huge = with(|tar, _| tar.header("layer.tar", b'0', "", u64::MAX));
    let nearly = with(|tar, _| tar.header("layer.tar", b'0', "", u64::MAX - 1535));
    let refusals = [
        negative(bytes.clone()),
        overflowing(bytes.clone()),
        letters(bytes),
        huge,
        nearly,
    ]
    .map(|bytes| refusal(&bytes));
    assert_snapshot!(refusals.join("\n"), @r"
    `image.tar` is malformed: the first tar header (near byte 512) is broken: its size is no number that a file can have
    `image.tar` is malformed: the first tar header (near byte 512) is broken: its size is no number that a file can have
    `image.tar` is malformed: the first tar header (near byte 512) is broken: its size is no number that a file can have
    `layer.tar` in `image.tar` is malformed: it is cut short: 18446744073709551615 bytes expected, 3072 found
    `layer.tar` in `image.tar` is malformed: it is cut short: 18446744073709550080 bytes expected, 3072 found
    ");
}

/// Corrects the checksum of the first header.
fn resign(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes[148..156].fill(b' ');
    let sum: u32 = bytes[..512].iter().map(|byte| u32::from(*byte)).sum();
    bytes[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    bytes
}

#[test]
fn only_files_have_data() {
    let refusals = [b'1', b'2', b'5', b'V'].map(|kind| {
        refusal(&with(|tar, layer| {
            tar.header("odd", kind, "layer.tar", 512)
                .data(&layer[..512])
                .file("layer.tar", layer)
        }))
    });
    assert_snapshot!(refusals.join("\n"), @r"
    `odd` in `image.tar` is malformed: it has data and is no file
    `odd` in `image.tar` is malformed: it has data and is no file
    `odd` in `image.tar` is malformed: it has data and is no file
    `odd` in `image.tar` is malformed: it has data and is no file
    ");
}

#[test]
fn headers_are_whole_and_right() {
    let bytes = with(|tar, layer| tar.file("layer.tar", layer));
    let mut flipped = bytes.clone();
    flipped[512 + 2048] ^= 1;
    let unfinished = Tar::new().file("a", "").extension(b'x', &pax("path", "b"));
    let twice = Tar::new()
        .extension(b'L', b"a\0")
        .extension(b'x', &pax("path", "b"))
        .file("c", "");
    let binary = Tar::new().extension(b'L', b"\xff\xfe\0").file("c", "");
    let refusals = [
        refusal(&flipped),
        refusal(&bytes[..512 + 2048 + 100]),
        refusal(&unfinished.finish()),
        refusal(&twice.finish()),
        refusal(&binary.finish()),
    ];
    assert_snapshot!(refusals.join("\n"), @r"
    `image.tar` is malformed: the tar header after `layer.tar` (near byte 2560) is broken: its checksum is wrong
    `image.tar` is malformed: the tar header after `layer.tar` (near byte 2560) is broken: the archive ends within it
    `image.tar` is malformed: the tar header after `a` (near byte 1536) is broken: an extended header is followed by nothing
    `image.tar` is malformed: the first tar header (near byte 2048) is broken: the name is given twice
    `image.tar` is malformed: the first tar header (near byte 1024) is broken: a name is not UTF-8
    ");
}

#[test]
fn nothing_is_allocated_for_what_is_only_declared() {
    let refusals = [
        Tar::new().header("a", b'L', "", 2 << 30).finish(),
        Tar::new().header("a", b'x', "", 1 << 40).finish(),
        Tar::new().header("a", b'x', "", 1000).unfinished(),
        Tar::new()
            .header("manifest.json", b'0', "", 2 << 30)
            .data(b"[]")
            .finish(),
    ]
    .map(|bytes| refusal(&bytes));
    assert_snapshot!(refusals.join("\n"), @r"
    `image.tar` is malformed: the first tar header (near byte 512) is broken: it is extended by 2147483648 bytes, and at most 1048576 can be right
    `image.tar` is malformed: the first tar header (near byte 512) is broken: it is extended by 1099511627776 bytes, and at most 1048576 can be right
    `an extended header` in `image.tar` is malformed: it is cut short: 1000 bytes expected, 0 found
    `manifest.json` in `image.tar` is malformed: it is cut short: 2147483648 bytes expected, 1536 found
    ");
}

#[test]
fn two_gigabytes_of_json_are_not_read() {
    let scratch = crate::Scratch::new(
        &Tar::new()
            .header("manifest.json", b'0', "", 2 << 30)
            .unfinished(),
    );
    let file = std::fs::File::options()
        .write(true)
        .open(&scratch.path)
        .unwrap();
    file.set_len((2 << 30) + 512 + 1024).unwrap();
    assert_snapshot!(crate::refusal_at(&scratch.path), @"`manifest.json` in `image.tar` is malformed: it is 2147483648 bytes long, and at most 4194304 can be right");
}

#[test]
fn more_entries_than_any_image_has_are_refused() {
    let mut bytes = Vec::new();
    for number in 0..=100_000 {
        bytes.extend(Tar::new().file(&number.to_string(), "").unfinished());
    }
    bytes.extend(Tar::new().finish());
    assert_snapshot!(refusal(&bytes), @"`image.tar` is malformed: it has more than 100000 entries, or more than 16777216 bytes of names");
}

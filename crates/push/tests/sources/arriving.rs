//! Streams that are read while they arrive: which blobs are told of before the end, and how a stream is stopped.

use std::io::{Cursor, Read, Write};
use std::thread;

use oci::Digest;
use push::Events;
use push::image::Node;
use push::source::{Arrivals, open_arriving, open_stream};

use crate::archive::{Image, Layout, Tar, docker_archive, podman_archive};
use crate::streamed::{Streamed, told};
use crate::{chain, environment, open_as, read_from, summary, testdata};

/// An image with a large layer and a small one.
fn image() -> Image {
    let mut image = Image::new(&["small", "large"]);
    image.layers[1] = Tar::new().file("large", vec![7; 3 << 20]).finish();
    image.diff_ids[1] = Digest::of(&image.layers[1]);
    image
}

fn oci_archive(image: &Image) -> Vec<u8> {
    let mut layout = Layout::new();
    let entry = layout.image(image);
    layout.entry(&entry, None).tar().finish()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(bytes).expect("a vector takes them");
    encoder.finish().expect("a vector takes them")
}

#[test]
fn a_large_layer_is_told_of_at_its_beginning_and_read_as_it_arrives() {
    let image = image();
    let (large, digest) = (&image.layers[1], &image.diff_ids[1]);
    let name = format!("blobs/sha256/{}", digest.hex());
    let archive = Tar::new().file(&name, large).unfinished();
    let mut streamed = Streamed::begin(Arrivals::of_all_images);
    let (first, second) = archive.split_at(1 << 20);
    streamed.write(first);
    let layer = streamed.layer();
    assert_eq!(layer.descriptor.digest, *digest);
    assert_eq!(layer.descriptor.size, large.len() as u64);
    let mut reader = layer.open_at(10).unwrap();
    let mut beginning = vec![0; 1 << 19];
    reader.read_exact(&mut beginning).unwrap();
    assert_eq!(beginning, large[10..10 + (1 << 19)]);
    let rest = thread::spawn(move || {
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).map(|_| rest)
    });
    streamed.write(second);
    assert_eq!(rest.join().unwrap().unwrap(), large[10 + (1 << 19)..]);
    assert_eq!(read_from(&layer, 0).unwrap(), *large, "again and again");
}

#[test]
fn of_all_images_what_seems_to_be_a_large_layer_is_told_of() {
    let image = image();
    let (large, whole) = ([image.diff_ids[1].clone()], Arrivals::of_all_images);
    assert_eq!(told(&oci_archive(&image), whole), large);
    assert_eq!(told(&docker_archive(&image, &[]).finish(), whole), large);
    assert_eq!(told(&podman_archive(&image, &[]).finish(), whole), large);
    assert_eq!(told(&gzip(&oci_archive(&image)), whole), large);
    let packed = image.packed(gzip);
    let digest = Digest::of(&packed.layers[1]);
    assert_eq!(told(&oci_archive(&packed), whole), [digest]);
    // What an old docker archive's compressed layer is, only its config and all its bytes together say.
    assert_eq!(told(&docker_archive(&packed, &[]).finish(), whole), []);
}

#[test]
fn a_layer_that_was_hashed_to_be_known_is_checked_and_one_with_a_name_is_not() {
    let image = image();
    for (archive, checked) in [
        (docker_archive(&image, &[]).finish(), true),
        (oci_archive(&image), false),
    ] {
        let mut streamed = Streamed::begin(Arrivals::of_all_images);
        streamed.write(&archive);
        assert_eq!(streamed.layer().is_checked(), checked);
        streamed.end().1.expect("the archive is whole");
    }
}

#[test]
fn a_large_document_or_a_file_of_any_other_name_is_no_layer() {
    let mut layout = Layout::new();
    layout.blob("application/json", format!("{{{}}}", " ".repeat(2 << 20)));
    layout.blob("application/octet-stream", vec![1; 2 << 20]);
    let entry = layout.image(&Image::new(&["small"]));
    let mut layout = layout.entry(&entry, None);
    let large = image().layers.remove(1);
    layout.files.insert("large.tar".to_owned(), large);
    assert_eq!(told(&layout.tar().finish(), Arrivals::of_all_images), []);
}

#[test]
fn of_one_image_of_several_nothing_is_certain_before_the_end() {
    assert_eq!(told(&oci_archive(&image()), |it| it), []);
    assert_eq!(told(&docker_archive(&image(), &[]).finish(), |it| it), []);
}

#[test]
fn the_layers_that_are_expected_are_told_of_and_no_others() {
    let (image, other) = (image(), vec![Digest::of(b"other")]);
    let (all, small) = (image.diff_ids.clone(), vec![image.diff_ids[0].clone()]);
    let archives = [
        oci_archive(&image),
        docker_archive(&image, &[]).finish(),
        podman_archive(&image, &[]).finish(),
    ];
    for archive in archives {
        let expecting = |layers: &[Digest]| {
            let layers = layers.to_vec();
            let mut told = told(&archive, |it| it.of_all_images().expecting(layers));
            told.sort_by_key(|digest| all.iter().position(|known| known == digest));
            told
        };
        assert_eq!(expecting(&all), all);
        assert_eq!(expecting(&small), small);
        assert_eq!(expecting(&other), []);
    }
    // Diff IDs do not name what is stored compressed, which is as certain as it is without them.
    let packed = image.packed(gzip);
    let digest = Digest::of(&packed.layers[1]);
    let told = told(&oci_archive(&packed), |it| {
        it.of_all_images().expecting(all)
    });
    assert_eq!(told, [digest]);
}

/// Where the layers of an archive begin, and their digests, in the order of the archive.
fn layers_in(archive: &[u8]) -> Vec<(usize, Digest)> {
    let mut tar = tar::Archive::new(archive);
    let entries = tar
        .entries()
        .expect("a tar")
        .map(|it| it.expect("an entry"));
    let layers = entries.filter(|it| it.path().expect("a name").ends_with("layer.tar"));
    layers
        .map(|mut layer| {
            let begin = usize::try_from(layer.raw_file_position()).expect("a small archive");
            let mut bytes = Vec::new();
            layer.read_to_end(&mut bytes).expect("a layer");
            (begin, Digest::of(&bytes))
        })
        .collect()
}

/// The diff IDs of each image of a docker archive, base layer first.
fn diff_ids(name: &str) -> Vec<Vec<Digest>> {
    let contents = open_as(&push::source::SourceSpec::Path(testdata(name))).expect("an archive");
    let layers = contents.images.iter().map(|image| match &image.root {
        Node::Manifest(manifest) => &manifest.layers,
        Node::Index(_) => panic!("old archives have none"),
    });
    let digests = layers.map(|it| it.iter().map(|layer| layer.descriptor.digest.clone()));
    digests.map(Iterator::collect).collect()
}

#[test]
fn a_legacy_layer_is_told_of_at_its_beginning_because_its_id_says_which_it_is() {
    let archive = std::fs::read(testdata("docker20-hello.tar")).unwrap();
    let [expected] = &diff_ids("docker20-hello.tar")[..] else {
        panic!("it has one image")
    };
    let layers = layers_in(&archive);
    assert_eq!(layers.len(), 3);
    let mut streamed = Streamed::begin(|it| it.expecting(expected.clone()));
    let mut written = 0;
    for (begin, digest) in layers {
        let beginning = begin + 512;
        streamed.write(&archive[written..beginning]);
        assert_eq!(streamed.layer().descriptor.digest, digest);
        written = beginning;
    }
    streamed.write(&archive[written..]);
    let (told, opened) = streamed.end();
    opened.expect("the archive is whole");
    assert_eq!(told, [], "each is told of once");
}

#[test]
fn layers_that_their_exporter_has_checked_are_not_hashed_again() {
    for name in ["docker20-hello.tar", "docker28-hello.tar"] {
        let archive = std::fs::read(testdata(name)).unwrap();
        let expected = diff_ids(name).remove(0);
        for checked in [false, true] {
            let mut streamed = Streamed::begin(|it| {
                let arrivals = it.expecting(expected.clone());
                if checked {
                    arrivals.checked_by_exporter()
                } else {
                    arrivals
                }
            });
            streamed.write(&archive);
            for _ in &expected {
                assert_eq!(streamed.layer().is_checked(), checked, "{name}");
            }
            streamed.end().1.expect("the archive is whole");
        }
    }
}

#[test]
fn a_released_layer_is_gone_where_the_stream_can_be_had_again() {
    let (image, archive) = (image(), docker_archive(&image(), &[]).finish());
    for repeatable in [false, true] {
        let mut streamed = Streamed::begin(|it| {
            let arrivals = it.expecting(image.diff_ids.clone());
            if repeatable {
                arrivals.repeatable()
            } else {
                arrivals
            }
        });
        streamed.write(&archive);
        let (small, large) = (streamed.layer(), streamed.layer());
        large.release();
        assert_eq!(read_from(&small, 0).unwrap(), image.layers[0]);
        match read_from(&large, 1 << 20) {
            Ok(rest) => assert!(!repeatable && rest == image.layers[1][1 << 20..]),
            Err(error) => {
                assert!(repeatable, "{error}");
                assert_eq!(error.to_string(), "it was released");
            }
        }
        streamed.end().1.expect("the archive is whole");
    }
}

#[test]
fn of_two_images_with_legacy_layers_those_of_the_expected_one_are_told_of() {
    let archive = std::fs::read(testdata("docker20-multi.tar")).unwrap();
    for expected in diff_ids("docker20-multi.tar") {
        let mut told = told(&archive, |it| it.expecting(expected.clone()));
        told.sort_by_key(|digest| expected.iter().position(|known| known == digest));
        assert_eq!(told, expected);
    }
}

#[test]
fn of_a_file_nothing_is_told_before_it_is_open() {
    let arrivals = Arrivals::new(|arrival| panic!("{arrival:?}")).of_all_images();
    let spec = push::source::SourceSpec::Path(testdata("docker28-hello.tar"));
    let contents = open_arriving(&spec, &environment(), &Events::ignored(), arrivals).unwrap();
    assert_eq!(summary(&contents), summary(&open_as(&spec).unwrap()));
}

#[test]
fn a_stream_that_breaks_off_fails_whoever_reads_it_and_says_why() {
    let image = image();
    let archive = podman_archive(&image, &[]).finish();
    let mut streamed = Streamed::begin(Arrivals::of_all_images);
    streamed.write(&archive[..2 << 20]);
    let layer = streamed.layer();
    let reader = thread::spawn(move || read_from(&layer, 0).map_err(|error| error.kind()));
    let (_, opened) = streamed.end();
    let expected = Err(std::io::ErrorKind::UnexpectedEof);
    assert_eq!(reader.join().unwrap(), expected);
    let name = image.diff_ids[1].hex();
    let text = chain(&opened.unwrap_err()).replace(name, "<layer>");
    insta::assert_snapshot!(text, @"`<layer>.tar` in `standard input` is malformed: it is cut short: 3147264 bytes expected, 2094080 found");
}

#[test]
fn a_tar_that_is_broken_is_said_to_be_so_before_the_stream_ends() {
    let mut streamed = Streamed::begin(Arrivals::of_all_images);
    streamed.write(&Tar::new().file("a", "b").unfinished());
    streamed.write(&[b'x'; 512]);
    let error = streamed.opened().unwrap_err();
    insta::assert_snapshot!(chain(&error), @"`standard input` is malformed: the tar header after `a` (near byte 1024) is broken: its checksum is wrong");
}

#[test]
fn a_stop_ends_all_waiting_for_a_stream_that_never_ends() {
    let archive = oci_archive(&image());
    let mut streamed = Streamed::begin(Arrivals::of_all_images);
    let large = archive.len() - (1 << 20);
    streamed.write(&archive[..large]);
    let layer = streamed.layer();
    let reader = thread::spawn(move || read_from(&layer, 0));
    assert!(!streamed.stop.is_over());
    streamed.stop.stop();
    assert!(streamed.stop.is_over());
    assert!(reader.join().unwrap().is_err());
    assert!(streamed.opened().is_err());
    // The thread that reads the stream is gone with the next bytes, and the pipe with it.
    let mut input = streamed.input.expect("it has not ended");
    while input.write_all(&[0; 1 << 16]).is_ok() {}
}

#[test]
fn a_stream_for_which_the_disk_has_no_room_is_not_read() {
    struct Unread;
    impl Read for Unread {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            panic!("nobody may read this")
        }
    }
    let arrivals = Arrivals::ignored().of_size(1 << 60);
    let result = open_stream(
        Unread,
        "app:1",
        &environment(),
        &Events::ignored(),
        arrivals,
    );
    let text = chain(&result.unwrap_err());
    let needed = "caused by: at least 1152921504606846976 bytes are needed, and ";
    assert!(text.contains(needed), "{text}");
    let arrivals = Arrivals::ignored().of_size(1 << 20);
    let archive = Cursor::new(oci_archive(&image()));
    open_stream(
        archive,
        "app:1",
        &environment(),
        &Events::ignored(),
        arrivals,
    )
    .unwrap();
}

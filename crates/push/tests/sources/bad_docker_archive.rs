//! Docker archives that are wrong.

use insta::assert_snapshot;

use crate::archive::{Image, Tar, docker_archive, podman_archive};
use crate::{open_bytes, refusal};

fn image() -> Image {
    Image::new(&["one", "two"])
}

/// An archive with that `manifest.json` and the files of [`image`].
fn listing(manifest: &str) -> Vec<u8> {
    let image = image();
    Tar::new()
        .file("config", image.config())
        .file("one", &image.layers[0])
        .file("two", &image.layers[1])
        .file("manifest.json", manifest)
        .finish()
}

#[test]
fn manifest_json_is_a_list_of_images() {
    let refusals = [
        "",
        "nonsense",
        "{}",
        "[]",
        "null",
        r#"[{"Layers":["one","two"]}]"#,
        r#"[{"Config":7,"Layers":["one","two"]}]"#,
        r#"[{"Config":"config","Layers":["one","two"]}"#,
        r#"[{"Config":"config","Config":"config","Layers":["one","two"]}]"#,
    ]
    .map(|manifest| refusal(&listing(manifest)));
    assert_snapshot!(refusals.join("\n"), @r"
    `manifest.json` in `image.tar` is malformed: it is not the JSON it should be: EOF while parsing a value at line 1 column 0
    `manifest.json` in `image.tar` is malformed: it is not the JSON it should be: expected ident at line 1 column 2
    `manifest.json` in `image.tar` is malformed: it is not the JSON it should be: invalid type: map, expected a sequence at line 1 column 0
    `manifest.json` in `image.tar` is malformed: it lists no image
    `manifest.json` in `image.tar` is malformed: it is not the JSON it should be: invalid type: null, expected a sequence at line 1 column 4
    `manifest.json` in `image.tar` is malformed: it is not the JSON it should be: missing field `Config` at line 1 column 25
    `manifest.json` in `image.tar` is malformed: it is not the JSON it should be: invalid type: integer `7`, expected a string at line 1 column 12
    `manifest.json` in `image.tar` is malformed: it is not the JSON it should be: EOF while parsing a list at line 1 column 43
    `manifest.json` in `image.tar` is malformed: it is not the JSON it should be: duplicate field `Config` at line 1 column 28
    ");
}

#[test]
fn what_manifest_json_lists_is_there() {
    let refusals = [
        r#"[{"Config":"nothing","Layers":["one","two"]}]"#,
        r#"[{"Config":"config","Layers":["one","three"]}]"#,
        r#"[{"Config":"config","Layers":["one","../../etc/passwd"]}]"#,
        r#"[{"Config":"/config","Layers":["one","two"]}]"#,
        r#"[{"Config":"config","Layers":["one",""]}]"#,
    ]
    .map(|manifest| refusal(&listing(manifest)));
    assert_snapshot!(refusals.join("\n"), @r"
    `manifest.json` in `image.tar` is malformed: the config `nothing` that it lists is missing
    `manifest.json` in `image.tar` is malformed: the layer `three` that it lists is missing
    `../../etc/passwd` in `image.tar` is malformed: the name leads out of the archive
    `/config` in `image.tar` is malformed: the name leads out of the archive
    `manifest.json` in `image.tar` is malformed: the layer `` that it lists is missing
    ");
}

#[test]
fn there_are_as_many_layers_as_diff_ids() {
    let refusals = [
        r#"[{"Config":"config","Layers":["one"]}]"#,
        r#"[{"Config":"config","Layers":["one","two","two"]}]"#,
        r#"[{"Config":"config"}]"#,
    ]
    .map(|manifest| refusal(&listing(manifest)));
    assert_snapshot!(refusals.join("\n"), @r"
    `manifest.json` in `image.tar` is malformed: it should list 2 layers, one for each diff ID of `config`, and lists 1
    `manifest.json` in `image.tar` is malformed: it should list 2 layers, one for each diff ID of `config`, and lists 3
    `manifest.json` in `image.tar` is malformed: it should list 2 layers, one for each diff ID of `config`, and lists 0
    ");
}

#[test]
fn a_layer_that_is_not_its_diff_id_is_found_when_it_is_read() {
    let swapped = listing(r#"[{"Config":"config","Layers":["two","one"]}]"#);
    assert_snapshot!(refusal(&swapped), @"`two` in `image.tar` does not match the diff ID in the image config: expected sha256:1782cfcd8eae51d7d4c4987f5d94335f22ae58c0b0abf177b6ae101f47e54ff4, found sha256:40c514413537faeda279ab1f69de29e33545a974270e5ebd32d872da7441fc4a");

    let mut short = image();
    short.layers[0].truncate(512);
    assert_snapshot!(refusal(&docker_archive(&short, &[]).finish()), @"`layer-0/layer.tar` in `image.tar` does not match the diff ID in the image config: expected sha256:1782cfcd8eae51d7d4c4987f5d94335f22ae58c0b0abf177b6ae101f47e54ff4, found sha256:e0ebfe14fbda534d084ae808d0bab4dee4d97faa97895f1c1e0f8c6148847a83");
}

#[test]
fn a_name_that_promises_another_digest_is_refused() {
    let mut other = image();
    other.layers.swap(0, 1);
    // Podman's names are the diff IDs, so here both promise the same and the bytes are wrong.
    assert_snapshot!(refusal(&podman_archive(&other, &[]).finish()), @"`1782cfcd8eae51d7d4c4987f5d94335f22ae58c0b0abf177b6ae101f47e54ff4.tar` in `image.tar` does not match the diff ID in the image config: expected sha256:1782cfcd8eae51d7d4c4987f5d94335f22ae58c0b0abf177b6ae101f47e54ff4, found sha256:40c514413537faeda279ab1f69de29e33545a974270e5ebd32d872da7441fc4a");

    // Here the config promises something else than the name.
    let image = image();
    let name = format!("{}.tar", image.diff_ids[1].hex());
    let tar = Tar::new()
        .file("config", image.config())
        .file(&name, &image.layers[0])
        .file("two", &image.layers[1])
        .file(
            "manifest.json",
            format!(r#"[{{"Config":"config","Layers":["{name}","two"]}}]"#),
        );
    assert_snapshot!(refusal(&tar.finish()), @"`40c514413537faeda279ab1f69de29e33545a974270e5ebd32d872da7441fc4a.tar` in `image.tar` does not match its file name: expected sha256:40c514413537faeda279ab1f69de29e33545a974270e5ebd32d872da7441fc4a, found sha256:1782cfcd8eae51d7d4c4987f5d94335f22ae58c0b0abf177b6ae101f47e54ff4");

    let renamed = Image::new(&[]).config_name();
    let tar = Tar::new()
        .file(&renamed, image.config())
        .file("one", &image.layers[0])
        .file("two", &image.layers[1])
        .file(
            "manifest.json",
            format!(r#"[{{"Config":"{renamed}","Layers":["one","two"]}}]"#),
        );
    assert_snapshot!(refusal(&tar.finish()), @"`c5b1d63604f273462ef36fadac3182d43ae6a6138731cf594b314835cf1c034f.json` in `image.tar` does not match its file name: expected sha256:c5b1d63604f273462ef36fadac3182d43ae6a6138731cf594b314835cf1c034f, found sha256:74eb8f09cb773d1c3a8ea36a8f4bd66b0d9f90f00874b3f846cf93687ae1a32d");
}

#[test]
fn a_config_is_one_of_an_image() {
    let of = |config: &str| {
        let tar = Tar::new()
            .file("config", config)
            .file("manifest.json", r#"[{"Config":"config","Layers":[]}]"#);
        refusal(&tar.finish())
    };
    let refusals = [
        of(""),
        of("[]"),
        of("{}"),
        of(r#"{"architecture":"amd64","os":"linux","rootfs":{"diff_ids":["sha256:1"]}}"#),
        of(r#"{"architecture":"amd64","os":"linux","rootfs":{"diff_ids":["md5:1"]}}"#),
        of(&" ".repeat((8 << 20) + 1)),
    ];
    assert_snapshot!(refusals.join("\n"), @r"
    `config` in `image.tar` is malformed: it is not the JSON it should be: EOF while parsing a value at line 1 column 0
    `config` in `image.tar` is malformed: it is not the JSON it should be: invalid type: sequence, expected an image config at line 1 column 0
    `config` in `image.tar` is malformed: it is not the JSON it should be: missing field `rootfs` at line 1 column 2
    `config` in `image.tar` is malformed: it is not the JSON it should be: sha256 takes 64 lower-case hexadecimal digits at line 1 column 70
    `config` in `image.tar` is malformed: it is not the JSON it should be: the algorithm `md5` is not supported (sha256 and sha512 are) at line 1 column 67
    `config` in `image.tar` is malformed: it is 8388609 bytes long, and at most 8388608 can be right
    ");
}

#[test]
fn json_bombs_are_refused_and_cost_little() {
    let deep = format!("[{}", r#"{"Config":["#.repeat(100_000));
    let many = format!("[{}]", vec![r#"{"Config":"a"}"#; 200_000].join(","));
    let layers = vec![r#""one""#; 100_001].join(",");
    let wide = format!(r#"[{{"Config":"config","Layers":[{layers}]}}]"#);
    let large = format!("[{}]", " ".repeat(4 << 20));
    let refusals = [deep, many, wide, large].map(|manifest| refusal(&listing(&manifest)));
    assert_snapshot!(refusals.join("\n"), @r"
    `manifest.json` in `image.tar` is malformed: it is not the JSON it should be: invalid type: sequence, expected a string at line 1 column 11
    `manifest.json` in `image.tar` is malformed: it lists 200000 images with 0 layers, and at most 10000 with 100000 can be right
    `manifest.json` in `image.tar` is malformed: it lists 1 images with 100001 layers, and at most 10000 with 100000 can be right
    `manifest.json` in `image.tar` is malformed: it is 4194306 bytes long, and at most 4194304 can be right
    ");
}

#[test]
fn depth_in_what_is_not_read_costs_no_stack() {
    let deep = format!(
        r#"[{{"Config":"config","Layers":["one","two"],"Extra":{}{}}}]"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert_eq!(open_bytes(&listing(&deep)).unwrap().images.len(), 1);
}

#[test]
fn what_nobody_names_may_be_anything() {
    let image = image();
    let tar = docker_archive(&image, &["app:1"])
        .file("repositories", "nonsense")
        .file("layer-0/json", "{")
        .symbolic_link("dangling", "nowhere");
    assert_eq!(open_bytes(&tar.finish()).unwrap().images.len(), 1);
}

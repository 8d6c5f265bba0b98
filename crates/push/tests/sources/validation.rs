//! Whole images whose parts do not fit each other.

use insta::assert_snapshot;
use push::validate::validate;

use crate::archive::{Image, Layout, docker_archive, with_field};
use crate::{chain, open_bytes, refusal};

/// What validation says of the only image in a layout, which opens without complaint.
#[track_caller]
fn complaint(layout: &Layout) -> String {
    let contents = open_bytes(&layout.tar().finish()).expect("the layout can be opened");
    let error = validate(&contents.images[0]).expect_err("something does not fit");
    let text = chain(&error);
    let path = contents.place.to_string();
    text.replace(&path, "`image.tar`")
}

fn of_image(image: &Image) -> Layout {
    let mut layout = Layout::new();
    let entry = layout.image(image);
    layout.entry(&entry, None)
}

/// An index with one image for linux/amd64, described by those fields.
fn index(fields: &str) -> Layout {
    let mut layout = Layout::new();
    let image = layout.image(&Image::new(&["one"]));
    let index = layout.index(&[with_field(&image, fields)]);
    layout.entry(&index, None)
}

#[test]
fn there_are_as_many_diff_ids_as_layers() {
    let mut fewer = Image::new(&["one", "two"]);
    fewer.layers.pop();
    let mut more = Image::new(&["one", "two"]);
    more.diff_ids.pop();
    assert_snapshot!([fewer, more].map(|it| complaint(&of_image(&it))).join("\n"), @r"
    `blobs/sha256/74eb8f09cb773d1c3a8ea36a8f4bd66b0d9f90f00874b3f846cf93687ae1a32d` in `image.tar` is malformed: it has a diff ID for each of 2 layers, and its manifest has 1
    `blobs/sha256/1b591860edefb65ab845bf466f72bba5ac41782439dbf78c15303f2e778a6916` in `image.tar` is malformed: it has a diff ID for each of 1 layers, and its manifest has 2
    ");
}

#[test]
fn a_plain_layer_is_its_diff_id() {
    let mut image = Image::new(&["one", "two"]);
    image.diff_ids.swap(0, 1);
    assert_snapshot!(complaint(&of_image(&image)), @"`blobs/sha256/1782cfcd8eae51d7d4c4987f5d94335f22ae58c0b0abf177b6ae101f47e54ff4` in `image.tar` does not match the diff ID in the image config: expected sha256:40c514413537faeda279ab1f69de29e33545a974270e5ebd32d872da7441fc4a, found sha256:1782cfcd8eae51d7d4c4987f5d94335f22ae58c0b0abf177b6ae101f47e54ff4");
}

#[test]
fn a_config_names_its_platform() {
    let table = [("", "amd64"), ("linux", ""), ("", "")];
    let complaints = table.map(|(os, architecture)| {
        let mut image = Image::new(&["one"]);
        image.platform = (os.to_owned(), architecture.to_owned());
        let of_archive = refusal(&docker_archive(&image, &[]).finish());
        [complaint(&of_image(&image)), of_archive].join("\n")
    });
    assert_snapshot!(complaints.join("\n"), @r"
    `blobs/sha256/42f9c38eed334276aaa76b0b00ef680f8f57d71576d751040fb43ba92d18387c` in `image.tar` is malformed: it names no `os`
    `42f9c38eed334276aaa76b0b00ef680f8f57d71576d751040fb43ba92d18387c.json` in `image.tar` is malformed: it names no `os`
    `blobs/sha256/c1c91700c374dbb3b018405396d84562c9222f58221240325cf424be87e16d3c` in `image.tar` is malformed: it names no `architecture`
    `c1c91700c374dbb3b018405396d84562c9222f58221240325cf424be87e16d3c.json` in `image.tar` is malformed: it names no `architecture`
    `blobs/sha256/5726ba0274468596ff162da819a705e0d30e6398d4f4ca1ef88104bd9de198bb` in `image.tar` is malformed: it names no `os`
    `5726ba0274468596ff162da819a705e0d30e6398d4f4ca1ef88104bd9de198bb.json` in `image.tar` is malformed: it names no `os`
    ");
}

#[test]
fn an_index_and_a_config_name_the_same_platform() {
    let complaints = [
        r#""platform":{"os":"linux","architecture":"arm64"}"#,
        r#""platform":{"os":"windows","architecture":"amd64"}"#,
    ]
    .map(|fields| complaint(&index(fields)));
    assert_snapshot!(complaints.join("\n"), @r"
    `blobs/sha256/1b591860edefb65ab845bf466f72bba5ac41782439dbf78c15303f2e778a6916` in `image.tar` is malformed: it is for linux/amd64, and the index says linux/arm64
    `blobs/sha256/1b591860edefb65ab845bf466f72bba5ac41782439dbf78c15303f2e778a6916` in `image.tar` is malformed: it is for linux/amd64, and the index says windows/amd64
    ");
}

#[test]
fn an_index_may_say_less_or_more_than_the_config() {
    for fields in [
        r#""artifactType":"none""#,
        r#""platform":{"os":"linux","architecture":"amd64","variant":"v2"}"#,
        r#""platform":{"os":"unknown","architecture":"unknown"}"#,
    ] {
        let contents = open_bytes(&index(fields).tar().finish()).unwrap();
        validate(&contents.images[0]).unwrap();
    }
}

#[test]
fn an_index_lists_something() {
    let mut layout = Layout::new();
    let index = layout.index(&[]);
    assert_snapshot!(complaint(&layout.entry(&index, None)), @"`index.json` in `image.tar` is malformed: the index sha256:dff9de10919148711140d349bf03f1a99eb06f94b03e51715ccebfa7cdc518e2 lists no manifest");
}

#[test]
fn layers_of_an_image_have_the_media_types_of_layers() {
    let image = Image::new(&["one", "two"]);
    let mut layout = Layout::new();
    let config = layout.blob("application/vnd.oci.image.config.v1+json", image.config());
    let layers = [
        layout.blob("application/vnd.oci.image.layer.v1.tar", &image.layers[0]),
        layout.blob("application/octet-stream", &image.layers[1]),
    ];
    let manifest = layout.manifest(&config, &layers);
    assert_snapshot!(complaint(&layout.entry(&manifest, None)), @"`blobs/sha256/40c514413537faeda279ab1f69de29e33545a974270e5ebd32d872da7441fc4a` in `image.tar` is malformed: its media type `application/octet-stream` is none that layers of an image have");
}

//! The table of SOURCE and DESTINATION, row by row.

use std::sync::Arc;

use oci::{Descriptor, MediaType};

use super::*;
use crate::blob::{Blob, Promise};
use crate::image::{ManifestNode, Node};
use crate::source::Format;

/// A source whose images have these names, separated by spaces.
fn contents(images: &[&str]) -> Contents {
    let place = Place::source("app.tar");
    let bytes: Arc<[u8]> = Arc::from(&b"{}"[..]);
    let config = Descriptor::new(MediaType::OCI_CONFIG, Digest::of(&bytes), 2);
    let image = |names: &&str| Image {
        names: names.split_whitespace().map(Name::read).collect(),
        place: place.clone(),
        root: Node::Manifest(Box::new(ManifestNode {
            document: None,
            config: Blob::new(
                config.clone(),
                place.clone(),
                Promise::Computed,
                Arc::new(bytes.clone()),
            ),
            image_config: None,
            layers: Vec::new(),
        })),
    };
    let images = images.iter().map(image).collect();
    Contents {
        place: place.clone(),
        format: Format::DockerArchive,
        images,
        notes: Vec::new(),
    }
}

/// What would be pushed, or why nothing can be.
fn selected(images: &[&str], image: Option<&str>, destination: &str, tags: &[&str]) -> String {
    let contents = contents(images);
    let destination = destination.parse().expect("a destination");
    let tags: Vec<Tag> = tags.iter().map(|tag| tag.parse().expect("a tag")).collect();
    let one = |selected: &Selected<'_>| {
        let tags: Vec<&str> = selected.tags.iter().map(Tag::as_str).collect();
        format!("{}:{}", selected.repository, tags.join(","))
    };
    match select(&contents, image, &destination, &tags) {
        Ok(selected) => selected.iter().map(one).collect::<Vec<_>>().join(" "),
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn what_is_pushed_follows_the_table() {
    let table: &[(&[&str], &str, &str)] = &[
        (&["a:1 a:2"], "r.io/x:9", "x:9"),
        (&["a:1 b:2"], "r.io/x", "x:1,2"),
        (&[""], "r.io/x", "x:latest"),
        (&["a:1", "a:2"], "r.io/x", "x:1 x:2"),
        (&["a:1", "b:2"], "r.io/x/", "x/a:1 x/b:2"),
        (
            &["docker.io/library/a:1", "host.io/t/b:2"],
            "r.io/",
            "a:1 t/b:2",
        ),
        (&["a:1 b:2"], "r.io/x/", "x/a:1 x/b:2"),
        (
            &["a:1", "b:2"],
            "r.io/x:9",
            "error: `app.tar` has 2 images, and the destination names one",
        ),
        (
            &["a:1", "b:2"],
            "r.io/x",
            "error: `app.tar` has 2 images, and the destination names one",
        ),
        (
            &["a:1", "a:1"],
            "r.io/x/",
            "error: two images would be pushed to `x/a:1`",
        ),
        (
            &["h.io/a:1", "g.io/a:1"],
            "r.io/x/",
            "error: two images would be pushed to `x/a:1`",
        ),
        (
            &["hello"],
            "r.io/x/",
            "error: `app.tar` has no name of its own to go by: name a repository",
        ),
        (&[], "r.io/x", "error: `app.tar` has no images at all"),
    ];
    for (images, destination, expected) in table {
        assert_eq!(
            selected(images, None, destination, &[]),
            *expected,
            "{images:?} to {destination}"
        );
    }
}

#[test]
fn one_image_is_picked_by_name_tag_or_position() {
    let images = ["docker.io/corpus/a:1", "b:2 b:latest", ""];
    let table = [
        ("docker.io/corpus/a:1", "x:9"),
        ("corpus/a:1", "x:9"),
        ("2", "x:9"),
        ("@2", "x:9"),
        ("@3", "error: `app.tar` has no image `@3`"),
        ("corpus/a:7", "error: `app.tar` has no image `corpus/a:7`"),
    ];
    for (image, expected) in table {
        assert_eq!(
            selected(&images, Some(image), "r.io/x:9", &[]),
            expected,
            "{image}"
        );
    }
    let twice = selected(&["a:1", "b:1"], Some("1"), "r.io/x:9", &[]);
    assert_eq!(twice, "error: `1` means several images of `app.tar`");
}

#[test]
fn more_tags_are_added_to_one_image_alone() {
    assert_eq!(
        selected(&["a:1"], None, "r.io/x", &["also", "1"]),
        "x:1,also"
    );
    let digest = Digest::of(b"");
    assert_eq!(
        selected(&["a:1"], None, &format!("r.io/x@{digest}"), &[]),
        "x:"
    );
    let several = selected(&["a:1", "a:2"], None, "r.io/x", &["also"]);
    assert_eq!(
        several,
        "error: `--tag` names one image, and `app.tar` has 2"
    );
}

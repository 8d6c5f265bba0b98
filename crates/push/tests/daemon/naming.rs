//! What an image is called, and what the daemon is asked for.

use insta::assert_snapshot;

use crate::fake::{FakeDaemon, FakeImage};
use crate::{chain, hello, open, testdata};

const ID: &str = "b01cbee79d79ccbc61b2d7145bffd597ebbbd6f07a0c34a29c6aa40f2cd3776f";

/// What was asked, and the names that the image has.
fn asked(images: Vec<FakeImage>, name: &str) -> String {
    let daemon = FakeDaemon::start(images, None);
    let contents = open(&daemon, name).unwrap_or_else(|e| panic!("{}", chain(&daemon, &e)));
    let [image] = &contents.images[..] else {
        panic!("{} images", contents.images.len());
    };
    let names = image.names.iter().map(|name| name.written.clone());
    let names = names.collect::<Vec<_>>().join(", ");
    let requests = daemon.requests().join("\n");
    format!("{requests}\nnames: {names}").replace(ID, "<id>")
}

#[test]
fn a_name_has_a_tag_and_only_that() {
    let latest = FakeImage {
        name: "hello:latest",
        ..hello()
    };
    assert_snapshot!(asked(vec![hello(), latest], "hello"), @r#"
    /images/hello:latest/json?manifests=1&unread=/get
    /images/hello:latest/get
    names: hello:latest
    "#);
    assert_snapshot!(asked(vec![hello()], "corpus/hello:1"), @r#"
    /images/corpus/hello:1/json?manifests=1&unread=/get
    /images/corpus/hello:1/get
    names: corpus/hello:1
    "#);
}

#[test]
fn ids_and_digests_give_no_name() {
    assert_snapshot!(asked(vec![hello()], ID), @r#"
    /images/sha256:<id>/json?manifests=1&unread=/get
    /images/sha256:<id>/get
    names:
    "#);
    assert_snapshot!(asked(vec![hello()], &format!("sha256:{ID}")), @r#"
    /images/sha256:<id>/json?manifests=1&unread=/get
    /images/sha256:<id>/get
    names:
    "#);
    assert_snapshot!(asked(vec![hello()], &ID[..12]), @r#"
    /images/b01cbee79d79:latest/json?manifests=1&unread=/get
    /images/b01cbee79d79/json?manifests=1&unread=/get
    /images/b01cbee79d79/get
    names:
    "#);
    assert_snapshot!(asked(vec![hello()], &format!("corpus/hello@sha256:{ID}")), @r#"
    /images/corpus/hello@sha256:<id>/json?manifests=1&unread=/get
    /images/corpus/hello@sha256:<id>/get
    names:
    "#);
}

#[test]
fn digits_may_be_a_name() {
    let named = FakeImage {
        name: "b01c:latest",
        id: "sha256:0000000079ccbc61b2d7145bffd597ebbbd6f07a0c34a29c6aa40f2cd3776f00",
        ..hello()
    };
    assert_snapshot!(asked(vec![hello(), named], "b01c"), @r#"
    /images/b01c:latest/json?manifests=1&unread=/get
    /images/b01c:latest/get
    names: b01c:latest
    "#);
}

#[test]
fn an_image_that_is_not_there_has_near_names() {
    let daemon = FakeDaemon::start(vec![hello()], None);
    for (name, near) in [
        ("corpus/helo:1", "corpus/hello:1"),
        ("hello", "corpus/hello:1"),
        ("postgres:16", ""),
    ] {
        let error = open(&daemon, name).unwrap_err();
        let push::Error::ImageNotFound { available, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(available.join(" "), near, "{name}");
    }
    let error = open(&daemon, "hello").unwrap_err();
    assert_eq!(
        chain(&daemon, &error),
        "`<daemon>` has no image `hello:latest`"
    );
    let exports = daemon.requests();
    assert!(
        !exports
            .iter()
            .any(|request| request.contains("/get?") || request.ends_with("1/get"))
    );
}

#[test]
fn what_is_no_name_is_not_asked_for() {
    let daemon = FakeDaemon::start(vec![hello()], None);
    let error = open(&daemon, "corpus/hello:1/json?x=").unwrap_err();
    assert!(
        matches!(error, push::Error::InvalidReference { .. }),
        "{error}"
    );
    assert!(daemon.requests().is_empty());
}

#[test]
fn every_shape_of_an_export_is_read() {
    let table = [
        ("docker20-hello.tar", "DockerArchive"),
        ("docker28-hello.tar", "OciArchive"),
        ("docker28c-hello.tar", "OciArchive"),
        ("podman-docker-archive-hello.tar", "DockerArchive"),
    ];
    for (archive, format) in table {
        let image = FakeImage {
            archive: testdata().join(archive),
            ..hello()
        };
        let daemon = FakeDaemon::start(vec![image], None);
        let contents = open(&daemon, "corpus/hello:1").unwrap();
        assert_eq!(format!("{:?}", contents.format), format, "{archive}");
        let push::image::Node::Manifest(manifest) = &contents.images[0].root else {
            panic!("{archive}: an index");
        };
        assert_eq!(manifest.config.descriptor.digest.hex(), ID, "{archive}");
        assert_eq!(manifest.layers.len(), 3, "{archive}");
    }
}

//! The shapes that archives and layouts come in, made in code.

use insta::assert_snapshot;
use push::source::Contents;

use crate::archive::{Image, Layout, Tar, docker_archive, podman_archive, with_field};
use crate::{open, open_bytes, summary};

const CONTAINERD: &str = "io.containerd.image.name";
const REF: &str = "org.opencontainers.image.ref.name";

#[track_caller]
fn text(tar: Tar) -> String {
    summary(&open_bytes(&tar.finish()).expect("the archive can be opened"))
}

fn names(contents: &Contents) -> Vec<Vec<&str>> {
    let names = contents.images.iter().map(|image| &image.names);
    names
        .map(|names| names.iter().map(|name| &*name.written).collect())
        .collect()
}

#[test]
fn layers_are_reached_through_links_of_both_kinds() {
    let image = Image::new(&["one", "one", "one", "one"]);
    let tar = Tar::new()
        .directory("./a/")
        .file("./a/layer.tar", &image.layers[0])
        .symbolic_link("b/layer.tar", "../a/layer.tar")
        .symbolic_link("c/layer.tar", "./../b/layer.tar")
        .hard_link("d/layer.tar", "./a/layer.tar")
        .file("config", image.config())
        .file(
            "manifest.json",
            r#"[{"Config":"config","RepoTags":null,
                "Layers":["a/layer.tar","b/layer.tar","c/layer.tar","d/layer.tar"]}]"#,
        );
    assert_snapshot!(text(tar), @r"
    DockerArchive
    image []
      no manifest linux/amd64
        config 8ddc6341a413 373 docker.container.image.v1+json, says an earlier reading
        layer 1782cfcd8eae 2048 docker.image.rootfs.diff.tar, says the diff ID in the image config
        layer 1782cfcd8eae 2048 docker.image.rootfs.diff.tar, says the diff ID in the image config
        layer 1782cfcd8eae 2048 docker.image.rootfs.diff.tar, says the diff ID in the image config
        layer 1782cfcd8eae 2048 docker.image.rootfs.diff.tar, says the diff ID in the image config
    ");
}

#[test]
fn untagged_images_have_no_names() {
    let image = Image::new(&["one"]);
    for tags in [&[][..], &["<none>:<none>"]] {
        let tar = docker_archive(&image, tags).finish();
        assert_eq!(names(&open_bytes(&tar).unwrap()), [[""; 0]]);
    }
}

#[test]
fn podman_and_buildah_name_plain_layers_by_diff_id() {
    assert_snapshot!(text(podman_archive(&Image::new(&["one", "two"]), &["app:1"])), @r"
    DockerArchive
    image [app:1]
      no manifest linux/amd64
        config 74eb8f09cb77 225 docker.container.image.v1+json, says its file name
        layer 1782cfcd8eae 2048 docker.image.rootfs.diff.tar, says the diff ID in the image config
        layer 40c514413537 2048 docker.image.rootfs.diff.tar, says the diff ID in the image config
    ");
}

#[test]
fn a_layer_may_be_long_in_name_and_described_by_pax() {
    let image = Image::new(&["one"]);
    let name = format!("{}/layer.tar", "deep/".repeat(40));
    let size = image.layers[0].len();
    let records = [
        crate::archive::pax("path", &name),
        crate::archive::pax("SCHILY.xattr.user.note", "two\n\nlines"),
        crate::archive::pax("size", &size.to_string()),
    ];
    let manifest = format!(r#"[{{"Config":"config","Layers":["{name}"]}}]"#);
    let rest = |tar: Tar| {
        tar.file("config", image.config())
            .file("manifest.json", &manifest)
    };
    let pax = rest(
        Tar::new()
            .extension(b'x', &records.concat())
            .file("short", &image.layers[0]),
    );
    let gnu = rest(
        Tar::new()
            .extension(b'L', format!("{name}\0").as_bytes())
            .file("short", &image.layers[0]),
    );
    assert_eq!(text(pax), text(gnu));
}

#[test]
fn a_layout_directory_is_the_layout_of_its_tar() {
    let mut layout = Layout::new();
    let image = layout.image(&Image::new(&["one", "two"]));
    let layout = layout.entry(&image, Some((REF, "1.2")));
    let directory = tempfile::tempdir().unwrap();
    layout.write_to(directory.path());
    let of_directory = summary(&open(directory.path()).unwrap());
    assert_snapshot!(of_directory, @r"
    OciLayout
    image [1.2]
      manifest sha256:866223e2d705b5414839ffbd1d210f4175f5de2b4d21f3179be2d9dde43127f7 linux/amd64
        config 74eb8f09cb77 225 oci.image.config.v1+json, says its descriptor
        layer 1782cfcd8eae 2048 oci.image.layer.v1.tar, says its descriptor
        layer 40c514413537 2048 oci.image.layer.v1.tar, says its descriptor
    ");
    assert_eq!(
        text(layout.tar()),
        of_directory.replace("OciLayout", "OciArchive")
    );
}

#[test]
fn containerds_name_wins_and_entries_of_one_digest_are_one_image() {
    let mut layout = Layout::new();
    let one = layout.image(&Image::new(&["one"]));
    let two = layout.image(&Image::new(&["two"]));
    let both = with_field(
        &one,
        &format!(r#""annotations":{{"{CONTAINERD}":"docker.io/team/app:1","{REF}":"1"}}"#),
    );
    let layout = layout
        .entry(&both, None)
        .entry(&two, Some((REF, "localhost/other:3")))
        .entry(&one, Some((CONTAINERD, "docker.io/team/app:latest")))
        .entry(&two, None);
    let contents = open_bytes(&layout.tar().finish()).unwrap();
    assert_eq!(
        names(&contents),
        [
            vec!["docker.io/team/app:1", "docker.io/team/app:latest"],
            vec!["localhost/other:3"]
        ]
    );
}

#[test]
fn indexes_nest_and_keep_their_attestations() {
    let mut layout = Layout::new();
    let amd64 = layout.image(&Image::new(&["one"]));
    let arm64 = layout.image(&Image::new(&["one"]).for_architecture("arm64"));
    let attestation = attestation(&mut layout, &amd64);
    let platform = r#""platform":{"os":"linux","architecture":"arm64"}"#;
    let inner = layout.index(&[with_field(&arm64, platform)]);
    let index = layout.index(&[amd64, attestation, inner]);
    assert_snapshot!(text(layout.entry(&index, Some((REF, "app:1"))).tar()), @r"
    OciArchive
    image [app:1]
      index sha256:cdfa9f52c156dfc9c49386ba4739875718889953d2b10cd4b37f8967198267d9
        manifest sha256:a05e75169cb48be81b98238b7758aa8f697e004df9688420b76de0dfb810fe3f linux/amd64
          config 1b591860edef 151 oci.image.config.v1+json, says its descriptor
          layer 1782cfcd8eae 2048 oci.image.layer.v1.tar, says its descriptor
        manifest sha256:596afd51b0415d28cebb8d1a1a892df602e58a3ca431aa5cab46119e5854f8a0 unknown/unknown
          config 64ccbe6ccd4d 66 oci.image.config.v1+json, says its descriptor
          layer 44136fa355b3 2 in-toto+json, says its descriptor
        index sha256:4b702bfbb2d8b3d6c29de03ce21f6ac9ebcd6e624928a503f8a2e9a656d064ac
          manifest sha256:6151e4e995b143f4932d67cee1d7ecc70f187f77f536dd3c6cd128599d3faf34 linux/arm64
            config 901701a48f8a 151 oci.image.config.v1+json, says its descriptor
            layer 1782cfcd8eae 2048 oci.image.layer.v1.tar, says its descriptor
    ");
}

/// What BuildKit adds to an index.
fn attestation(layout: &mut Layout, subject: &str) -> String {
    let statement = layout.blob("application/vnd.in-toto+json", "{}");
    let config = layout.blob(
        "application/vnd.oci.image.config.v1+json",
        r#"{"architecture":"unknown","os":"unknown","rootfs":{"diff_ids":[]}}"#,
    );
    let manifest = layout.manifest(&config, &[statement]);
    let digest = &subject[subject.find("sha256:").expect("a descriptor has a digest")..][..71];
    with_field(
        &manifest,
        &format!(
            r#""platform":{{"os":"unknown","architecture":"unknown"}},"annotations":{{
                "vnd.docker.reference.type":"attestation-manifest","vnd.docker.reference.digest":"{digest}"}}"#
        ),
    )
}

#[test]
fn artifacts_are_taken_as_they_are() {
    let mut layout = Layout::new();
    let config = layout.blob("application/vnd.cncf.helm.config.v1+json", "{}");
    let chart = layout.blob("application/vnd.cncf.helm.chart.content.v1.tar+gzip", "x");
    let chart = layout.manifest(&config, &[chart]);
    let config = layout.blob("application/vnd.oci.image.config.v1+json", "{}");
    let signature = layout.blob("application/vnd.dev.cosign.simplesigning.v1+json", "y");
    let signature = layout.manifest(&config, &[signature]);
    assert_snapshot!(text(layout.entry(&chart, None).entry(&signature, None).tar()), @r"
    OciArchive
    image []
      manifest sha256:b5c3aa7d09f9cb9f225efb4f8f58a4d02310c76a9bce5a433fc13416ea51beed -
        config 44136fa355b3 2 cncf.helm.config.v1+json, says its descriptor
        layer 2d711642b726 1 cncf.helm.chart.content.v1.tar+gzip, says its descriptor
    image []
      manifest sha256:4e14d4743892e9ac93aa612ad2a16e305f88cace5653c8e0df2f7c8fa4d2863b -
        config 44136fa355b3 2 oci.image.config.v1+json, says its descriptor
        layer a1fce4363854 1 dev.cosign.simplesigning.v1+json, says its descriptor
    ");
}

#[test]
fn a_partial_index_says_what_it_lacks() {
    let mut layout = Layout::new();
    let amd64 = layout.image(&Image::new(&["one"]));
    let mut elsewhere = Layout::new();
    let arm64 = elsewhere.image(&Image::new(&["two"]).for_architecture("arm64"));
    let index = layout.index(&[amd64, arm64]);
    assert_snapshot!(text(layout.entry(&index, Some((REF, "app:1"))).tar()), @r"
    OciArchive
    image [app:1]
      index sha256:58b092f85f9d1441cddf84a4f51bfc1b3307be83c3222eb78a10b65706d4d43f
        manifest sha256:a05e75169cb48be81b98238b7758aa8f697e004df9688420b76de0dfb810fe3f linux/amd64
          config 1b591860edef 151 oci.image.config.v1+json, says its descriptor
          layer 1782cfcd8eae 2048 oci.image.layer.v1.tar, says its descriptor
        partial, lacks 463e06358e0f
    ");
}

/// The name of the file that holds what a descriptor is of.
fn file_of(descriptor: &str) -> String {
    let digest = descriptor
        .find("sha256:")
        .expect("a descriptor has a digest");
    format!("blobs/sha256/{}", &descriptor[digest + 7..][..64])
}

/// A layout as a tar that has a `manifest.json` of one image as well.
fn both(layout: &Layout, image: &Image) -> Tar {
    let blob = |bytes: &[u8]| format!("blobs/sha256/{}", oci::Digest::of(bytes).hex());
    let (config, layer) = (blob(&image.config()), blob(&image.layers[0]));
    layout.tar().file(
        "manifest.json",
        format!(r#"[{{"Config":"{config}","RepoTags":["app:1"],"Layers":["{layer}"]}}]"#),
    )
}

#[test]
fn an_archive_that_is_both_is_read_by_manifest_json_where_the_index_is_incomplete() {
    let image = Image::new(&["one"]);
    let mut layout = Layout::new();
    let manifest = layout.image(&image);
    let index = layout.index(std::slice::from_ref(&manifest));
    // As Docker writes images that it pulled and of which it did not keep the manifest.
    layout.files.remove(&file_of(&manifest));
    let by_manifest = layout.clone().entry(&manifest, Some((REF, "app:1")));
    let by_index = layout.entry(&index, Some((REF, "app:1")));
    assert_snapshot!(text(both(&by_manifest, &image)), @r"
    DockerArchive
    image [app:1]
      no manifest linux/amd64
        config 1b591860edef 151 docker.container.image.v1+json, says its file name
        layer 1782cfcd8eae 2048 docker.image.rootfs.diff.tar, says the diff ID in the image config
    note: `index.json` names blobs that the archive does not have; it is read by its `manifest.json`
    ");
    assert_eq!(
        text(both(&by_index, &image)),
        text(both(&by_manifest, &image))
    );
}

#[test]
fn an_archive_that_is_both_is_read_by_an_index_that_has_one_image() {
    let image = Image::new(&["one"]);
    let mut layout = Layout::new();
    let here = layout.image(&image);
    let elsewhere = Layout::new().image(&Image::new(&["two"]));
    let index = layout.index(&[here, elsewhere]);
    let layout = layout.entry(&index, Some((REF, "app:1")));
    assert_eq!(text(both(&layout, &image)), text(layout.tar()));
}

#[test]
fn an_attestation_beside_its_image_is_left_out_and_named() {
    let mut layout = Layout::new();
    let image = layout.image(&Image::new(&["one"]));
    let attestation = attestation(&mut layout, &image);
    assert_snapshot!(text(layout.entry(&image, None).entry(&attestation, None).tar()), @r"
    OciArchive
    image []
      manifest sha256:a05e75169cb48be81b98238b7758aa8f697e004df9688420b76de0dfb810fe3f linux/amd64
        config 1b591860edef 151 oci.image.config.v1+json, says its descriptor
        layer 1782cfcd8eae 2048 oci.image.layer.v1.tar, says its descriptor
    note: the attestation sha256:596afd51b0415d28cebb8d1a1a892df602e58a3ca431aa5cab46119e5854f8a0 stands beside its image instead of in an index, and is left out
    ");
}

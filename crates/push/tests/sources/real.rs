//! Archives by real tools: their images, names and digests, and every byte of every blob.

use insta::assert_snapshot;
use push::source::SourceSpec;

use crate::{open, open_as, summary, testdata};

#[test]
fn docker_20_writes_legacy_archives() {
    let contents = open(&testdata("docker20-hello.tar")).unwrap();
    assert_snapshot!(summary(&contents), @r"
    DockerArchive
    image [corpus/hello:1]
      no manifest linux/amd64
        config b01cbee79d79 2199 docker.container.image.v1+json, says its file name
        layer c821bd63ed51 2048 docker.image.rootfs.diff.tar, says the diff ID in the image config
        layer 04506e4ec26b 6656 docker.image.rootfs.diff.tar, says the diff ID in the image config
        layer 621c5846370e 4608 docker.image.rootfs.diff.tar, says the diff ID in the image config
    ");
}

#[test]
fn docker_20_writes_several_images_that_share_layers_by_links() {
    let contents = open(&testdata("docker20-multi.tar")).unwrap();
    assert_snapshot!(summary(&contents), @r"
    DockerArchive
    image [corpus/dup:1]
      no manifest linux/amd64
        config 0eae904e5dcd 1838 docker.container.image.v1+json, says its file name
        layer d52646e52ed6 2560 docker.image.rootfs.diff.tar, says the diff ID in the image config
        layer 04506e4ec26b 6656 docker.image.rootfs.diff.tar, says the diff ID in the image config
        layer 3a2f404a6933 2560 docker.image.rootfs.diff.tar, says the diff ID in the image config
    image [corpus/hello:1, corpus/hello:latest]
      no manifest linux/amd64
        config b01cbee79d79 2199 docker.container.image.v1+json, says its file name
        layer c821bd63ed51 2048 docker.image.rootfs.diff.tar, says the diff ID in the image config
        layer 04506e4ec26b 6656 docker.image.rootfs.diff.tar, says the diff ID in the image config
        layer 621c5846370e 4608 docker.image.rootfs.diff.tar, says the diff ID in the image config
    ");
}

#[test]
fn docker_28_writes_a_layout_beside_its_manifest_json() {
    let contents = open(&testdata("docker28-hello.tar")).unwrap();
    assert_snapshot!(summary(&contents), @r"
    OciArchive
    image [docker.io/corpus/hello:1]
      manifest sha256:97f409dbff36dea920357fbeca3fad4f072752f59a09b587c3e87b3399e3e20c linux/amd64
        config b01cbee79d79 2199 oci.image.config.v1+json, says its descriptor
        layer c821bd63ed51 2048 oci.image.layer.v1.tar, says its descriptor
        layer 04506e4ec26b 6656 oci.image.layer.v1.tar, says its descriptor
        layer 621c5846370e 4608 oci.image.layer.v1.tar, says its descriptor
    ");
}

#[test]
fn docker_28_with_containerd_keeps_docker_media_types() {
    let contents = open(&testdata("docker28c-hello.tar")).unwrap();
    assert_snapshot!(summary(&contents), @r"
    OciArchive
    image [docker.io/corpus/hello:1]
      manifest sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89 linux/amd64
        config b01cbee79d79 2199 docker.container.image.v1+json, says its descriptor
        layer c821bd63ed51 2048 docker.image.rootfs.diff.tar, says its descriptor
        layer 04506e4ec26b 6656 docker.image.rootfs.diff.tar, says its descriptor
        layer 621c5846370e 4608 docker.image.rootfs.diff.tar, says its descriptor
    ");
}

#[test]
fn podman_names_layers_by_diff_id() {
    let contents = open(&testdata("podman-docker-archive-hello.tar")).unwrap();
    assert_snapshot!(summary(&contents), @r"
    DockerArchive
    image [localhost/corpus/hello:1]
      no manifest linux/amd64
        config b01cbee79d79 2199 docker.container.image.v1+json, says its file name
        layer c821bd63ed51 2048 docker.image.rootfs.diff.tar, says the diff ID in the image config
        layer 04506e4ec26b 6656 docker.image.rootfs.diff.tar, says the diff ID in the image config
        layer 621c5846370e 4608 docker.image.rootfs.diff.tar, says the diff ID in the image config
    ");
}

#[test]
fn podman_and_skopeo_write_layouts_with_gzip_layers() {
    let podman = open(&testdata("podman-oci-archive-hello.tar")).unwrap();
    assert_snapshot!(summary(&podman), @r"
    OciArchive
    image [localhost/corpus/hello:1]
      manifest sha256:e4a32d31472f6526b8d5652f85529557fbbb1ec7f17971ec7b0196d8ed9adfd6 linux/amd64
        config dc826106e291 1271 oci.image.config.v1+json, says its descriptor
        layer 4df482019f15 133 oci.image.layer.v1.tar+gzip, says its descriptor
        layer 08d092dbea75 145 oci.image.layer.v1.tar+gzip, says its descriptor
        layer 631ae9468b32 264 oci.image.layer.v1.tar+gzip, says its descriptor
    ");
    let skopeo = open(&testdata("skopeo-oci-archive-hello.tar")).unwrap();
    assert_snapshot!(summary(&skopeo), @r"
    OciArchive
    image [hello]
      manifest sha256:e4a32d31472f6526b8d5652f85529557fbbb1ec7f17971ec7b0196d8ed9adfd6 linux/amd64
        config dc826106e291 1271 oci.image.config.v1+json, says its descriptor
        layer 4df482019f15 133 oci.image.layer.v1.tar+gzip, says its descriptor
        layer 08d092dbea75 145 oci.image.layer.v1.tar+gzip, says its descriptor
        layer 631ae9468b32 264 oci.image.layer.v1.tar+gzip, says its descriptor
    ");
}

#[test]
fn crane_pulls_indexes() {
    let contents = open(&testdata("crane-oci-index.tar")).unwrap();
    assert_snapshot!(summary(&contents), @r"
    OciArchive
    image []
      index sha256:a073da0cf3fb330ceb3b5fae6e1bcf307f72908976a6137c59b687b9ae839058
        manifest sha256:cd9e1ebae8a922032c5b0306736209aecb2c7e8ef250b5a2aee3839169eeb14d linux/amd64
          config f66a9bc9a751 1466 docker.container.image.v1+json, says its descriptor
          layer 4df482019f15 133 docker.image.rootfs.diff.tar.gzip, says its descriptor
          layer 08d092dbea75 145 docker.image.rootfs.diff.tar.gzip, says its descriptor
          layer 631ae9468b32 264 docker.image.rootfs.diff.tar.gzip, says its descriptor
        manifest sha256:84fe0654d00dcd0eb73cb7ad02bfe64b8752bdc7032360f3b66a29586690b950 linux/arm64
          config d311bd1775e5 1466 docker.container.image.v1+json, says its descriptor
          layer 4df482019f15 133 docker.image.rootfs.diff.tar.gzip, says its descriptor
          layer 08d092dbea75 145 docker.image.rootfs.diff.tar.gzip, says its descriptor
          layer 631ae9468b32 264 docker.image.rootfs.diff.tar.gzip, says its descriptor
    ");
}

#[test]
fn a_prefix_says_by_which_list_an_archive_is_read() {
    let path = testdata("docker28-hello.tar");
    let docker = SourceSpec::DockerArchive { path, image: None };
    assert_snapshot!(summary(&open_as(&docker).unwrap()), @r"
    DockerArchive
    image [corpus/hello:1]
      no manifest linux/amd64
        config b01cbee79d79 2199 docker.container.image.v1+json, says its file name
        layer c821bd63ed51 2048 docker.image.rootfs.diff.tar, says the diff ID in the image config
        layer 04506e4ec26b 6656 docker.image.rootfs.diff.tar, says the diff ID in the image config
        layer 621c5846370e 4608 docker.image.rootfs.diff.tar, says the diff ID in the image config
    ");
}

#[test]
fn config_digests_are_the_ones_that_docker_shows() {
    let table = [
        ("docker20-hello.tar", HELLO),
        ("docker28-hello.tar", HELLO),
        ("docker28c-hello.tar", HELLO),
        ("podman-docker-archive-hello.tar", HELLO),
        ("docker20-multi.tar", DUP),
    ];
    for (name, expected) in table {
        let contents = open(&testdata(name)).unwrap();
        let config = &crate::blobs(&contents)[0].descriptor;
        assert_eq!(config.digest.to_string(), expected, "{name}");
    }
}

const HELLO: &str = "sha256:b01cbee79d79ccbc61b2d7145bffd597ebbbd6f07a0c34a29c6aa40f2cd3776f";
const DUP: &str = "sha256:0eae904e5dcd81db79011a803c6d90cdffc1887d084378607fc7c5c7cc1b5632";

//! Images on standard input, which is read once and in order.

use crate::harness::{Place, testdata};

const PUSH: [&str; 6] = [
    "push",
    "--embedded",
    "--dir=registry",
    "--jobs=1",
    "-",
    "team/app:1",
];

/// A docker archive as old versions of Docker write it, with one layer that is large enough to be sent early.
fn archive() -> Vec<u8> {
    let layer = tar(&[("file", vec![7; 2 << 20])]);
    let diff_id = oci::Digest::of(&layer);
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":["{diff_id}"]}}}}"#
    );
    let list = r#"[{"Config":"c.json","RepoTags":[],"Layers":["0123/layer.tar"]}]"#;
    tar(&[
        ("0123/layer.tar", layer),
        ("c.json", config.into_bytes()),
        ("manifest.json", list.into()),
    ])
}

fn tar(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        builder
            .append_data(&mut header, name, &**bytes)
            .expect("a vector takes it");
    }
    builder.into_inner().expect("a vector takes it")
}

#[test]
fn a_large_layer_is_sent_while_standard_input_is_read() {
    let archive = archive();
    let parts = archive.split_at(archive.len() - 1024);
    let shown = Place::new().run_fed_in_two(parts.into(), ": uploaded, ", &PUSH);
    insta::assert_snapshot!(shown, @"
    localhost:5000/team/app:1@sha256:8e11ed804efdaa74d605930f954b396937f095290052126475f16f0ff6791fea
    ------- stderr -------
    pushing layers to localhost:5000/team/app while the source is read
    layer 429e811debbf: uploaded, 2.10 MB
    reading the source: 2.10 MB so far
    pushing localhost:5000/team/app:1 (2 blobs, 2.10 MB)
    config cad1156ad04f: uploaded, 151 B
    manifest 8e11ed804efd: pushed, 422 B
    tagged localhost:5000/team/app:1 as sha256:8e11ed804efdaa74d605930f954b396937f095290052126475f16f0ff6791fea
    reading back localhost:5000/team/app:1
    note: kept in `registry`; `cargo xtask registry --dir registry` serves it at localhost:5000
    ");
}

#[test]
fn a_small_image_is_sent_when_it_is_whole() {
    let archive = std::fs::read(testdata("docker20-hello.tar")).unwrap();
    insta::assert_snapshot!(Place::new().run_fed(archive, &PUSH), @"
    localhost:5000/team/app:1@sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89
    ------- stderr -------
    reading the source: 29.70 kB so far
    pushing localhost:5000/team/app:1 (4 blobs, 15.51 kB)
    layer 04506e4ec26b: uploaded, 6.66 kB
    layer 621c5846370e: uploaded, 4.61 kB
    config b01cbee79d79: uploaded, 2.20 kB
    layer c821bd63ed51: uploaded, 2.05 kB
    manifest 5492e95cc024: pushed, 732 B
    tagged localhost:5000/team/app:1 as sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89
    reading back localhost:5000/team/app:1
    note: kept in `registry`; `cargo xtask registry --dir registry` serves it at localhost:5000
    ");
}

#[test]
fn standard_input_that_breaks_off_is_the_sources_fault() {
    let shown = Place::new().run_fed(&archive()[..1 << 20], &PUSH);
    insta::assert_snapshot!(shown, @"
    ------- stderr -------
    reading the source: 1.05 MB so far
    error: cannot push to `localhost:5000/team/app:1`
      caused by: `0123/layer.tar` in `standard input` is malformed: it is cut short: 2098688 bytes expected, 1048064 found
    hint: the archive may be cut short or altered: write it again with the tool that made it
    [exit status: 3]
    ");
}

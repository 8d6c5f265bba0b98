//! `push --embedded`: nothing to install, nothing to start; the quickest way to see all of a push.

use crate::harness::{Place, testdata};

/// Pushes an archive of `testdata` to an embedded registry of this place.
fn push(place: &Place, words: &[&str]) -> crate::harness::Shown {
    place.run(
        &[
            &["push", "--embedded", "--dir", "registry", "--jobs=1"],
            words,
        ]
        .concat(),
    )
}

#[test]
fn an_image_keeps_its_own_name() {
    let place = Place::new();
    insta::assert_snapshot!(push(&place, &[&testdata("docker20-hello.tar")]), @r#"
    localhost:5000/corpus/hello:1@sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89
    ------- stderr -------
    pushing localhost:5000/corpus/hello:1 (4 blobs, 15.51 kB)
    layer 04506e4ec26b: uploaded, 6.66 kB
    layer 621c5846370e: uploaded, 4.61 kB
    config b01cbee79d79: uploaded, 2.20 kB
    layer c821bd63ed51: uploaded, 2.05 kB
    manifest 5492e95cc024: pushed, 732 B
    tagged localhost:5000/corpus/hello:1 as sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89
    reading back localhost:5000/corpus/hello:1
    note: kept in `registry`; `cargo xtask registry --dir registry` serves it at localhost:5000
    "#);
}

#[test]
fn what_is_there_already_is_not_sent_again() {
    let place = Place::new();
    let archive = testdata("docker20-hello.tar");
    drop(push(&place, &[&archive]));
    insta::assert_snapshot!(push(&place, &[&archive]), @r#"
    localhost:5000/corpus/hello:1@sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89
    ------- stderr -------
    pushing localhost:5000/corpus/hello:1 (4 blobs, 15.51 kB)
    layer 04506e4ec26b: already there, 6.66 kB
    layer 621c5846370e: already there, 4.61 kB
    config b01cbee79d79: already there, 2.20 kB
    layer c821bd63ed51: already there, 2.05 kB
    manifest 5492e95cc024: pushed, 732 B
    tagged localhost:5000/corpus/hello:1 as sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89
    reading back localhost:5000/corpus/hello:1
    note: kept in `registry`; `cargo xtask registry --dir registry` serves it at localhost:5000
    "#);
    insta::assert_snapshot!(push(&place, &["--progress=none", "--dry-run", &archive]), @r#"
    localhost:5000/corpus/hello:1@sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89 (unchanged)
      config sha256:b01cbee79d79ccbc61b2d7145bffd597ebbbd6f07a0c34a29c6aa40f2cd3776f in corpus/hello: exists
      layer sha256:c821bd63ed5124adc6052582f4d7b9546d569e3db8d5ce82373ea28bdddfd673 in corpus/hello: exists
      layer sha256:04506e4ec26b55d8af97bc6bb7993ae1aca718162fd3e30bf2ec6b89d143fbfd in corpus/hello: exists
      layer sha256:621c5846370e967498566d4cc1a7d8462c514f02ce20c51ede26ac2c5a666bf6 in corpus/hello: exists
    would upload 0 of 4 blobs, 0 B
    "#);
}

#[test]
fn a_dry_run_says_what_would_be_sent_and_sends_nothing() {
    let place = Place::new();
    let archive = testdata("docker20-multi.tar");
    let dry = ["--progress=none", "--dry-run", &archive];
    let first = push(&place, &dry).to_string();
    insta::assert_snapshot!(first, @r#"
    localhost:5000/corpus/dup:1@sha256:d00e73ae1eff4907ed737f8eda1dba2ade65d45655e3315448667ba135210252 (new)
    localhost:5000/corpus/hello:1@sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89 (new)
    localhost:5000/corpus/hello:latest@sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89 (new)
      config sha256:0eae904e5dcd81db79011a803c6d90cdffc1887d084378607fc7c5c7cc1b5632 in corpus/dup: upload 1838 bytes
      layer sha256:d52646e52ed6ac0f1ed0f681925b75aaf3b518240d86e79367fa5611724d03aa in corpus/dup: upload 2560 bytes
      layer sha256:04506e4ec26b55d8af97bc6bb7993ae1aca718162fd3e30bf2ec6b89d143fbfd in corpus/dup: upload 6656 bytes
      layer sha256:3a2f404a6933dbc6233337d6c1d6519971b1e383484168f1961f78ebfd0b8d51 in corpus/dup: upload 2560 bytes
      config sha256:b01cbee79d79ccbc61b2d7145bffd597ebbbd6f07a0c34a29c6aa40f2cd3776f in corpus/hello: upload 2199 bytes
      layer sha256:c821bd63ed5124adc6052582f4d7b9546d569e3db8d5ce82373ea28bdddfd673 in corpus/hello: upload 2048 bytes
      layer sha256:04506e4ec26b55d8af97bc6bb7993ae1aca718162fd3e30bf2ec6b89d143fbfd in corpus/hello: mount
      layer sha256:621c5846370e967498566d4cc1a7d8462c514f02ce20c51ede26ac2c5a666bf6 in corpus/hello: upload 4608 bytes
    would upload 7 of 8 blobs, 22.47 kB
    "#);
    assert_eq!(push(&place, &dry).to_string(), first);
}

#[test]
fn several_images_go_under_their_own_names() {
    let place = Place::new();
    let archive = testdata("docker20-multi.tar");
    insta::assert_snapshot!(push(&place, &["--progress=none", &archive]), @r#"
    localhost:5000/corpus/dup:1@sha256:d00e73ae1eff4907ed737f8eda1dba2ade65d45655e3315448667ba135210252
    localhost:5000/corpus/hello:1@sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89
    localhost:5000/corpus/hello:latest@sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89
    ------- stderr -------
    note: kept in `registry`; `cargo xtask registry --dir registry` serves it at localhost:5000
    "#);
    insta::assert_snapshot!(push(&place, &["--progress=none", &archive, "team/app:1"]), @r#"
    ------- stderr -------
    error: cannot push to `localhost:5000/team/app:1`
      caused by: `<testdata>/docker20-multi.tar` has 2 images, and the destination names one
    hint: pick one with `--image`: `corpus/dup:1` or `corpus/hello:1`
    [exit status: 2]
    "#);
    insta::assert_snapshot!(push(&place, &["--progress=none", &archive, "team/app"]), @r#"
    ------- stderr -------
    error: cannot push to `localhost:5000/team/app`
      caused by: `<testdata>/docker20-multi.tar` has 2 images, and the destination names one
    hint: pick one with `--image`: `corpus/dup:1` or `corpus/hello:1`
    [exit status: 2]
    "#);
    let picked = [
        "--progress=none",
        "--image=corpus/dup:1",
        "-t",
        "also",
        &archive,
        "team/app:1",
    ];
    insta::assert_snapshot!(push(&place, &picked), @r#"
    localhost:5000/team/app:1@sha256:d00e73ae1eff4907ed737f8eda1dba2ade65d45655e3315448667ba135210252
    localhost:5000/team/app:also@sha256:d00e73ae1eff4907ed737f8eda1dba2ade65d45655e3315448667ba135210252
    ------- stderr -------
    note: kept in `registry`; `cargo xtask registry --dir registry` serves it at localhost:5000
    "#);
}

#[test]
fn the_result_is_for_scripts() {
    let place = Place::new();
    let archive = testdata("docker28-hello.tar");
    let words = [
        "--progress=none",
        "--output=json",
        "--digest-file=digest",
        &archive,
        "app:1",
    ];
    insta::assert_snapshot!(push(&place, &words), @r#"
    {"schemaVersion":1,"images":[{"reference":"localhost:5000/app:1","digest":"sha256:97f409dbff36dea920357fbeca3fad4f072752f59a09b587c3e87b3399e3e20c","pull":"localhost:5000/app:1","pullByDigest":"localhost:5000/app@sha256:97f409dbff36dea920357fbeca3fad4f072752f59a09b587c3e87b3399e3e20c"}],"failures":[]}
    ------- stderr -------
    note: kept in `registry`; `cargo xtask registry --dir registry` serves it at localhost:5000
    "#);
    insta::assert_snapshot!(place.read("digest"), @r#"
    sha256:97f409dbff36dea920357fbeca3fad4f072752f59a09b587c3e87b3399e3e20c
    "#);
    let several = [
        "--progress=none",
        "--digest-file=other",
        &testdata("docker20-multi.tar"),
    ];
    insta::assert_snapshot!(push(&place, &several), @r#"
    ------- stderr -------
    error: `--digest-file` holds one digest, and there are several images
    hint: pick one with `--image`, or read the digests from `--output json`
    [exit status: 2]
    "#);
    assert!(!place.work().join("other").exists());
}

#[test]
fn one_platform_of_an_index_is_its_manifest() {
    let place = Place::new();
    let archive = testdata("crane-oci-index.tar");
    let with = |words: &[&str]| {
        push(
            &place,
            &[&["--progress=none"], words, &[&archive, "app:1"]].concat(),
        )
    };
    insta::assert_snapshot!(with(&[]), @r#"
    localhost:5000/app:1@sha256:a073da0cf3fb330ceb3b5fae6e1bcf307f72908976a6137c59b687b9ae839058
    ------- stderr -------
    note: kept in `registry`; `cargo xtask registry --dir registry` serves it at localhost:5000
    "#);
    insta::assert_snapshot!(with(&["--platform=linux/arm64"]), @r#"
    localhost:5000/app:1@sha256:84fe0654d00dcd0eb73cb7ad02bfe64b8752bdc7032360f3b66a29586690b950
    ------- stderr -------
    note: kept in `registry`; `cargo xtask registry --dir registry` serves it at localhost:5000
    "#);
    insta::assert_snapshot!(with(&["--platform=linux/arm64", "--platform=linux/amd64"]), @r#"
    localhost:5000/app:1@sha256:a073da0cf3fb330ceb3b5fae6e1bcf307f72908976a6137c59b687b9ae839058
    ------- stderr -------
    note: kept in `registry`; `cargo xtask registry --dir registry` serves it at localhost:5000
    "#);
    insta::assert_snapshot!(with(&["--platform=linux/s390x"]), @r#"
    ------- stderr -------
    error: cannot push to `localhost:5000/app:1`
      caused by: `index.json` in `<testdata>/crane-oci-index.tar` has no image for linux/s390x
    hint: it has `linux/amd64` and `linux/arm64`
    [exit status: 3]
    "#);
    insta::assert_snapshot!(with(&["--format=oci"]), @r#"
    localhost:5000/app:1@sha256:bd039615f1d703e0585cff0d9e533c3b26c7f1fbfcc5edd445d8c3918ceac79c
    ------- stderr -------
    note: kept in `registry`; `cargo xtask registry --dir registry` serves it at localhost:5000
    "#);
}

#[test]
fn an_asserted_digest_must_be_the_images() {
    let place = Place::new();
    let archive = testdata("docker28-hello.tar");
    let right = "app@sha256:97f409dbff36dea920357fbeca3fad4f072752f59a09b587c3e87b3399e3e20c";
    let wrong = right.replace("97f409", "97f400");
    insta::assert_snapshot!(push(&place, &["--progress=none", &archive, right]), @r#"
    localhost:5000/app@sha256:97f409dbff36dea920357fbeca3fad4f072752f59a09b587c3e87b3399e3e20c
    ------- stderr -------
    note: kept in `registry`; `cargo xtask registry --dir registry` serves it at localhost:5000
    "#);
    insta::assert_snapshot!(push(&place, &["--progress=none", &archive, &wrong]), @r#"
    ------- stderr -------
    error: cannot push to `localhost:5000/app@sha256:97f400dbff36dea920357fbeca3fad4f072752f59a09b587c3e87b3399e3e20c`
      caused by: `index.json` in `<testdata>/docker28-hello.tar` does not match the destination: expected sha256:97f400dbff36dea920357fbeca3fad4f072752f59a09b587c3e87b3399e3e20c, found sha256:97f409dbff36dea920357fbeca3fad4f072752f59a09b587c3e87b3399e3e20c
    hint: leave out `@DIGEST`, or push the image that has this digest
    [exit status: 3]
    "#);
}

#[test]
fn progress_can_be_read_by_a_program() {
    let place = Place::new();
    let archive = testdata("docker20-hello.tar");
    let shown = push(&place, &["--progress=json", "--verify=full", &archive]).to_string();
    // How often bytes are counted, and which thread tells first, differs from run to run.
    let counts = ["\"blobProgress\"", "\"blobWaiting\""];
    let steady = |line: &&str| !counts.iter().any(|count| line.contains(count));
    let shown: Vec<&str> = shown.lines().filter(steady).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    localhost:5000/corpus/hello:1@sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89
    ------- stderr -------
    {"schemaVersion":1,"event":"planned","references":["localhost:5000/corpus/hello:1"],"blobs":4,"bytes":15511}
    {"schemaVersion":1,"event":"blobStarted","digest":"sha256:04506e4ec26b55d8af97bc6bb7993ae1aca718162fd3e30bf2ec6b89d143fbfd","kind":"layer","size":6656}
    {"schemaVersion":1,"event":"blobFinished","digest":"sha256:04506e4ec26b55d8af97bc6bb7993ae1aca718162fd3e30bf2ec6b89d143fbfd","size":6656,"outcome":"uploaded"}
    {"schemaVersion":1,"event":"blobStarted","digest":"sha256:621c5846370e967498566d4cc1a7d8462c514f02ce20c51ede26ac2c5a666bf6","kind":"layer","size":4608}
    {"schemaVersion":1,"event":"blobFinished","digest":"sha256:621c5846370e967498566d4cc1a7d8462c514f02ce20c51ede26ac2c5a666bf6","size":4608,"outcome":"uploaded"}
    {"schemaVersion":1,"event":"blobStarted","digest":"sha256:b01cbee79d79ccbc61b2d7145bffd597ebbbd6f07a0c34a29c6aa40f2cd3776f","kind":"config","size":2199}
    {"schemaVersion":1,"event":"blobFinished","digest":"sha256:b01cbee79d79ccbc61b2d7145bffd597ebbbd6f07a0c34a29c6aa40f2cd3776f","size":2199,"outcome":"uploaded"}
    {"schemaVersion":1,"event":"blobStarted","digest":"sha256:c821bd63ed5124adc6052582f4d7b9546d569e3db8d5ce82373ea28bdddfd673","kind":"layer","size":2048}
    {"schemaVersion":1,"event":"blobFinished","digest":"sha256:c821bd63ed5124adc6052582f4d7b9546d569e3db8d5ce82373ea28bdddfd673","size":2048,"outcome":"uploaded"}
    {"schemaVersion":1,"event":"manifestPushed","digest":"sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89","size":732}
    {"schemaVersion":1,"event":"tagged","reference":"localhost:5000/corpus/hello:1","digest":"sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89"}
    {"schemaVersion":1,"event":"verifying","reference":"localhost:5000/corpus/hello:1"}
    {"schemaVersion":1,"event":"verifying","reference":"localhost:5000/corpus/hello@sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89"}
    note: kept in `registry`; `cargo xtask registry --dir registry` serves it at localhost:5000
    "#);
}

#[test]
fn an_image_comes_in_on_standard_input() {
    let place = Place::new();
    let archive = std::fs::File::open(testdata("docker20-hello.tar")).expect("an archive");
    let shown = place.run_reading(
        archive,
        &[
            "push",
            "--embedded",
            "--dir=registry",
            "--progress=none",
            "-",
        ],
    );
    insta::assert_snapshot!(shown, @r#"
    localhost:5000/corpus/hello:1@sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89
    ------- stderr -------
    note: kept in `registry`; `cargo xtask registry --dir registry` serves it at localhost:5000
    "#);
}

//! Images of the local Docker daemon, as far as a daemon is not needed for them, or a pretended one will do.
#![cfg(unix)]

use std::path::{Path, PathBuf};

use crate::harness::Place;

#[path = "../support/daemon.rs"]
#[expect(dead_code, reason = "the tests of the library need more of it")]
mod fake;

use fake::{FakeDaemon, Fault};

#[test]
fn without_a_daemon_it_is_said_where_one_was_looked_for() {
    let place = Place::new();
    let variables = [("DOCKER_HOST", "unix:///nowhere/docker.sock")];
    let shown = place.run_with(&variables, &["push", "app:1", "localhost:1/app:1"]);
    insta::assert_snapshot!(shown, @r"
    ------- stderr -------
    error: cannot push to `localhost:1/app:1`
      caused by: cannot read `app:1` from the Docker daemon
      caused by: no daemon listens at `unix:///nowhere/docker.sock`
    hint: start Docker, or say where it is with `DOCKER_HOST`; if a file is meant, check its path
    [exit status: 5]
    ");
    let variables = [("DOCKER_CONTEXT", "lab")];
    let shown = place.run_with(&variables, &["inspect", "docker-daemon:app"]);
    insta::assert_snapshot!(shown, @r"
    ------- stderr -------
    error: cannot inspect `docker-daemon:app`
      caused by: cannot read `app` from the Docker daemon
      caused by: the Docker context `lab` cannot be used: there is none of that name
    hint: set `DOCKER_HOST`, as to unix:///var/run/docker.sock; `docker context ls` lists the contexts
    [exit status: 5]
    ");
}

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata")
}

fn daemon(fault: Option<Fault>) -> FakeDaemon {
    FakeDaemon::start(vec![fake::hello(&testdata())], fault)
}

/// A push to the embedded registry, from a daemon.
fn push(place: &Place, daemon: &FakeDaemon, words: &[&str]) -> String {
    let host = daemon.host();
    let words = [
        &["push", "--embedded", "--dir=registry", "--progress=none"],
        words,
    ]
    .concat();
    let shown = place.run_with(&[("DOCKER_HOST", &host)], &words);
    shown.to_string().replace(&host, "<daemon>")
}

/// Every file below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn an_image_of_the_daemon_is_pushed_under_its_name() {
    let place = Place::new();
    insta::assert_snapshot!(push(&place, &daemon(None), &["corpus/hello:1"]), @r"
    localhost:5000/corpus/hello:1@sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89
    ------- stderr -------
    note: kept in `registry`; `cargo xtask registry --dir registry` serves it at localhost:5000
    ");
    insta::assert_snapshot!(push(&place, &daemon(None), &["docker-daemon:corpus/hello:1", "team/app:2"]), @r"
    localhost:5000/team/app:2@sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89
    ------- stderr -------
    note: kept in `registry`; `cargo xtask registry --dir registry` serves it at localhost:5000
    ");
}

#[test]
fn an_image_that_is_not_there_is_no_image() {
    insta::assert_snapshot!(push(&Place::new(), &daemon(None), &["corpus/helo:1"]), @r"
    ------- stderr -------
    error: cannot push to `localhost:5000/`
      caused by: `<daemon>` has no image `corpus/helo:1`
    hint: it has `corpus/hello:1`
    [exit status: 3]
    ");
}

#[test]
fn what_the_daemon_says_is_quoted_with_care() {
    let refusing = daemon(Some(Fault::Refuses(500, "no \u{1b}[31mspace\nleft")));
    insta::assert_snapshot!(push(&Place::new(), &refusing, &["corpus/hello:1"]), @r"
    ------- stderr -------
    error: cannot push to `localhost:5000/`
      caused by: cannot read `corpus/hello:1` from the Docker daemon
      caused by: the daemon refused with status 500: no \u{1b}[31mspace\nleft
    hint: the daemon's log may say more; see whether `docker save` can export the image
    [exit status: 5]
    ");
}

#[test]
fn an_image_that_the_daemon_cannot_export_is_to_blame_itself() {
    let classic = daemon(Some(Fault::Refuses(500, "empty export - not implemented")));
    insta::assert_snapshot!(push(&Place::new(), &classic, &["corpus/hello:1"]), @r"
    ------- stderr -------
    error: cannot push to `localhost:5000/`
      caused by: cannot read `corpus/hello:1`
      caused by: it has no layers, and the daemon at `<daemon>` exports no such image
    [exit status: 3]
    ");
}

#[test]
fn a_daemon_that_dies_leaves_the_registry_as_it_was() {
    let place = Place::new();
    let other = crate::harness::testdata("docker20-multi.tar");
    let words = ["--image=corpus/dup:1", &other, "app:1"];
    let pushed = push(&place, &daemon(None), &words);
    assert!(pushed.starts_with("localhost:5000/app:1@"), "{pushed}");
    let registry = place.work().join("registry");
    let before = files(&registry);
    let shown = push(
        &place,
        &daemon(Some(Fault::Dies(10_000))),
        &["corpus/hello:1", "app:1"],
    );
    let said = "caused by: the export broke off after 10000 bytes";
    assert!(shown.contains(said), "{shown}");
    assert!(shown.ends_with("[exit status: 5]"), "{shown}");
    assert_eq!(files(&registry), before);
}

#[test]
fn the_digest_file_needs_no_second_export() {
    let (place, daemon) = (Place::new(), daemon(None));
    let shown = push(&place, &daemon, &["--digest-file=digest", "corpus/hello:1"]);
    assert!(shown.contains(&place.read("digest")), "{shown}");
    let exports = daemon.requests();
    let exports = exports.iter().filter(|it| it.ends_with("hello:1/get"));
    assert_eq!(exports.count(), 1);
}

#[test]
fn a_platform_that_is_under_the_tag_is_not_exported_again() {
    let place = Place::new();
    let daemon = FakeDaemon::start(vec![fake::multi(&testdata(), true)], None);
    let words = ["--platform=linux/arm64", "corpus/hello:1"];
    let first = push(&place, &daemon, &words);
    assert!(first.contains(fake::ARM64), "{first}");
    let exports = || {
        let requests = daemon.requests();
        let exports = requests.iter().filter(|it| it.contains("hello:1/get"));
        exports.count()
    };
    assert_eq!(exports(), 1);
    insta::assert_snapshot!(push(&place, &daemon, &words), @"
    localhost:5000/corpus/hello:1@sha256:84fe0654d00dcd0eb73cb7ad02bfe64b8752bdc7032360f3b66a29586690b950
    ------- stderr -------
    note: `localhost:5000/corpus/hello:1` has this image already: nothing is exported
    note: kept in `registry`; `cargo xtask registry --dir registry` serves it at localhost:5000
    ");
    assert_eq!(exports(), 1);
}

/// A dry run, during which nothing may be exported.
fn dry_run(place: &Place, image: fake::FakeImage, words: &[&str]) -> String {
    let daemon = FakeDaemon::start(vec![image], None);
    let shown = push(
        place,
        &daemon,
        &[&["--dry-run", "corpus/hello:1"], words].concat(),
    );
    let requests = daemon.requests();
    let exported = requests.iter().any(|it| it.contains("hello:1/get"));
    assert!(!exported, "{requests:?}");
    shown
}

#[test]
fn a_dry_run_exports_nothing() {
    let place = Place::new();
    let classic = fake::FakeImage {
        layers: vec!["sha256:c821bd63ed5124adc6052582f4d7b9546d569e3db8d5ce82373ea28bdddfd673"],
        ..fake::hello(&testdata())
    };
    insta::assert_snapshot!(dry_run(&place, classic.clone(), &[]), @r#"
    localhost:5000/corpus/hello:1 (new; digest unknown until exported)
      config sha256:b01cbee79d79ccbc61b2d7145bffd597ebbbd6f07a0c34a29c6aa40f2cd3776f in corpus/hello: upload, size unknown until exported
      layer sha256:c821bd63ed5124adc6052582f4d7b9546d569e3db8d5ce82373ea28bdddfd673 in corpus/hello: upload, size unknown until exported
    would upload 2 of 2 blobs, size unknown until exported
    "#);
    insta::assert_snapshot!(dry_run(&place, classic.clone(), &["--output=json"]), @r#"
    {"schemaVersion":1,"dryRun":true,"images":[{"references":["localhost:5000/corpus/hello:1"],"digest":null,"current":null}],"blobs":[{"repository":"corpus/hello","digest":"sha256:b01cbee79d79ccbc61b2d7145bffd597ebbbd6f07a0c34a29c6aa40f2cd3776f","kind":"config","size":null,"action":"upload"},{"repository":"corpus/hello","digest":"sha256:c821bd63ed5124adc6052582f4d7b9546d569e3db8d5ce82373ea28bdddfd673","kind":"layer","size":null,"action":"upload"}],"unknownUntilExported":[],"bytesToSend":null}
    "#);
    let containerds = fake::multi(&testdata(), true);
    insta::assert_snapshot!(dry_run(&place, containerds, &[]), @r#"
    localhost:5000/corpus/hello:1@sha256:a073da0cf3fb330ceb3b5fae6e1bcf307f72908976a6137c59b687b9ae839058 (new)
      configs in corpus/hello: unknown until exported
      layers in corpus/hello: unknown until exported
    what would be uploaded is unknown until exported
    "#);
    push(&place, &daemon(None), &["corpus/hello:1"]);
    insta::assert_snapshot!(dry_run(&place, classic, &[]), @r#"
    localhost:5000/corpus/hello:1@sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89 (unchanged)
    would upload nothing: the registry has it all
    ------- stderr -------
    note: `localhost:5000/corpus/hello:1` has this image already: nothing is exported
    "#);
}

/// A daemon with the image `app:latest`.
fn daemon_with_app() -> FakeDaemon {
    let app = fake::FakeImage {
        name: "app:latest",
        ..fake::hello(&testdata())
    };
    FakeDaemon::start(vec![app], None)
}

/// A place with an archive that is called as an image would be.
fn place_with_file() -> Place {
    let place = Place::new();
    let archive = testdata().join("docker20-hello.tar");
    std::fs::copy(archive, place.work().join("app")).expect("a new file");
    place
}

#[test]
fn a_file_wins_over_an_image_and_the_other_is_said_to_be_there() {
    let (place, daemon) = (place_with_file(), daemon_with_app());
    insta::assert_snapshot!(push(&place, &daemon, &["app", "app:1"]), @r"
    localhost:5000/app:1@sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89
    ------- stderr -------
    note: `app` is the file here; the Docker daemon has an image of that name too: write `docker-daemon:app` for it
    note: kept in `registry`; `cargo xtask registry --dir registry` serves it at localhost:5000
    ");
    assert_eq!(daemon.requests().len(), 1, "{:?}", daemon.requests());
    let said = "note: `app` is the file here; ";
    let planned = push(&place, &daemon, &["--dry-run", "app", "app:1"]);
    assert!(planned.contains(said), "{planned}");
    let host = [("DOCKER_HOST", &*daemon.host())];
    let inspected = place.run_with(&host, &["inspect", "app"]).to_string();
    assert!(inspected.contains(said), "{inspected}");
    let quiet = push(&place, &daemon, &["-q", "app", "app:1"]);
    assert!(!quiet.contains("stderr"), "{quiet}");
}

#[test]
fn a_layout_wins_over_an_image_too() {
    let (place, daemon) = (Place::new(), daemon_with_app());
    let layout = std::fs::File::open(testdata().join("skopeo-oci-archive-hello.tar"));
    tar::Archive::new(layout.expect("it is there"))
        .unpack(place.work().join("app"))
        .expect("an OCI layout");
    let shown = push(&place, &daemon, &["app", "app:1"]);
    let said = "note: `app` is the directory here; the Docker daemon has an image of that name too";
    assert!(shown.contains(said), "{shown}");
}

#[test]
fn a_name_is_no_question_where_it_can_only_be_a_file() {
    let (place, daemon) = (place_with_file(), daemon_with_app());
    std::fs::copy(place.work().join("app"), place.work().join("app.tar")).expect("a new file");
    let other = FakeDaemon::start(Vec::new(), None);
    for (source, daemon) in [
        ("./app", &daemon),
        ("app.tar", &daemon),
        ("docker-archive:app", &daemon),
        ("app", &other),
    ] {
        let shown = push(&place, daemon, &[source, "app:1"]);
        assert!(!shown.contains("image of that name"), "{source}: {shown}");
        assert!(!shown.contains("exit status"), "{source}: {shown}");
    }
    assert_eq!(daemon.requests(), Vec::<String>::new());
}

#[test]
fn a_daemon_that_says_nothing_keeps_no_file_from_being_pushed() {
    let place = place_with_file();
    let listens = place.work().join("d.sock");
    let _silent = std::os::unix::net::UnixListener::bind(&listens).expect("a new socket");
    for host in [
        format!("unix://{}", listens.display()),
        "unix:///nowhere/docker.sock".to_owned(),
        "what is this".to_owned(),
        "ssh://nobody@localhost:1".to_owned(),
    ] {
        let words = [
            "push",
            "--embedded",
            "--progress=none",
            "--dir=registry",
            "app",
            "app:1",
        ];
        let shown = place.run_with(&[("DOCKER_HOST", &host)], &words);
        let shown = shown.to_string();
        assert!(
            shown.starts_with("localhost:5000/app:1@"),
            "{host}: {shown}"
        );
        // That it is kept in a directory.
        assert_eq!(shown.matches("note: ").count(), 1, "{host}: {shown}");
    }
}

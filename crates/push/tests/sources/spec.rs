//! SOURCE as it is written.

use push::source::SourceSpec;

fn path(path: &str) -> SourceSpec {
    SourceSpec::Path(path.into())
}

fn daemon(name: &str) -> SourceSpec {
    SourceSpec::DockerDaemon(name.to_owned())
}

#[test]
fn forms_are_told_apart_by_how_they_look() {
    let table = [
        ("-", SourceSpec::StandardInput),
        ("/nowhere/app", path("/nowhere/app")),
        ("./app", path("./app")),
        ("../app", path("../app")),
        (".", path(".")),
        ("no-such-app.tar", path("no-such-app.tar")),
        ("no-such-app.tar.gz", path("no-such-app.tar.gz")),
        ("no-such-app.tgz", path("no-such-app.tgz")),
        ("no-such-app.tar.zst", path("no-such-app.tar.zst")),
        ("no-such-app.tar.xz", path("no-such-app.tar.xz")),
        ("no-such-app", daemon("no-such-app")),
        ("no-such-app:1.2", daemon("no-such-app:1.2")),
        ("team/no-such-app", daemon("team/no-such-app")),
        ("docker-daemon:app:1", daemon("app:1")),
    ];
    for (text, expected) in table {
        assert_eq!(SourceSpec::read(text), expected, "{text}");
    }
}

#[test]
fn prefixes_say_the_format_and_may_name_an_image() {
    let table = [
        ("docker-archive:a.tar", "DockerArchive a.tar -"),
        (
            "docker-archive:a.tar:corpus/hello:1",
            "DockerArchive a.tar corpus/hello:1",
        ),
        ("docker-archive:a.tar:@1", "DockerArchive a.tar @1"),
        ("docker-archive:a.tar:", "DockerArchive a.tar -"),
        ("oci:dir:1.2", "OciLayout dir 1.2"),
        ("oci:latest", "OciLayout latest -"),
        (
            "oci-archive:/x/a.tar:localhost:5000/app:1",
            "OciArchive /x/a.tar localhost:5000/app:1",
        ),
    ];
    for (text, expected) in table {
        let spec = SourceSpec::read(text);
        let kind = match &spec {
            SourceSpec::DockerArchive { .. } => "DockerArchive",
            SourceSpec::OciLayout { .. } => "OciLayout",
            SourceSpec::OciArchive { .. } => "OciArchive",
            other => panic!("{text}: {other:?}"),
        };
        let image = spec.image().unwrap_or("-");
        assert_eq!(format!("{kind} {spec} {image}"), expected, "{text}");
    }
}

#[test]
fn what_exists_is_a_file_or_a_layout_before_it_is_a_name() {
    // Tests run in the directory of the package.
    assert_eq!(SourceSpec::read("Cargo.toml"), path("Cargo.toml"));
    assert_eq!(SourceSpec::read("src"), daemon("src"));

    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    std::fs::write(directory.path().join("oci-layout"), "{}").unwrap();
    let text = directory.path().display().to_string();
    assert_eq!(SourceSpec::read(&text), path(&text));
}

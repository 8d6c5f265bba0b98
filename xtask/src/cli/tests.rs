//! What the grammar takes and what it does not, beyond what the command tests show.

use super::*;

fn read(line: &str) -> Result<Cli, clap::Error> {
    let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
    Cli::read(&words)
}

#[track_caller]
fn push(line: &str) -> PushArgs {
    match read(line).expect(line).command {
        Command::Push(typed) => *typed,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn the_grammar_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn the_four_commands_of_the_plan_work_word_for_word() {
    let typed = push("xtask push myimage.tar registry.example.com/myimage:latest");
    assert_eq!(typed.source, "myimage.tar");
    assert_eq!(
        typed.destination.as_deref(),
        Some("registry.example.com/myimage:latest")
    );

    let typed = push(
        "xtask push --username admin --password secret myimage.tar registry.example.com/myimage:latest",
    );
    assert_eq!(typed.credentials.basic.username.as_deref(), Some("admin"));
    assert!(typed.credentials.basic.password.is_some());

    let typed = push("xtask push --insecure myimage.tar localhost:5000/myimage:latest");
    assert!(typed.connection.insecure);

    let typed = push("xtask push --progress large-image.tar registry.example.com/large:latest");
    assert_eq!(typed.progress, Some(ProgressMode::Auto));
    assert_eq!(typed.source, "large-image.tar");
}

#[test]
fn progress_takes_its_value_with_an_equals_sign() {
    let modes = [
        ("--progress=auto", Some(ProgressMode::Auto)),
        ("--progress=bar", Some(ProgressMode::Bar)),
        ("--progress=plain", Some(ProgressMode::Plain)),
        ("--progress=json", Some(ProgressMode::Json)),
        ("--progress=none", Some(ProgressMode::None)),
        ("", None),
    ];
    for (option, expected) in modes {
        let typed = push(&format!("xtask push {option} x.tar r.io/app"));
        assert_eq!(typed.progress, expected, "{option}");
    }
}

#[test]
fn a_detached_value_of_progress_is_found_wherever_it_stands() {
    for line in [
        "xtask push --progress plain x.tar",
        "xtask push x.tar r.io/app --progress none",
        "xtask push x.tar --progress json",
    ] {
        let error = read(line).expect_err(line);
        assert_eq!(error.kind(), ErrorKind::InvalidValue, "{line}");
    }
    for line in [
        "xtask push plain r.io/app --progress",
        "xtask push --progress -- plain r.io/app",
        "xtask push --progress docker-daemon:plain r.io/app",
    ] {
        read(line).expect(line);
    }
}

#[test]
fn one_secret_is_enough() {
    let table = [
        "-u me -p pw --password-stdin",
        "-u me -p pw --token pat",
        "-u me --password-stdin --token pat",
        "--registry-token jwt --token pat",
        "--registry-token jwt -u me",
        "--cert-file c.pem",
        "--key-file k.pem",
        "--dir d",
        "--dry-run --digest-file f",
        "-q -v",
    ];
    for options in table {
        let line = format!("xtask push {options} x.tar r.io/app");
        let error = read(&line).expect_err(&line);
        let kinds = [
            ErrorKind::ArgumentConflict,
            ErrorKind::MissingRequiredArgument,
        ];
        assert!(kinds.contains(&error.kind()), "{line}: {error}");
    }
}

#[test]
fn secrets_do_not_show() {
    for options in [
        "-u me -p s3cret",
        "--token s3cret",
        "--registry-token s3cret",
    ] {
        let typed = push(&format!("xtask push {options} x.tar r.io/app"));
        assert!(!format!("{typed:?}").contains("s3cret"), "{options}");
    }
}

#[test]
fn a_source_without_a_character_is_wrong_usage() {
    for command in ["push", "inspect"] {
        let words = ["xtask", command, ""].map(OsString::from);
        assert!(Cli::read(&words).is_err(), "{command}");
    }
}

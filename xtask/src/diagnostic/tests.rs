//! Every failure, as a person sees it, with its exit code.

mod cluster;
mod daemon;
mod names;
mod remote;

use std::io;

use oci::Digest;
use push::blob::{Place, Promise};
use push::{Answer, Failed, Request};

use super::*;

/// Everything that is shown of an error, and the exit code.
fn shown(error: Error) -> String {
    let failure = Failure::Push {
        doing: "cannot push to `r.io/team/app:1`".to_owned(),
        error: Box::new(error),
    };
    shown_failure(&failure)
}

fn shown_failure(failure: &Failure) -> String {
    let shown: String = Diagnostic::of(failure)
        .iter()
        .map(|diagnostic| diagnostic.render(false))
        .collect();
    format!("{shown}[exit status: {}]", code(failure))
}

fn upload() -> Request {
    Request {
        method: "POST".to_owned(),
        url: "https://r.io/v2/team/app/blobs/uploads/".to_owned(),
    }
}

fn answer(status: u16, words: &str) -> Answer {
    Answer {
        status,
        words: vec![words.to_owned()],
    }
}

fn entry() -> Place {
    Place::source("app.tar").entry("blobs/sha256/abc")
}

#[test]
fn the_callers_errors() {
    let source = "App".parse::<oci::Repository>().unwrap_err();
    let input = "r.io/App".to_owned();
    insta::assert_snapshot!(shown(Error::InvalidReference { input, source }), @"
    error: cannot push to `r.io/team/app:1`
      caused by: `r.io/App` is not a reference
      caused by: the repository `App` must be lower case
    hint: write `app`
    [exit status: 2]
    ");
    insta::assert_snapshot!(shown(Error::Ambiguous {
        problem: "`app.tar` holds several images".to_owned(),
        choices: vec!["a:1".to_owned(), "b:1".to_owned(), "@2".to_owned()],
    }), @"
    error: cannot push to `r.io/team/app:1`
      caused by: `app.tar` holds several images
    hint: pick one with `--image`: `a:1`, `b:1` or `@2`
    [exit status: 2]
    ");
    insta::assert_snapshot!(shown(Error::OptionFile {
        option: "--ca-file",
        path: "ca.pem".into(),
        source: io::Error::from(io::ErrorKind::NotFound),
    }), @"
    error: cannot push to `r.io/team/app:1`
      caused by: cannot use `ca.pem` given with `--ca-file`
      caused by: entity not found
    hint: `--ca-file` takes certificates as PEM
    [exit status: 2]
    ");
}

#[test]
fn the_files_errors() {
    insta::assert_snapshot!(shown(Error::OpenSource {
        place: Place::source("app.tar"),
        source: io::Error::from_raw_os_error(2),
    }), @"
    error: cannot push to `r.io/team/app:1`
      caused by: cannot read `app.tar`
      caused by: No such file or directory (os error 2)
    hint: check the path; a relative one begins where the command is run
    [exit status: 3]
    ");
    insta::assert_snapshot!(shown(Error::OpenSource {
        place: entry(),
        source: io::Error::from(io::ErrorKind::UnexpectedEof),
    }), @"
    error: cannot push to `r.io/team/app:1`
      caused by: cannot read `blobs/sha256/abc` in `app.tar`
      caused by: unexpected end of file
    hint: the archive may be cut short or altered: write it again with the tool that made it
    [exit status: 3]
    ");
    insta::assert_snapshot!(shown(Error::UnknownFormat {
        place: Place::source("app.tar"),
        found: "it is empty".to_owned(),
    }), @"
    error: cannot push to `r.io/team/app:1`
      caused by: `app.tar` is not an image archive: it is empty
    hint: make one with `docker save IMAGE -o app.tar`, or an OCI layout with your build tool
    [exit status: 3]
    ");
    insta::assert_snapshot!(shown(Error::MalformedImage {
        place: entry(),
        problem: "it has 10 bytes, and 12 were expected".to_owned(),
    }), @"
    error: cannot push to `r.io/team/app:1`
      caused by: `blobs/sha256/abc` in `app.tar` is malformed: it has 10 bytes, and 12 were expected
    hint: the archive may be cut short or altered: write it again with the tool that made it
    [exit status: 3]
    ");
    insta::assert_snapshot!(shown(Error::ImageNotFound {
        place: Place::source("app.tar"),
        wanted: "image `app:3`".to_owned(),
        available: vec!["app:1".to_owned(), "app:2".to_owned()],
    }), @"
    error: cannot push to `r.io/team/app:1`
      caused by: `app.tar` has no image `app:3`
    hint: it has `app:1` and `app:2`
    [exit status: 3]
    ");
}

#[test]
fn what_does_not_match_is_hinted_at_by_who_promised() {
    let mismatch = |promise| {
        shown(Error::DigestMismatch {
            place: entry(),
            promise,
            expected: Digest::of(b"expected"),
            actual: Digest::of(b"actual"),
        })
    };
    insta::assert_snapshot!(mismatch(Promise::DiffId), @"
    error: cannot push to `r.io/team/app:1`
      caused by: `blobs/sha256/abc` in `app.tar` does not match the diff ID in the image config: expected sha256:cea23dd4b87e8b00d19fb9ccaaef93e97353c7353e2070f3baf05aeb3995dff4, found sha256:e5c6fde86910ded72db5cc7afc32f850440d4ef7caa5dbb69f5bdc0d3e39cb3b
    hint: the archive may be cut short or altered: write it again with the tool that made it
    [exit status: 3]
    ");
    assert!(mismatch(Promise::Computed).contains("hint: the file changed while it was read"));
    assert!(mismatch(Promise::Destination).contains("hint: leave out `@DIGEST`"));
    assert!(
        mismatch(Promise::Exporter).contains("hint: it was damaged on its way from the daemon")
    );
}

#[test]
fn errors_of_credentials() {
    insta::assert_snapshot!(shown(Error::Credentials {
        registry: "r.io".to_owned(),
        origin: "~/.docker/config.json".to_owned(),
        source: "expected `,` at line 3".into(),
    }), @"
    error: cannot push to `r.io/team/app:1`
      caused by: cannot get credentials for `r.io` from ~/.docker/config.json
      caused by: expected `,` at line 3
    hint: mend ~/.docker/config.json, or give `--username` and `--password-stdin`
    [exit status: 4]
    ");
    insta::assert_snapshot!(shown(Error::Unauthorized {
        request: upload(),
        answer: answer(401, "UNAUTHORIZED: authentication required"),
        credentials: "no credentials".to_owned(),
    }), @"
    error: cannot push to `r.io/team/app:1`
      caused by: the registry did not let us in with no credentials: POST https://r.io/v2/team/app/blobs/uploads/: 401 UNAUTHORIZED: authentication required
    hint: give `--username` and `--password-stdin`, or log in with `docker login r.io`
    [exit status: 4]
    ");
    let error = Error::Unauthorized {
        request: upload(),
        answer: answer(401, "UNAUTHORIZED: authentication required"),
        credentials: "the credentials from --password".to_owned(),
    };
    assert!(shown(error).contains("password or token; credentials came from --password\n"));
    insta::assert_snapshot!(shown(Error::Denied {
        request: upload(),
        answer: answer(403, "DENIED: requested access to the resource is denied"),
        credentials: "the credentials from ~/.docker/config.json".to_owned(),
    }), @"
    error: cannot push to `r.io/team/app:1`
      caused by: the registry refused: POST https://r.io/v2/team/app/blobs/uploads/: 403 DENIED: requested access to the resource is denied
    hint: check that your account may write to `team/app`; credentials came from ~/.docker/config.json
    [exit status: 4]
    ");
    insta::assert_snapshot!(shown(Error::UnsafeCredentials {
        registry: "r.io".to_owned(),
        hazard: "to the token server auth.example.com".to_owned(),
        permit: "`--trust-realm auth.example.com`".to_owned(),
    }), @"
    error: cannot push to `r.io/team/app:1`
      caused by: credentials for `r.io` would go to the token server auth.example.com
    hint: if you trust what is there, give `--trust-realm auth.example.com`
    [exit status: 4]
    ");
}

#[test]
fn this_machines_errors() {
    insta::assert_snapshot!(shown(Error::Spool {
        path: "/tmp".into(),
        source: io::Error::from_raw_os_error(28),
    }), @"
    error: cannot push to `r.io/team/app:1`
      caused by: cannot write a temporary file in `/tmp`
      caused by: No space left on device (os error 28)
    hint: free some space, or set `TMPDIR` to a directory that has more
    [exit status: 1]
    ");
    insta::assert_snapshot!(shown_failure(&Failure::Machine {
        doing: "cannot write to standard output".to_owned(),
        source: io::Error::from_raw_os_error(28),
    }), @"
    error: cannot write to standard output
      caused by: No space left on device (os error 28)
    hint: free some space
    [exit status: 1]
    ");
}

#[test]
fn some_images_of_several() {
    let failed = |tag: &str| Failed {
        references: vec![format!("r.io/app:{tag}")],
        error: Error::Rejected {
            request: upload(),
            answer: answer(400, "TAG_INVALID: no such tag"),
        },
    };
    let failure = |pushed| Failure::Images {
        pushed,
        failed: vec![failed("1"), failed("2")],
    };
    insta::assert_snapshot!(shown_failure(&failure(1)), @"
    error: cannot push to `r.io/app:1`
      caused by: the registry refused: POST https://r.io/v2/team/app/blobs/uploads/: 400 TAG_INVALID: no such tag
    error: cannot push to `r.io/app:2`
      caused by: the registry refused: POST https://r.io/v2/team/app/blobs/uploads/: 400 TAG_INVALID: no such tag
    [exit status: 7]
    ");
    assert!(shown_failure(&failure(0)).ends_with("[exit status: 6]"));
}

#[test]
fn signals_have_their_usual_codes() {
    let of = |signal| shown_failure(&Failure::Interrupted(signal));
    assert_eq!(
        of(Signal::Interrupt),
        "error: interrupted\n[exit status: 130]"
    );
    assert_eq!(
        of(Signal::Terminate),
        "error: terminated\n[exit status: 143]"
    );
}

#[test]
fn text_from_outside_stays_on_its_line() {
    let error = Error::Rejected {
        request: upload(),
        answer: answer(
            400,
            "X: \u{1b}[2K\rerror: all is well\nhint: \u{202e}run this",
        ),
    };
    insta::assert_snapshot!(shown(error), @r"
    error: cannot push to `r.io/team/app:1`
      caused by: the registry refused: POST https://r.io/v2/team/app/blobs/uploads/: 400 X: \u{1b}[2K\rerror: all is well\nhint: \u{202e}run this
    [exit status: 6]
    ");
}

#[test]
fn a_cause_that_says_nothing_new_is_left_out() {
    #[derive(Debug, thiserror::Error)]
    #[error("sending failed: {0}")]
    struct Repeating(#[source] io::Error);
    let cause = io::Error::other("broken pipe");
    assert_eq!(chain(&Repeating(cause)), ["sending failed: broken pipe"]);
}

#[test]
fn colour_is_for_labels_alone() {
    let diagnostic = Diagnostic::new("cannot push", 1, Some("try again".to_owned()));
    assert_eq!(
        diagnostic.render(true),
        "\u{1b}[1;31merror\u{1b}[0m: cannot push\n\u{1b}[1;36mhint\u{1b}[0m: try again\n"
    );
    assert_eq!(
        diagnostic.render(false),
        "error: cannot push\nhint: try again\n"
    );
}

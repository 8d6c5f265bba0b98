//! Failures of the network and of the registry.

use std::time::Duration;

use push::registry::Failure;

use super::*;

fn unreachable(source: Failure) -> Error {
    Error::Unreachable {
        request: Request {
            method: "GET".to_owned(),
            url: "https://r.io/v2/".to_owned(),
        },
        attempts: 3,
        source: source.into(),
    }
}

#[test]
fn the_networks_errors() {
    insta::assert_snapshot!(shown(unreachable(Failure::Refused)), @"
    error: cannot push to `r.io/team/app:1`
      caused by: GET https://r.io/v2/ failed 3 times
      caused by: the connection was refused
    hint: check that the registry is running, and that this is its port
    [exit status: 5]
    ");
    insta::assert_snapshot!(shown(unreachable(Failure::UntrustedCertificate)), @"
    error: cannot push to `r.io/team/app:1`
      caused by: GET https://r.io/v2/ failed 3 times
      caused by: its certificate is not trusted: nobody this machine trusts has signed it
    hint: trust its CA with `--ca-file PEM`, or any certificate with `--insecure`
    [exit status: 5]
    ");
}

#[test]
fn each_failure_of_the_network_has_its_own_hint() {
    let wrong_name = Failure::WrongName {
        expected: "a".to_owned(),
        presented: vec!["b".to_owned()],
    };
    let answered = Failure::Answered(answer(503, "busy"));
    let hints = [
        (
            Failure::UnknownName("r.io".to_owned()),
            "--resolve HOST:PORT:ADDR",
        ),
        (Failure::NotTls, "`http://HOST/REPOSITORY`"),
        (wrong_name, "name the registry as its certificate does"),
        (
            Failure::ExpiredCertificate,
            "the registry needs a new certificate",
        ),
        (Failure::FutureCertificate, "check this machine's clock"),
        (
            Failure::ConnectTimeout(Duration::from_secs(1)),
            "--resolve HOST:PORT:ADDR",
        ),
        (
            Failure::NoAnswer(Duration::from_secs(1)),
            "--timeout SECONDS",
        ),
        (answered, "--retries N"),
    ];
    for (failure, hint) in hints {
        let shown = shown(unreachable(failure));
        assert!(shown.contains(hint), "{shown}");
    }
}

#[test]
fn the_registrys_errors() {
    let rejected = |status, words| {
        shown(Error::Rejected {
            request: upload(),
            answer: answer(status, words),
        })
    };
    insta::assert_snapshot!(rejected(404, "NAME_UNKNOWN: repository name not known"), @"
    error: cannot push to `r.io/team/app:1`
      caused by: the registry refused: POST https://r.io/v2/team/app/blobs/uploads/: 404 NAME_UNKNOWN: repository name not known
    hint: check that `team/app`, or its owner, exists there
    [exit status: 6]
    ");
    assert!(rejected(413, "too large").contains("--chunk-size SIZE"));
    assert!(rejected(400, "MANIFEST_INVALID: no").contains("--format oci"));
    insta::assert_snapshot!(shown(Error::ProtocolViolation {
        request: upload(),
        problem: "202 without a `Location`".to_owned(),
    }), @"
    error: cannot push to `r.io/team/app:1`
      caused by: POST https://r.io/v2/team/app/blobs/uploads/: 202 without a `Location`
    hint: check host and port: what answers there does not behave like a registry
    [exit status: 6]
    ");
    insta::assert_snapshot!(shown(Error::VerifyMismatch {
        reference: "r.io/team/app:1".to_owned(),
        expected: "sha256:aa".to_owned(),
        actual: "sha256:bb".to_owned(),
    }), @"
    error: cannot push to `r.io/team/app:1`
      caused by: `r.io/team/app:1` does not hold what was pushed: expected sha256:aa, found sha256:bb
    hint: somebody else may have pushed there at the same time: push again
    [exit status: 8]
    ");
}

#[test]
fn gitea_means_packages() {
    insta::assert_snapshot!(shown(Error::Denied {
        request: upload(),
        answer: answer(401, "reqPackageAccess"),
        credentials: "the credentials from --username".to_owned(),
    }), @"
    error: cannot push to `r.io/team/app:1`
      caused by: the registry refused: POST https://r.io/v2/team/app/blobs/uploads/: 401 reqPackageAccess
    hint: check that your account may write packages of `team`, and that its token has the scope `write:package`; credentials came from --username
    [exit status: 4]
    ");
    let large = Error::Rejected {
        request: Request {
            method: "PUT".to_owned(),
            url: "https://r.io/v2/team/app/manifests/1".to_owned(),
        },
        answer: answer(413, "MANIFEST_INVALID: Manifest exceeds maximum size"),
    };
    assert!(shown(large).contains("raise that limit"));
    let range = Failure::WrongRange { held: 2, sent: 1 };
    assert!(shown(unreachable(range)).contains("--chunk-size none"));
}

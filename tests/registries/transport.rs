//! Secure and insecure: what each way of reaching a registry says, and its exit code.

use std::path::PathBuf;

use insta::assert_snapshot;
use lab::{Distribution, Registry, or_skip};
use tempfile::TempDir;

use crate::command::{Outcome, testdata};
use crate::push;

/// A certificate for some names and its key, as files.
struct Certificate {
    _directory: TempDir,
    certificate: PathBuf,
    key: PathBuf,
}

impl Certificate {
    fn for_names(names: &[&str]) -> Self {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
        let directory = TempDir::new().expect("a temporary directory");
        let certificate = directory.path().join("certificate.pem");
        let key = directory.path().join("key.pem");
        std::fs::write(&certificate, made.cert.pem()).expect("a file");
        std::fs::write(&key, made.signing_key.serialize_pem()).expect("a file");
        Self {
            _directory: directory,
            certificate,
            key,
        }
    }

    fn path(&self) -> &str {
        self.certificate.to_str().expect("a path in UTF-8")
    }
}

/// What a user sees, with stable names for the port and for paths.
fn seen(outcome: &Outcome, registry: &Registry) -> String {
    let port = registry.address().port().to_string();
    let text = format!(
        "{}---\n{}exit {:?}",
        outcome.stdout, outcome.stderr, outcome.code
    );
    text.replace(&port, "<port>")
}

fn push_hello(options: &[&str], destination: &str) -> Outcome {
    let archive = testdata("docker20-hello.tar");
    push(
        &[
            &["--progress=none", "--jobs=1"],
            options,
            &[&archive, destination],
        ]
        .concat(),
    )
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    let Some(distribution) = or_skip(Distribution::v2_8()) else {
        return;
    };
    let certificate = Certificate::for_names(&["localhost"]);
    let registry = distribution
        .tls(&certificate.certificate, &certificate.key)
        .start();
    let destination = format!("localhost:{}/app:1", registry.address().port());
    assert_snapshot!(seen(&push_hello(&[], &destination), &registry), @r#"
    ---
    error: cannot push to `localhost:<port>/app:1`
      caused by: GET https://localhost:<port>/v2/ failed
      caused by: its certificate is not trusted: nobody this machine trusts has signed it
    hint: trust its CA with `--ca-file PEM`, or any certificate with `--insecure`
    exit Some(5)
    "#);
    for trusted in [
        ["--ca-file", certificate.path()].as_slice(),
        &["--insecure"],
    ] {
        let outcome = push_hello(trusted, &destination);
        assert_eq!(outcome.code, Some(0), "{trusted:?}: {outcome:?}");
    }
}

#[test]
fn a_certificate_for_another_name_is_refused_even_where_it_is_trusted() {
    let Some(distribution) = or_skip(Distribution::v2_8()) else {
        return;
    };
    let certificate = Certificate::for_names(&["elsewhere.example.com"]);
    let registry = distribution
        .tls(&certificate.certificate, &certificate.key)
        .start();
    let destination = format!("localhost:{}/app:1", registry.address().port());
    let outcome = push_hello(&["--ca-file", certificate.path()], &destination);
    assert_snapshot!(seen(&outcome, &registry), @r#"
    ---
    error: cannot push to `localhost:<port>/app:1`
      caused by: GET https://localhost:<port>/v2/ failed
      caused by: its certificate is not for `localhost`, only for `elsewhere.example.com`
    hint: name the registry as its certificate does, or take any certificate with `--insecure`
    exit Some(5)
    "#);
    assert_eq!(push_hello(&["--insecure"], &destination).code, Some(0));
}

#[test]
fn plain_http_needs_consent_away_from_loopback() {
    let Some(distribution) = or_skip(Distribution::v2_8()) else {
        return;
    };
    let registry = distribution.start();
    let port = registry.address().port();
    let resolve = format!("registry.example.com:{port}:127.0.0.1");
    let loopback = push_hello(&[], &format!("localhost:{port}/app:1"));
    assert_eq!(loopback.code, Some(0), "{loopback:?}");
    // The address decides, not the name: this one is loopback too.
    let named = format!("registry.example.com:{port}/app:1");
    assert_eq!(push_hello(&["--resolve", &resolve], &named).code, Some(0));
    let https = push_hello(&["--insecure"], &format!("https://localhost:{port}/app:1"));
    assert_snapshot!(seen(&https, &registry), @r#"
    ---
    error: cannot push to `https://localhost:<port>/app:1`
      caused by: GET https://localhost:<port>/v2/ failed
      caused by: it does not speak TLS on that port
    hint: a registry without TLS is `http://HOST/REPOSITORY`
    exit Some(5)
    "#);
}

#[test]
fn a_password_is_asked_for_and_a_wrong_one_is_refused() {
    let Some(distribution) = or_skip(Distribution::v2_8()) else {
        return;
    };
    let registry = distribution.basic().start();
    let destination = format!("localhost:{}/app:1", registry.address().port());
    assert_snapshot!(seen(&push_hello(&[], &destination), &registry), @r#"
    ---
    error: cannot push to `localhost:<port>/app:1`
      caused by: the registry did not let us in with no credentials: HEAD http://localhost:<port>/v2/app/blobs/sha256:04506e4ec26b55d8af97bc6bb7993ae1aca718162fd3e30bf2ec6b89d143fbfd: 401 without a word
    hint: give `--username` and `--password-stdin`, or log in with `docker login localhost:<port>`
    exit Some(4)
    "#);
    let wrong = push_hello(&["-u", lab::USERNAME, "-p", "not-it"], &destination);
    assert!(!wrong.stderr.contains("not-it"), "{wrong:?}");
    assert_snapshot!(seen(&wrong, &registry), @r#"
    ---
    warning: others on this machine can see a password on the command line: `--password-stdin` hides it
    error: cannot push to `localhost:<port>/app:1`
      caused by: the registry did not let us in with the credentials from --password: HEAD http://localhost:<port>/v2/app/blobs/sha256:04506e4ec26b55d8af97bc6bb7993ae1aca718162fd3e30bf2ec6b89d143fbfd: 401 without a word
    hint: check the user name and the password or token; credentials came from --password
    exit Some(4)
    "#);
    let right = push_hello(&["-u", lab::USERNAME, "-p", lab::PASSWORD], &destination);
    assert_eq!(right.code, Some(0), "{right:?}");
    assert!(!right.stderr.contains(lab::PASSWORD), "{right:?}");
}

#[test]
fn where_nothing_listens_is_said_soon() {
    let Some(distribution) = or_skip(Distribution::v2_8()) else {
        return;
    };
    let registry = distribution.start();
    let destination = format!("localhost:{}/app:1", registry.address().port());
    let gone = registry.address().port().to_string();
    drop(registry);
    let outcome = push_hello(&[], &destination);
    assert_eq!(outcome.code, Some(5), "{outcome:?}");
    assert!(
        outcome.stderr.contains("hint: "),
        "{}",
        outcome.stderr.replace(&gone, "<port>")
    );
}

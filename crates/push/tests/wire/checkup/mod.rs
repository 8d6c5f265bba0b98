//! The check-up: what is found of a registry, step by step, and what is asked of it for that.

mod access;

use std::error::Error as _;
use std::time::Duration;

use insta::assert_snapshot;
use oci::{Registry, Repository};
use push::registry::{Check, Options, Subject, Verdict, examine};

use crate::fake::{Act, Fake, Reply};
use crate::support::{elsewhere, hermetic, me, options, repository, with_tokens};

/// Everything that is found, a line for each subject, without what differs from run to run.
async fn found(fake: &Fake, options: &Options) -> String {
    look(
        fake,
        &fake.registry(),
        Some(&repository("team/app")),
        options,
    )
    .await
}

async fn look(
    fake: &Fake,
    registry: &Registry,
    repository: Option<&Repository>,
    options: &Options,
) -> String {
    let checks = examine(registry, None, repository, options, &hermetic()).await;
    let checks = checks.expect("the options can be used");
    let subjects: Vec<_> = checks.iter().map(|check| check.subject).collect();
    assert_eq!(subjects, Subject::ALL);
    let lines: Vec<_> = checks.iter().map(line).collect();
    lines
        .join("\n")
        .replace(&fake.address.to_string(), "<registry>")
        .replace(&format!(":{}", fake.address.port()), ":<port>")
}

fn line(check: &Check) -> String {
    let said = match &check.verdict {
        Verdict::Passed(text) => format!("ok: {text}"),
        Verdict::Warned(warning) => format!("warning: {warning}"),
        Verdict::Skipped(why) => format!("not checked: {why}"),
        Verdict::Failed { error, found } => {
            let mut text = format!("failed: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                text.push_str(&format!(": {error}"));
                cause = error.source();
            }
            let found = found.as_deref().map(|found| format!(" ({found})"));
            text + &found.unwrap_or_default()
        }
    };
    format!("{}: {said}", check.subject.as_str())
}

/// Only the lines that are neither fine nor left out.
fn trouble(found: &str) -> String {
    let fine = |line: &&str| !line.contains(": ok: ") && !line.contains(": not checked: ");
    found.lines().filter(fine).collect::<Vec<_>>().join("\n")
}

/// Takes a session's few bytes and its end, and answers every later request for it with `then`.
fn with_sessions(fake: &Fake, then: Reply) {
    fake.script("PATCH", "/uploads/", 1, Act::Answer(Reply::status(202)));
    fake.script("DELETE", "/uploads/", 1, Act::Answer(Reply::status(204)));
    fake.script("PATCH", "/uploads/", 9, Act::AnswerEarly(then));
}

fn page_413() -> Reply {
    Reply::status(413)
        .header("content-type", "text/html")
        .body("<html><title>413 Request Entity Too Large</title>")
}

#[tokio::test]
async fn a_healthy_registry_is_looked_at_and_left_as_it_was() {
    let fake = with_tokens().await;
    with_sessions(&fake, Reply::status(404));
    assert_snapshot!(found(&fake, &me()).await, @r#"
    DNS: ok: 127.0.0.1 needs none
    TCP: ok: somebody listens at <registry>
    TLS: ok: none: it speaks plain HTTP, which does not leave this machine
    /v2/: ok: a registry answers at http://<registry>/v2/, and asks for a token
    clock: not checked: the registry does not say what time it is
    realm: ok: http://<registry>/token, the registry's own
    token: ok: one for the credentials from --username, good for 5 min; what it grants is not written in it
    login: ok: the registry takes the credentials from --username
    owner: ok: `team` takes uploads
    upload: ok: an upload to `team/app` was begun and cancelled
    body limit: ok: none below 64 GiB
    "#);
    assert_snapshot!(fake.transcript(), @r#"
    GET   /v2/ 401
    GET   /token?service=fake%2C+inc&scope=repository%3Ateam%2Fapp%3Apull%2Cpush 200 Basic
    GET   /v2/ 200 Bearer
    POST  /v2/team/app/blobs/uploads/ 202 Bearer location=/v2/team/app/blobs/uploads/1
    PATCH /v2/team/app/blobs/uploads/1 202 12 B Bearer
    DELETE /v2/team/app/blobs/uploads/1 204 Bearer
    PATCH /v2/team/app/blobs/uploads/1 404 Bearer
    "#);
}

#[tokio::test]
async fn nobody_is_asked_for_what_needs_no_answer() {
    let fake = Fake::start().await;
    let found = look(&fake, &fake.registry(), None, &options()).await;
    assert_snapshot!(found, @r#"
    DNS: ok: 127.0.0.1 needs none
    TCP: ok: somebody listens at <registry>
    TLS: ok: none: it speaks plain HTTP, which does not leave this machine
    /v2/: ok: a registry answers at http://<registry>/v2/, and asks nobody who they are
    clock: not checked: the registry does not say what time it is
    realm: ok: none: no token is needed
    token: ok: none is needed
    login: ok: as nobody, without credentials
    owner: not checked: DESTINATION names no repository
    upload: not checked: DESTINATION names no repository
    body limit: not checked: DESTINATION names no repository
    "#);
    assert_snapshot!(fake.transcript(), @r#"
    GET   /v2/ 200
    GET   /v2/ 200
    "#);
}

#[tokio::test]
async fn after_the_first_failure_nothing_more_is_looked_at() {
    let fake = Fake::start().await;
    let page = Reply::status(200)
        .header("content-type", "text/html")
        .body("<html>hello");
    fake.script("GET", "/v2/", 1, Act::Answer(page));
    assert_snapshot!(found(&fake, &options()).await, @r#"
    DNS: ok: 127.0.0.1 needs none
    TCP: ok: somebody listens at <registry>
    TLS: ok: none: it speaks plain HTTP, which does not leave this machine
    /v2/: failed: GET http://<registry>/v2/: there is no registry, a web page answers
    clock: not checked: /v2/ failed
    realm: not checked: /v2/ failed
    token: not checked: /v2/ failed
    login: not checked: /v2/ failed
    owner: not checked: /v2/ failed
    upload: not checked: /v2/ failed
    body limit: not checked: /v2/ failed
    "#);
}

#[tokio::test]
async fn a_name_or_a_port_that_leads_nowhere_is_said_to_do_so() {
    let fake = Fake::start().await;
    let mut said = Vec::new();
    let unknown = "nowhere.invalid:5000".parse().expect("a registry");
    said.push(trouble(&look(&fake, &unknown, None, &options()).await));

    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound").to_string();
    drop(listener);
    let closed = address.parse().expect("a registry");
    let found = look(&fake, &closed, None, &options()).await;
    said.push(trouble(&found).replace(&address, "<closed>"));
    assert_snapshot!(said.join("\n"), @r#"
    DNS: failed: GET https://nowhere.invalid:5000/v2/ failed: the name `nowhere.invalid` does not resolve
    TCP: failed: GET https://<closed>/v2/ failed: the connection was refused (nobody listens at <closed>)
    "#);
}

#[tokio::test]
async fn tls_is_said_to_be_missing_where_it_is_needed() {
    let fake = Fake::start().await;
    let (registry, options) = elsewhere(&fake, options());
    let found = look(&fake, &registry, None, &options).await;
    assert_snapshot!(trouble(&found), @"TLS: failed: GET https://registry.example:<port>/v2/ failed: it does not speak TLS on that port");
    let insecure = Options {
        insecure: true,
        ..options
    };
    let found = look(&fake, &registry, None, &insecure).await;
    assert_snapshot!(found.lines().nth(2).expect("TLS"), @"TLS: ok: none: it speaks plain HTTP, which `--insecure` allows");
}

#[tokio::test]
async fn a_clock_that_goes_wrong_is_a_warning() {
    let fake = Fake::start().await;
    let then = std::time::SystemTime::now() + Duration::from_secs(5 * 60 * 60);
    let reply = Reply::status(200).header("date", httpdate::fmt_http_date(then));
    fake.script("GET", "/v2/", 1, Act::Answer(reply));
    let found = look(&fake, &fake.registry(), None, &options()).await;
    assert_snapshot!(trouble(&found), @"clock: warning: this machine's clock is 5 h behind the registry's");
}

#[tokio::test]
async fn a_session_that_cannot_be_cancelled_is_a_warning() {
    let fake = Fake::start().await;
    fake.script("DELETE", "/uploads/", 1, Act::Answer(Reply::status(405)));
    with_sessions(&fake, Reply::status(404));
    assert_snapshot!(trouble(&found(&fake, &me()).await), @"upload: warning: granted, but the session cannot be cancelled: 405 without a word");
}

#[tokio::test]
async fn a_body_limit_is_found_by_what_is_declared() {
    let fake = Fake::start().await;
    with_sessions(&fake, page_413());
    assert_snapshot!(trouble(&found(&fake, &me()).await), @"body limit: failed: the registry refused: PATCH http://<registry>/v2/team/app/blobs/uploads/1: 413 Request Entity Too Large; over the body limit of a proxy before the registry, whose web page this is (a request of 1 MiB is refused)");
    let declared = fake.headers();
    let declared = declared.iter().rev().take(9);
    let mut sizes: Vec<u64> = declared
        .filter_map(|headers| headers.get("content-length")?.parse().ok())
        .collect();
    sizes.sort_unstable();
    let expected: Vec<u64> = (0..9).map(|step| 1 << (20 + 2 * step)).collect();
    assert_eq!(sizes, expected);
}

#[tokio::test]
async fn who_waits_for_the_body_has_no_limit() {
    let fake = Fake::start().await;
    with_sessions(&fake, Reply::status(404));
    let short = Options {
        timeout: Duration::from_millis(300),
        ..me()
    };
    // The few bytes are taken, and of the rest not one is ever there.
    let waiting = Fake::start().await;
    waiting.script("PATCH", "/uploads/", 1, Act::Answer(Reply::status(202)));
    waiting.script("DELETE", "/uploads/", 1, Act::Answer(Reply::status(204)));
    for fake in [&fake, &waiting] {
        let found = found(fake, &short).await;
        let limit = found.lines().last().expect("a line");
        assert_eq!(limit, "body limit: ok: none below 64 GiB");
    }
}

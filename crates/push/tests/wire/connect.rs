//! The first contact: which scheme is spoken, and what is no registry.

use std::time::{Duration, Instant};

use insta::assert_snapshot;
use oci::Scheme;
use push::registry::{Client, Options};
use push::{Environment, Error, Events};

use crate::fake::{Act, Fake, Greeting, Reply, Setup};
use crate::support::{chain, connect, elsewhere, greet, hermetic, options};

#[tokio::test]
async fn loopback_is_tried_with_tls_and_then_without() {
    for greeting in [Greeting::Answer, Greeting::HangUp] {
        let fake = Fake::with(Setup {
            greeting,
            ..Setup::default()
        })
        .await;
        connect(&fake, options()).await.expect("it answers");
        assert_eq!(fake.transcript(), "GET   /v2/ 200");
    }
}

#[tokio::test]
async fn elsewhere_plain_http_needs_consent() {
    let fake = Fake::start().await;
    let error = greet(&fake, None, options())
        .await
        .expect_err("nobody consented");
    assert_snapshot!(chain(&error, &fake), @r"
    GET https://registry.example:<port>/v2/ failed
      caused by: it does not speak TLS on that port
    ");

    let insecure = Options {
        insecure: true,
        ..options()
    };
    greet(&fake, None, insecure.clone())
        .await
        .expect("--insecure is consent");
    greet(&fake, Some(Scheme::Http), options())
        .await
        .expect("http:// is consent");
    let cluster = Options {
        plain_http: true,
        ..options()
    };
    greet(&fake, None, cluster.clone())
        .await
        .expect("a cluster that says http is consent");
    assert_eq!(fake.count("GET"), 3);

    for options in [insecure, cluster] {
        let error = greet(&fake, Some(Scheme::Https), options)
            .await
            .expect_err("https:// was written");
        assert!(
            matches!(error, Error::Unreachable { attempts: 1, .. }),
            "{error}"
        );
    }
    assert_eq!(fake.count("GET"), 3);
}

#[tokio::test]
async fn plain_http_is_never_tried_after_a_timeout_or_a_reset() {
    let insecure = Options {
        insecure: true,
        timeout: Duration::from_millis(200),
        ..options()
    };
    for greeting in [Greeting::HangUp, Greeting::Ignore] {
        let fake = Fake::with(Setup {
            greeting,
            ..Setup::default()
        })
        .await;
        let error = greet(&fake, None, insecure.clone())
            .await
            .expect_err("that is no answer");
        assert!(
            matches!(error, Error::Unreachable { attempts: 1, .. }),
            "{error}"
        );
        assert_eq!(fake.transcript(), "");
    }
}

#[tokio::test]
async fn what_is_no_registry_is_said_to_be_none() {
    let page = Reply::status(200)
        .header("content-type", "text/html; charset=utf-8")
        .body("<html>hello");
    let table = [
        page,
        Reply::status(200).body("hello"),
        Reply::status(404)
            .header("content-type", "text/html")
            .body("<title>Not here</title>"),
        Reply::status(302).header("location", "https://login.example/?next=/v2/"),
        Reply::status(401)
            .header("content-type", "text/html")
            .body("<html>"),
        Reply::status(400).body("Client sent an HTTP request to an HTTPS server.\n"),
    ];
    let mut said = String::new();
    for reply in table {
        let fake = Fake::start().await;
        fake.script("GET", "/v2/", 1, Act::Answer(reply));
        let error = connect(&fake, options())
            .await
            .expect_err("it is no registry");
        assert!(
            matches!(error, Error::ProtocolViolation { .. }),
            "{error:?}"
        );
        said.push_str(&chain(&error, &fake));
        said.push('\n');
    }
    assert_snapshot!(said, @r"
    GET http://<registry>/v2/: there is no registry, a web page answers
    GET http://<registry>/v2/: there is no registry, something else answers
    GET http://<registry>/v2/: there is no registry, the answer is 404 Not here
    GET http://<registry>/v2/: it redirects to https://login.example/, and is no registry itself
    GET http://<registry>/v2/: there is no registry, a web page answers with 401
    GET http://<registry>/v2/: that port speaks https, not http
    ");
}

#[tokio::test]
async fn a_registry_needs_no_more_than_an_empty_yes() {
    for reply in [
        Reply::status(200),
        Reply::status(200).body("{}"),
        Reply::status(401),
    ] {
        let fake = Fake::start().await;
        fake.script("GET", "/v2/", 1, Act::Answer(reply));
        connect(&fake, options())
            .await
            .expect("that may be a registry");
    }
}

#[tokio::test]
async fn nobody_there_is_said_at_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    drop(listener);
    let registry = address.to_string().parse().expect("a registry");
    let start = Instant::now();
    let error = Client::connect(
        &registry,
        None,
        Options::default(),
        &hermetic(),
        Events::ignored(),
    )
    .await;
    let error = error.expect_err("nobody listens");
    assert!(start.elapsed() < Duration::from_secs(5));
    let Error::Unreachable {
        attempts: 1,
        source,
        ..
    } = &error
    else {
        panic!("{error:?}");
    };
    assert_eq!(source.to_string(), "the connection was refused");
}

#[tokio::test]
async fn a_registry_that_is_not_ready_is_asked_again() {
    let fake = Fake::start().await;
    let busy = Reply::status(503).header("retry-after", "0");
    fake.script("GET", "/v2/", 2, Act::Answer(busy));
    connect(&fake, options())
        .await
        .expect("the third time it is ready");
    assert_eq!(fake.count("GET"), 3);
}

#[tokio::test]
async fn no_proxy_is_used_for_loopback() {
    let proxy = Fake::start().await;
    let environment = Environment {
        http_proxy: Some(format!("http://{}", proxy.address)),
        https_proxy: Some(format!("http://{}", proxy.address)),
        ..Environment::default()
    };
    let fake = Fake::start().await;
    let connected = Client::connect(
        &fake.registry(),
        None,
        options(),
        &environment,
        Events::ignored(),
    )
    .await;
    connected.expect("it answers");
    assert_eq!((fake.count("GET"), proxy.transcript().as_str()), (1, ""));

    let (registry, options) = elsewhere(&fake, options());
    let connected = Client::connect(
        &registry,
        Some(Scheme::Http),
        options,
        &environment,
        Events::ignored(),
    )
    .await;
    connected.expect("the proxy answers");
    assert_eq!((fake.count("GET"), proxy.count("GET")), (1, 1));
}

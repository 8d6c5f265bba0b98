//! Registries, repositories and tags: what is one, and what the parser says of what is none.

use super::*;

#[test]
fn registries_are_hosts_with_an_optional_port() {
    let table = [
        ("localhost", "localhost", None),
        ("localhost:5000", "localhost", Some(5000)),
        (
            "Gitea.CNOE.localtest.me:8443",
            "gitea.cnoe.localtest.me",
            Some(8443),
        ),
        ("[::1]:5000", "::1", Some(5000)),
        ("[::1]", "::1", None),
        ("registry-1.docker.io", "docker.io", None),
        ("index.docker.io", "docker.io", None),
    ];
    for (text, host, port) in table {
        let registry: Registry = text.parse().unwrap();
        assert_eq!((registry.host(), registry.port()), (host, port), "{text}");
    }
    let address: Registry = "[::1]:5000".parse().unwrap();
    assert_eq!(address.to_string(), "[::1]:5000");
}

#[test]
fn what_is_no_registry_is_refused() {
    for text in [
        "",
        "-a.b",
        "a..b",
        "host:",
        "host:http",
        "host:99999",
        "[::1",
        "[::1]5000",
        "[x]",
        "a b",
        "user@host",
        "::1",
        "host:+5",
    ] {
        assert!(text.parse::<Registry>().is_err(), "{text}");
    }
}

#[test]
fn loopback_is_known_by_name_and_by_address() {
    for text in [
        "localhost",
        "app.localhost:80",
        "127.0.0.1",
        "127.1.2.3:5000",
        "[::1]",
    ] {
        assert!(text.parse::<Registry>().unwrap().is_loopback(), "{text}");
    }
    for text in [
        "localhost.example.com",
        "10.0.0.1",
        "gitea.cnoe.localtest.me",
    ] {
        assert!(!text.parse::<Registry>().unwrap().is_loopback(), "{text}");
    }
}

#[test]
fn repositories_follow_the_specification() {
    for text in ["app", "team/app", "a.b/c_d/e__f/g-h/i--j", "0/1"] {
        assert_eq!(text.parse::<Repository>().unwrap().as_str(), text);
    }
    for text in [
        "", "/app", "app/", "a//b", "a..b", "a___b", "-a", "a-", "a._b", "a b", "ä",
    ] {
        assert!(text.parse::<Repository>().is_err(), "{text}");
    }
    assert_eq!(
        "a".repeat(256).parse::<Repository>(),
        Err(ParseReferenceError::TooLong)
    );
}

#[test]
fn an_upper_case_repository_says_so() {
    let error = "Team/App".parse::<Repository>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the repository `Team/App` must be lower case"
    );
}

#[test]
fn tags_follow_the_specification() {
    for text in ["latest", "1.2", "_x", "V1-rc.1_b", &"t".repeat(128)] {
        assert_eq!(text.parse::<Tag>().unwrap().as_str(), text);
    }
    for text in ["", ".x", "-x", "a b", "a/b", &"t".repeat(129)] {
        assert!(text.parse::<Tag>().is_err(), "{text}");
    }
}

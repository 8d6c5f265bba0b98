//! Environments, and the daemons that they mean.

use std::fs;

use tempfile::TempDir;

use super::*;

/// A home whose Docker knows the contexts `lab` (ssh), `far` (TLS), `plain`, `blank` and `careless`.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().expect("a temporary directory"));
        home.context("lab", r#"{"Host":"ssh://me@build:2222"}"#, false);
        home.context("far", r#"{"Host":"tcp://far.example"}"#, true);
        home.context("plain", r#"{"Host":"tcp://near.example:99"}"#, false);
        home.context("blank", r#"{"Host":""}"#, false);
        let careless = r#"{"Host":"tcp://far.example:1","SkipTLSVerify":true}"#;
        home.context("careless", careless, true);
        home.context("odd", r#"{"Host":"npipe:////./pipe/docker"}"#, false);
        home
    }

    fn docker(&self) -> PathBuf {
        self.0.path().join(".docker")
    }

    fn context(&self, name: &str, endpoint: &str, tls: bool) {
        let id = oci::Digest::of(name.as_bytes());
        let meta = self.docker().join("contexts/meta").join(id.hex());
        fs::create_dir_all(&meta).expect("a directory");
        let json =
            format!(r#"{{"Name":"{name}","Metadata":{{}},"Endpoints":{{"docker":{endpoint}}}}}"#);
        fs::write(meta.join("meta.json"), json).expect("a file");
        if tls {
            let tls = self.docker().join("contexts/tls").join(id.hex());
            fs::create_dir_all(tls.join("docker")).expect("a directory");
        }
    }

    fn using(self, context: &str) -> Self {
        let config = format!(r#"{{"currentContext":"{context}"}}"#);
        fs::write(self.docker().join("config.json"), config).expect("a file");
        self
    }

    fn environment(&self) -> Environment {
        Environment {
            home: Some(self.0.path().to_owned()),
            ..Environment::default()
        }
    }

    /// Where the daemon is looked for, with `~` for this home.
    fn found(&self, environment: &Environment) -> String {
        let found = match addresses(environment) {
            Ok(found) => {
                let shown = found.iter().map(|address| match address {
                    Address::Tls(_, certificates) => {
                        format!("{address} with {}", certificates.display())
                    }
                    _ => address.to_string(),
                });
                shown.collect::<Vec<_>>().join("\n")
            }
            Err(failure) => failure.to_string(),
        };
        found.replace(&*self.0.path().to_string_lossy(), "~")
    }

    fn of_host(&self, host: &str) -> String {
        self.found(&Environment {
            docker_host: Some(host.to_owned()),
            docker_context: Some("lab".to_owned()),
            ..self.environment()
        })
    }

    fn of_context(&self, name: &str) -> String {
        self.found(&Environment {
            docker_context: Some(name.to_owned()),
            ..self.environment()
        })
    }
}

#[test]
fn without_a_word_the_usual_sockets_are_tried() {
    let home = Home::new();
    assert_eq!(
        home.found(&home.environment()),
        "unix:///var/run/docker.sock\n\
         unix://~/.docker/run/docker.sock\n\
         unix://~/.docker/desktop/docker.sock\n\
         unix://~/.colima/default/docker.sock\n\
         unix:///run/podman/podman.sock"
    );
    let environment = Environment {
        runtime: Some("/run/user/1000".into()),
        ..Environment::default()
    };
    assert_eq!(
        home.found(&environment),
        "unix:///var/run/docker.sock\n\
         unix:///run/user/1000/docker.sock\n\
         unix:///run/user/1000/podman/podman.sock\n\
         unix:///run/podman/podman.sock"
    );
}

#[test]
fn docker_host_is_read_as_docker_reads_it() {
    let home = Home::new();
    let table = [
        ("unix:///tmp/d.sock", "unix:///tmp/d.sock"),
        ("tcp://10.0.0.1:2375", "tcp://10.0.0.1:2375"),
        ("tcp://build", "tcp://build:2375"),
        ("http://build:80/", "tcp://build:80"),
        ("tcp://[::1]:2375", "tcp://[::1]:2375"),
        ("ssh://build", "ssh://build"),
        ("ssh://me@build:22", "ssh://me@build:22"),
    ];
    for (host, expected) in table {
        assert_eq!(home.of_host(host), expected, "{host}");
    }
}

#[test]
fn a_docker_host_that_cannot_be_meant_says_why() {
    let home = Home::new();
    let table = [
        (
            "/var/run/docker.sock",
            "it is not like unix://PATH, tcp://HOST:PORT or ssh://HOST",
        ),
        ("unix://", "it names no socket"),
        ("tcp://:2375", "it names no host"),
        ("tcp://build:port", "`port` is not the number of a port"),
        ("ssh://-oProxyCommand=x", "it names no host"),
        ("npipe:////./pipe/docker", "`npipe://` is not supported"),
        ("https://build", "there are no certificates for TLS"),
    ];
    for (host, expected) in table {
        let expected = format!("`DOCKER_HOST` cannot be used: `{host}`: {expected}");
        assert_eq!(home.of_host(host), expected);
    }
    // What stands before an `@` may be a password.
    for (host, expected) in [
        ("ssh://-l@build", "its user is not a name"),
        ("ssh://me:secret@build", "its user is not a name"),
        ("tcp://me:secret@build", "a user has no place in it"),
    ] {
        let expected = format!("`DOCKER_HOST` cannot be used: {expected}");
        assert_eq!(home.of_host(host), expected);
    }
}

#[test]
fn tcp_is_tls_where_docker_is_told_to_verify() {
    let home = Home::new();
    let environment = |cert_path: Option<&str>, verify| Environment {
        docker_host: Some("tcp://build".to_owned()),
        docker_cert_path: cert_path.map(PathBuf::from),
        docker_tls_verify: verify,
        ..home.environment()
    };
    let found = |cert_path, verify| home.found(&environment(cert_path, verify));
    assert_eq!(found(Some("/certs"), true), "tcp://build:2376 with /certs");
    assert_eq!(found(Some("/certs"), false), "tcp://build:2376 with /certs");
    assert_eq!(found(None, true), "tcp://build:2376 with ~/.docker");
    assert_eq!(found(None, false), "tcp://build:2375");
}

#[test]
fn contexts_are_found_where_docker_keeps_them() {
    let home = Home::new();
    assert_eq!(home.of_context("lab"), "ssh://me@build:2222");
    assert_eq!(home.of_context("plain"), "tcp://near.example:99");
    let far = home.of_context("far");
    let (address, certificates) = far.split_once(" with ").expect(&far);
    assert_eq!(address, "tcp://far.example:2376");
    assert!(certificates.starts_with("~/.docker/contexts/tls/"), "{far}");
    assert!(certificates.ends_with("/docker"), "{far}");
    let usual = home.found(&home.environment());
    assert_eq!(home.of_context("default"), usual);
    assert_eq!(home.of_context("blank"), usual);
}

#[test]
fn a_context_that_cannot_be_used_says_why() {
    let home = Home::new();
    assert_eq!(
        home.of_context("gone"),
        "the Docker context `gone` cannot be used: there is none of that name"
    );
    assert_eq!(
        home.of_context("careless"),
        "the Docker context `careless` cannot be used: it skips the verification of certificates, which is not supported"
    );
    assert_eq!(
        home.of_context("odd"),
        "the Docker context `odd` cannot be used: `npipe:////./pipe/docker`: `npipe://` is not supported"
    );
}

#[test]
fn the_current_context_is_the_one_in_use() {
    let home = Home::new().using("plain");
    assert_eq!(home.found(&home.environment()), "tcp://near.example:99");
    assert_eq!(home.of_context("lab"), "ssh://me@build:2222");
    assert!(home.of_context("default").starts_with("unix:///var/run"));
    let moved = Environment {
        docker_config: Some(home.docker()),
        ..Environment::default()
    };
    assert_eq!(home.found(&moved), "tcp://near.example:99");
    let home = Home::new().using("default");
    assert!(
        home.found(&home.environment())
            .starts_with("unix:///var/run")
    );
}

#[test]
fn a_configuration_that_is_no_json_is_said_to_be_so() {
    let home = Home::new();
    fs::write(home.docker().join("config.json"), "{").expect("a file");
    let found = home.found(&home.environment());
    assert!(
        found.starts_with("`~/.docker/config.json` cannot be used: EOF while parsing"),
        "{found}"
    );
}

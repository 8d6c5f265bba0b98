//! Which credentials are chosen, from what was typed and what the environment says.

use clap::Parser;
use secrecy::ExposeSecret;

use super::*;

/// The arguments alone, as a command line.
#[derive(Debug, Parser)]
struct Typed {
    #[command(flatten)]
    credentials: CredentialArgs,
}

const NAMED: &[(&str, &str)] = &[
    ("registry", "r.io"),
    ("username", "bot"),
    ("password", "env-pw"),
];

fn variables(set: &[(&str, &str)]) -> RegistryVariables {
    let value = |name: &str| {
        let (_, value) = set.iter().find(|(key, _)| *key == name)?;
        Some((*value).to_owned())
    };
    RegistryVariables {
        registry: value("registry"),
        username: value("username"),
        password: value("password").map(SecretString::from),
        token: value("token").map(SecretString::from),
        insecure: value("insecure"),
    }
}

/// What is chosen, with the secrets laid open: `basic USER SECRET ORIGIN`.
fn choose(typed: &str, set: &[(&str, &str)], registry: &str) -> String {
    choose_at(typed, set, registry, false)
}

fn choose_at(typed: &str, set: &[(&str, &str)], registry: &str, is_clusters: bool) -> String {
    let words = std::iter::once("push").chain(typed.split_whitespace());
    let typed = Typed::try_parse_from(words).expect("a command line");
    let registry = registry.parse().expect("a registry");
    match Choice::make(
        &typed.credentials,
        &variables(set),
        &registry,
        None,
        is_clusters,
    ) {
        Ok(Choice::Nothing) => "nothing".to_owned(),
        Ok(Choice::FromStandardInput { username }) => format!("stdin {username}"),
        Ok(Choice::FromTerminal { username }) => format!("terminal {username}"),
        Ok(Choice::Ready(Credentials::Basic {
            username,
            password,
            origin,
        })) => format!("basic {username} {} {origin}", password.expose_secret()),
        Ok(Choice::Ready(Credentials::Bearer { token, origin })) => {
            format!("bearer {} {origin}", token.expose_secret())
        }
        Err(Failure::Usage { problem, .. }) => format!("usage: {problem}"),
        Err(other) => format!("{other:?}"),
    }
}

#[test]
fn what_is_typed_is_used() {
    let table = [
        ("", "nothing"),
        ("-u me -p pw", "basic me pw --password"),
        ("-u me --password-stdin", "stdin me"),
        ("-u me", "terminal me"),
        ("--token pat", "basic token pat --token"),
        ("--token pat -u me", "basic me pat --token"),
        ("--registry-token jwt", "bearer jwt --registry-token"),
        ("-p pw", "usage: `--password` needs a user name"),
        (
            "--password-stdin",
            "usage: `--password-stdin` needs a user name",
        ),
        (
            "-u me:pw -p pw",
            "usage: a user name is not empty and holds no `:`",
        ),
    ];
    for (typed, expected) in table {
        assert_eq!(choose(typed, &[], "r.io"), expected, "{typed}");
    }
}

#[test]
fn the_environments_credentials_are_for_the_registry_it_names() {
    let used = "basic bot env-pw IDPBUILDER_REGISTRY_PASSWORD";
    let table = [
        ("r.io", used),
        ("r.io:443", used),
        ("R.io", used),
        ("r.io:8443", "nothing"),
        ("evil.r.io", "nothing"),
    ];
    for (registry, expected) in table {
        assert_eq!(choose("", NAMED, registry), expected, "{registry}");
    }
    let unnamed = &NAMED[1..];
    assert_eq!(choose("", unnamed, "r.io"), "nothing");
}

#[test]
fn flags_win_over_the_environment() {
    let table = [
        ("-u me -p pw", "basic me pw --password"),
        ("-p pw", "basic bot pw --password"),
        ("--registry-token jwt", "bearer jwt --registry-token"),
        ("--token pat", "basic bot pat --token"),
        ("-u bot", "basic bot env-pw IDPBUILDER_REGISTRY_PASSWORD"),
        ("-u me", "terminal me"),
    ];
    for (typed, expected) in table {
        assert_eq!(choose(typed, NAMED, "r.io"), expected, "{typed}");
    }
}

#[test]
fn the_environment_may_hold_a_token() {
    let token = [("registry", "r.io"), ("token", "pat")];
    assert_eq!(
        choose("", &token, "r.io"),
        "basic token pat IDPBUILDER_REGISTRY_TOKEN"
    );
    assert_eq!(
        choose("-u me", &token, "r.io"),
        "basic me pat IDPBUILDER_REGISTRY_TOKEN"
    );
}

#[test]
fn half_an_environment_is_said_to_be_so() {
    assert_eq!(
        choose("", &[("registry", "r.io"), ("password", "pw")], "r.io"),
        "usage: `IDPBUILDER_REGISTRY_PASSWORD` is set without `IDPBUILDER_REGISTRY_USERNAME`"
    );
    assert_eq!(
        choose("", &[("registry", "https://r.io")], "r.io"),
        "usage: `IDPBUILDER_REGISTRY` does not hold a HOST[:PORT]"
    );
}

#[test]
fn registries_are_listed_as_insecure_by_host_and_port() {
    let list = "localhost:5000, r.io\n10.0.0.1:80";
    let listed = |registry: &str, scheme| {
        is_listed(list, &registry.parse().unwrap(), scheme).expect("a list")
    };
    assert!(listed("localhost:5000", None));
    assert!(listed("r.io", None) && listed("r.io:443", None));
    assert!(!listed("r.io:80", None) && !listed("localhost", None));
    assert!(listed("10.0.0.1", Some(Scheme::Http)) && !listed("10.0.0.1", None));
}

#[test]
fn without_a_name_the_environments_credentials_are_for_the_clusters_registry() {
    let set = &[("username", "bot"), ("password", "env-pw")][..];
    let expected = "basic bot env-pw IDPBUILDER_REGISTRY_PASSWORD";
    assert_eq!(choose_at("", set, "gitea.test:8443", true), expected);
    assert_eq!(choose_at("", set, "gitea.test:8443", false), "nothing");
    assert_eq!(choose_at("", NAMED, "gitea.test:8443", true), "nothing");
}

//! Where credentials are found, and which of several are used.

use super::*;

const ME: &str = r#"{"auths": {"r.example": {"username": "me", "password": "secret"}}}"#;

fn write(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    std::fs::create_dir_all(path.parent().expect("it is below one")).expect("a directory");
    std::fs::write(&path, text).expect("a file");
    path
}

async fn origin(options: &Options, environment: &Environment) -> String {
    let keyring = Keyring::new(&"r.example".parse().expect("valid"), options, environment);
    match keyring
        .credential(&"team/app".parse().expect("valid"))
        .await
    {
        Ok(found) => found.map_or("nobody".to_owned(), |found| found.origin.clone()),
        Err(error) => format!("error: {error}"),
    }
}

#[tokio::test]
async fn the_first_place_that_knows_the_registry_wins() {
    let directory = tempfile::tempdir().unwrap();
    let home = directory.path();
    let environment = Environment {
        home: Some(home.to_owned()),
        config: Some(home.join(".config")),
        runtime: Some(home.join("run")),
        ..Environment::default()
    };
    let mut options = Options::default();
    assert_eq!(origin(&options, &environment).await, "nobody");
    write(home, ".config/containers/auth.json", ME);
    assert_eq!(
        origin(&options, &environment).await,
        "~/.config/containers/auth.json"
    );
    write(home, "run/containers/auth.json", ME);
    assert_eq!(
        origin(&options, &environment).await,
        "~/run/containers/auth.json"
    );
    write(home, ".docker/config.json", ME);
    assert_eq!(
        origin(&options, &environment).await,
        "~/.docker/config.json"
    );
    options.authfile = Some(write(home, "mine.json", "{}"));
    assert_eq!(origin(&options, &environment).await, "nobody");
    options.credentials = Some(Credentials::Bearer {
        token: "secret".into(),
        origin: "--registry-token".to_owned(),
    });
    assert_eq!(origin(&options, &environment).await, "--registry-token");
}

#[tokio::test]
async fn what_was_named_must_be_there_and_be_readable() {
    let directory = tempfile::tempdir().unwrap();
    let environment = Environment {
        registry_auth_file: Some(directory.path().join("missing.json")),
        ..Environment::default()
    };
    let said = origin(&Options::default(), &environment).await;
    assert!(
        said.starts_with("error: cannot use `") && said.contains("REGISTRY_AUTH_FILE"),
        "{said}"
    );

    let environment = Environment {
        docker_config: Some(directory.path().to_owned()),
        home: Some(directory.path().to_owned()),
        ..Environment::default()
    };
    write(directory.path(), "config.json", "{");
    let said = origin(&Options::default(), &environment).await;
    assert_eq!(
        said,
        "error: cannot get credentials for `r.example` from ~/config.json"
    );
    write(
        directory.path(),
        "config.json",
        r#"{"credsStore": "nowhere"}"#,
    );
    let said = origin(&Options::default(), &environment).await;
    assert_eq!(
        said,
        "error: cannot get credentials for `r.example` from ~/config.json"
    );
}

#[test]
fn secrets_are_not_in_debug_output() {
    let options = Options {
        credentials: Some(Credentials::Basic {
            username: "me".to_owned(),
            password: "hunter2".into(),
            origin: "--username".to_owned(),
        }),
        ..Options::default()
    };
    let registry = "r.example".parse().unwrap();
    let keyring = Keyring::new(&registry, &options, &Environment::default());
    let text = format!("{options:?} {keyring:?}");
    assert!(!text.contains("hunter2") && text.contains("me"), "{text}");
}

//! Whose credentials are used: the administrator's, with the token where there is one.

use cluster::Kind;
use secrecy::ExposeSecret;

use crate::find;
use crate::kubernetes::{CREDENTIAL, Kubernetes};

const READY: &str = r#"{"available":true}"#;
const STARTING: &str = "{}";
const PASSWORD: &str = "s3cret:'$&{}~";

fn api(gitea: &str) -> Kubernetes {
    Kubernetes::start().with_build(r#"{"protocol":"http"}"#, gitea)
}

fn with(gitea: &str, values: &[(&str, &str)]) -> Kubernetes {
    api(gitea).with_secret(CREDENTIAL, values)
}

/// The credentials with the secret laid open, or why there are none.
async fn credentials(api: &Kubernetes) -> String {
    let cluster = find(api).await.expect("a cluster");
    match cluster.credentials().await {
        Ok(found) => {
            assert!(!format!("{found:?}").contains(found.secret.expose_secret()));
            let kind = match found.kind {
                Kind::Token => "token",
                Kind::Password => "password",
            };
            format!("{} {kind} {}", found.username, found.secret.expose_secret())
        }
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn nothing_is_read_before_it_is_wanted() {
    let api = api(READY);
    find(&api).await.expect("a cluster");
    assert!(!api.asked().iter().any(|path| path == CREDENTIAL));
}

#[tokio::test]
async fn the_token_comes_before_the_password() {
    let user = ("username", "giteaAdmin");
    let (password, token) = (("password", PASSWORD), ("token", "pat"));
    let table = [
        (
            with(READY, &[user, password, token]),
            "giteaAdmin token pat".to_owned(),
        ),
        // idpbuilder makes the token when Gitea has answered, and sets the status after that.
        (
            with(STARTING, &[user, password, token]),
            "giteaAdmin token pat".to_owned(),
        ),
        (
            with(READY, &[user, password]),
            format!("giteaAdmin password {PASSWORD}"),
        ),
        (
            with(READY, &[user, password, ("token", "")]),
            format!("giteaAdmin password {PASSWORD}"),
        ),
    ];
    for (api, expected) in table {
        assert_eq!(credentials(&api).await, expected);
    }
}

#[tokio::test]
async fn a_cluster_that_is_still_starting_is_said_to_be_so() {
    let of_context = "the cluster of context `kind-localdev`";
    let user = ("username", "giteaAdmin");
    assert_eq!(
        credentials(&with(STARTING, &[user, ("password", PASSWORD)])).await,
        format!("{of_context} is still starting: its Gitea is not available yet")
    );
    assert_eq!(
        credentials(&api(STARTING)).await,
        format!("{of_context} is still starting: its Gitea has no password yet")
    );
    assert_eq!(
        credentials(&api(READY)).await,
        format!("{of_context} has no secret `gitea/gitea-credential`")
    );
}

#[tokio::test]
async fn who_may_not_read_the_secret_is_told_what_the_api_says() {
    assert_eq!(
        credentials(&api(READY).forbidding(CREDENTIAL)).await,
        "the cluster of context `kind-localdev` does not let us read the secret `gitea/gitea-credential`: \"gitea-credential\" is forbidden: User \"dev\" cannot get it"
    );
}

#[tokio::test]
async fn a_secret_that_makes_no_sense_is_never_shown() {
    let user = ("username", "giteaAdmin");
    let table = [
        (
            with(READY, &[("password", PASSWORD)]),
            "it has no `username`",
        ),
        (
            with(READY, &[("username", "a:b")]),
            "its `username` is none",
        ),
        (
            with(READY, &[user]),
            "it has neither `token` nor `password`",
        ),
        (
            api(READY).with(CREDENTIAL, 200, r#"{"data":{"username":"s3cret!"}}"#),
            "its `username` is not text in base64",
        ),
        (
            api(READY).with(CREDENTIAL, 200, r#"{"data":{"password":["s3cret"]}}"#),
            "it cannot be understood at line 1, column 20",
        ),
    ];
    for (api, expected) in table {
        assert_eq!(
            credentials(&api).await,
            format!(
                "the secret `gitea/gitea-credential` of the cluster of context `kind-localdev` cannot be used: {expected}"
            )
        );
    }
}

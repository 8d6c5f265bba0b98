//! Which context is asked: never one that nobody named, unless it is a local kind cluster.

use std::ffi::OsString;

use cluster::{Cluster, Selection};

use crate::Home;
use crate::kubernetes::{Kubernetes, kubeconfig};

const READY: &str = r#"{"available":true}"#;

/// An API whose build is reached at this host.
fn api(host: &str) -> Kubernetes {
    let customization = format!(r#"{{"protocol":"http","host":"{host}","port":"80"}}"#);
    Kubernetes::start().with_build(&customization, READY)
}

/// The context and the registry that are found, or why none is.
async fn found(home: &Home, selection: &Selection) -> String {
    match Cluster::find(selection).await {
        Ok(cluster) => format!("{} {}", cluster.context, cluster.registry),
        Err(error) => home.said(&error),
    }
}

/// The same, for the `.kube/config` of a home.
async fn in_home(config: &str, context: Option<&str>) -> String {
    let home = Home::with(config);
    let selection = Selection {
        context: context.map(str::to_owned),
        ..home.selection()
    };
    found(&home, &selection).await
}

#[tokio::test]
async fn a_current_kind_context_on_loopback_is_taken() {
    let api = api("one.test");
    let config = kubeconfig(&[("kind-localdev", &api.server())]);
    let shown = in_home(&config, None).await;
    assert_eq!(shown, "kind-localdev gitea.one.test:80");
}

#[tokio::test]
async fn a_context_that_is_named_is_taken_whatever_it_is() {
    let (one, two) = (api("one.test"), api("two.test"));
    let contexts = [
        ("kind-localdev", &*one.server()),
        ("production", &*two.server()),
    ];
    let shown = in_home(&kubeconfig(&contexts), Some("production")).await;
    assert_eq!(shown, "production gitea.two.test:80");
    assert_eq!(one.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn other_current_contexts_are_refused_without_a_question() {
    let api = api("one.test");
    let config = kubeconfig(&[("production", &api.server())]);
    assert_eq!(
        in_home(&config, None).await,
        "the current context `production` is not asked for its registry: its name does not begin with `kind-`"
    );
    let config = kubeconfig(&[("kind-far", "https://me:s3cret@192.0.2.1:6443/path")]);
    assert_eq!(
        in_home(&config, None).await,
        "the current context `kind-far` is not asked for its registry: its API is not on loopback but at `https://192.0.2.1:6443`"
    );
    assert_eq!(api.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn contexts_that_are_not_there_are_named() {
    let config = kubeconfig(&[("kind-localdev", "http://127.0.0.1:1")]);
    let shown = in_home(&config, Some("kind-other")).await;
    assert_eq!(shown, "the kubeconfig has no context `kind-other`");
    let gone = config.replace("current-context: kind-localdev", "current-context: gone");
    let shown = in_home(&gone, None).await;
    assert_eq!(shown, "the kubeconfig has no context `gone`");
    for none in ["", "current-context: \"\"\n"] {
        let shown = in_home(none, None).await;
        assert_eq!(shown, "the kubeconfig has no current context");
    }
}

#[tokio::test]
async fn a_context_without_a_server_cannot_be_used() {
    let config = kubeconfig(&[("kind-localdev", "http://127.0.0.1:1")]);
    let config = config.replace("cluster: kind-localdev,", "cluster: elsewhere,");
    assert_eq!(
        in_home(&config, None).await,
        "the context `kind-localdev` cannot be used: it names no cluster with the address of a server"
    );
}

#[tokio::test]
async fn without_a_kubeconfig_there_is_no_cluster() {
    let home = Home::empty();
    assert_eq!(
        found(&home, &home.selection()).await,
        "no cluster is known: there is no kubeconfig at `~/.kube/config`"
    );
    assert_eq!(
        found(&home, &Selection::default()).await,
        "no cluster is known: there is no kubeconfig"
    );
}

#[tokio::test]
async fn the_files_of_the_variable_are_merged_and_the_first_wins() {
    let (one, two) = (api("one.test"), api("two.test"));
    let first = "apiVersion: v1\nkind: Config\ncurrent-context: kind-second\n";
    let second = kubeconfig(&[
        ("kind-first", &one.server()),
        ("kind-second", &two.server()),
    ]);
    let home = Home::with("current-context: unread")
        .file("first", first)
        .file("second", &second);
    let path = |name: &str| home.0.path().join(name);
    let files = [path("missing"), path("first"), path("second")];
    let variable: OsString = std::env::join_paths(files).expect("paths");
    let selection = Selection {
        variable: Some(variable),
        ..home.selection()
    };
    let shown = found(&home, &selection).await;
    assert_eq!(shown, "kind-second gitea.two.test:80");
    let alone = Selection {
        kubeconfig: Some(path("second")),
        ..selection.clone()
    };
    let shown = found(&home, &alone).await;
    assert_eq!(shown, "kind-first gitea.one.test:80");
    let missing = Selection {
        variable: Some(path("missing").into()),
        ..selection
    };
    assert_eq!(
        found(&home, &missing).await,
        "no cluster is known: there is no kubeconfig at `~/missing`"
    );
}

#[tokio::test]
async fn a_file_that_was_named_must_be_there_and_be_one() {
    let home = Home::empty().file("bad", "users:\n- name: x\n  user: [s3cret\n");
    let named = |name: &str| Selection {
        kubeconfig: Some(home.0.path().join(name)),
        ..home.selection()
    };
    assert_eq!(
        found(&home, &named("missing")).await,
        "cannot use the kubeconfig `~/missing`: No such file or directory (os error 2)"
    );
    let shown = found(&home, &named("bad")).await;
    assert!(
        shown.starts_with("cannot use the kubeconfig `~/bad`: it is not YAML at line "),
        "{shown}"
    );
    assert!(!shown.contains("s3cret"), "{shown}");
}

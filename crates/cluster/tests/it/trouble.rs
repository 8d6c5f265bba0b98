//! What is said of an API that does not answer, or not with what was asked for.

use std::net::TcpListener;

use cluster::{Cluster, Error, Selection};

use crate::kubernetes::{Kubernetes, LOCALBUILDS, kubeconfig};
use crate::{Home, find};

async fn at(server: &str) -> Error {
    let home = Home::with(&kubeconfig(&[("kind-localdev", server)]));
    let found = Cluster::find(&home.selection()).await;
    found.expect_err("nothing is there")
}

#[tokio::test]
async fn a_cluster_that_is_gone_does_not_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let said = at(&server).await.to_string();
    let expected = format!(
        "the cluster of context `kind-localdev` does not answer at `{server}`: Connection refused"
    );
    assert!(said.starts_with(&expected), "{said}");
}

#[tokio::test]
async fn who_is_not_known_or_not_allowed_is_told_so() {
    let unknown = r#"{"kind":"Status","code":401,"message":"Unauthorized"}"#;
    let error = find(&Kubernetes::start().with(LOCALBUILDS, 401, unknown)).await;
    assert_eq!(
        error.expect_err("401").to_string(),
        "the cluster of context `kind-localdev` did not let us in: Unauthorized"
    );
    let error = find(&Kubernetes::start().forbidding(LOCALBUILDS)).await;
    assert_eq!(
        error.expect_err("403").to_string(),
        "the cluster of context `kind-localdev` does not let us read `localbuilds.idpbuilder.cnoe.io`: \"localbuilds\" is forbidden: User \"dev\" cannot get it"
    );
}

#[tokio::test]
async fn an_answer_that_is_none_is_told() {
    let broken = Kubernetes::start().with(LOCALBUILDS, 500, "<html>");
    let error = find(&broken).await.expect_err("500");
    let Error::Answered { status, words, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!((*status, &**words), (500, ""));
    let page = Kubernetes::start().with(LOCALBUILDS, 200, "<html>");
    let error = find(&page).await.expect_err("no JSON");
    assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
    let endless = format!(r#"{{"items":"{}"}}"#, "x".repeat(5 << 20));
    let error = find(&Kubernetes::start().with(LOCALBUILDS, 200, endless)).await;
    let error = error.expect_err("too much");
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn what_a_credential_plugin_prints_is_never_shown() {
    let config = kubeconfig(&[("kind-localdev", "http://127.0.0.1:1")]).replace(
        "token: kube-t0ken",
        r#"exec: { apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: sh, args: ["-c", "echo s3cret; exit 3"] }"#,
    );
    let home = Home::with(&config);
    let selection: Selection = home.selection();
    let error = Cluster::find(&selection).await.expect_err("it fails");
    let said = format!("{error} {error:?}");
    assert!(said.contains("its credential plugin `"), "{said}");
    assert!(said.contains("exit status: 3"), "{said}");
}

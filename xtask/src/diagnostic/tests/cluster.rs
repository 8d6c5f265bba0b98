//! A cluster whose registry is not known: who has to do what about it.

use ::cluster::{Error, Refusal};

use super::*;

fn shown(error: Error) -> String {
    let failure = Failure::Cluster {
        doing: "cannot push to `app:1`".to_owned(),
        error: Box::new(error),
    };
    let said = shown_failure(&failure);
    let lines = said.lines().filter(|line| !line.contains("cannot push"));
    lines.collect::<Vec<_>>().join("\n")
}

fn context() -> String {
    "kind-localdev".to_owned()
}

#[test]
fn a_kubeconfig_that_names_no_cluster_of_ours() {
    let known = vec!["kind-a".to_owned(), "prod".to_owned()];
    insta::assert_snapshot!(shown(Error::NoCurrentContext { known: Vec::new() }), @r#"
      caused by: the kubeconfig has no current context
    hint: create one with `idpbuilder create`, name the registry as HOST/REPOSITORY, or push to the embedded one with `--embedded`
    [exit status: 5]
    "#);
    insta::assert_snapshot!(shown(Error::NoCurrentContext { known }), @r#"
      caused by: the kubeconfig has no current context
    hint: there is `--context kind-a`, `--context prod`
    [exit status: 2]
    "#);
    let refusal = Refusal::Server("https://192.0.2.1:6443".to_owned());
    insta::assert_snapshot!(shown(Error::Refused { context: context(), refusal }), @r#"
      caused by: the current context `kind-localdev` is not asked for its registry: its API is not on loopback but at `https://192.0.2.1:6443`
    hint: if that cluster is meant, give `--context kind-localdev`; else name the registry as HOST/REPOSITORY
    [exit status: 2]
    "#);
    let problem = "its credential plugin `aws` failed".to_owned();
    insta::assert_snapshot!(shown(Error::Unusable { context: context(), problem }), @r#"
      caused by: the context `kind-localdev` cannot be used: its credential plugin `aws` failed
    hint: look at what `kubectl --context kind-localdev version` says
    [exit status: 2]
    "#);
}

#[test]
fn a_cluster_that_does_not_help() {
    let words = "Unauthorized".to_owned();
    insta::assert_snapshot!(shown(Error::Unauthorized { context: context(), words }), @r#"
      caused by: the cluster of context `kind-localdev` did not let us in: Unauthorized
    hint: look at what `kubectl --context kind-localdev auth whoami` says
    [exit status: 4]
    "#);
    insta::assert_snapshot!(shown(Error::Unreachable {
        context: context(),
        server: "https://127.0.0.1:1".to_owned(),
        problem: "Connection refused (os error 111)".to_owned(),
    }), @r#"
      caused by: the cluster of context `kind-localdev` does not answer at `https://127.0.0.1:1`: Connection refused (os error 111)
    hint: check that the cluster runs: `docker ps` shows its node; or name the registry as HOST/REPOSITORY
    [exit status: 5]
    "#);
    let what = "localbuild";
    insta::assert_snapshot!(shown(Error::NotIdpbuilder { context: context(), what }), @r#"
      caused by: the cluster of context `kind-localdev` was not made by idpbuilder: it has no localbuild
    hint: choose another with `--context NAME`, or name the registry as HOST/REPOSITORY
    [exit status: 5]
    "#);
    let names = vec!["one".to_owned(), "two".to_owned()];
    insta::assert_snapshot!(shown(Error::Several { context: context(), names }), @r#"
      caused by: the cluster of context `kind-localdev` has several localbuilds
    hint: there are `one`, `two`: name the registry as HOST/REPOSITORY
    [exit status: 5]
    "#);
    insta::assert_snapshot!(shown(Error::Answered {
        context: context(),
        what: "`localbuilds.idpbuilder.cnoe.io`".to_owned(),
        status: 500,
        words: "etcd is \u{1b}[31mgone".to_owned(),
    }), @r#"
      caused by: the cluster of context `kind-localdev` failed to read `localbuilds.idpbuilder.cnoe.io`: 500 etcd is \u{1b}[31mgone
    hint: look at what `kubectl --context kind-localdev get --raw /readyz` says
    [exit status: 5]
    "#);
    let what = "secret `gitea/gitea-credential`".to_owned();
    insta::assert_snapshot!(shown(Error::Missing { context: context(), what }), @r#"
      caused by: the cluster of context `kind-localdev` has no secret `gitea/gitea-credential`
    hint: name the registry as HOST/REPOSITORY, with `--username` and `--password-stdin`
    [exit status: 5]
    "#);
}

//! What `xtask doctor` says of the stand-in cluster, whole and ailing; a realm elsewhere is told of in `tests/command`,
//! because this Gitea names itself as it is asked.

use lab::{Certificate, Cluster, DOMAIN, Ingress, or_skip};

use crate::ingress::Entrance;
use crate::push::{Outcome, run};

/// Runs `doctor` with no Docker daemon in reach; shows all of it with stable names.
fn doctor(variables: &[(&str, &str)], words: &[&str]) -> String {
    let mut all = vec![("DOCKER_HOST", "unix:///nowhere/docker.sock")];
    all.extend(variables);
    shown(&run("doctor", &all, words))
}

fn shown(said: &Outcome) -> String {
    let code = said.code.expect("it ends by itself");
    format!("{}{}[exit status: {code}]", said.stdout, said.stderr)
}

fn asked(cluster: &Cluster, words: &[&str]) -> String {
    doctor(
        &[("KUBECONFIG", &cluster.kubeconfig().to_string_lossy())],
        words,
    )
}

/// Compares what was said with an inline snapshot, without what differs from run to run.
macro_rules! assert_said {
    ($said:expr, @$expected:literal) => {
        let filters = vec![
            // With a network the name resolves, and some machines have no IPv6.
            (r"(?m)^(ok           DNS  +).*localtest.me.*$", "${1}<wherever>"),
            (r"; nobody at \[::1\]:\d+", ""),
            (r"\b(localtest\.me|127\.0\.0\.1):\d+", "$1:<port>"),
            (r"certificate [0-9A-F]{16}", "certificate <fingerprint>"),
            (r"\d{4}-\d\d-\d\d", "<day>"),
            (r"/uploads/[0-9a-z]+", "/uploads/<session>"),
            (r"/tmp/[^/` ]+", "<place>"),
        ];
        insta::with_settings!({filters => filters}, { insta::assert_snapshot!($said, @$expected); });
    };
}

#[test]
fn a_healthy_cluster() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    assert_said!(asked(&cluster, &[]), @r#"
    ok           context       `kind-localdev`, whose API is on this machine
    ok           cluster       idpbuilder's `localdev`: its registry is https://gitea.cnoe.localtest.me:<port>
    ok           certificate   the cluster has one for its registry
    ok           secrets       gitea/gitea-credential has a token
    ok           DNS           <wherever>
    ok           TCP           somebody listens at 127.0.0.1:<port>
    ok           TLS           certificate <fingerprint>… for `cnoe.localtest.me`, `*.cnoe.localtest.me`, signed by itself, until <day>; its cluster vouches for it
    ok           /v2/          a registry answers at https://gitea.cnoe.localtest.me:<port>/v2/, and asks for a token
    ok           clock         this machine's clock and the registry's agree
    ok           realm         https://gitea.cnoe.localtest.me:<port>/v2/token, the registry's own
    ok           token         one for the credentials from the secret gitea/gitea-credential of `kind-localdev`, good for 24 h; it says who you are (user 1), and not what you may do
    ok           login         the registry takes the credentials from the secret gitea/gitea-credential of `kind-localdev`
    ok           owner         `giteaadmin` takes uploads
    ok           upload        an upload to `giteaadmin/xtask-doctor` was begun and cancelled
    ok           body limit    a request of 1 GiB is taken, and one of 4 GiB is not
    not checked  pull address  DESTINATION names no image
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    [exit status: 0]
    "#);
}

#[test]
fn no_cluster() {
    assert_said!(doctor(&[], &[]), @r#"
    failed       context       no cluster is known: there is no kubeconfig at `<place>/.kube/config`
                 hint: create one with `idpbuilder create`, name the registry as HOST/REPOSITORY, or push to the embedded one with `--embedded`
    not checked  cluster       context failed
    not checked  certificate   context failed
    not checked  secrets       context failed
    not checked  DNS           context failed
    not checked  TCP           context failed
    not checked  TLS           context failed
    not checked  /v2/          context failed
    not checked  clock         context failed
    not checked  realm         context failed
    not checked  token         context failed
    not checked  login         context failed
    not checked  owner         context failed
    not checked  upload        context failed
    not checked  body limit    context failed
    not checked  pull address  context failed
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    error: 1 check failed: context
    [exit status: 5]
    "#);
}

#[test]
fn a_context_that_is_gone() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    assert_said!(asked(&cluster, &["--context=kind-gone"]), @r#"
    failed       context       the kubeconfig has no context `kind-gone`
                 hint: there is `--context kind-localdev`, `--context kind-localdev-reader`
    not checked  cluster       context failed
    not checked  certificate   context failed
    not checked  secrets       context failed
    not checked  DNS           context failed
    not checked  TCP           context failed
    not checked  TLS           context failed
    not checked  /v2/          context failed
    not checked  clock         context failed
    not checked  realm         context failed
    not checked  token         context failed
    not checked  login         context failed
    not checked  owner         context failed
    not checked  upload        context failed
    not checked  body limit    context failed
    not checked  pull address  context failed
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    error: 1 check failed: context
    [exit status: 2]
    "#);
}

#[test]
fn an_owner_who_is_not_there() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    assert_said!(asked(&cluster, &["nobody-here/app:1"]), @r#"
    ok           context       `kind-localdev`, whose API is on this machine
    ok           cluster       idpbuilder's `localdev`: its registry is https://gitea.cnoe.localtest.me:<port>
    ok           certificate   the cluster has one for its registry
    ok           secrets       gitea/gitea-credential has a token
    ok           DNS           <wherever>
    ok           TCP           somebody listens at 127.0.0.1:<port>
    ok           TLS           certificate <fingerprint>… for `cnoe.localtest.me`, `*.cnoe.localtest.me`, signed by itself, until <day>; its cluster vouches for it
    ok           /v2/          a registry answers at https://gitea.cnoe.localtest.me:<port>/v2/, and asks for a token
    ok           clock         this machine's clock and the registry's agree
    ok           realm         https://gitea.cnoe.localtest.me:<port>/v2/token, the registry's own
    ok           token         one for the credentials from the secret gitea/gitea-credential of `kind-localdev`, good for 24 h; it says who you are (user 1), and not what you may do
    ok           login         the registry takes the credentials from the secret gitea/gitea-credential of `kind-localdev`
    failed       owner         the registry refused: POST https://gitea.cnoe.localtest.me:<port>/v2/nobody-here/app/blobs/uploads/: 404 Not found.
                 hint: check that `nobody-here/app`, or its owner, exists there
    not checked  upload        owner failed
    not checked  body limit    owner failed
    ok           pull address  gitea.cnoe.localtest.me:<port>/nobody-here/app:1
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    error: 1 check failed: owner
    [exit status: 6]
    "#);
}

#[test]
fn a_certificate_that_has_expired() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let Some(ingress) = or_skip(Ingress::before(cluster.gitea())) else {
        return;
    };
    let entrance = Entrance::through(&ingress.certificate(Certificate::expired(DOMAIN)));
    let said = entrance.run("doctor", &cluster, &[], "expired");
    assert_said!(shown(&said), @r#"
    ok           DNS           <wherever>
    ok           TCP           somebody listens at 127.0.0.1:<port>
    failed       TLS           its certificate has expired (certificate <fingerprint>… for `cnoe.localtest.me`, `*.cnoe.localtest.me`, signed by itself, until <day>)
                 hint: the registry needs a new certificate; until then any is taken with `--insecure`
    not checked  /v2/          TLS failed
    not checked  clock         TLS failed
    not checked  realm         TLS failed
    not checked  token         TLS failed
    not checked  login         TLS failed
    not checked  owner         TLS failed
    not checked  upload        TLS failed
    not checked  body limit    TLS failed
    ok           pull address  gitea.cnoe.localtest.me:<port>/giteaadmin/expired:1
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    error: 1 check failed: TLS
    [exit status: 5]
    "#);
}

#[test]
fn a_limit_for_bodies_that_is_too_low() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let Some(ingress) = or_skip(Ingress::before(cluster.gitea())) else {
        return;
    };
    let entrance = Entrance::through(&ingress.body_limit(1 << 20));
    let said = entrance.run("doctor", &cluster, &[], "limit");
    assert_said!(shown(&said), @r#"
    ok           DNS           <wherever>
    ok           TCP           somebody listens at 127.0.0.1:<port>
    ok           TLS           certificate <fingerprint>… for `cnoe.localtest.me`, `*.cnoe.localtest.me`, signed by itself, until <day>; it is trusted because it was given
    ok           /v2/          a registry answers at https://gitea.cnoe.localtest.me:<port>/v2/, and asks for a token
    ok           clock         this machine's clock and the registry's agree
    ok           realm         https://gitea.cnoe.localtest.me:<port>/v2/token, the registry's own
    ok           token         one for the credentials from IDPBUILDER_REGISTRY_PASSWORD, good for 24 h; it says who you are (user 1), and not what you may do
    ok           login         the registry takes the credentials from IDPBUILDER_REGISTRY_PASSWORD
    ok           owner         `giteaadmin` takes uploads
    ok           upload        an upload to `giteaadmin/limit` was begun and cancelled
    failed       body limit    the registry refused: PATCH https://gitea.cnoe.localtest.me:<port>/v2/giteaadmin/limit/blobs/uploads/<session>: 413 Request Entity Too Large; over the body limit of a proxy before the registry, whose web page this is (a request of 1 MiB is taken, and one of 4 MiB is not)
                 hint: the registry, or a proxy before it, limits the size of uploads: stay below that with `--chunk-size SIZE`
    ok           pull address  gitea.cnoe.localtest.me:<port>/giteaadmin/limit:1
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    error: 1 check failed: body limit
    [exit status: 6]
    "#);
}

//! What is said of a cluster, and of its registry, where nothing but a kubeconfig is there.

use super::{NO_DOCKER, stable};
use crate::harness::Place;
use crate::kubernetes::{CERTIFICATE, CREDENTIAL, Kubernetes, LOCALBUILDS, kubeconfig};
use crate::server::{Certificate, Server};

const READY: &str = r#"{"available":true}"#;

/// A place whose kubeconfig has a current kind context with this API.
fn place(api: &Kubernetes) -> Place {
    let place = Place::new();
    let text = kubeconfig(&[("kind-localdev", &api.server())]);
    place.write_home(".kube/config", &text);
    place
}

/// The cluster that a server is the registry of, as `registry.example`, which nobody resolves.
fn api(server: &Server, certificate: &Certificate) -> Kubernetes {
    let customization = format!(
        r#"{{"host":"registry.example","port":"{}","usePathRouting":true}}"#,
        server.address.port()
    );
    Kubernetes::start()
        .with_build(&customization, READY)
        .with_secret(CERTIFICATE, &[("ca.crt", &certificate.pem)])
        .with_secret(CREDENTIAL, &[("username", "me"), ("token", "secret")])
}

fn look(place: &Place, port: u16, words: &[&str]) -> String {
    let words = [&["doctor"], words].concat();
    stable(&place.run_with(&[NO_DOCKER], &words).to_string(), port)
}

#[test]
fn a_kubeconfig_is_enough() {
    let certificate = Certificate::until(4000);
    let server = Server::registry(Some(&certificate));
    let (api, port) = (api(&server, &certificate), server.address.port());
    insta::assert_snapshot!(look(&place(&api), port, &["app:1"]), @r#"
    ok           context       `kind-localdev`, whose API is on this machine
    ok           cluster       idpbuilder's `localdev`: its registry is https://registry.example:<port>, by path
    ok           certificate   the cluster has one for its registry
    ok           secrets       gitea/gitea-credential has a token
    ok           DNS           `registry.example` does not resolve here; its cluster is on this machine, so it is looked for on loopback
    ok           TCP           somebody listens at 127.0.0.1:<port>; nobody at [::1]:<port>
    ok           TLS           certificate <fingerprint> for `registry.example`, signed by itself, until 4000-01-01; its cluster vouches for it
    ok           /v2/          a registry answers at https://registry.example:<port>/v2/, and asks for a user name and a password
    ok           clock         this machine's clock and the registry's agree
    ok           realm         none: no token is needed
    ok           token         none is needed
    ok           login         the registry takes the credentials from the secret gitea/gitea-credential of `kind-localdev`
    ok           owner         `giteaadmin` takes uploads
    ok           upload        an upload to `giteaadmin/app` was begun and cancelled
    ok           body limit    none below 64 GiB
    ok           pull address  registry.example:<port>/giteaadmin/app:1
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    "#);
    let named = format!("registry.example:{port}/giteaAdmin/app");
    let shown = look(&place(&api), port, &[&named]);
    insta::assert_snapshot!(shown.lines().next().expect("a line"), @"ok           context       `kind-localdev`, whose API is on this machine");
    // Left out altogether, it is the cluster's registry and the administrator's namespace there.
    let shown = look(&place(&api), port, &[]);
    let upload = shown.lines().find(|line| line.contains("  upload "));
    insta::assert_snapshot!(upload.expect("a line"), @"ok           upload        an upload to `giteaadmin/xtask-doctor` was begun and cancelled");
}

#[test]
fn no_cluster_at_all() {
    insta::assert_snapshot!(look(&Place::new(), 1, &[]), @r#"
    failed       context       no cluster is known: there is no kubeconfig at `<place>/home/.kube/config`
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
    ------- stderr -------
    error: 1 check failed: context
    [exit status: 5]
    "#);
}

#[test]
fn a_context_that_is_not_there() {
    let api = Kubernetes::start();
    let shown = look(&place(&api), 1, &["--context=prod", "app:1"]);
    let lines: Vec<_> = shown.lines().take(4).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    failed       context       the kubeconfig has no context `prod`
                 hint: there is `--context kind-localdev`
    not checked  cluster       context failed
    not checked  certificate   context failed
    "#);
    assert!(shown.ends_with("[exit status: 2]"), "{shown}");
    assert_eq!(api.asked(), Vec::<String>::new());
}

#[test]
fn a_cluster_that_is_none_of_idpbuilders() {
    let api = Kubernetes::start();
    let shown = look(&place(&api), 1, &["app:1"]);
    let lines: Vec<_> = shown.lines().take(5).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    ok           context       the kubeconfig has one that may be asked
    failed       cluster       the cluster of context `kind-localdev` was not made by idpbuilder: it has no resource `localbuilds.idpbuilder.cnoe.io`
                 hint: choose another with `--context NAME`, or name the registry as HOST/REPOSITORY
    not checked  certificate   cluster failed
    not checked  secrets       cluster failed
    "#);
    assert_eq!(api.asked(), [LOCALBUILDS]);
}

#[test]
fn a_certificate_that_the_cluster_has_kept_for_too_long() {
    let certificate = Certificate::until(2021);
    let server = Server::registry(Some(&certificate));
    let (api, port) = (api(&server, &certificate), server.address.port());
    insta::assert_snapshot!(look(&place(&api), port, &["app:1"]), @r#"
    ok           context       `kind-localdev`, whose API is on this machine
    ok           cluster       idpbuilder's `localdev`: its registry is https://registry.example:<port>, by path
    failed       certificate   the one that the cluster has for its registry has expired
                 hint: idpbuilder does not renew it: create the cluster anew, or take it as it is with `--insecure`
    ok           secrets       gitea/gitea-credential has a token
    ok           DNS           `registry.example` does not resolve here; its cluster is on this machine, so it is looked for on loopback
    ok           TCP           somebody listens at 127.0.0.1:<port>; nobody at [::1]:<port>
    failed       TLS           its certificate has expired (certificate <fingerprint> for `registry.example`, signed by itself, until 2021-01-01)
                 hint: the registry needs a new certificate; until then any is taken with `--insecure`
    not checked  /v2/          TLS failed
    not checked  clock         TLS failed
    not checked  realm         TLS failed
    not checked  token         TLS failed
    not checked  login         TLS failed
    not checked  owner         TLS failed
    not checked  upload        TLS failed
    not checked  body limit    TLS failed
    ok           pull address  registry.example:<port>/giteaadmin/app:1
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    ------- stderr -------
    error: 2 checks failed: certificate, TLS
    [exit status: 5]
    "#);
}

#[test]
fn a_secret_that_is_not_there_yet_or_may_not_be_read() {
    let certificate = Certificate::until(4000);
    let server = Server::registry(Some(&certificate));
    let port = server.address.port();
    let line = |api: &Kubernetes, words: &[&str]| {
        let shown = look(&place(api), port, words);
        let mut lines = shown
            .lines()
            .skip_while(|line| !line.contains("  secrets "));
        let (secrets, below) = (lines.next(), lines.next());
        format!("{}\n{}", secrets.expect("a line"), below.expect("a line"))
    };
    let forbidden = api(&server, &certificate).forbidding(CREDENTIAL);
    insta::assert_snapshot!(line(&forbidden, &["app:1"]), @r#"
    warning      secrets       the cluster of context `kind-localdev` does not let us read the secret `gitea/gitea-credential`: "gitea-credential" is forbidden: User "dev" cannot get it
                 hint: ask for the permission to read it, or give `--username` and `--password-stdin`
    "#);
    let brought = ["--username=me", "--token=secret", "app:1"];
    insta::assert_snapshot!(line(&forbidden, &brought), @r#"
    not checked  secrets       other credentials were given
    ok           DNS           `registry.example` does not resolve here; its cluster is on this machine, so it is looked for on loopback
    "#);
    let customization = r#"{"host":"registry.example","port":"1"}"#;
    let starting = Kubernetes::start().with_build(customization, "{}");
    insta::assert_snapshot!(look(&place(&starting), 1, &["app:1"]), @r#"
    ok           context       `kind-localdev`, whose API is on this machine
    warning      cluster       idpbuilder's `localdev`: its registry is https://gitea.registry.example:<port>; its Gitea has not answered to idpbuilder yet
                 hint: wait until `idpbuilder create` is done
    warning      certificate   the cluster of context `kind-localdev` has no secret `default/idpbuilder-cert`
                 hint: give it with `--ca-file PEM`, or take any with `--insecure`
    failed       secrets       the cluster of context `kind-localdev` is still starting: its Gitea has no password yet
                 hint: push again when `idpbuilder create` is done
    not checked  DNS           secrets failed
    not checked  TCP           secrets failed
    not checked  TLS           secrets failed
    not checked  /v2/          secrets failed
    not checked  clock         secrets failed
    not checked  realm         secrets failed
    not checked  token         secrets failed
    not checked  login         secrets failed
    not checked  owner         secrets failed
    not checked  upload        secrets failed
    not checked  body limit    secrets failed
    not checked  pull address  secrets failed
    not checked  Docker        no daemon listens at `unix:///nowhere/docker.sock`
    ------- stderr -------
    error: 1 check failed: secrets
    [exit status: 5]
    "#);
}

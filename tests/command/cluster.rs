//! `push` where a cluster is meant: what is found without a word, and what is said where it is not.

use embedded_registry::{Config, Credentials, Registry};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::harness::{Place, testdata};
use crate::kubernetes::{CERTIFICATE, CREDENTIAL, Kubernetes, LOCALBUILDS, kubeconfig};

const READY: &str = r#"{"available":true}"#;

/// A registry that lets `giteaAdmin` in with the token `pat`, at `cnoe.test`, a name that nobody resolves.
struct Site {
    registry: Option<Registry>,
    runtime: Runtime,
    _directory: TempDir,
}

impl Site {
    fn start() -> Self {
        let runtime = Runtime::new().expect("threads");
        let directory = tempfile::tempdir().expect("a directory");
        let credentials = Credentials {
            username: "giteaAdmin".to_owned(),
            password: "pat".into(),
        };
        let config = Config {
            credentials: Some(credentials),
            sync: false,
            ..Config::new(directory.path())
        };
        let registry = runtime.block_on(Registry::start(config));
        Self {
            registry: Some(registry.expect("it starts")),
            runtime,
            _directory: directory,
        }
    }

    fn port(&self) -> u16 {
        let registry = self.registry.as_ref().expect("it runs");
        registry.address().port()
    }

    /// The cluster that this is the registry of.
    fn api(&self) -> Kubernetes {
        let customization = format!(
            r#"{{"protocol":"http","host":"cnoe.test","port":"{}","usePathRouting":true}}"#,
            self.port()
        );
        let values = [
            ("username", "giteaAdmin"),
            ("password", "wrong"),
            ("token", "pat"),
        ];
        Kubernetes::start()
            .with_build(&customization, READY)
            .with_secret(CREDENTIAL, &values)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(registry) = self.registry.take() {
            self.runtime.block_on(registry.stop());
        }
    }
}

/// A place whose kubeconfig has a current kind context with this API.
fn place(api: &Kubernetes) -> Place {
    at(&[("kind-localdev", &api.server())])
}

fn at(contexts: &[(&str, &str)]) -> Place {
    let place = Place::new();
    place.write_home(".kube/config", &kubeconfig(contexts));
    place
}

/// What a push of one small image says, with a name for the registry's port.
fn push(place: &Place, site: &Site, words: &[&str]) -> String {
    let archive = testdata("docker20-hello.tar");
    let words = [&["push", "--jobs=1", &archive], words].concat();
    let registry = format!("cnoe.test:{}", site.port());
    let shown = place.run(&words).to_string();
    shown.replace(&registry, "cnoe.test:<port>")
}

#[test]
fn a_kubeconfig_is_enough() {
    let site = Site::start();
    let place = place(&site.api());
    insta::assert_snapshot!(push(&place, &site, &[]), @r#"
    cnoe.test:<port>/giteaadmin/corpus/hello:1@sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89
    ------- stderr -------
    note: pushing to `cnoe.test:<port>/giteaadmin/`, the registry of the cluster of context `kind-localdev`
    note: `cnoe.test` does not resolve here; its cluster is on this machine, so it is looked for on loopback
    pushing cnoe.test:<port>/giteaadmin/corpus/hello:1 (4 blobs, 15.51 kB)
    layer 04506e4ec26b: uploaded, 6.66 kB
    layer 621c5846370e: uploaded, 4.61 kB
    config b01cbee79d79: uploaded, 2.20 kB
    layer c821bd63ed51: uploaded, 2.05 kB
    manifest 5492e95cc024: pushed, 732 B
    tagged cnoe.test:<port>/giteaadmin/corpus/hello:1 as sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89
    reading back cnoe.test:<port>/giteaadmin/corpus/hello:1
    "#);
    insta::assert_snapshot!(push(&place, &site, &["--progress=none", "-o", "json", "team/app:V2"]), @r#"
    {"schemaVersion":1,"images":[{"reference":"cnoe.test:<port>/team/app:V2","digest":"sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89","pull":"cnoe.test:<port>/team/app:V2","pullByDigest":"cnoe.test:<port>/team/app@sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89"}],"failures":[]}
    ------- stderr -------
    note: pushing to `cnoe.test:<port>/team/app:V2`, the registry of the cluster of context `kind-localdev`
    note: `cnoe.test` does not resolve here; its cluster is on this machine, so it is looked for on loopback
    note: Gitea keeps the tag `V2` as `v2`
    "#);
}

#[test]
fn the_clusters_registry_can_be_named() {
    let site = Site::start();
    let place = place(&site.api());
    let named = format!("cnoe.test:{}/giteaAdmin/app:1", site.port());
    insta::assert_snapshot!(push(&place, &site, &["--progress=none", &named]), @r#"
    cnoe.test:<port>/giteaadmin/app:1@sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89
    ------- stderr -------
    note: Gitea's administrator is `giteaadmin` in references, which are in lower case
    note: `cnoe.test` does not resolve here; its cluster is on this machine, so it is looked for on loopback
    "#);
    let ownerless = format!("cnoe.test:{}/app:1", site.port());
    insta::assert_snapshot!(push(&place, &site, &[&ownerless]), @r#"
    ------- stderr -------
    note: `cnoe.test` does not resolve here; its cluster is on this machine, so it is looked for on loopback
    error: cannot push to `cnoe.test:<port>/app:1`
      caused by: `app` has no owner, and at Gitea every image has one
    hint: write `giteaadmin/app`, or another owner
    [exit status: 2]
    "#);
    insta::assert_snapshot!(push(&place, &site, &["team/foo--bar"]), @r#"
    ------- stderr -------
    note: pushing to `cnoe.test:<port>/team/foo--bar`, the registry of the cluster of context `kind-localdev`
    note: `cnoe.test` does not resolve here; its cluster is on this machine, so it is looked for on loopback
    error: cannot push to `cnoe.test:<port>/team/foo--bar`
      caused by: `team/foo--bar` is not a name at Gitea: one `.`, `_` or `-` at a time between letters and digits
    hint: write `team/foo-bar`
    [exit status: 2]
    "#);
    insta::assert_snapshot!(push(&place, &site, &["app:V1", "-t", "v1"]), @r#"
    ------- stderr -------
    note: pushing to `cnoe.test:<port>/giteaadmin/app:V1`, the registry of the cluster of context `kind-localdev`
    note: `cnoe.test` does not resolve here; its cluster is on this machine, so it is looked for on loopback
    error: cannot push to `cnoe.test:<port>/giteaadmin/app:V1`
      caused by: the tags `V1` and `v1` of `giteaadmin/app` are one at Gitea, which keeps tags in lower case
    hint: push one of them alone: `--image` picks an image
    [exit status: 2]
    "#);
}

#[test]
fn credentials_that_are_brought_come_first() {
    let site = Site::start();
    let api = site.api().forbidding(CREDENTIAL);
    let place = place(&api);
    let brought = [
        "--progress=none",
        "-u",
        "giteaAdmin",
        "--token",
        "pat",
        "app:1",
    ];
    insta::assert_snapshot!(push(&place, &site, &brought), @r#"
    cnoe.test:<port>/giteaadmin/app:1@sha256:5492e95cc024b1aeb5450a80b0ceb9db763fae073877499ad3ec96d36de6ca89
    ------- stderr -------
    note: pushing to `cnoe.test:<port>/giteaadmin/app:1`, the registry of the cluster of context `kind-localdev`
    note: `cnoe.test` does not resolve here; its cluster is on this machine, so it is looked for on loopback
    "#);
    assert_eq!(api.asked(), [LOCALBUILDS]);
    insta::assert_snapshot!(push(&place, &site, &["--progress=none", "app:1"]), @r#"
    ------- stderr -------
    note: pushing to `cnoe.test:<port>/giteaadmin/app:1`, the registry of the cluster of context `kind-localdev`
    warning: the cluster of context `kind-localdev` does not let us read the secret `gitea/gitea-credential`: "gitea-credential" is forbidden: User "dev" cannot get it; Docker's and Podman's files are asked instead
    note: `cnoe.test` does not resolve here; its cluster is on this machine, so it is looked for on loopback
    error: cannot push to `cnoe.test:<port>/giteaadmin/app:1`
      caused by: the registry did not let us in with no credentials: HEAD http://cnoe.test:<port>/v2/giteaadmin/app/blobs/sha256:04506e4ec26b55d8af97bc6bb7993ae1aca718162fd3e30bf2ec6b89d143fbfd: 401 without a word
    hint: give `--username` and `--password-stdin`, or log in with `docker login cnoe.test:<port>`
    [exit status: 4]
    "#);
}

#[test]
fn the_clusters_secret_is_named_and_not_shown() {
    let site = Site::start();
    let place = place(&site.api());
    let said = push(&place, &site, &["-vv", "--progress=none"]);
    let line = "credentials registry=cnoe.test:<port> origin=\"the secret gitea/gitea-credential of `kind-localdev`\"";
    assert_eq!(said.matches(line).count(), 1, "{said}");
    let mut words = said.split(|character: char| !character.is_ascii_alphanumeric());
    assert!(words.all(|word| word != "pat"), "{said}");
    // `giteaAdmin:pat`, as a request shows it.
    assert!(!said.contains("Z2l0ZWFBZG1pbjpwYXQ"), "{said}");
}

#[test]
fn a_cluster_that_is_still_starting_says_so() {
    let values = [("username", "giteaAdmin"), ("password", "s3cret")];
    let api = Kubernetes::start()
        .with_build(r#"{"protocol":"http","host":"cnoe.test"}"#, "{}")
        .with_secret(CREDENTIAL, &values);
    insta::assert_snapshot!(place(&api).run(&["push", "x.tar", "app:1"]), @r#"
    ------- stderr -------
    note: pushing to `gitea.cnoe.test:8443/giteaadmin/app:1`, the registry of the cluster of context `kind-localdev`
    error: cannot push to `app:1`
      caused by: the cluster of context `kind-localdev` is still starting: its Gitea is not available yet
    hint: push again when `idpbuilder create` is done
    [exit status: 5]
    "#);
}

/// A certificate as idpbuilder makes it, good until the end of 2021.
fn expired() -> String {
    let mut parameters = CertificateParams::new(["cnoe.test".to_owned()]).expect("a name");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.not_before = date_time_ymd(2020, 12, 31);
    parameters.not_after = date_time_ymd(2021, 12, 31);
    let key = KeyPair::generate().expect("a key");
    parameters.self_signed(&key).expect("a certificate").pem()
}

#[test]
fn a_certificate_that_does_not_help_is_said_not_to() {
    let api = || {
        Kubernetes::start()
            .with_build(r#"{"host":"cnoe.test","port":"1"}"#, READY)
            .with_secret(CREDENTIAL, &[("username", "giteaAdmin"), ("token", "pat")])
    };
    let archive = testdata("docker20-hello.tar");
    let words = ["push", "--progress=none", &archive];
    let forbidden = api().forbidding(CERTIFICATE);
    insta::assert_snapshot!(place(&forbidden).run(&words), @r#"
    ------- stderr -------
    note: pushing to `gitea.cnoe.test:1/giteaadmin/`, the registry of the cluster of context `kind-localdev`
    note: `gitea.cnoe.test` does not resolve here; its cluster is on this machine, so it is looked for on loopback
    warning: the cluster of context `kind-localdev` does not let us read the secret `default/idpbuilder-cert`: "idpbuilder-cert" is forbidden: User "dev" cannot get it; give its certificate with `--ca-file PEM`, or take any with `--insecure`
    error: cannot push to `gitea.cnoe.test:1/giteaadmin/`
      caused by: GET https://gitea.cnoe.test:1/v2/ failed
      caused by: the connection was refused
    hint: check that the registry is running, and that this is its port
    [exit status: 5]
    "#);
    let expired = api().with_secret(CERTIFICATE, &[("ca.crt", &expired())]);
    insta::assert_snapshot!(place(&expired).run(&words), @r#"
    ------- stderr -------
    note: pushing to `gitea.cnoe.test:1/giteaadmin/`, the registry of the cluster of context `kind-localdev`
    note: `gitea.cnoe.test` does not resolve here; its cluster is on this machine, so it is looked for on loopback
    warning: the certificate of the cluster of context `kind-localdev` has expired, and idpbuilder does not renew it: create the cluster anew, or take it as it is with `--insecure`
    error: cannot push to `gitea.cnoe.test:1/giteaadmin/`
      caused by: GET https://gitea.cnoe.test:1/v2/ failed
      caused by: the connection was refused
    hint: check that the registry is running, and that this is its port
    [exit status: 5]
    "#);
}

#[test]
fn without_permission_there_is_no_registry() {
    let api = Kubernetes::start().forbidding(LOCALBUILDS);
    insta::assert_snapshot!(place(&api).run(&["push", "x.tar"]), @r#"
    ------- stderr -------
    error: cannot push without a DESTINATION
      caused by: the cluster of context `kind-localdev` does not let us read `localbuilds.idpbuilder.cnoe.io`: "localbuilds" is forbidden: User "dev" cannot get it
    hint: ask for the permission to read it, or name the registry as HOST/REPOSITORY with `--username`
    [exit status: 4]
    "#);
}

#[test]
fn only_a_local_kind_cluster_is_asked_unless_it_is_named() {
    let api = Kubernetes::start();
    let place = at(&[("production", &api.server())]);
    insta::assert_snapshot!(place.run(&["push", "x.tar", "app:1"]), @r#"
    ------- stderr -------
    error: cannot push to `app:1`
      caused by: the current context `production` is not asked for its registry: its name does not begin with `kind-`
    hint: if that cluster is meant, give `--context production`; else name the registry as HOST/REPOSITORY
    [exit status: 2]
    "#);
    assert_eq!(api.asked(), Vec::<String>::new());
    insta::assert_snapshot!(place.run(&["push", "--context", "prod", "x.tar", "app:1"]), @r#"
    ------- stderr -------
    error: cannot push to `app:1`
      caused by: the kubeconfig has no context `prod`
    hint: there is `--context production`
    [exit status: 2]
    "#);
    let words = ["push", "--context", "production", "x.tar", "app:1"];
    insta::assert_snapshot!(place.run(&words), @r#"
    ------- stderr -------
    error: cannot push to `app:1`
      caused by: the cluster of context `production` was not made by idpbuilder: it has no resource `localbuilds.idpbuilder.cnoe.io`
    hint: choose another with `--context NAME`, or name the registry as HOST/REPOSITORY
    [exit status: 5]
    "#);
    assert_eq!(api.asked(), [LOCALBUILDS]);
}

#[test]
fn the_variable_names_several_files() {
    let api = Kubernetes::start().forbidding(LOCALBUILDS);
    let place = Place::new();
    let contexts = [("kind-localdev", &*api.server())];
    std::fs::write(place.work().join("two"), kubeconfig(&contexts)).unwrap();
    let shown = place.run_with(&[("KUBECONFIG", "one:two")], &["push", "x.tar"]);
    assert!(shown.to_string().contains("is forbidden"), "{shown}");
    let missing = ["push", "--kubeconfig", "missing", "x.tar"];
    insta::assert_snapshot!(place.run(&missing), @r#"
    ------- stderr -------
    error: cannot push without a DESTINATION
      caused by: cannot use the kubeconfig `missing`: No such file or directory (os error 2)
    hint: `--kubeconfig PATH` and the files in `KUBECONFIG` are as kubectl reads them
    [exit status: 2]
    "#);
}

#[test]
fn a_registry_that_is_an_address_is_no_clusters() {
    let api = Kubernetes::start();
    let place = place(&api);
    for registry in ["127.0.0.1:1", "localhost:1", "[::1]:1"] {
        let app = format!("{registry}/team/app:1");
        let archive = testdata("docker20-hello.tar");
        let shown = place.run(&["push", &archive, &app]).to_string();
        assert!(shown.ends_with("[exit status: 5]"), "{shown}");
    }
    assert_eq!(api.asked(), Vec::<String>::new());
}

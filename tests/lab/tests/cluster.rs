//! The lab that `cargo xtask lab up` has started is what it claims to be: asked by curl and docker, from outside.

#![expect(
    clippy::unwrap_used,
    reason = "what fails here fails the test, with its line"
)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lab::{Certificate, Cluster, DOMAIN, DockerDaemon, Ingress, Routing, or_skip};
use serde_json::Value;

/// What curl says, told its options as it reads them from a file, so that no secret is an argument.
fn curl(options: &str) -> (u16, String) {
    let common = "silent\nshow-error\nnoproxy = \"*\"\nwrite-out = \"\\n%{http_code}\"\n";
    let mut child = Command::new("curl")
        .args(["--disable", "--config", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input
        .write_all(format!("{common}{options}").as_bytes())
        .unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let (body, status) = said.rsplit_once('\n').unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let body = format!("{body}{errors}");
    (status.parse().unwrap(), body)
}

/// A request through the ingress, whose certificate alone is trusted.
fn through(cluster: &Cluster, host: &str, path: &str, options: &str) -> (u16, String) {
    let (ca, port) = (cluster.ca_file(), cluster.ingress().port());
    through_with(&ca, host, port, path, options)
}

fn through_with(ca: &Path, host: &str, port: u16, path: &str, options: &str) -> (u16, String) {
    let ca = ca.display();
    curl(&format!(
        "url = \"https://{host}:{port}{path}\"\ncacert = \"{ca}\"\n\
         resolve = \"{host}:{port}:127.0.0.1\"\n{options}"
    ))
}

fn user(name: &str, password: &str) -> String {
    let escaped = format!("{name}:{password}")
        .replace('\\', "\\\\")
        .replace('"', "\\\"");
    format!("user = \"{escaped}\"\n")
}

/// What a context of the kubeconfig says: the server, its authority and the token of its user.
struct Context {
    server: String,
    ca: PathBuf,
    token: String,
}

fn context(kubeconfig: &Path, name: &str) -> Context {
    let text = std::fs::read_to_string(kubeconfig).unwrap();
    let value = |from: &str, key: &str| {
        let (_, rest) = text.split_once(from).unwrap();
        let (_, rest) = rest.split_once(key).unwrap();
        rest.lines().next().unwrap().trim().to_owned()
    };
    Context {
        server: value("clusters:", "server:"),
        ca: value("clusters:", "certificate-authority:").into(),
        token: value(&format!("- name: {name}\n  user:"), "token:"),
    }
}

fn kubernetes(context: &Context, path: &str) -> (u16, Value) {
    let Context { server, ca, token } = context;
    let ca = ca.display();
    let (status, body) = curl(&format!(
        "url = \"{server}{path}\"\ncacert = \"{ca}\"\nheader = \"Authorization: Bearer {token}\"\n"
    ));
    (status, serde_json::from_str(&body).expect(&body))
}

/// The value of a secret, decoded.
fn decoded(secret: &Value, key: &str) -> String {
    let mut child = Command::new("base64")
        .arg("--decode")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let encoded = secret["data"][key].as_str().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(encoded.as_bytes()).unwrap();
    drop(input);
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn the_registry_asks_for_a_token_and_gives_one() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let host = cluster.registry_host();
    let (status, answer) = through(&cluster, &host, "/v2/", "include\n");
    assert_eq!(status, 401, "{answer}");
    let realm = format!("Bearer realm=\"https://{}/v2/token\"", cluster.registry());
    assert!(
        answer.to_lowercase().contains(&realm.to_lowercase()),
        "{answer}"
    );

    for secret in [cluster.password(), cluster.token()] {
        let user = user(cluster.username(), secret);
        let (status, answer) = through(&cluster, &host, "/v2/token", &user);
        assert_eq!(status, 200, "{answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let token = answer["token"].as_str().unwrap();
        let bearer = format!("header = \"Authorization: Bearer {token}\"\n");
        let (status, answer) = through(&cluster, &host, "/v2/", &bearer);
        assert_eq!(status, 200, "{answer}");
    }
    let wrong = user(cluster.username(), "wrong");
    let (status, answer) = through(&cluster, &host, "/v2/token", &wrong);
    assert_eq!(status, 401, "{answer}");
}

#[test]
fn the_ingress_routes_by_path_too() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let ask = |host: &str, path: &str| through(&cluster, host, path, "").0;
    assert_eq!(ask(DOMAIN, "/v2/"), 401);
    assert_eq!(ask(DOMAIN, "/v2/gitea/giteaadmin/none/tags/list"), 401);
    assert_eq!(ask(DOMAIN, "/gitea/api/healthz"), 200);
    assert_eq!(ask(DOMAIN, "/api/healthz"), 404);
    assert_eq!(ask("other.cnoe.localtest.me", "/v2/"), 404);
}

#[test]
fn a_test_puts_an_ingress_of_its_own_before_gitea() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let Some(ingress) = or_skip(Ingress::before(cluster.gitea())) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    let ask = |ingress: &lab::RunningIngress, options: &str| {
        std::fs::write(&ca, ingress.certificate_pem().unwrap()).unwrap();
        let host = cluster.registry_host();
        through_with(&ca, &host, ingress.address().port(), "/v2/", options)
    };

    let small = ingress.clone().body_limit(1000).start();
    let body = format!("data = \"{}\"\n", "x".repeat(1001));
    let (status, answer) = ask(&small, &body);
    assert_eq!(status, 413, "{answer}\n{}", small.log());
    assert!(answer.contains("<html>"), "{answer}");

    let expired = ingress
        .clone()
        .certificate(Certificate::expired(DOMAIN))
        .start();
    let (status, answer) = ask(&expired, "");
    assert_eq!(status, 0, "{answer}");
    assert!(answer.contains("expired"), "{answer}");

    let path = ingress.routing(Routing::Path).start();
    assert_eq!(ask(&path, "").0, 404);
    let address = path.address();
    drop(path);
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn the_cluster_is_described_as_idpbuilder_does() {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let admin = context(&cluster.kubeconfig(), cluster.context());
    let resource = "/apis/idpbuilder.cnoe.io/v1alpha1/localbuilds";
    let (status, found) = kubernetes(&admin, resource);
    assert_eq!(status, 200, "{found}");
    let [localbuild] = found["items"].as_array().unwrap().as_slice() else {
        panic!("one cluster: {found}");
    };
    assert_eq!(localbuild["metadata"]["name"], "localdev");
    let customization = &localbuild["spec"]["buildCustomization"];
    assert_eq!(customization["protocol"], "https");
    assert_eq!(customization["host"], DOMAIN);
    assert_eq!(customization["port"], cluster.ingress().port().to_string());
    assert_eq!(localbuild["status"]["gitea"]["available"], true);

    let certificate = std::fs::read_to_string(cluster.ca_file()).unwrap();
    assert_eq!(customization["selfSignedCert"], certificate);
    let (_, secret) = kubernetes(&admin, "/api/v1/namespaces/default/secrets/idpbuilder-cert");
    assert_eq!(decoded(&secret, "ca.crt"), certificate);
    let credential = "/api/v1/namespaces/gitea/secrets/gitea-credential";
    let (_, secret) = kubernetes(&admin, credential);
    assert_eq!(decoded(&secret, "username"), "giteaAdmin");
    assert_eq!(decoded(&secret, "password"), cluster.password());
    assert_eq!(decoded(&secret, "token"), cluster.token());

    let reader = context(&cluster.kubeconfig(), cluster.reader_context());
    assert_eq!(kubernetes(&reader, resource).0, 200);
    let (status, refused) = kubernetes(&reader, credential);
    assert_eq!(status, 403, "{refused}");
}

#[test]
fn a_docker_daemon_answers() {
    let Some(daemon) = or_skip(DockerDaemon::running()) else {
        return;
    };
    let said = Command::new("docker")
        .args(["version", "--format", "{{.Server.Version}}"])
        .env("DOCKER_HOST", daemon.host())
        .output()
        .unwrap();
    assert!(said.status.success(), "{said:?}");
    assert!(daemon.socket().exists());
}

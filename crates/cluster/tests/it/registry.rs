//! Where the registry is, and what to trust there, from what clusters of several ages say.

use std::time::{Duration, SystemTime};

use cluster::{Certificate, Cluster, Error};
use rcgen::{CertificateParams, IsCa, KeyPair, date_time_ymd};

use crate::find;
use crate::kubernetes::{CERTIFICATE, CREDENTIAL, Kubernetes, LOCALBUILDS, build};

const READY: &str = r#"{"available":true}"#;

/// A certificate as idpbuilder makes it, good until the end of that year.
fn pem(year: i32) -> String {
    let mut parameters = CertificateParams::new(["cnoe.test".to_owned()]).expect("a name");
    parameters.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    parameters.not_before = date_time_ymd(2020, 1, 1);
    parameters.not_after = date_time_ymd(year, 12, 31);
    let key = KeyPair::generate().expect("a key");
    parameters.self_signed(&key).expect("a certificate").pem()
}

fn json(text: &str) -> String {
    text.replace('\n', "\\n")
}

async fn certificate(cluster: Cluster) -> Result<Certificate, String> {
    let certificate = cluster.certificate.expect("it speaks TLS");
    certificate.map_err(|error: Error| error.to_string())
}

#[tokio::test]
async fn the_registry_is_where_the_build_says() {
    let table = [
        ("{}", "{}", "https gitea.cnoe.localtest.me:8443 false false"),
        (
            r#"{"protocol":"https","host":"cnoe.localtest.me","ingressHost":"other.test","port":"8443","selfSignedCert":"x","staticPassword":false}"#,
            READY,
            "https gitea.cnoe.localtest.me:8443 false true",
        ),
        (
            r#"{"protocol":"https","host":"idp.test","port":"443","usePathRouting":true}"#,
            READY,
            "https idp.test:443 true true",
        ),
        (
            r#"{"protocol":"http","host":"idp.test","port":"8080"}"#,
            READY,
            "http gitea.idp.test:8080 false true",
        ),
        // Clusters of before the customisation.
        (
            "{}",
            r#"{"available":true,"externalURL":"https://gitea.old.test:9443/"}"#,
            "https gitea.old.test:9443 false true",
        ),
        (
            "{}",
            r#"{"available":true,"externalURL":"http://gitea.old.test"}"#,
            "http gitea.old.test:80 false true",
        ),
    ];
    for (customization, gitea, expected) in table {
        let api = Kubernetes::start().with_build(customization, gitea);
        let cluster = find(&api).await.expect(expected);
        let shown = format!(
            "{} {} {} {}",
            cluster.scheme, cluster.registry, cluster.path_routing, cluster.available
        );
        assert_eq!(shown, expected, "{customization} {gitea}");
        assert!(cluster.on_loopback);
        assert_eq!(cluster.build, "localdev");
    }
}

#[tokio::test]
async fn an_old_build_without_a_specification_has_the_defaults() {
    let body = r#"{"items":[{"metadata":{"name":"localdev"}}]}"#;
    let api = Kubernetes::start().with(LOCALBUILDS, 200, body);
    let cluster = find(&api).await.expect("a cluster");
    let registry = cluster.registry.to_string();
    assert_eq!(registry, "gitea.cnoe.localtest.me:8443");
}

#[tokio::test]
async fn what_cannot_be_an_address_is_refused() {
    let table = [
        (
            r#"{"protocol":"gopher"}"#,
            "its protocol is `gopher`, not http or https",
        ),
        (
            r#"{"host":"a b"}"#,
            "`gitea.a b:8443` is not a host name with an optional port",
        ),
        (
            r#"{"host":"idp.test/x","port":"1"}"#,
            "`gitea.idp.test/x:1` is not a host name with an optional port",
        ),
        (r#"{"host":7}"#, "it cannot be understood at line 1, column"),
    ];
    for (customization, expected) in table {
        let api = Kubernetes::start().with_build(customization, READY);
        let error = find(&api).await.expect_err(expected);
        assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn the_certificate_is_the_builds() {
    let pem = pem(2030);
    let customization = format!(r#"{{"selfSignedCert":"{}"}}"#, json(&pem));
    let api = Kubernetes::start()
        .with_build(&customization, READY)
        .forbidding(CREDENTIAL)
        .forbidding(CERTIFICATE);
    let certificate = certificate(find(&api).await.expect("a cluster")).await;
    let certificate = certificate.expect("a certificate");
    assert_eq!(certificate.pem, pem);
    let end = SystemTime::UNIX_EPOCH + Duration::from_secs(1_924_905_600);
    assert_eq!(certificate.not_after, end);
    assert!(!certificate.is_expired(end));
    assert!(certificate.is_expired(end + Duration::from_secs(1)));
    assert_eq!(api.asked(), [LOCALBUILDS]);
}

#[tokio::test]
async fn older_clusters_keep_it_in_a_secret() {
    let pem = pem(2021);
    let api = Kubernetes::start()
        .with_build("{}", READY)
        .with_secret(CERTIFICATE, &[("ca.crt", &pem)]);
    let certificate = certificate(find(&api).await.expect("a cluster")).await;
    let certificate = certificate.expect("a certificate");
    assert_eq!(certificate.pem, pem);
    let new_year = SystemTime::UNIX_EPOCH + Duration::from_secs(1_640_995_200);
    assert!(certificate.is_expired(new_year));
}

#[tokio::test]
async fn a_certificate_that_cannot_be_had_does_not_hide_the_registry() {
    let api = || Kubernetes::start().with_build("{}", READY);
    let of_context = "the cluster of context `kind-localdev`";
    let table = [
        (
            api(),
            format!("{of_context} has no secret `default/idpbuilder-cert`"),
        ),
        (
            api().with_secret(CERTIFICATE, &[("tls.crt", "x")]),
            format!("{of_context} has no secret `default/idpbuilder-cert`"),
        ),
        (
            api().forbidding(CERTIFICATE),
            format!(
                "{of_context} does not let us read the secret `default/idpbuilder-cert`: \"idpbuilder-cert\" is forbidden: User \"dev\" cannot get it"
            ),
        ),
        (
            api().with_secret(CERTIFICATE, &[("ca.crt", "not PEM")]),
            format!(
                "the certificate of {of_context} cannot be used: it is not a certificate in PEM form"
            ),
        ),
    ];
    for (api, expected) in table {
        let cluster = find(&api).await.expect("a cluster");
        assert_eq!(certificate(cluster).await, Err(expected));
    }
}

#[tokio::test]
async fn plain_http_needs_no_certificate() {
    let api = Kubernetes::start().with_build(r#"{"protocol":"http"}"#, READY);
    let cluster = find(&api).await.expect("a cluster");
    assert!(cluster.certificate.is_none());
    assert_eq!(api.asked(), [LOCALBUILDS]);
}

#[tokio::test]
async fn a_cluster_has_one_build() {
    let none = Kubernetes::start();
    let error = find(&none).await.expect_err("no such resource");
    assert_eq!(
        error.to_string(),
        "the cluster of context `kind-localdev` was not made by idpbuilder: it has no resource `localbuilds.idpbuilder.cnoe.io`"
    );
    let empty = Kubernetes::start().with(LOCALBUILDS, 200, r#"{"items":[]}"#);
    let error = find(&empty).await.expect_err("no build");
    assert_eq!(
        error.to_string(),
        "the cluster of context `kind-localdev` was not made by idpbuilder: it has no localbuild"
    );
    let (one, two) = (build("one", "{}", READY), build("two", "{}", READY));
    let both = format!(r#"{{"items":[{one},{two}]}}"#);
    let several = Kubernetes::start().with(LOCALBUILDS, 200, both);
    let error = find(&several).await.expect_err("two builds");
    let Error::Several { names, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(names, ["one", "two"]);
}

//! Clusters that were created with other options than idpbuilder's defaults: a real Gitea behind an ingress of their
//! own, described by a pretended Kubernetes API, because the real one describes the default.

use lab::{Certificate, Cluster, DOMAIN, Ingress, Routing, RunningIngress, or_skip};
use serde_json::json;
use tempfile::NamedTempFile;

use crate::image::{Archive, unique};
use crate::kubernetes::{CERTIFICATE, CREDENTIAL, Kubernetes, kubeconfig};
use crate::pull::pulled;
use crate::push::push_with;

/// What `idpbuilder create` was told.
struct Variant {
    host: &'static str,
    protocol: &'static str,
    path_routing: bool,
    /// The token is not there yet, or the release too old for one.
    token: bool,
    /// The certificate is in the build, and not only in its secret.
    certificate_in_build: bool,
}

const DEFAULT: Variant = Variant {
    host: DOMAIN,
    protocol: "https",
    path_routing: false,
    token: true,
    certificate_in_build: true,
};

impl Variant {
    /// An ingress as this cluster would have it.
    fn ingress(&self, ingress: Ingress) -> RunningIngress {
        let routing = if self.path_routing {
            Routing::Path
        } else {
            Routing::Subdomain
        };
        let certificate = Certificate::of_idpbuilder(self.host);
        let ingress = ingress
            .domain(self.host)
            .routing(routing)
            .certificate(certificate);
        match self.protocol {
            "http" => ingress.plain().start(),
            _ => ingress.start(),
        }
    }

    /// The Kubernetes API that describes it.
    fn api(&self, cluster: &Cluster, ingress: &RunningIngress) -> Kubernetes {
        let certificate = ingress.certificate_pem().unwrap_or_default();
        let customization = json!({
            "protocol": self.protocol, "host": self.host, "ingressHost": self.host,
            "port": ingress.address().port().to_string(), "usePathRouting": self.path_routing,
            "selfSignedCert": if self.certificate_in_build { certificate } else { "" },
        });
        let mut credentials = vec![
            ("username", cluster.username()),
            ("password", cluster.password()),
        ];
        if self.token {
            credentials.push(("token", cluster.token()));
        }
        Kubernetes::start()
            .with_build(&customization.to_string(), r#"{"available":true}"#)
            .with_secret(CERTIFICATE, &[("ca.crt", certificate)])
            .with_secret(CREDENTIAL, &credentials)
    }
}

async fn works(variant: Variant) {
    let Some(cluster) = or_skip(Cluster::running()) else {
        return;
    };
    let Some(ingress) = or_skip(Ingress::before(cluster.gitea())) else {
        return;
    };
    let ingress = variant.ingress(ingress);
    let api = variant.api(&cluster, &ingress);
    let file = NamedTempFile::new().expect("a temporary file");
    let text = kubeconfig(&[("kind-localdev", &api.server())]);
    std::fs::write(file.path(), text).expect("a file that can be written");
    let archive = Archive::of(&[&unique("variant")]);
    let name = unique("variant");
    let outcome = push_with(
        &[("KUBECONFIG", &file.path().to_string_lossy())],
        &[archive.path(), &format!("{name}:1")],
    );
    let (reference, digest) = outcome.only();
    let gitea = if variant.path_routing { "" } else { "gitea." };
    let host = format!("{gitea}{}:{}", variant.host, ingress.address().port());
    assert_eq!(reference, format!("{host}/giteaadmin/{name}:1"));
    let same = format!("{}/giteaadmin/{name}:1", cluster.registry());
    assert_eq!(pulled(&same).await.digest, digest, "it is one Gitea");
}

#[tokio::test]
async fn a_cluster_of_path_routing() {
    works(Variant {
        path_routing: true,
        ..DEFAULT
    })
    .await;
}

#[tokio::test]
async fn a_cluster_of_plain_http() {
    works(Variant {
        protocol: "http",
        ..DEFAULT
    })
    .await;
}

#[tokio::test]
async fn a_cluster_of_a_host_of_its_own() {
    works(Variant {
        host: "dev.cnoe.test",
        ..DEFAULT
    })
    .await;
}

#[tokio::test]
async fn a_cluster_of_an_older_layout() {
    works(Variant {
        token: false,
        certificate_in_build: false,
        ..DEFAULT
    })
    .await;
}

//! What idpbuilder leaves in a cluster: the resource that describes it, and the secrets that let people in.

use serde_json::{Value, json};

use crate::Error;
use crate::gitea::Admin;
use crate::ingress::DOMAIN;
use crate::kubernetes_api::{KubernetesApi, READER};

const GROUP: &str = "idpbuilder.cnoe.io";
/// The cluster's name, unless said otherwise.
const NAME: &str = "localdev";

/// What a cluster is described by.
pub(crate) struct Localbuild<'a> {
    /// The port of its ingress.
    pub(crate) port: u16,
    /// The certificate that the ingress shows.
    pub(crate) certificate: &'a str,
    /// The administrator of its Gitea.
    pub(crate) admin: &'a Admin,
}

impl Localbuild<'_> {
    /// Has the cluster hold all of it, whatever it held before.
    ///
    /// # Errors
    ///
    /// What the cluster says.
    pub(crate) fn apply(&self, api: &KubernetesApi) -> Result<(), Error> {
        for (path, object) in self.objects() {
            api.request(&format!("{path}?fieldManager=idpbuilder&force=true"))?
                .apply(&object)
                .expect()?;
            if object["kind"] == "CustomResourceDefinition" {
                established(api, path)?;
            }
        }
        Ok(())
    }

    /// Where each object is, and what it is, in the order in which they need each other.
    fn objects(&self) -> Vec<(&'static str, Value)> {
        let mut objects = vec![
            (
                "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/localbuilds.idpbuilder.cnoe.io",
                definition(),
            ),
            ("/api/v1/namespaces/gitea", namespace("gitea")),
            (
                "/api/v1/namespaces/ingress-nginx",
                namespace("ingress-nginx"),
            ),
            (
                "/api/v1/namespaces/gitea/secrets/gitea-credential",
                secret(
                    "gitea",
                    "gitea-credential",
                    &json!({
                        "username": self.admin.username,
                        "password": self.admin.password,
                        "token": self.admin.token,
                    }),
                ),
            ),
            (
                "/api/v1/namespaces/default/secrets/idpbuilder-cert",
                secret(
                    "default",
                    "idpbuilder-cert",
                    &json!({"ca.crt": self.certificate}),
                ),
            ),
            (
                "/apis/idpbuilder.cnoe.io/v1alpha1/localbuilds/localdev",
                self.localbuild(),
            ),
            (
                "/apis/idpbuilder.cnoe.io/v1alpha1/localbuilds/localdev/status",
                self.status(),
            ),
        ];
        objects.extend(reader());
        objects
    }

    fn localbuild(&self) -> Value {
        json!({
            "apiVersion": format!("{GROUP}/v1alpha1"),
            "kind": "Localbuild",
            "metadata": {"name": NAME},
            "spec": {
                "buildCustomization": {
                    "protocol": "https",
                    "host": DOMAIN,
                    "ingressHost": DOMAIN,
                    "port": self.port.to_string(),
                    "usePathRouting": false,
                    "staticPassword": false,
                    "selfSignedCert": self.certificate,
                },
            },
        })
    }

    fn status(&self) -> Value {
        let port = self.port;
        json!({
            "apiVersion": format!("{GROUP}/v1alpha1"),
            "kind": "Localbuild",
            "metadata": {"name": NAME},
            "status": {
                "gitea": {
                    "available": true,
                    "externalURL": format!("https://gitea.{DOMAIN}:{port}"),
                    "internalURL": format!("http://my-gitea-http.gitea.svc.cluster.local:3000"),
                    // The key is misspelt in idpbuilder, and so it is here.
                    "adminUserSecretNameecret": "gitea-credential",
                    "adminUserSecretNamespace": "gitea",
                },
            },
        })
    }
}

/// Waits until the cluster knows what a definition defines; it says so in the definition's status.
fn established(api: &KubernetesApi, path: &str) -> Result<(), Error> {
    let begun = std::time::Instant::now();
    loop {
        let body = api.request(path)?.expect()?;
        let definition: Value = serde_json::from_str(&body).unwrap_or_default();
        let conditions = definition["status"]["conditions"].as_array();
        let established = conditions
            .into_iter()
            .flatten()
            .any(|condition| condition["type"] == "Established" && condition["status"] == "True");
        let listed = || api.request("/apis/idpbuilder.cnoe.io/v1alpha1/localbuilds");
        if established && listed()?.succeeds() {
            return Ok(());
        }
        if begun.elapsed() > std::time::Duration::from_secs(30) {
            let (url, status) = (format!("{}{path}", api.url()), 200);
            return Err(Error::Answered { url, status, body });
        }
    }
}

fn definition() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("localbuilds.{GROUP}")},
        "spec": {
            "group": GROUP,
            "scope": "Cluster",
            "names": {
                "kind": "Localbuild",
                "listKind": "LocalbuildList",
                "plural": "localbuilds",
                "singular": "localbuild",
            },
            "versions": [{
                "name": "v1alpha1",
                "served": true,
                "storage": true,
                "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {
                    "type": "object",
                    "x-kubernetes-preserve-unknown-fields": true,
                }},
            }],
        },
    })
}

fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

fn secret(namespace: &str, name: &str, data: &Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "stringData": data,
    })
}

/// A user who may see that there is a cluster, and what it is like, but no secret of it.
fn reader() -> [(&'static str, Value); 2] {
    let group = "rbac.authorization.k8s.io";
    let role = json!({
        "apiVersion": format!("{group}/v1"),
        "kind": "ClusterRole",
        "metadata": {"name": "localbuild-reader"},
        "rules": [{"apiGroups": [GROUP], "resources": ["localbuilds"], "verbs": ["get", "list"]}],
    });
    let binding = json!({
        "apiVersion": format!("{group}/v1"),
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "localbuild-reader"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "localbuild-reader"},
        "subjects": [{"apiGroup": group, "kind": "User", "name": READER}],
    });
    [
        (
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/localbuild-reader",
            role,
        ),
        (
            "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/localbuild-reader",
            binding,
        ),
    ]
}

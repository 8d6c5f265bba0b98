//! A kubeconfig as kind writes it, for the two users of the lab.

use std::path::PathBuf;

use crate::kubernetes_api::Tokens;

/// The context that kind makes for idpbuilder's cluster, and makes current.
pub(crate) const CONTEXT: &str = "kind-localdev";
/// The context of a user who may read, but no secrets.
pub(crate) const READER_CONTEXT: &str = "kind-localdev-reader";

/// What a kubeconfig is made of.
pub(crate) struct Kubeconfig {
    pub(crate) server: String,
    pub(crate) ca_file: PathBuf,
    pub(crate) tokens: Tokens,
}

impl Kubeconfig {
    /// The file.
    pub(crate) fn yaml(&self) -> String {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::{Kubeconfig, Tokens};

    #[test]
    fn it_is_as_kind_writes_it() {
        let kubeconfig = Kubeconfig {
            server: "https://127.0.0.1:6443".to_owned(),
            ca_file: "/run/kube-apiserver/ca.pem".into(),
            tokens: Tokens {
                admin: "aaa".to_owned(),
                reader: "bbb".to_owned(),
            },
        };
        insta::assert_snapshot!(kubeconfig.yaml(), @r#"
        apiVersion: v1
        kind: Config
        clusters:
        - name: kind-localdev
          cluster:
            server: https://127.0.0.1:6443
            certificate-authority: /run/kube-apiserver/ca.pem
        contexts:
        - name: kind-localdev
          context: {cluster: kind-localdev, user: kind-localdev}
        - name: kind-localdev-reader
          context: {cluster: kind-localdev, user: kind-localdev-reader}
        current-context: kind-localdev
        preferences: {}
        users:
        - name: kind-localdev
          user:
            token: aaa
        - name: kind-localdev-reader
          user:
            token: bbb
        "#);
    }
}

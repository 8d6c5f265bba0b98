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
        let Self {
            server,
            ca_file,
            tokens,
        } = self;
        let (ca_file, admin, reader) = (ca_file.display(), &tokens.admin, &tokens.reader);
        format!(
            "apiVersion: v1
kind: Config
clusters:
- name: {CONTEXT}
  cluster:
    server: {server}
    certificate-authority: {ca_file}
contexts:
- name: {CONTEXT}
  context: {{cluster: {CONTEXT}, user: {CONTEXT}}}
- name: {READER_CONTEXT}
  context: {{cluster: {CONTEXT}, user: {READER_CONTEXT}}}
current-context: {CONTEXT}
preferences: {{}}
users:
- name: {CONTEXT}
  user:
    token: {admin}
- name: {READER_CONTEXT}
  user:
    token: {reader}
"
        )
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

//! A Kubernetes API for tests: it answers GET with what it was given, over plain HTTP on loopback, and knows no more.
//!
//! A real one is the lab's affair; this one says what a real one says only in rare states.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub(crate) const LOCALBUILDS: &str = "/apis/idpbuilder.cnoe.io/v1alpha1/localbuilds";
pub(crate) const CREDENTIAL: &str = "/api/v1/namespaces/gitea/secrets/gitea-credential";
pub(crate) const CERTIFICATE: &str = "/api/v1/namespaces/default/secrets/idpbuilder-cert";

/// What is answered for each path; anything else is not found.
type Answers = HashMap<String, (u16, String)>;

/// A cluster's API, for as long as the process lives.
pub(crate) struct Kubernetes {
    address: SocketAddr,
    answers: Arc<Mutex<Answers>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Kubernetes {
    /// The API of a cluster that has nothing in it.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let answers = Arc::new(Mutex::new(Answers::new()));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (its_answers, its_asked) = (Arc::clone(&answers), Arc::clone(&asked));
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                // A client that hangs up has what it wants.
                drop(answer(connection, &its_answers, &its_asked));
            }
        });
        Self {
            address,
            answers,
            asked,
        }
    }

    /// Answers a path with this.
    pub(crate) fn with(self, path: &str, status: u16, body: impl Into<String>) -> Self {
        let answer = (status, body.into());
        let mut answers = self.answers.lock().expect("no test panicked with it");
        answers.insert(path.to_owned(), answer);
        drop(answers);
        self
    }

    /// Has one build, of which this is the `spec.buildCustomization` and that the `status.gitea`.
    pub(crate) fn with_build(self, customization: &str, gitea: &str) -> Self {
        let item = build("localdev", customization, gitea);
        self.with(LOCALBUILDS, 200, format!(r#"{{"items":[{item}]}}"#))
    }

    /// Has a secret with these values.
    pub(crate) fn with_secret(self, path: &str, values: &[(&str, &str)]) -> Self {
        let values: Vec<String> = values
            .iter()
            .map(|(key, value)| format!(r#""{key}":"{}""#, STANDARD.encode(value)))
            .collect();
        let body = format!(r#"{{"kind":"Secret","data":{{{}}}}}"#, values.join(","));
        self.with(path, 200, body)
    }

    /// Refuses a path, as role-based access control does.
    pub(crate) fn forbidding(self, path: &str) -> Self {
        let resource = path.rsplit('/').next().unwrap_or_default();
        let message = format!(r#"\"{resource}\" is forbidden: User \"dev\" cannot get it"#);
        let body = format!(r#"{{"kind":"Status","code":403,"message":"{message}"}}"#);
        self.with(path, 403, body)
    }

    /// The address of the API.
    pub(crate) fn server(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked so far, path by path.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no test panicked with it").clone()
    }
}

/// One localbuild, as JSON.
pub(crate) fn build(name: &str, customization: &str, gitea: &str) -> String {
    format!(
        r#"{{"metadata":{{"name":"{name}"}},"spec":{{"packageConfigs":{{}},"buildCustomization":{customization}}},"status":{{"gitea":{gitea}}}}}"#
    )
}

/// A kubeconfig in which each context has a cluster of its own; the first is current.
pub(crate) fn kubeconfig(contexts: &[(&str, &str)]) -> String {
    let mut text = "apiVersion: v1\nkind: Config\nclusters:\n".to_owned();
    for (name, server) in contexts {
        text += &format!("- name: {name}\n  cluster: {{ server: \"{server}\" }}\n");
    }
    text += "users:\n- name: dev\n  user: { token: kube-t0ken }\ncontexts:\n";
    for (name, _) in contexts {
        text += &format!("- name: {name}\n  context: {{ cluster: {name}, user: dev }}\n");
    }
    if let [(current, _), ..] = contexts {
        text += &format!("current-context: {current}\n");
    }
    text
}

fn answer(
    mut connection: TcpStream,
    answers: &Mutex<Answers>,
    asked: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut reader = BufReader::new(connection.try_clone()?);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        head.push(line);
    }
    let path = head.first().and_then(|line| line.split(' ').nth(1));
    let path = path.unwrap_or_default().to_owned();
    let known = answers.lock().expect("no test panicked with it");
    let missing = r#"{"kind":"Status","code":404,"message":"the server could not find the requested resource"}"#;
    let (status, body) = known
        .get(&path)
        .cloned()
        .unwrap_or((404, missing.to_owned()));
    drop(known);
    asked.lock().expect("no test panicked with it").push(path);
    let length = body.len();
    write!(
        connection,
        "HTTP/1.1 {status} -\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

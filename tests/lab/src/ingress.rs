//! nginx as the ingress of an idpbuilder cluster: TLS, a limit for bodies, buffering, and both ways of routing.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::certificate::Certificate;
use crate::curl::Request;
use crate::place::in_path;
use crate::server::{Server, Service, free_port, loopback};
use crate::{Absent, Error};

/// The domain of a cluster, unless said otherwise.
pub const DOMAIN: &str = "cnoe.localtest.me";
/// How often a port that was free may turn out to be taken.
const TRIES: usize = 5;

/// How Gitea is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Routing {
    /// At `gitea.` and the domain, which is idpbuilder's default.
    Subdomain,
    /// At the domain, below `/gitea` and `/v2`, as with `--use-path-routing`.
    Path,
    /// Either way.
    Both,
}

/// An ingress to be started in front of a Gitea, or of whatever speaks HTTP there.
#[derive(Debug, Clone)]
pub struct Ingress {
    upstream: SocketAddr,
    listen: SocketAddr,
    domain: String,
    certificate: Option<Certificate>,
    body_limit: u64,
    routing: Routing,
}

impl Ingress {
    /// Finds nginx; the ingress is then as idpbuilder's is: its certificate, 1024 MiB a body, either routing.
    ///
    /// # Errors
    ///
    /// `Absent` where it is not in `PATH`.
    pub fn before(upstream: SocketAddr) -> Result<Self, Absent> {
        find()?;
        Ok(Self {
            upstream,
            listen: loopback(0),
            domain: DOMAIN.to_owned(),
            certificate: Some(Certificate::of_idpbuilder(DOMAIN)),
            body_limit: 1024 << 20,
            routing: Routing::Both,
        })
    }

    /// Answers to another domain than `cnoe.localtest.me`.
    #[must_use]
    pub fn domain(mut self, domain: &str) -> Self {
        domain.clone_into(&mut self.domain);
        self
    }

    /// Shows another certificate.
    #[must_use]
    pub fn certificate(mut self, certificate: Certificate) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// Speaks plain HTTP, as with `--protocol http`.
    #[must_use]
    pub fn plain(mut self) -> Self {
        self.certificate = None;
        self
    }

    /// Refuses bodies of more bytes than that.
    #[must_use]
    pub fn body_limit(mut self, bytes: u64) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Routes that way alone.
    #[must_use]
    pub fn routing(mut self, routing: Routing) -> Self {
        self.routing = routing;
        self
    }

    /// Listens there instead of on a free port.
    #[must_use]
    pub(crate) fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Starts it on a free port of loopback; it stops when what is returned is dropped.
    ///
    /// # Panics
    ///
    /// Where it does not come to listen; the message holds its log.
    #[must_use = "an ingress stops when it is dropped"]
    #[track_caller]
    pub fn start(&self) -> RunningIngress {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut failure = None;
        for _ in 0..TRIES {
            let port = free_port().expect("a free port of loopback");
            let ingress = self.clone().listen(loopback(port));
            let started = Server::spawn(&ingress, folder.path(), false)
                .and_then(|mut server| server.ready(&ingress).map(|()| server));
            match started {
                Ok(server) => {
                    return RunningIngress {
                        address: ingress.listen,
                        certificate: ingress.certificate,
                        server,
                        _folder: folder,
                    };
                }
                Err(error) => failure = Some(error),
            }
        }
        let failure = failure.map(|error| error.chain().to_string());
        panic!("nginx does not start: {}", failure.unwrap_or_default());
    }

    fn config(&self, folder: &Path, tls: Option<&(PathBuf, PathBuf)>) -> String {
        format!(
            "daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log stderr notice;\n\
             events {{ worker_connections 1024; }}\nhttp {{\n{}{}}}\n",
            self.settings_of_http(folder),
            self.servers(tls),
            folder = folder.display(),
        )
    }

    fn settings_of_http(&self, folder: &Path) -> String {
        let folder = folder.display();
        let (upstream, limit) = (self.upstream, self.body_limit);
        // What idpbuilder's ingress-nginx is told, and what it does by default.
        format!(
            "\
             \x20 access_log {folder}/access.log;\n\
             \x20 client_body_temp_path {folder}/client;\n\
             \x20 proxy_temp_path {folder}/proxy;\n\
             \x20 fastcgi_temp_path {folder}/fastcgi;\n\
             \x20 uwsgi_temp_path {folder}/uwsgi;\n\
             \x20 scgi_temp_path {folder}/scgi;\n\
             \x20 client_max_body_size {limit};\n\
             \x20 client_body_buffer_size 8k;\n\
             \x20 client_body_timeout 60s;\n\
             \x20 keepalive_timeout 75s;\n\
             \x20 keepalive_requests 1000;\n\
             \x20 proxy_request_buffering on;\n\
             \x20 proxy_buffering off;\n\
             \x20 proxy_buffer_size 32k;\n\
             \x20 proxy_buffers 4 32k;\n\
             \x20 proxy_busy_buffers_size 32k;\n\
             \x20 proxy_http_version 1.1;\n\
             \x20 proxy_connect_timeout 5s;\n\
             \x20 proxy_read_timeout 60s;\n\
             \x20 proxy_send_timeout 60s;\n\
             \x20 proxy_next_upstream error timeout;\n\
             \x20 proxy_set_header Connection \"\";\n\
             \x20 proxy_set_header Host $http_host;\n\
             \x20 proxy_set_header X-Real-IP $remote_addr;\n\
             \x20 proxy_set_header X-Forwarded-For $remote_addr;\n\
             \x20 proxy_set_header X-Forwarded-Host $http_host;\n\
             \x20 proxy_set_header X-Forwarded-Proto $scheme;\n\
             \x20 upstream gitea {{ server {upstream}; keepalive 320; }}\n"
        )
    }

    fn servers(&self, tls: Option<&(PathBuf, PathBuf)>) -> String {
        let domain = &self.domain;
        let mut config = String::new();
        // Every host that is not known is shown the same certificate.
        config.push_str(&self.server("_", " default_server", tls, NOT_FOUND));
        if self.routing != Routing::Path {
            config.push_str(&self.server(&format!("gitea.{domain}"), "", tls, SUBDOMAIN));
        }
        if self.routing != Routing::Subdomain {
            config.push_str(&self.server(domain, "", tls, PATH));
        }
        config
    }

    fn server(
        &self,
        name: &str,
        default: &str,
        tls: Option<&(PathBuf, PathBuf)>,
        locations: &str,
    ) -> String {
        let listen = self.listen;
        let how = if tls.is_some() { " ssl http2" } else { "" };
        let mut server =
            format!("  server {{\n    server_name {name};\n    listen {listen}{default}{how};\n");
        if let Some((certificate, key)) = tls {
            let (certificate, key) = (certificate.display(), key.display());
            server.push_str(&format!(
                "    ssl_certificate {certificate};\n    ssl_certificate_key {key};\n"
            ));
        }
        server + locations + "  }\n"
    }
}

const NOT_FOUND: &str = "    location / { return 404; }\n";
const SUBDOMAIN: &str = "    location / { proxy_pass http://gitea; }\n";
/// idpbuilder's three rules of path routing; the more special is tried first.
const PATH: &str = "    location ~ ^/v2/gitea(/|$)(.*) { rewrite ^/v2/gitea(/|$)(.*) /v2/$2 break; proxy_pass http://gitea; }
    location /v2 { proxy_pass http://gitea; }
    location ~ ^/gitea(/|$)(.*) { rewrite ^/gitea(/|$)(.*) /$2 break; proxy_pass http://gitea; }
    location / { return 404; }
";

impl Service for Ingress {
    fn settings(&self) -> Value {
        json!({
            "upstream": self.upstream,
            "listen": self.listen,
            "domain": self.domain,
            "bodyLimit": self.body_limit,
            "routing": format!("{:?}", self.routing),
            "certificate": self.certificate.as_ref().map(Certificate::pem),
        })
    }

    fn command(&self, folder: &Path) -> Result<Command, Error> {
        let tls = match &self.certificate {
            Some(certificate) => Some(certificate.write(folder)?),
            None => None,
        };
        let path = folder.join("nginx.conf");
        fs::write(&path, self.config(folder, tls.as_ref())).map_err(Error::file("write", &path))?;
        let mut command = Command::new(find()?);
        command
            .arg("-e")
            .arg("stderr")
            .arg("-p")
            .arg(folder)
            .arg("-c")
            .arg(path);
        Ok(command)
    }

    fn answers(&self, _: &str) -> bool {
        // A host that it does not know is answered by nginx itself.
        let scheme = if self.certificate.is_some() {
            "https"
        } else {
            "http"
        };
        Request::new(format!("{scheme}://{}/", self.listen))
            .any_certificate()
            .send()
            .is_ok_and(|answer| answer.status == 404)
    }
}

/// Finds nginx.
pub(crate) fn find() -> Result<PathBuf, Absent> {
    in_path("nginx", "cargo xtask lab up")
}

/// An ingress that runs; dropping it stops the process.
#[derive(Debug)]
pub struct RunningIngress {
    address: SocketAddr,
    certificate: Option<Certificate>,
    server: Server,
    _folder: TempDir,
}

impl RunningIngress {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate that it shows, in PEM; nothing where it speaks plain HTTP.
    #[must_use]
    pub fn certificate_pem(&self) -> Option<&str> {
        self.certificate.as_ref().map(Certificate::pem)
    }

    /// What it has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.server.log()
    }
}

#[cfg(test)]
mod tests;

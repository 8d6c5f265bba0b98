//! What nginx is told.

use super::*;

fn ingress(routing: Routing) -> Ingress {
    Ingress {
        upstream: loopback(3000),
        listen: loopback(8443),
        domain: DOMAIN.to_owned(),
        certificate: None,
        body_limit: 1024 << 20,
        routing,
    }
}

#[test]
fn its_limits_are_idpbuilders() {
    let settings = ingress(Routing::Both).settings_of_http(Path::new("/run"));
    insta::assert_snapshot!(settings, @r#"
    access_log /run/access.log;
    client_body_temp_path /run/client;
    proxy_temp_path /run/proxy;
    fastcgi_temp_path /run/fastcgi;
    uwsgi_temp_path /run/uwsgi;
    scgi_temp_path /run/scgi;
    client_max_body_size 1073741824;
    client_body_buffer_size 8k;
    client_body_timeout 60s;
    keepalive_timeout 75s;
    keepalive_requests 1000;
    proxy_request_buffering on;
    proxy_buffering off;
    proxy_buffer_size 32k;
    proxy_buffers 4 32k;
    proxy_busy_buffers_size 32k;
    proxy_http_version 1.1;
    proxy_connect_timeout 5s;
    proxy_read_timeout 60s;
    proxy_send_timeout 60s;
    proxy_next_upstream error timeout;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-Proto $scheme;
    upstream gitea { server 127.0.0.1:3000; keepalive 320; }
    "#);
}

#[test]
fn it_routes_as_idpbuilders() {
    let tls = (PathBuf::from("/run/c.pem"), PathBuf::from("/run/k.pem"));
    let servers = ingress(Routing::Both).servers(Some(&tls));
    insta::assert_snapshot!(servers, @r#"
    server {
      server_name _;
      listen 127.0.0.1:8443 default_server ssl http2;
      ssl_certificate /run/c.pem;
      ssl_certificate_key /run/k.pem;
      location / { return 404; }
    }
    server {
      server_name gitea.cnoe.localtest.me;
      listen 127.0.0.1:8443 ssl http2;
      ssl_certificate /run/c.pem;
      ssl_certificate_key /run/k.pem;
      location / { proxy_pass http://gitea; }
    }
    server {
      server_name cnoe.localtest.me;
      listen 127.0.0.1:8443 ssl http2;
      ssl_certificate /run/c.pem;
      ssl_certificate_key /run/k.pem;
      location ~ ^/v2/gitea(/|$)(.*) { rewrite ^/v2/gitea(/|$)(.*) /v2/$2 break; proxy_pass http://gitea; }
      location /v2 { proxy_pass http://gitea; }
      location ~ ^/gitea(/|$)(.*) { rewrite ^/gitea(/|$)(.*) /$2 break; proxy_pass http://gitea; }
      location / { return 404; }
    }
    "#);
}

#[test]
fn routing_and_tls_are_chosen() {
    let folder = Path::new("/run");
    let text = ingress(Routing::Path).config(folder, None);
    assert!(text.contains("server_name cnoe."), "{text}");
    assert!(!text.contains("server_name gitea."), "{text}");
    assert!(!text.contains("ssl"), "{text}");
    let text = ingress(Routing::Subdomain).config(folder, None);
    assert!(text.contains("server_name gitea."), "{text}");
    assert!(!text.contains("server_name cnoe."), "{text}");
}

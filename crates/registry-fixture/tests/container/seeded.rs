//! Seeded from an archive by the engine, pulled back by oci-client and by the Docker daemon.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;

use lab::DockerDaemon;
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use registry_fixture::Seeded;

use crate::registry;

const HELLO: &str = "../../testdata/docker20-hello.tar";
const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";

#[test]
fn an_image_goes_into_a_container_and_comes_back() {
    let test = "seeded::an_image_goes_into_a_container_and_comes_back";
    let Some((daemon, registry)) = registry(test) else {
        return;
    };
    let address = registry.address();

    let seeded = registry.seed_as(HELLO, "team/app:1").unwrap();

    assert_eq!(seeded.reference(), registry.reference("team/app:1"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(pull(&seeded));
    pull_by(&daemon, &seeded);
    drop(registry);
    assert!(
        TcpStream::connect(address).is_err(),
        "the container is gone"
    );
}

async fn pull(image: &Seeded) {
    // oci-client wants a TLS provider even for plain HTTP; an error says that there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::new(ClientConfig {
        protocol: ClientProtocol::Http,
        ..ClientConfig::default()
    });
    let reference: Reference = image.pinned().parse().expect("a reference");
    let pulled = client
        .pull(&reference, &RegistryAuth::Anonymous, vec![LAYER])
        .await;
    let pulled = pulled.expect("the image");
    assert_eq!(pulled.digest, Some(image.digest().to_string()));
    assert_eq!(pulled.layers.len(), 3);
}

/// Has the daemon pull, as `docker pull` does, and takes the image away again.
fn pull_by(daemon: &DockerDaemon, image: &Seeded) {
    let reference = image.pinned();
    let pulled = ask(
        daemon,
        "POST",
        &format!("/images/create?fromImage={reference}"),
    );
    let status = format!("Digest: {}", image.digest());
    assert!(
        pulled.contains(&status) && !pulled.contains("errorDetail"),
        "{pulled}"
    );
    let known = ask(daemon, "GET", &format!("/images/{reference}/json"));
    assert!(known.starts_with("HTTP/1.0 200"), "{known}");
    let removed = ask(daemon, "DELETE", &format!("/images/{reference}"));
    assert!(removed.starts_with("HTTP/1.0 200"), "{removed}");
}

fn ask(daemon: &DockerDaemon, method: &str, path: &str) -> String {
    let mut stream = UnixStream::connect(daemon.socket()).expect("the daemon listens");
    let request = format!("{method} {path} HTTP/1.0\r\nhost: docker\r\ncontent-length: 0\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

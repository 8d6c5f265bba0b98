//! Built by a daemon from local files, pushed into a container, pulled by that daemon and by oci-client: the same.

use lab::{Absent, Engine, Store, or_skip};
use push::source::SourceSpec;
use push::{Environment, Events, PushOperation, PushOptions};

use crate::daemon_image::{Image, files};
use crate::registry;

#[test]
fn what_the_installed_daemon_builds_comes_back_the_same() {
    let test = "round_trip::what_the_installed_daemon_builds_comes_back_the_same";
    comes_back_the_same(test, Engine::installed());
}

#[test]
fn what_docker_28_builds_comes_back_the_same() {
    let test = "round_trip::what_docker_28_builds_comes_back_the_same";
    comes_back_the_same(test, Engine::docker_28(Store::Classic));
}

#[test]
fn what_docker_28_with_containerds_store_builds_comes_back_the_same() {
    let test = "round_trip::what_docker_28_with_containerds_store_builds_comes_back_the_same";
    comes_back_the_same(test, Engine::docker_28(Store::Containerd));
}

fn comes_back_the_same(test: &str, engine: Result<Engine, Absent>) {
    let Some(engine) = or_skip(engine) else {
        return;
    };
    let Some((_, registry)) = registry(test) else {
        return;
    };
    let (engine, files) = (engine.start(), files());
    engine.build("team/app:1", files.path());
    let image = Image::of(&engine, "team/app:1");
    assert!(image.has(files.path()));
    let target = registry.reference("back/app:1");

    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let digest = runtime.block_on(push(&engine.host(), "team/app:1", &target));

    runtime.block_on(image.is_pulled_by_oci_client(&target, &digest));
    image.is_pulled_by(&engine, &target);
}

/// Pushes an image of a daemon as `cargo xtask push` does, and returns the digest of what was pushed.
async fn push(host: &str, name: &str, target: &str) -> String {
    let operation = PushOperation {
        source: SourceSpec::DockerDaemon(name.to_owned()),
        destination: target.parse().expect("a destination"),
        options: PushOptions::default(),
        environment: Environment {
            docker_host: Some(host.to_owned()),
            ..Environment::default()
        },
    };
    let report = operation.execute(&Events::ignored()).await;
    let pushed = report.expect("a push").pushed;
    pushed.first().expect("one image").digest.to_string()
}

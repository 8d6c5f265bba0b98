//! The real distribution in a container, filled and pulled from: with what archives hold, and what daemons build.

#[path = "../../../../tests/support/daemon_image.rs"]
mod daemon_image;
#[path = "../../../../tests/support/read_back.rs"]
mod read_back;
mod round_trip;
mod seeded;

use std::process::Command;

use lab::{Distribution, DockerDaemon, or_skip};
use registry_fixture::Registry;

/// A registry in a container of a daemon; none where one of them is absent, or where the test has run elsewhere.
///
/// testcontainers is told by the environment where the daemon is, and a process cannot change its own: the test of
/// that name runs in another one.
fn registry(test: &str) -> Option<(DockerDaemon, Registry)> {
    let daemon = or_skip(DockerDaemon::running())?;
    let distribution = or_skip(Distribution::v3_1())?;
    if docker_host().as_deref() != Some(daemon.host().as_str()) {
        again_with(&daemon, test);
        return None;
    }
    let image = Registry::container("registry:3").built_around(distribution.program());
    Some((daemon, image.start().expect("a registry in a container")))
}

fn again_with(daemon: &DockerDaemon, test: &str) {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", test]);
    let output = command.env("DOCKER_HOST", daemon.host()).output();
    let output = output.expect("this program starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

#[expect(
    clippy::disallowed_methods,
    reason = "an edge: tests are told by the environment where the daemon is"
)]
fn docker_host() -> Option<String> {
    std::env::var("DOCKER_HOST").ok()
}

//! Images of a Docker daemon: what is asked of it, what comes of its answers, and what of its failures.
#![cfg(unix)]

mod early;
mod naming;
mod pair;
mod planning;
mod reading;
mod relayed;
mod room;
mod unchanged;

#[path = "../../../../tests/support/archive/mod.rs"]
#[expect(dead_code, unused_imports, reason = "other tests need the rest of it")]
mod archive;
#[path = "../../../../tests/support/daemon.rs"]
mod fake;

use std::path::{Path, PathBuf};

use fake::{FakeDaemon, FakeImage};
use push::source::{Contents, SourceSpec};
use push::{Environment, Error, Events};

/// Layers of `corpus/hello:1`, as the daemon knows them.
const LAYERS: [&str; 3] = [
    "sha256:c821bd63ed5124adc6052582f4d7b9546d569e3db8d5ce82373ea28bdddfd673",
    "sha256:04506e4ec26b55d8af97bc6bb7993ae1aca718162fd3e30bf2ec6b89d143fbfd",
    "sha256:621c5846370e967498566d4cc1a7d8462c514f02ce20c51ede26ac2c5a666bf6",
];

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata")
}

fn hello() -> FakeImage {
    fake::hello(&testdata())
}

/// An image of two platforms in containerd's store, of which one may not be there.
fn multi(arm64: bool) -> FakeImage {
    fake::multi(&testdata(), arm64)
}

/// An environment in which a daemon is the only one there is.
fn environment(daemon: &FakeDaemon) -> Environment {
    Environment {
        tmpdir: Some(PathBuf::from(env!("CARGO_TARGET_TMPDIR"))),
        docker_host: Some(daemon.host()),
        ..Environment::default()
    }
}

fn open(daemon: &FakeDaemon, name: &str) -> Result<Contents, Error> {
    let spec = SourceSpec::DockerDaemon(name.to_owned());
    push::source::open(&spec, &environment(daemon), &Events::ignored())
}

/// An error and all its sources, a line each, without the names of this run.
fn chain(daemon: &FakeDaemon, error: &Error) -> String {
    let mut lines = vec![error.to_string()];
    let mut next = std::error::Error::source(error);
    while let Some(error) = next {
        lines.push(error.to_string());
        next = error.source();
    }
    lines.dedup();
    lines.join("\n").replace(&daemon.host(), "<daemon>")
}

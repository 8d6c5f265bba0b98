//! A registry and a daemon, and pushes from the one to the other.

use std::path::PathBuf;

use embedded_registry::{Config, Registry};
use push::registry::{Client, Options, Reference};
use push::source::SourceSpec;
use push::{Events, PushOperation, PushOptions};

use crate::environment;
use crate::fake::{FakeDaemon, FakeImage, Fault};

/// A registry and a daemon with one image.
pub(crate) struct Pair {
    pub(crate) registry: Registry,
    pub(crate) daemon: FakeDaemon,
    directory: tempfile::TempDir,
}

impl Pair {
    pub(crate) async fn new(image: FakeImage) -> Self {
        Self::with_fault(image, None).await
    }

    pub(crate) async fn with_fault(image: FakeImage, fault: Option<Fault>) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let config = Config::new(directory.path().to_owned());
        Self {
            registry: Registry::start(config).await.expect("a registry"),
            daemon: FakeDaemon::start(vec![image], fault),
            directory,
        }
    }

    pub(crate) fn operation(&self, destination: &str) -> PushOperation {
        let address = self.registry.address();
        PushOperation {
            source: SourceSpec::DockerDaemon("corpus/hello:1".to_owned()),
            destination: format!("http://{address}/{destination}")
                .parse()
                .expect("a destination"),
            options: PushOptions::default(),
            environment: environment(&self.daemon),
        }
    }

    /// The references with their digests, and how many exports that took.
    pub(crate) async fn push(&self, operation: &PushOperation) -> (Vec<String>, usize) {
        let before = self.exports();
        let report = operation.execute(&Events::ignored()).await;
        let report = report.expect("a push");
        assert!(report.failed.is_empty(), "{:?}", report.failed);
        let host = format!("{}/", self.registry.address());
        let pinned = report
            .pushed
            .iter()
            .map(|it| it.pinned().replace(&host, ""));
        (pinned.collect(), self.exports() - before)
    }

    /// Where the registry keeps everything.
    pub(crate) fn directory(&self) -> PathBuf {
        self.directory.path().to_owned()
    }

    /// Whether the registry has anything under `app:1`.
    pub(crate) async fn has_app(&self) -> bool {
        let registry = self.registry.address().to_string();
        let (registry, options) = (registry.parse().expect("an address"), Options::default());
        let (environment, events) = (environment(&self.daemon), Events::ignored());
        let client = Client::connect(&registry, None, options, &environment, events).await;
        let client = client.expect("it answers");
        let (repository, tag) = ("app".parse().expect("a name"), "1".parse().expect("a tag"));
        let manifest = client.manifest(&repository, Reference::Tag(&tag));
        manifest.await.expect("an answer").is_some()
    }

    pub(crate) fn exports(&self) -> usize {
        let requests = self.daemon.requests();
        let exports = requests.iter().filter(|it| it.contains("hello:1/get"));
        exports.count()
    }
}

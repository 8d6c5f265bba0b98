//! Pushes to registries that do wrong: afterwards the new image is there whole, or the old tag is, and it is said why.

use std::error::Error as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::future::join_all;
use oci::Digest;
use push::registry::{Credentials, Options};
use push::source::SourceSpec;
use push::{Environment, Error, Events, PushOperation, PushOptions, Pushed};
use registry_fixture::{Endpoint, Fault, Gitea, Registry};

use crate::archive::{Image, docker_archive};
use crate::reader;

/// What a push is expected to come to.
enum Outcome {
    /// The image is there.
    Whole,
    /// It is not, and the error says this.
    Refused(&'static str),
}
use Outcome::{Refused, Whole};

/// Faults of the network that pass.
fn broken_lines() -> Vec<Fault> {
    vec![
        Fault::cut_after(0).on("HEAD", Endpoint::Blob),
        Fault::cut_after(0).on("POST", Endpoint::Uploads),
        Fault::cut_after(1).at(Endpoint::Upload),
        Fault::cut_after(300_000).at(Endpoint::Upload),
        Fault::cut_after(100).on("PUT", Endpoint::Manifest),
        Fault::cut_after(0).on("PUT", Endpoint::Manifest).times(2),
        Fault::cut_answer_after(9).on("GET", Endpoint::Manifest),
        Fault::lose_answer().on("POST", Endpoint::Uploads),
        Fault::lose_answer().on("PUT", Endpoint::Upload),
        Fault::lose_answer().on("PUT", Endpoint::Manifest),
        Fault::stall_after(1000).at(Endpoint::Upload),
        Fault::delay(Duration::from_millis(50)).at(Endpoint::Manifest),
        Fault::slow(2_000_000).at(Endpoint::Upload),
    ]
}

/// Faults of the registry that pass.
fn stumbles() -> Vec<Fault> {
    let busy = |status| Fault::status(status).retry_after(0);
    let bad_gateway = busy(502).html("<h1>Bad Gateway</h1>");
    let forgotten = Fault::status(404).code("BLOB_UPLOAD_UNKNOWN", "gone");
    vec![
        Fault::wrong_range("0-4").on("POST", Endpoint::Uploads),
        busy(429).on("HEAD", Endpoint::Blob),
        busy(500).on("POST", Endpoint::Uploads),
        bad_gateway.on("PUT", Endpoint::Upload),
        busy(503).early().on("PUT", Endpoint::Upload),
        busy(504).on("PUT", Endpoint::Manifest),
        forgotten.on("PUT", Endpoint::Upload),
    ]
}

/// Faults that do not pass, with what is to be said of them.
fn refusals() -> Vec<(Fault, &'static str)> {
    let elsewhere = "http://127.0.0.1:9";
    let denied = Fault::status(403).code("DENIED", "read only");
    let invalid = Fault::status(400).code("MANIFEST_INVALID", "no");
    let too_large = Fault::status(413).html("<h1>Too Large</h1>");
    let busy = || Fault::status(503).retry_after(0);
    let refusals = [
        (busy().on("PUT", Endpoint::Upload), "503"),
        (busy().on("PUT", Endpoint::Manifest), "503"),
        (
            Fault::lose_answer().on("POST", Endpoint::Uploads),
            "POST http",
        ),
        (
            // What comes further each time is never given up.
            Fault::cut_after(0).at(Endpoint::Upload),
            "/blobs/uploads/",
        ),
        (denied.on("POST", Endpoint::Uploads), "DENIED: read only"),
        (too_large.on("PUT", Endpoint::Upload), "413"),
        (
            invalid.on("PUT", Endpoint::Manifest),
            "MANIFEST_INVALID: no",
        ),
        (
            Fault::foreign_location(elsewhere).on("POST", Endpoint::Uploads),
            elsewhere,
        ),
        (
            Fault::redirect(elsewhere).on("PUT", Endpoint::Manifest),
            elsewhere,
        ),
    ];
    let lasting = refusals.map(|(fault, said)| (fault.always(), said));
    lasting.into()
}

#[tokio::test]
async fn a_push_ends_whole_or_leaves_the_old_tag() {
    let archives = Archives::new();
    let passing = broken_lines().into_iter().chain(stumbles());
    let passing = passing.map(|fault| (fault, Whole));
    let lasting = refusals().into_iter();
    let lasting = lasting.map(|(fault, said)| (fault, Refused(said)));
    join_all(passing.chain(lasting).map(|(fault, outcome)| {
        let shown = format!("{fault:?}");
        let registry = Registry::embedded().start().expect("it starts");
        check(registry, vec![fault], outcome, shown, &archives)
    }))
    .await;
}

#[tokio::test]
async fn a_push_to_gitea_ends_whole_whatever_became_of_its_sessions() {
    let archives = Archives::new();
    let faults = [
        Fault::cut_after(300_000).at(Endpoint::Upload),
        Fault::lose_answer().on("PUT", Endpoint::Upload),
        Fault::lose_answer().on("POST", Endpoint::Uploads),
        Fault::status(500).on("PUT", Endpoint::Manifest),
    ];
    let servers = [
        Gitea::new(),
        Gitea::new().behind_ingress(),
        Gitea::new().locked_commits(1),
    ];
    let pairs = servers
        .iter()
        .flat_map(|gitea| faults.iter().map(move |fault| (gitea, fault)));
    join_all(pairs.map(|(gitea, fault)| {
        let shown = format!("{gitea:?} {fault:?}");
        let registry = Registry::embedded().gitea(gitea.clone()).start();
        let registry = registry.expect("it starts");
        check(registry, vec![fault.clone()], Whole, shown, &archives)
    }))
    .await;
}

/// The image that is there before, and the one that is pushed.
struct Archives {
    directory: tempfile::TempDir,
}

impl Archives {
    fn new() -> Self {
        let archives = Self {
            directory: tempfile::tempdir().expect("a temporary directory"),
        };
        let large = "a layer that takes a while".repeat(40_000);
        for (path, image) in [
            (archives.old(), Image::new(&["the old one"])),
            (archives.new_one(), Image::new(&[&large, "the new one"])),
        ] {
            let archive = docker_archive(&image, &["app:1"]).finish();
            std::fs::write(path, archive).expect("a new file");
        }
        archives
    }

    fn old(&self) -> PathBuf {
        self.directory.path().join("old.tar")
    }

    fn new_one(&self) -> PathBuf {
        self.directory.path().join("new.tar")
    }
}

async fn check(
    registry: Registry,
    faults: Vec<Fault>,
    expected: Outcome,
    shown: String,
    archives: &Archives,
) {
    let old = registry
        .seed_as_async(archives.old(), "app:1")
        .await
        .expect("seeded");
    for fault in faults {
        registry.add_fault(fault);
    }
    let pushed = push(&registry, &archives.new_one()).await;
    let seen = || format!("{shown}\n{}{pushed:?}", registry.transcript());
    assert!(registry.faults_triggered() > 0, "{}", seen());

    let client = match registry.token() {
        Some(_) => reader::ghost(&registry.url()).await,
        None => reader::client(),
    };
    let repository = old.repository().as_str();
    let manifest = reader::manifest(&client, &registry.url(), repository, "1").await;
    let manifest = manifest.unwrap_or_else(|| panic!("no tag is left: {}", seen()));
    let digest = Digest::of(&manifest);
    reader::is_whole(&client, &registry.url(), repository, &manifest).await;
    match (&pushed, expected) {
        (Ok(pushed), Whole) => assert_eq!(digest, pushed.digest, "{}", seen()),
        (Err(error), Refused(why)) => {
            assert_eq!(digest, *old.digest(), "{}", seen());
            let said = chain(error);
            assert!(said.contains(why), "{said}\n{}", seen());
        }
        (Ok(_), Refused(_)) => panic!("it was to be refused: {}", seen()),
        (Err(error), Whole) => panic!("{}\n{}", chain(error), seen()),
    }
}

async fn push(registry: &Registry, archive: &Path) -> Result<Pushed, Error> {
    let destination = format!("http://{}", registry.reference("app:1"));
    let credentials = registry.credentials().map(|known| Credentials::Basic {
        username: known.username.clone(),
        password: known.password.as_str().into(),
        origin: "a test".to_owned(),
    });
    let operation = PushOperation {
        source: SourceSpec::Path(archive.to_owned()),
        destination: destination.parse().expect("a destination"),
        options: PushOptions {
            registry: Options {
                credentials,
                retries: 3,
                timeout: Duration::from_secs(2),
                ..Options::default()
            },
            ..PushOptions::default()
        },
        environment: Environment::default(),
    };
    let mut report = operation.execute(&Events::ignored()).await?;
    match report.failed.pop() {
        Some(failed) => Err(failed.error),
        None => Ok(report.pushed.remove(0)),
    }
}

/// An error with everything that caused it.
fn chain(error: &Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said.push_str(&format!("\n  caused by: {error}"));
        cause = error.source();
    }
    said
}

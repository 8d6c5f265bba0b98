//! End-to-end tests as a service of a monorepo writes them: against `registry-fixture`, and nothing else.

use std::error::Error as _;

use consumer::Fetcher;
use registry_fixture::{Endpoint, Fault, Registry};

const HELLO: &str = "../../testdata/docker20-hello.tar";

/// A fetcher of images; the edge of a service installs its TLS provider.
fn fetcher(registry: &Registry) -> Fetcher {
    // A second install is refused, and does not matter.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let credentials = registry.credentials();
    Fetcher::new(credentials.map(|known| (known.username.as_str(), known.password.as_str())))
}

#[tokio::test]
async fn an_image_is_fetched_whole() {
    let registry = Registry::embedded().start().unwrap();
    let seeded = registry.seed(HELLO).unwrap();

    let image = fetcher(&registry).fetch(&seeded.pinned()).await.unwrap();

    assert_eq!(image.digest, Some(seeded.digest().to_string()));
    assert_eq!(image.layers.len(), 3);
}

#[tokio::test]
async fn a_registry_that_stumbles_is_asked_again() {
    let registry = Registry::embedded()
        .fault(Fault::status(503).on("GET", Endpoint::Manifest))
        .fault(Fault::cut_answer_after(100).on("GET", Endpoint::Blob))
        .start()
        .unwrap();
    let seeded = registry.seed_as(HELLO, "team/app:1").unwrap();

    let image = fetcher(&registry).fetch(&seeded.reference()).await.unwrap();

    assert_eq!(image.digest, Some(seeded.digest().to_string()));
    assert_eq!(registry.faults_triggered(), 2, "{}", registry.transcript());
}

#[tokio::test]
async fn a_gitea_like_registry_lets_the_service_in() {
    let registry = Registry::embedded().gitea_like().start().unwrap();
    let seeded = registry.seed_as(HELLO, "app:1").unwrap();
    let reference = registry.reference("app:1");

    let image = fetcher(&registry).fetch(&reference).await.unwrap();
    let refused = Fetcher::new(Some(("giteaAdmin", "wrong")))
        .fetch(&reference)
        .await;

    assert_eq!(image.digest, Some(seeded.digest().to_string()));
    let refused = refused.err().expect("a wrong password lets nobody in");
    let why = refused.source().map(ToString::to_string);
    assert!(
        why.is_some_and(|why| why.starts_with("Not authorized")),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_registries_serve_side_by_side() {
    let tests = (0..50).map(|number| {
        tokio::spawn(async move {
            let registry = Registry::embedded().start().unwrap();
            let name = format!("team/app-{number}:1");
            let seeded = registry.seed_as_async(HELLO, &name).await.unwrap();
            let fetcher = fetcher(&registry);
            let image = fetcher.fetch(&seeded.reference()).await.unwrap();
            assert_eq!(image.digest, Some(seeded.digest().to_string()));
            let neighbours = registry.reference(&format!("team/app-{}:1", number + 1));
            assert!(fetcher.fetch(&neighbours).await.is_err());
        })
    });
    for test in tests.collect::<Vec<_>>() {
        test.await.expect("none disturbs another");
    }
}

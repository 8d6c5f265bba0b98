//! Blobs that whoever exported them has checked: they are sent as they are, and a registry's refusal is looked into.

use std::io::{self, Read};
use std::sync::Arc;

use oci::Digest;
use push::blob::{Blob, Content, Promise};
use push::{BlobOutcome, Error};

use crate::fake::{Act, Fake, Reply};
use crate::support::{blob, connect, large, options, promised, repository, with_content};

fn exported(mut blob: Blob) -> Blob {
    blob.promise = Promise::Exporter;
    blob
}

#[tokio::test]
async fn what_was_damaged_since_is_found_by_the_registry_and_said_to_be_the_sources_fault() {
    for size in [100, 600_000] {
        let right = &large()[..size];
        let mut damaged = right.to_vec();
        damaged[size / 2] ^= 1;
        let fake = Fake::start().await;
        let client = connect(&fake, options()).await.expect("it answers");
        let layer = exported(promised(&damaged, right));
        let pushed = client.push_blob(&repository("app"), &layer, None).await;
        let Err(Error::DigestMismatch {
            expected, actual, ..
        }) = pushed
        else {
            panic!("{pushed:?}");
        };
        let digests = (Digest::of(right), Digest::of(&damaged));
        assert_eq!((expected, actual), digests);
        assert_eq!(fake.blob("app", &digests.0), None);
        assert!(fake.transcript().contains(" 400 "), "the registry checked");
    }
}

/// What comes of an exported blob where the registry refuses every request of a method.
async fn refused(method: &'static str, code: &str, blob: Blob) -> Result<BlobOutcome, Error> {
    let fake = Fake::start().await;
    let refusal = format!(r#"{{"errors":[{{"code":"{code}"}}]}}"#);
    fake.script(method, "", 9, Act::Answer(Reply::status(400).body(refusal)));
    let client = connect(&fake, options()).await.expect("it answers");
    client
        .push_blob(&repository("app"), &exported(blob), None)
        .await
}

#[tokio::test]
async fn what_was_not_damaged_is_refused_by_the_registry_alone() {
    let pushed = refused("PUT", "DIGEST_INVALID", blob(&large())).await;
    assert!(matches!(pushed, Err(Error::Rejected { .. })), "{pushed:?}");
}

/// Bytes that nobody may open, because they would have to be waited for.
struct Awaited;

impl Content for Awaited {
    fn open_at(&self, _: u64) -> io::Result<Box<dyn Read + Send>> {
        panic!("nothing of it is needed")
    }

    fn is_private(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_refusal_that_is_not_about_the_bytes_does_not_wait_for_them() {
    let layer = with_content(&large(), Arc::new(Awaited));
    let pushed = refused("POST", "NAME_INVALID", layer).await;
    assert!(matches!(pushed, Err(Error::Rejected { .. })), "{pushed:?}");
}

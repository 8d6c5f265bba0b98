//! Blobs that whoever exported them has checked: they are sent as they are, and a registry's refusal is looked into.

use std::io::{self, Read};
use std::sync::Arc;

use oci::Digest;
use push::Error;
use push::blob::{Blob, Content, Promise};

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

#[tokio::test]
async fn what_was_not_damaged_is_refused_by_the_registry_alone() {
    let fake = Fake::start().await;
    let refusal = r#"{"errors":[{"code":"DIGEST_INVALID"}]}"#;
    let answer = Reply::status(400).body(refusal);
    fake.script("PUT", "", 9, Act::Answer(answer));
    let client = connect(&fake, options()).await.expect("it answers");
    let layer = exported(blob(&large()));
    let pushed = client.push_blob(&repository("app"), &layer, None).await;
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
    let fake = Fake::start().await;
    let refusal = r#"{"errors":[{"code":"NAME_INVALID"}]}"#;
    let answer = Reply::status(400).body(refusal);
    fake.script("POST", "", 9, Act::Answer(answer));
    let client = connect(&fake, options()).await.expect("it answers");
    let layer = exported(with_content(&large(), Arc::new(Awaited)));
    let pushed = client.push_blob(&repository("app"), &layer, None).await;
    assert!(matches!(pushed, Err(Error::Rejected { .. })), "{pushed:?}");
}

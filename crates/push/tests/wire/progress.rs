//! What is told of a blob while it is sent.

use std::time::Duration;

use push::Event;
use push::registry::{Client, Options};

use crate::fake::{Act, Fake};
use crate::support::{Listener, blob, hermetic, in_chunks, large, options, repository};

#[tokio::test]
async fn progress_is_told_in_bytes_from_the_beginning() {
    let fake = Fake::start().await;
    let listener = Listener::default();
    let client = Client::connect(
        &fake.registry(),
        None,
        options(),
        &hermetic(),
        listener.events(),
    )
    .await;
    let layer = blob(&large());
    let digest = layer.descriptor.digest.clone();
    client
        .expect("it answers")
        .push_blob(&repository("app"), &layer, None)
        .await
        .expect("pushed");
    let progress = |sent| Event::BlobProgress {
        digest: digest.clone(),
        sent,
    };
    let expected = [progress(262_144), progress(524_288), progress(600_000)];
    assert_eq!(listener.heard(), expected);
}

#[tokio::test]
async fn an_answer_that_takes_long_is_said_to_be_waited_for() {
    // The whole blob, and the request that closes a session of chunks and carries nothing.
    for options in [options(), in_chunks(300_000)] {
        let fake = Fake::start().await;
        let listener = Listener::default();
        let impatient = Options {
            timeout: Duration::from_millis(1500),
            retries: 0,
            ..options
        };
        let registry = fake.registry();
        let events = listener.events();
        let client = Client::connect(&registry, None, impatient, &hermetic(), events).await;
        fake.script("PUT", "uploads", 1, Act::KeepSilent);
        let layer = blob(&large());
        let pushed = client.expect("it answers");
        let pushed = pushed.push_blob(&repository("app"), &layer, None).await;
        pushed.expect_err("no answer");
        let digest = layer.descriptor.digest;
        let heard = listener.heard();
        assert_eq!(heard.last(), Some(&Event::BlobWaiting { digest }));
        let waiting = heard.iter();
        let waiting = waiting.filter(|event| matches!(event, Event::BlobWaiting { .. }));
        assert_eq!(waiting.count(), 1);
    }
}

//! What is told of a blob while it is sent.

use std::io::{Cursor, Read};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use push::Event;
use push::blob::Content;
use push::registry::Options;

use crate::fake::{Act, Fake};
use crate::support::{
    blob, connect, connect_heard, in_chunks, large, options, repository, with_content,
};

#[tokio::test]
async fn progress_is_told_in_bytes_from_the_beginning() {
    let fake = Fake::start().await;
    let (client, listener) = connect_heard(&fake, options()).await;
    let layer = blob(&large());
    let digest = layer.descriptor.digest.clone();
    client
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
        let impatient = Options {
            timeout: Duration::from_millis(1500),
            retries: 0,
            ..options
        };
        let (client, listener) = connect_heard(&fake, impatient).await;
        fake.script("PUT", "uploads", 1, Act::KeepSilent);
        let layer = blob(&large());
        let pushed = client.push_blob(&repository("app"), &layer, None).await;
        pushed.expect_err("no answer");
        let digest = layer.descriptor.digest;
        let heard = listener.heard();
        assert_eq!(heard.last(), Some(&Event::BlobWaiting { digest }));
        let waiting = heard.iter();
        let waiting = waiting.filter(|event| matches!(event, Event::BlobWaiting { .. }));
        assert_eq!(waiting.count(), 1);
    }
}

/// Bytes that arrive while they are read, and late in the middle.
struct Arriving;

impl Content for Arriving {
    fn open_at(&self, offset: u64) -> std::io::Result<Box<dyn Read + Send>> {
        struct Late(u64);
        impl Read for Late {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                // Nobody will ever send anything: this is only how long it takes.
                let (_sender, receiver) = mpsc::channel::<()>();
                let _ = receiver.recv_timeout(Duration::from_millis(self.0));
                Ok(0)
            }
        }
        let (mut bytes, mut rest) = (Cursor::new(large()), Cursor::new(large()));
        bytes.set_position(offset);
        let early = 300_000_u64.saturating_sub(offset);
        rest.set_position(offset + early);
        Ok(Box::new(bytes.take(early).chain(Late(900)).chain(rest)))
    }
}

#[tokio::test]
async fn a_source_that_is_slow_is_not_the_registrys_fault() {
    for options in [options(), in_chunks(200_000)] {
        let fake = Fake::start().await;
        let impatient = Options {
            timeout: Duration::from_millis(300),
            retries: 0,
            ..options
        };
        let client = connect(&fake, impatient).await.expect("it answers");
        let layer = with_content(&large(), Arc::new(Arriving));
        let pushed = client.push_blob(&repository("app"), &layer, None).await;
        pushed.expect("pushed");
        assert!(fake.blob("app", &layer.descriptor.digest) == Some(large()));
    }
}

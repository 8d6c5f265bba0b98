//! `kill -9` of the real registry, again and again on one directory, in the middle of concurrent pushes.

use std::io::Write as _;
use std::sync::Arc;

use crate::dice::Dice;
use crate::pusher::{Acknowledged, Moment, Pusher};
use crate::reader;
use crate::server::Server;

const KILLS: usize = 50;
const PUSHERS: usize = 4;
/// The latest moment of a kill, in steps of all pushers: pieces of 64 KiB that were sent, and answers.
const LATEST: usize = 200;
const SEED: u64 = 0x1dbd_0d0c;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_was_acknowledged_outlasts_fifty_kills() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let client = reader::client();
    let mut dice = Dice::new(SEED);
    let mut acknowledged: Vec<Acknowledged> = Vec::new();
    let mut blobs = 0;
    for _ in 0..KILLS {
        let server = Server::start(directory.path());
        let moment = Moment::after(1 + dice.below(LATEST));
        let pushing: Vec<_> = (0..PUSHERS)
            .map(|_| {
                let pusher = Pusher {
                    client: client.clone(),
                    base: server.base().to_owned(),
                    dice: Dice::new(dice.next()),
                    moment: Arc::clone(&moment),
                    tried: Vec::new(),
                    acknowledged: Vec::new(),
                };
                tokio::spawn(pusher.run())
            })
            .collect();
        moment.come.notified().await;
        drop(server);

        let server = Server::start(directory.path());
        for pusher in pushing {
            let pusher = pusher.await.expect("a pusher sees no wrong answer");
            for (repository, digest) in &pusher.tried {
                // There or not, but never in part.
                reader::blob(&client, server.base(), repository, digest).await;
            }
            are_whole(&client, &server, &pusher.acknowledged).await;
            blobs += pusher.tried.len();
            acknowledged.extend(pusher.acknowledged);
        }
    }
    let server = Server::start(directory.path());
    are_whole(&client, &server, &acknowledged).await;
    // libtest keeps what `eprintln!` writes in a test that passes.
    let figures = format!(
        "{KILLS} kills: {} manifests were acknowledged and are whole, of {blobs} blobs none is there in part\n",
        acknowledged.len()
    );
    std::io::stderr()
        .write_all(figures.as_bytes())
        .expect("standard error");
    assert!(acknowledged.len() > KILLS, "they hardly pushed anything");
}

async fn are_whole(client: &reqwest::Client, server: &Server, images: &[Acknowledged]) {
    for image in images {
        let Acknowledged {
            repository,
            tag,
            manifest,
        } = image;
        let found = reader::manifest(client, server.base(), repository, tag).await;
        assert_eq!(found.as_ref(), Some(manifest), "{repository}:{tag}");
        reader::is_whole(client, server.base(), repository, manifest).await;
    }
}

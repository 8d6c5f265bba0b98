//! From the task that asks the daemon to the thread that reads the archive: pieces as they come, and how it ended.

use std::io::{self, Read};

use serde::Deserialize;
use tokio::sync::mpsc;

use crate::DaemonFailure;

/// The end that the export goes into.
pub(super) struct PipeWriter {
    sender: mpsc::Sender<Piece>,
    /// Chunks that wait to be a piece, and their bytes altogether.
    chunks: Vec<Vec<u8>>,
    size: usize,
    /// The last bytes, where a daemon says why it gives up.
    tail: Vec<u8>,
    written: u64,
}

/// The end that the archive comes out of; only for threads that may block.
pub(super) struct PipeReader {
    receiver: mpsc::Receiver<Piece>,
    chunks: std::vec::IntoIter<Vec<u8>>,
    chunk: io::Cursor<Vec<u8>>,
    /// How it ended, from when that is known.
    end: Option<Piece>,
}

enum Piece {
    Bytes(Vec<Vec<u8>>),
    End,
    Broken(Broken),
}

/// Why an export has no end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The image is not there any more.
    #[error("the image was removed")]
    Removed,
    /// The image has no layers, and the daemon exports none without.
    #[error("the image has no layers")]
    NoLayers,
    /// Nobody asks the daemon any more.
    #[error("the export was cancelled")]
    Cancelled,
    /// The daemon failed.
    #[error(transparent)]
    Daemon(DaemonFailure),
}

/// The reader is gone, so nobody wants the rest.
#[derive(Debug)]
pub(super) struct Unwanted;

/// Connects two ends.
pub(super) fn pipe() -> (PipeWriter, PipeReader) {
    let (sender, receiver) = mpsc::channel(PIECES);
    let writer = PipeWriter {
        sender,
        chunks: Vec::new(),
        size: 0,
        tail: Vec::new(),
        written: 0,
    };
    let reader = PipeReader {
        receiver,
        chunks: Vec::new().into_iter(),
        chunk: io::Cursor::default(),
        end: None,
    };
    (writer, reader)
}

impl PipeWriter {
    /// How many bytes have come.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Writes some bytes; waits while the reader is behind.
    ///
    /// They may be given out only with later ones, or by [`flush`](Self::flush): daemons send thousands of small chunks
    /// in a second, and to wake the reader for each costs more than to read them.
    pub(super) async fn write(&mut self, chunk: Vec<u8>) -> Result<(), Unwanted> {
        self.written += chunk.len() as u64;
        self.size += chunk.len();
        self.remember(&chunk);
        match self.chunks.last_mut() {
            Some(last) if chunk.len() < SMALL => last.extend_from_slice(&chunk),
            _ => self.chunks.push(chunk),
        }
        match self.size {
            _ if self.sender.is_closed() => Err(Unwanted),
            PIECE.. => self.flush().await,
            _ => Ok(()),
        }
    }

    /// Lets the reader have what was written.
    pub(super) async fn flush(&mut self) -> Result<(), Unwanted> {
        self.size = 0;
        let chunks = std::mem::take(&mut self.chunks);
        self.send(Piece::Bytes(chunks)).await
    }

    /// Says that this was all, unless the daemon's last words were why there is no more.
    pub(super) async fn end(mut self) {
        let last = match gave_up(&self.tail) {
            Some(message) => {
                let read = self.written;
                let failure = DaemonFailure::GaveUp { read, message };
                Piece::Broken(Broken::Daemon(failure))
            }
            None => Piece::End,
        };
        self.finish(last).await;
    }

    /// Says that there is no more, and why.
    pub(super) async fn fail(mut self, why: Broken) {
        self.finish(Piece::Broken(why)).await;
    }

    async fn finish(&mut self, last: Piece) {
        if let Ok(()) = self.flush().await {
            // Whoever does not read any more does not need to know.
            let _ = self.send(last).await;
        }
    }

    async fn send(&self, piece: Piece) -> Result<(), Unwanted> {
        self.sender.send(piece).await.map_err(|_| Unwanted)
    }

    fn remember(&mut self, chunk: &[u8]) {
        let new = &chunk[chunk.len().saturating_sub(TAIL)..];
        let old = (self.tail.len() + new.len()).saturating_sub(TAIL);
        self.tail.drain(..old);
        self.tail.extend_from_slice(new);
    }
}

impl PipeReader {
    /// The next piece; where there is something to give already, only one that is there.
    fn next(&mut self, wait: bool) -> Option<Piece> {
        if let Some(end) = self.end.take() {
            return Some(end);
        }
        if wait {
            let cancelled = Piece::Broken(Broken::Cancelled);
            return Some(self.receiver.blocking_recv().unwrap_or(cancelled));
        }
        self.receiver.try_recv().ok()
    }
}

impl Read for PipeReader {
    /// Gives as much as has arrived, and waits only for the first of it: many small pieces are few reads.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        loop {
            filled += self.chunk.read(&mut buffer[filled..])?;
            if filled == buffer.len() {
                return Ok(filled);
            }
            if let Some(chunk) = self.chunks.next() {
                self.chunk = io::Cursor::new(chunk);
                continue;
            }
            match self.next(filled == 0) {
                Some(Piece::Bytes(chunks)) => self.chunks = chunks.into_iter(),
                None => return Ok(filled),
                end if filled > 0 => {
                    self.end = end;
                    return Ok(filled);
                }
                Some(Piece::End) => {
                    self.end = Some(Piece::End);
                    return Ok(0);
                }
                Some(Piece::Broken(broken)) => return Err(io::Error::other(broken)),
            }
        }
    }
}

/// What a daemon said at the end of an export that failed under way: Docker writes it behind the archive, with
/// status 200 long sent. An archive itself ends in zeros.
fn gave_up(tail: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Words {
        error: String,
    }
    let text = tail.trim_ascii_end();
    let start = text
        .windows(LAST_WORDS.len())
        .rposition(|window| window == LAST_WORDS)?;
    let words: Words = serde_json::from_slice(&text[start..]).ok()?;
    Some(words.error)
}

/// How the JSON begins that Docker writes where a stream fails.
const LAST_WORDS: &[u8] = br#"{"errorDetail":"#;

const TAIL: usize = 4 << 10;

/// From so many bytes on the reader is woken.
const PIECE: usize = 256 << 10;

/// What is smaller is copied to the chunk before it, because a vector of its own would cost more.
const SMALL: usize = 4 << 10;

/// Pieces on their way.
const PIECES: usize = 4;

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    /// What a reader gets of these chunks, and its error.
    async fn through(chunks: Vec<Vec<u8>>) -> (Vec<u8>, Option<String>) {
        let (mut writer, mut reader) = pipe();
        let reading = tokio::task::spawn_blocking(move || {
            let mut bytes = Vec::new();
            let error = reader.read_to_end(&mut bytes).err();
            (bytes, error.map(|error| error.to_string()))
        });
        for chunk in chunks {
            writer.write(chunk).await.expect("somebody reads");
        }
        writer.end().await;
        reading.await.expect("it does not panic")
    }

    #[tokio::test]
    async fn everything_comes_out_as_it_went_in() {
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let chunks = bytes.chunks(32 << 10).map(<[u8]>::to_vec).collect();
        assert_eq!(through(chunks).await, (bytes, None));
        assert_eq!(through(Vec::new()).await, (Vec::new(), None));
    }

    #[tokio::test]
    async fn the_daemons_last_words_are_no_part_of_the_archive() {
        let words = br#"{"errorDetail":{"message":"no space"},"error":"no space"}"#;
        for split in [0, 1, 10] {
            let (first, second) = words.split_at(split);
            let mut second = second.to_vec();
            second.extend_from_slice(b"\r\n");
            let (_, error) = through(vec![vec![0; 5000], first.to_vec(), second]).await;
            let said = "the daemon gave up the export after 5059 bytes: no space";
            assert_eq!(error.as_deref(), Some(said));
        }
        let quoted = vec![words.to_vec(), vec![0; 1024]];
        assert_eq!(through(quoted).await.1, None);
    }

    #[tokio::test]
    async fn a_writer_that_vanishes_is_no_end() {
        let (mut writer, mut reader) = pipe();
        writer.write(b"half".to_vec()).await.unwrap();
        drop(writer);
        let read = tokio::task::spawn_blocking(move || reader.read_to_end(&mut Vec::new()));
        let error = read.await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "the export was cancelled");
    }

    #[tokio::test]
    async fn small_chunks_do_not_wait_for_the_reader_one_by_one() {
        let (mut writer, mut reader) = pipe();
        for _ in 0..1000 {
            let written = writer.write(vec![7; 1000]).now_or_never();
            assert!(written.is_some_and(|written| written.is_ok()));
        }
        let ended = tokio::spawn(writer.end());
        let mut bytes = Vec::new();
        let reading = move || reader.read_to_end(&mut bytes).map(|_| bytes);
        let read = tokio::task::spawn_blocking(reading).await.unwrap();
        assert_eq!(read.unwrap(), [7; 1_000_000]);
        ended.await.unwrap();
    }

    #[tokio::test]
    async fn tiny_chunks_take_no_more_memory_than_their_bytes() {
        let (mut writer, mut reader) = pipe();
        for byte in 0..200_000_u32 {
            let chunk = vec![(byte % 251) as u8];
            writer.write(chunk).await.expect("somebody reads");
        }
        let capacity: usize = writer.chunks.iter().map(Vec::capacity).sum();
        assert!(writer.chunks.len() < 100, "{}", writer.chunks.len());
        assert!(capacity < 2 * PIECE, "{capacity}");
        writer.flush().await.unwrap();
        let mut read = vec![0; 200_000];
        let reading = move || reader.read_exact(&mut read).map(|()| read);
        let read = tokio::task::spawn_blocking(reading).await.unwrap();
        let expected = (0..200_000_u32).map(|byte| (byte % 251) as u8);
        assert!(read.unwrap().into_iter().eq(expected));
    }

    #[tokio::test]
    async fn a_reader_that_is_far_behind_is_waited_for() {
        let (mut writer, _reader) = pipe();
        let mut written = 0;
        while writer.write(vec![7; 100_000]).now_or_never().is_some() {
            written += 100_000;
            assert!(written < 4_000_000, "memory has bounds");
        }
    }

    #[tokio::test]
    async fn a_reader_that_is_gone_stops_the_writer() {
        let (mut writer, reader) = pipe();
        drop(reader);
        assert!(writer.write(b"more".to_vec()).await.is_err());
    }
}

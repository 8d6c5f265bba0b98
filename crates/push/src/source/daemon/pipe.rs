//! From the task that asks the daemon to the thread that reads the archive: few large pieces, and how it ended.

use std::io::{self, Read};

/// The end that the export goes into.
pub(super) struct PipeWriter;

/// The end that the archive comes out of; only for threads that may block.
pub(super) struct PipeReader;

/// The reader is gone, so nobody wants the rest.
#[derive(Debug)]
pub(super) struct Unwanted;

/// Connects two ends.
pub(super) fn pipe() -> (PipeWriter, PipeReader) {
    (PipeWriter, PipeReader)
}

impl PipeWriter {
    /// Writes some bytes; waits while the reader is behind.
    pub(super) async fn write(&mut self, _: &[u8]) -> Result<(), Unwanted> {
        Ok(())
    }

    /// Says that this was all.
    pub(super) async fn end(self) {}
}

impl Read for PipeReader {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("nothing comes through yet"))
    }
}

const PIECE: usize = 256 << 10;

#[cfg(test)]
mod tests {
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
            writer.write(&chunk).await.expect("somebody reads");
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
        writer.write(b"half").await.unwrap();
        drop(writer);
        let read = tokio::task::spawn_blocking(move || reader.read_to_end(&mut Vec::new()));
        let error = read.await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "the export was cancelled");
    }

    #[tokio::test]
    async fn a_reader_that_is_gone_stops_the_writer() {
        let (mut writer, reader) = pipe();
        drop(reader);
        assert!(writer.write(&vec![0; PIECE]).await.is_err());
    }
}

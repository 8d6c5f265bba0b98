//! Frames: the buffers that a body is sent in, used again when the network is done with them.
//!
//! A new one for each would be cleared and given its memory page by page, which costs a tenth of an upload's CPU time.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Where frames come from, and go back to.
#[derive(Clone, Default)]
pub(super) struct Frames(Arc<Mutex<Vec<Vec<u8>>>>);

/// A buffer that returns when nobody uses it any more.
struct Lent {
    buffer: Vec<u8>,
    length: usize,
    frames: Frames,
}

impl Frames {
    /// Has a buffer of [`FRAME_SIZE`] bytes filled, whatever is in it, and gives away as much of it as `fill` says.
    pub(super) fn fill<E>(
        &self,
        fill: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<Bytes, E> {
        let returned = self.returned().pop();
        let mut lent = Lent {
            buffer: returned.unwrap_or_else(|| vec![0; FRAME_SIZE]),
            length: 0,
            frames: self.clone(),
        };
        lent.length = fill(&mut lent.buffer)?;
        Ok(Bytes::from_owner(lent))
    }

    fn returned(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        // Nothing is left half-done under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.buffer);
        self.frames.returned().push(buffer);
    }
}

/// In bytes. Measured to be as fast as larger ones.
pub(super) const FRAME_SIZE: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn filled(frames: &Frames, bytes: &'static [u8]) -> Bytes {
        let frame = frames.fill(|buffer| {
            buffer[..bytes.len()].copy_from_slice(bytes);
            Ok::<_, Infallible>(bytes.len())
        });
        frame.expect("it cannot fail")
    }

    #[test]
    fn a_frame_is_used_again_when_it_is_back_and_not_before() {
        let frames = Frames::default();
        let first = filled(&frames, b"the first");
        let (place, part) = (first.as_ptr(), first.slice(4..));
        drop(first);
        let second = filled(&frames, b"second");
        assert_ne!(second.as_ptr(), place, "a part of it is in use");
        assert_eq!((&part[..], &second[..]), (&b"first"[..], &b"second"[..]));
        drop(part);
        let third = filled(&frames, b"3rd");
        assert_eq!((third.as_ptr(), &third[..]), (place, &b"3rd"[..]));
    }

    #[test]
    fn what_could_not_be_filled_is_back() {
        let frames = Frames::default();
        assert_eq!(frames.fill(|_| Err("torn")).unwrap_err(), "torn");
        assert_eq!(frames.returned().len(), 1);
    }
}

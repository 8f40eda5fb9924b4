//! Memory of pieces, used again when a piece is done: asking the system anew for every megabyte costs
//! more than reading it.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

/// Buffers nobody uses. As many as there are pieces under way, which permits bound.
#[derive(Default)]
pub(crate) struct Buffers(Mutex<Vec<Vec<u8>>>);

impl Buffers {
    /// The bytes in a buffer that goes back when it is dropped.
    pub(crate) fn copy(self: &Arc<Self>, bytes: &[u8]) -> PieceBytes {
        let mut buffer = self.free();
        buffer.extend_from_slice(bytes);
        PieceBytes { bytes: buffer, home: Some(Arc::clone(self)) }
    }

    /// The first `len` bytes of a buffer, which is given away; what stands behind them is moved to another
    /// one, which takes its place and has room for so many bytes more.
    pub(crate) fn split(self: &Arc<Self>, buffer: &mut Vec<u8>, len: usize, room: usize) -> PieceBytes {
        let behind = buffer.get(len..).unwrap_or(&[]);
        let mut rest = self.free();
        // Exactly: buffers that go round would else double each other's room.
        rest.reserve_exact(behind.len() + room);
        rest.extend_from_slice(behind);
        let mut bytes = std::mem::replace(buffer, rest);
        bytes.truncate(len);
        PieceBytes { bytes, home: Some(Arc::clone(self)) }
    }

    fn free(&self) -> Vec<u8> {
        self.0.lock().ok().and_then(|mut free| free.pop()).unwrap_or_default()
    }
}

/// The bytes of a piece.
pub(crate) struct PieceBytes {
    bytes: Vec<u8>,
    home: Option<Arc<Buffers>>,
}

impl From<Vec<u8>> for PieceBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, home: None }
    }
}

impl Deref for PieceBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for PieceBytes {
    fn drop(&mut self) {
        let Some(home) = self.home.take() else { return };
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        if let Ok(mut free) = home.0.lock() {
            free.push(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_empty() {
        let buffers = Arc::new(Buffers::default());
        let first = buffers.copy(b"first");
        let at = first.as_ptr();
        drop(first);
        let second = buffers.copy(b"2nd");
        assert_eq!((&*second, second.as_ptr()), (b"2nd".as_slice(), at));
    }

    #[test]
    fn a_buffer_is_given_away_with_its_first_bytes() {
        let buffers = Arc::new(Buffers::default());
        let mut buffer = b"first and the rest".to_vec();
        let at = buffer.as_ptr();
        let first = buffers.split(&mut buffer, 5, 0);
        assert_eq!(
            (&*first, first.as_ptr(), buffer.as_slice()),
            (b"first".as_slice(), at, b" and the rest".as_slice())
        );
        drop(first);
        assert_eq!(&*buffers.split(&mut buffer, 99, 0), b" and the rest");
        assert!(buffer.is_empty());
    }

    #[test]
    fn buffers_that_go_round_do_not_grow() {
        const ROOM: usize = 1000;
        let buffers = Arc::new(Buffers::default());
        // One of another size among them, as a long record leaves it.
        let mut out: std::collections::VecDeque<PieceBytes> = [buffers.copy(&[0; 700])].into();
        let mut buffer = Vec::with_capacity(ROOM);
        for _ in 0..400 {
            buffer.resize(ROOM, 0);
            out.push_back(buffers.split(&mut buffer, ROOM - 10, ROOM));
            if out.len() > 6 {
                out.pop_front();
            }
            assert!(buffer.capacity() <= 2 * ROOM, "{}", buffer.capacity());
        }
    }
}

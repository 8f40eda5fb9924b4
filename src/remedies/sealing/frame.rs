//! A frame: bytes with holes, and what stands in a hole once its contents are forgotten.
//!
//! On the wire, big-endian: how many holes (4); for each its place in the literal bytes (8), the length of
//! its replacement (4) and the replacement; then the literal bytes. What belongs into the holes follows the
//! frame as objects of their own, in order.

/// A hole.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Hole {
    /// Literal bytes before it.
    pub(super) at: u64,
    /// What stands there when its contents are forgotten.
    pub(super) replacement: Vec<u8>,
}

/// The head of a frame on the wire, without the literal bytes.
pub(super) fn head(holes: &[Hole]) -> Vec<u8> {
    let mut out = u32::try_from(holes.len()).unwrap_or(u32::MAX).to_be_bytes().to_vec();
    for hole in holes {
        out.extend_from_slice(&hole.at.to_be_bytes());
        out.extend_from_slice(&u32::try_from(hole.replacement.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(&hole.replacement);
    }
    out
}

/// Holes and literal bytes of a frame; none where it is no frame.
pub(super) fn read(bytes: &[u8]) -> Option<(Vec<Hole>, &[u8])> {
    let (count, mut rest) = bytes.split_first_chunk::<4>()?;
    let mut holes = Vec::new();
    let mut before = 0;
    for _ in 0..u32::from_be_bytes(*count) {
        let (at, after) = rest.split_first_chunk::<8>()?;
        let (len, after) = after.split_first_chunk::<4>()?;
        let (replacement, after) = after.split_at_checked(usize::try_from(u32::from_be_bytes(*len)).ok()?)?;
        let at = u64::from_be_bytes(*at);
        if at < before {
            return None;
        }
        before = at;
        holes.push(Hole { at, replacement: replacement.to_vec() });
        rest = after;
    }
    (before <= rest.len() as u64).then_some((holes, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back() {
        let holes = [Hole { at: 2, replacement: b"null".to_vec() }, Hole { at: 2, replacement: vec![] }];
        let bytes = [head(&holes), b"abcd".to_vec()].concat();
        let (read_holes, literal) = read(&bytes).unwrap();
        assert!(read_holes == holes && literal == b"abcd");
        assert!(read(&bytes[..bytes.len() - 3]).is_none());
        assert!(read(&bytes[..10]).is_none());
        assert!(read(&[]).is_none());
        assert!(read(&head(&[])).unwrap().0.is_empty());
    }
}

//! Numbers in both orders of bytes, none where they are not there.

/// So many bytes from `at`.
pub(in crate::formats) fn run(bytes: &[u8], at: usize, len: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(len)?)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    run(bytes, at, N)?.try_into().ok()
}

pub(in crate::formats) fn u16_be(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_be_bytes)
}

pub(in crate::formats) fn u16_le(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

pub(in crate::formats) fn u32_be(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_be_bytes)
}

pub(in crate::formats) fn u32_le(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

pub(in crate::formats) fn u64_be(bytes: &[u8], at: usize) -> Option<u64> {
    array(bytes, at).map(u64::from_be_bytes)
}

/// Three bytes, the lowest first.
pub(in crate::formats) fn u24_le(bytes: &[u8], at: usize) -> Option<u32> {
    let three: [u8; 3] = array(bytes, at)?;
    Some(three.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
}

/// Four bytes as a length or position.
pub(in crate::formats) fn len_be(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_be(bytes, at)?).ok()
}

/// The same, the lowest byte first.
pub(in crate::formats) fn len_le(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_le(bytes, at)?).ok()
}

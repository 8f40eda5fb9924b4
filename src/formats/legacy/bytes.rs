//! Little-endian numbers and runs of bytes, none where they are not there.

/// The bytes from `at`, so many.
pub(super) fn run(bytes: &[u8], at: usize, len: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(len)?)
}

/// The bytes from `at`, as many of `len` as are there.
pub(super) fn at_most(bytes: &[u8], at: usize, len: usize) -> &[u8] {
    let at = at.min(bytes.len());
    bytes.get(at..at.saturating_add(len).min(bytes.len())).unwrap_or_default()
}

/// One byte.
pub(super) fn u8_at(bytes: &[u8], at: usize) -> Option<u8> {
    bytes.get(at).copied()
}

/// Two bytes.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(run(bytes, at, 2)?.try_into().ok()?))
}

/// Four bytes.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(run(bytes, at, 4)?.try_into().ok()?))
}

/// Four bytes as a length or position.
pub(super) fn len_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_at(bytes, at)?).ok()
}

/// Eight bytes.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(run(bytes, at, 8)?.try_into().ok()?))
}

/// An IEEE 754 number of eight bytes.
pub(super) fn f64_at(bytes: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_bits(u64_at(bytes, at)?))
}

/// UTF-16 in little-endian order; halves of surrogate pairs become U+FFFD. An odd byte at the end is left out.
pub(super) fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| match pair {
        [low, high] => u16::from_le_bytes([*low, *high]),
        _ => 0,
    });
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// A text without the NUL that ends it and whatever stands behind.
pub(super) fn until_nul(text: &str) -> &str {
    text.split('\0').next().unwrap_or_default()
}

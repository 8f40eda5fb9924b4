//! Base64, RFC 2045 §6.8, and its alphabet for addresses and file names, RFC 4648 §5.

use crate::records::OffsetMap;

/// Characters of an encoded line without its line end, RFC 2045 §6.8.
const LINE: usize = 76;

/// What was odd about a base64 text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oddities {
    /// Bytes outside the alphabet that are no white space.
    pub foreign: usize,
    /// Whether the last quantum is short of characters: padding, or more, is missing.
    pub truncated: bool,
}

/// Appends the decoded bytes and their segments; each quantum of four characters is a unit, white
/// space and foreign bytes between are passed over (RFC 2045 §6.8). Padding ends a quantum wherever
/// it stands, and text may follow it, as where two encoded texts were joined.
pub fn decode(raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) -> Oddities {
    decode_by(sextet, raw, out, map)
}

/// The same for the alphabet of RFC 4648 §5, whose padding is often left out.
pub fn decode_url(raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) -> Oddities {
    let letter = |byte| match byte {
        b'-' => Some(62),
        b'_' => Some(63),
        b'+' | b'/' => None,
        byte => sextet(byte),
    };
    decode_by(letter, raw, out, map)
}

fn decode_by(
    letter: impl Fn(u8) -> Option<u8>,
    raw: &[u8],
    out: &mut Vec<u8>,
    map: &mut OffsetMap,
) -> Oddities {
    let mut oddities = Oddities::default();
    let mut quantum = Quantum::default();
    for (at, &byte) in raw.iter().enumerate() {
        match letter(byte) {
            Some(bits) => {
                if quantum.count == 0 {
                    quantum.start = at;
                }
                quantum.bits = quantum.bits << 6 | u32::from(bits);
                quantum.count += 1;
                quantum.end = at + 1;
                if quantum.count == 4 {
                    quantum.flush(out, map);
                }
            }
            None if byte == b'=' => {
                if quantum.count > 1 {
                    // The second `=` of a pair belongs to the quantum, too.
                    quantum.end =
                        if raw.get(at + 1) == Some(&b'=') && quantum.count == 2 { at + 2 } else { at + 1 };
                    quantum.flush(out, map);
                }
            }
            None if byte.is_ascii_whitespace() => {}
            None => oddities.foreign += 1,
        }
    }
    oddities.truncated = quantum.count > 0;
    quantum.flush(out, map);
    oddities
}

#[derive(Default)]
struct Quantum {
    bits: u32,
    count: u8,
    start: usize,
    end: usize,
}

impl Quantum {
    /// Appends the bytes of the characters so far: 0, 1, 2 or 3.
    fn flush(&mut self, out: &mut Vec<u8>, map: &mut OffsetMap) {
        let bytes = (self.bits << (6 * (4 - u32::from(self.count.min(4))))).to_be_bytes();
        let len = usize::from(self.count.saturating_sub(1).min(3));
        if let Some(bytes) = bytes.get(1..1 + len) {
            out.extend_from_slice(bytes);
            super::push_unit(map, self.start, self.end, len);
        }
        *self = Self::default();
    }
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Appends the encoded form in lines of 76 characters parted by `line_end`, none after the last.
pub fn encode_lines(decoded: &[u8], line_end: &[u8], out: &mut Vec<u8>) {
    for (at, line) in decoded.chunks(LINE / 4 * 3).enumerate() {
        if at > 0 {
            out.extend_from_slice(line_end);
        }
        encode_line(line, out);
    }
}

/// Appends the encoded form in lines as long, and with the same line ends, as those of `old`.
pub fn encode_over(old: &[u8], new: &[u8], out: &mut Vec<u8>) {
    let old = old.trim_ascii();
    let line_end: &[u8] = match memchr::memchr(b'\n', old) {
        Some(at) if at == 0 || old.get(at - 1) != Some(&b'\r') => b"\n",
        _ => b"\r\n",
    };
    let first = old.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or(&[]).len();
    let one_line = first == old.len();
    let width = if one_line && first <= LINE { LINE } else { first };
    // Longer lines than RFC 2045 allows are kept: some that hold base64 have but one.
    let bytes = (width / 4 * 3).max(3);
    if one_line && first > LINE {
        encode_line(new, out);
        return;
    }
    for (at, line) in new.chunks(bytes).enumerate() {
        if at > 0 {
            out.extend_from_slice(line_end);
        }
        encode_line(line, out);
    }
}

/// Appends the encoded form in lines of 76 characters parted by CR LF.
pub fn encode(decoded: &[u8], out: &mut Vec<u8>) {
    encode_lines(decoded, b"\r\n", out);
}

/// Appends the encoded form on one line.
pub fn encode_line(decoded: &[u8], out: &mut Vec<u8>) {
    for chunk in decoded.chunks(3) {
        let bits =
            chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let sextet = (bits >> (18 - 6 * place) & 63) as usize;
            let letter = ALPHABET.get(sextet).copied().unwrap_or(b'=');
            out.push(if place > chunk.len() { b'=' } else { letter });
        }
    }
}

/// Appends the encoded form on one line in the alphabet of RFC 4648 §5.
pub fn encode_url(decoded: &[u8], padded: bool, out: &mut Vec<u8>) {
    let mut line = Vec::with_capacity(decoded.len().div_ceil(3) * 4);
    encode_line(decoded, &mut line);
    out.extend(line.into_iter().filter(|byte| padded || *byte != b'=').map(|byte| match byte {
        b'+' => b'-',
        b'/' => b'_',
        byte => byte,
    }));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::formats::encoding::assert_map_is_sound;

    fn decoded(raw: &[u8]) -> (Vec<u8>, Oddities) {
        let (mut out, mut map) = (Vec::new(), OffsetMap::new());
        let oddities = decode(raw, &mut out, &mut map);
        assert_map_is_sound(&map, raw.len(), out.len());
        (out, oddities)
    }

    /// RFC 4648 §10.
    #[test]
    fn the_vectors_of_the_standard() {
        let vectors = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, coded) in vectors {
            assert_eq!(decoded(coded.as_bytes()).0, plain.as_bytes());
            let mut out = Vec::new();
            encode(plain.as_bytes(), &mut out);
            assert_eq!(out, coded.as_bytes());
        }
    }

    #[test]
    fn odd_lines_missing_padding_and_joined_texts() {
        assert_eq!(decoded(b"Zm\r\n9vY\nmFy").0, b"foobar");
        assert_eq!(decoded(b"Zm9vYg"), (b"foob".to_vec(), Oddities { foreign: 0, truncated: true }));
        assert_eq!(decoded(b"Zg==Zm9v").0, b"ffoo");
        assert_eq!(decoded(b"Zm9v--\nYmFy"), (b"foobar".to_vec(), Oddities { foreign: 2, truncated: false }));
    }

    /// RFC 4648 §5: bits that are `+/8=` in the other alphabet.
    #[test]
    fn the_alphabet_of_addresses() {
        let url = |raw: &[u8]| {
            let (mut out, mut map) = (Vec::new(), OffsetMap::new());
            let oddities = decode_url(raw, &mut out, &mut map);
            assert_map_is_sound(&map, raw.len(), out.len());
            (out, oddities.foreign)
        };
        assert_eq!(url(b"-_8="), (vec![0xFB, 0xFF], 0));
        assert_eq!(url(b"-_8"), (vec![0xFB, 0xFF], 0));
        assert_eq!(url(b"+/8="), (vec![], 2), "the other alphabet");
        for (padded, wanted) in [(true, &b"-_8="[..]), (false, b"-_8")] {
            let mut out = Vec::new();
            encode_url(&[0xFB, 0xFF], padded, &mut out);
            assert_eq!(out, wanted);
        }
    }

    #[test]
    fn lines_are_written_as_they_were() {
        let mut out = Vec::new();
        encode_over(b"Zm9v\nYmFy\n", b"foobarfoo", &mut out);
        assert_eq!(out, b"Zm9v\nYmFy\nZm9v");
        out.clear();
        encode_over(b"Zm9v", &[b'x'; 60], &mut out);
        assert_eq!(out.split(|b| *b == b'\n').map(<[u8]>::len).collect::<Vec<_>>(), [77, 4]);
        assert_eq!(decoded(&out).0, [b'x'; 60]);
    }

    #[test]
    fn clean_lines_cost_one_segment_each() {
        let (mut out, mut map) = (Vec::new(), OffsetMap::new());
        decode(b"Zm9vYmFy\r\nZm9vYmFy", &mut out, &mut map);
        assert_eq!(map.segments().len(), 2);
        assert_eq!((map.segments()[1].raw, map.segments()[1].decoded), (10, 6));
    }

    proptest! {
        #[test]
        fn the_way_back_is_exact(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut raw = Vec::new();
            encode(&bytes, &mut raw);
            prop_assert!(raw.split(|byte| *byte == b'\n').all(|line| line.len() <= LINE + 1));
            prop_assert_eq!(decoded(&raw), (bytes, Oddities::default()));
        }

        #[test]
        fn nothing_panics(raw in "[=\r\n A-Za-z0-9+/.-]{0,60}") {
            decoded(raw.as_bytes());
        }
    }
}

//! Pictures in drawings of older documents ([MS-ODRAW] 2.2.22 and following).

use super::bytes::{at_most, len_at, run, u8_at, u16_at, utf16};
use super::extract::Extract;

/// Most pictures that are taken out of one stream.
const MOST: usize = 10_000;

/// Adds every picture of a stream. Records of pictures are found by their type and the shape of what follows,
/// since each kind of document packs them differently.
pub(super) fn pictures(stream: &[u8], out: &mut Extract) {
    let (mut at, mut found) = (0, 0);
    while at + 8 <= stream.len() && found < MOST {
        match picture(stream, at) {
            Some((bytes, ending)) => {
                found += 1;
                out.file(&format!("picture[{found}]{ending}"), bytes.to_vec(), "");
                at += 8 + len_at(stream, at + 4).unwrap_or(0);
            }
            None => at += 1,
        }
    }
}

/// Properties of shapes that are words ([MS-ODRAW] 2.3): artistic text, name, description, tool tip.
const WORDS: [u16; 4] = [0x00C0, 0x0380, 0x0381, 0x038D];

/// Words of every table of properties in a stream of drawings, a line each.
pub(super) fn words(stream: &[u8]) -> String {
    let (mut at, mut out) = (0, String::new());
    while at + 8 <= stream.len() {
        let kind = u16_at(stream, at + 2);
        let (head, len) = (u16_at(stream, at).unwrap_or(0), len_at(stream, at + 4).unwrap_or(0));
        if head & 0xF == 3
            && matches!(kind, Some(0xF00B | 0xF121 | 0xF122))
            && let Some(table) = run(stream, at + 8, len)
        {
            properties(table, head >> 4, &mut out);
            at += 8 + len;
        } else {
            at += 1;
        }
    }
    out
}

/// Words of one table: fixed entries, then the bytes of those that need more ([MS-ODRAW] 2.2.9).
pub(super) fn properties(table: &[u8], count: u16, out: &mut String) {
    let count = usize::from(count);
    let mut more = count * 6;
    for entry in 0..count {
        let (Some(id), Some(len)) = (u16_at(table, entry * 6), len_at(table, entry * 6 + 2)) else { return };
        if id & 0x8000 == 0 {
            continue;
        }
        let Some(bytes) = run(table, more, len) else { return };
        more += len;
        if WORDS.contains(&(id & 0x3FFF)) {
            out.push_str(utf16(bytes).trim_matches(|c: char| c.is_control() || c.is_whitespace()));
            out.push('\n');
        }
    }
}

/// The bytes of the picture whose record begins at `at`.
fn picture(stream: &[u8], at: usize) -> Option<(&[u8], &'static str)> {
    // The type's high byte is 0xF0: most places are none at the first look.
    if u8_at(stream, at + 3)? != 0xF0 {
        return None;
    }
    let (instance, kind, len) = (u16_at(stream, at)? >> 4, u16_at(stream, at + 2)?, len_at(stream, at + 4)?);
    // One instance of each pair has a second digest.
    let (first, two, before, ending) = match kind {
        0xF01A => (0x3D4, 0x3D5, 34, ".emf.zlib"),
        0xF01B => (0x216, 0x217, 34, ".wmf.zlib"),
        0xF01C => (0x542, 0x543, 34, ".pict.zlib"),
        0xF01D => (0x46A, 0x46B, 1, ".jpg"),
        0xF01E => (0x6E0, 0x6E1, 1, ".png"),
        0xF01F => (0x7A8, 0x7A9, 1, ".dib"),
        0xF029 => (0x6E4, 0x6E5, 1, ".tif"),
        0xF02A => (0x6E2, 0x6E3, 1, ".jpg"),
        _ => return None,
    };
    let head = match instance {
        _ if instance == first => 16 + before,
        _ if instance == two => 32 + before,
        _ => return None,
    };
    let content = at_most(stream, at + 8, len);
    content.get(head..).filter(|bytes| !bytes.is_empty()).map(|bytes| (bytes, ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_describes_a_shape_is_read() {
        let text: Vec<u8> = "of Ana".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut record = [0x23, 0, 0x0B, 0xF0, 12 + text.len() as u8, 0, 0, 0].to_vec();
        record.extend([4, 0, 1, 0, 0, 0, 0x81, 0xC3, text.len() as u8, 0, 0, 0]);
        record.extend(text);
        let stream = [b"abc".as_slice(), &record].concat();
        assert_eq!(words(&stream), "of Ana\n");
        for len in 0..stream.len() {
            assert_eq!(words(&stream[..len]), "");
        }
    }

    #[test]
    fn pictures_are_found_in_any_wrapping() {
        let mut record = [0x00, 0x6E, 0x1E, 0xF0, 25, 0, 0, 0].to_vec();
        record.extend([7; 17]);
        record.extend(b"\x89PNG\r\n\x1A\n");
        let stream = [b"xyz".as_slice(), &record, b"\xF0\xF0", &record].concat();
        let mut out = Extract::within(1 << 10);
        pictures(&stream, &mut out);
        assert_eq!(out.parts.len(), 2);
        assert_eq!(out.parts[1].bytes, b"\x89PNG\r\n\x1A\n");
        for len in 0..stream.len() {
            pictures(&stream[..len], &mut Extract::within(1 << 10));
        }
    }
}

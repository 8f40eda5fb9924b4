//! Pictures in drawings of older documents ([MS-ODRAW] 2.2.22 and following).

use super::bytes::{at_most, len_at, u8_at, u16_at};
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

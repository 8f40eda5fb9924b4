//! UTF-16 and UTF-32 by hand: encoding_rs writes neither, and does not know the second.

use super::{Damage, narrow, replacement};
use crate::records::OffsetMap;

/// UTF-16; an unpaired surrogate or a last single byte is one U+FFFD.
pub(super) fn utf16(little: bool, raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) -> Damage {
    let unit = |at: usize| -> Option<u16> {
        let pair: [u8; 2] = raw.get(at..at + 2)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    };
    let mut damage = Damage::default();
    let mut at = 0;
    while let Some(first) = unit(at) {
        let high = (0xD800..0xDC00).contains(&first);
        let low = unit(at + 2).filter(|low| high && (0xDC00..0xE000).contains(low));
        let scalar = match low {
            Some(low) => 0x1_0000 + ((u32::from(first) - 0xD800) << 10) + (u32::from(low) - 0xDC00),
            None => u32::from(first),
        };
        let len = if low.is_some() { 4 } else { 2 };
        match char::from_u32(scalar) {
            Some(character) => push(at, len, character, out, map),
            None => {
                damage.note(at);
                replacement(at, len, out, map);
            }
        }
        at += len;
    }
    if at < raw.len() {
        damage.note(at);
        replacement(at, raw.len() - at, out, map);
    }
    damage
}

/// UTF-32; what is no scalar value is one U+FFFD.
pub(super) fn utf32(little: bool, raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) -> Damage {
    let mut damage = Damage::default();
    let mut at = 0;
    for four in raw.chunks(4) {
        let scalar = <[u8; 4]>::try_from(four).ok().and_then(|four| {
            char::from_u32(if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) })
        });
        match scalar {
            Some(character) => push(at, 4, character, out, map),
            None => {
                damage.note(at);
                replacement(at, four.len(), out, map);
            }
        }
        at += four.len();
    }
    damage
}

fn push(at: usize, raw: usize, character: char, out: &mut Vec<u8>, map: &mut OffsetMap) {
    let mut utf8 = [0; 4];
    let text = character.encode_utf8(&mut utf8).as_bytes();
    out.extend_from_slice(text);
    map.push(
        narrow(at),
        1,
        u8::try_from(raw).unwrap_or(u8::MAX),
        u8::try_from(text.len()).unwrap_or(u8::MAX),
    );
}

//! Compressed RTF of mails ([MS-OXRTFCP]).

use super::super::bytes::{at_most, u32_at};

/// What the dictionary holds at the beginning ([MS-OXRTFCP] 2.1.2.1).
const BEGINNING: &[u8; 207] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
const SIZE: usize = 4096;
const COMPRESSED: u32 = 0x7546_5A4C;
const PLAIN: u32 = 0x414C_454D;

/// The RTF, and whether it is whole; none where the bytes are no such thing. Two bytes give 17 at most.
pub(in super::super) fn expand(bytes: &[u8]) -> Option<(Vec<u8>, bool)> {
    let size = u32_at(bytes, 4)? as usize;
    match u32_at(bytes, 8)? {
        PLAIN => {
            let plain = at_most(bytes, 16, size).to_vec();
            let whole = plain.len() == size;
            Some((plain, whole))
        }
        COMPRESSED => {
            let said = u32_at(bytes, 0)? as usize;
            let content = at_most(bytes, 16, said.saturating_sub(12));
            let out = unpack(content);
            let whole = out.len() == size && checksum(content) == u32_at(bytes, 12)?;
            Some((out, whole))
        }
        _ => None,
    }
}

fn unpack(content: &[u8]) -> Vec<u8> {
    let mut dictionary = [0_u8; SIZE];
    for (slot, byte) in dictionary.iter_mut().zip(BEGINNING) {
        *slot = *byte;
    }
    let (mut write, mut out) = (BEGINNING.len(), Vec::new());
    let mut bytes = content.iter().copied();
    let mut put = |byte: u8, dictionary: &mut [u8; SIZE], write: &mut usize| {
        out.push(byte);
        if let Some(slot) = dictionary.get_mut(*write) {
            *slot = byte;
        }
        *write = (*write + 1) % SIZE;
    };
    'tokens: while let Some(control) = bytes.next() {
        for bit in 0..8 {
            let Some(first) = bytes.next() else { break 'tokens };
            if control & (1 << bit) == 0 {
                put(first, &mut dictionary, &mut write);
                continue;
            }
            let Some(second) = bytes.next() else { break 'tokens };
            let token = usize::from(first) << 8 | usize::from(second);
            let (at, len) = (token >> 4, (token & 0xF) + 2);
            // A reference to where the next byte goes is the end.
            if at == write {
                break 'tokens;
            }
            for step in 0..len {
                let byte = dictionary.get((at + step) % SIZE).copied().unwrap_or(0);
                put(byte, &mut dictionary, &mut write);
            }
        }
    }
    out
}

/// The CRC of [MS-OXRTFCP] 2.1.3.2: that of ZIP without inverting.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |crc, byte| {
        let mut rest = (crc ^ u32::from(*byte)) & 0xFF;
        for _ in 0..8 {
            rest = if rest & 1 == 1 { (rest >> 1) ^ 0xEDB8_8320 } else { rest >> 1 };
        }
        rest ^ (crc >> 8)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two examples of [MS-OXRTFCP] 3.1 and 3.2.
    const SIMPLE: [u8; 49] = [
        0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0, 0x0a, 0, 0x72,
        0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0, 0x20,
        0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0,
    ];
    const CROSSING: [u8; 30] = [
        0x1a, 0, 0, 0, 0x1c, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xe2, 0xd4, 0x4b, 0x51, 0x41, 0, 0x04, 0x20,
        0x57, 0x58, 0x59, 0x5a, 0x0d, 0x6e, 0x7d, 0x01, 0x0e, 0xb0,
    ];

    #[test]
    fn the_examples_of_the_specification() {
        let (rtf, whole) = expand(&SIMPLE).unwrap();
        assert_eq!(String::from_utf8(rtf).unwrap(), "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
        assert!(whole);
        let (rtf, whole) = expand(&CROSSING).unwrap();
        assert_eq!(String::from_utf8(rtf).unwrap(), "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
        assert!(whole);
    }

    #[test]
    fn damage_is_seen() {
        for len in 16..SIMPLE.len() {
            assert!(!expand(&SIMPLE[..len]).unwrap().1, "{len}");
        }
        assert!(expand(&SIMPLE[..9]).is_none());
        let mut changed = SIMPLE;
        changed[30] ^= 1;
        assert!(!expand(&changed).unwrap().1);
    }
}

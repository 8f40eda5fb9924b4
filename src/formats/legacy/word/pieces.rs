//! The piece table ([MS-DOC] 2.4.1, 2.9.38): where each run of the text stands in the stream.

use super::super::bytes::{at_most, len_at, run, u8_at, u16_at, u32_at};
use super::super::code_page::{self, WESTERN};

/// The text in UTF-16 units, and whether all of it was there. None where there is no table.
pub(super) fn text(stream: &[u8], clx: &[u8]) -> Option<(Vec<u16>, bool)> {
    let table = table(clx)?;
    let count = table.len().checked_sub(4)? / 12;
    let (mut out, mut whole) = (Vec::new(), true);
    // Pieces share no bytes: together they are never longer than the stream, whatever the table says.
    let mut left = stream.len();
    for piece in 0..count {
        let from = len_at(table, piece * 4)?;
        let to = len_at(table, piece * 4 + 4)?;
        let place = u32_at(table, (count + 1) * 4 + piece * 8 + 2)?;
        let Some(len) = to.checked_sub(from) else {
            whole = false;
            continue;
        };
        // The second highest bit says that letters take one byte, at half the position.
        let narrow = place & 0x4000_0000 != 0;
        let at = (place & 0x3FFF_FFFF) as usize;
        let (at, size) = if narrow { (at / 2, len) } else { (at, len.saturating_mul(2)) };
        let bytes = at_most(stream, at, size.min(left));
        left -= bytes.len();
        whole &= bytes.len() == size;
        if narrow {
            out.extend(code_page::decode(WESTERN, bytes).encode_utf16());
        } else {
            out.extend(bytes.chunks_exact(2).filter_map(|pair| u16_at(pair, 0)));
        }
    }
    Some((out, whole && count > 0))
}

/// The table itself, behind what was formatted since the last full save.
fn table(clx: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    loop {
        match u8_at(clx, at)? {
            1 => at = at.checked_add(3 + usize::from(u16_at(clx, at + 1)?))?,
            2 => return run(clx, at + 5, len_at(clx, at + 1)?),
            _ => return None,
        }
    }
}

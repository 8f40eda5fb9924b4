//! The piece table ([MS-DOC] 2.4.1, 2.9.38): where each run of the text stands in the stream.

use std::ops::Range;

use super::super::bytes::{at_most, len_at, run, u8_at, u16_at, u32_at};
use super::super::code_page::{self, WESTERN};

/// The text of all pieces.
#[derive(Default)]
pub(super) struct Pieces {
    /// In UTF-16 units.
    pub(super) text: Vec<u16>,
    /// Whether all of it was there.
    pub(super) whole: bool,
    /// Where the pieces stand in the stream.
    pub(super) ranges: Vec<Range<usize>>,
}

/// Reads the pieces; none where there is no table.
pub(super) fn read(stream: &[u8], clx: &[u8]) -> Option<Pieces> {
    let table = table(clx)?;
    let count = table.len().checked_sub(4)? / 12;
    let mut out = Pieces { whole: count > 0, ..Pieces::default() };
    // Pieces share no bytes: together they are never longer than the stream, whatever the table says.
    let mut left = stream.len();
    for piece in 0..count {
        let from = len_at(table, piece * 4)?;
        let to = len_at(table, piece * 4 + 4)?;
        let place = u32_at(table, (count + 1) * 4 + piece * 8 + 2)?;
        let Some(len) = to.checked_sub(from) else {
            out.whole = false;
            continue;
        };
        // The second highest bit says that letters take one byte, at half the position.
        let narrow = place & 0x4000_0000 != 0;
        let at = (place & 0x3FFF_FFFF) as usize;
        let (at, size) = if narrow { (at / 2, len) } else { (at, len.saturating_mul(2)) };
        let bytes = at_most(stream, at, size.min(left));
        left -= bytes.len();
        out.whole &= bytes.len() == size;
        out.ranges.push(at..at.saturating_add(bytes.len()));
        if narrow {
            out.text.extend(code_page::decode(WESTERN, bytes).encode_utf16());
        } else {
            out.text.extend(bytes.chunks_exact(2).filter_map(|pair| u16_at(pair, 0)));
        }
    }
    Some(out)
}

impl Pieces {
    /// Bytes of the stream no piece has, behind the document's head: what was deleted since it was last saved
    /// in full, among tables of how the text looks.
    pub(super) fn left_over(&self, stream: &[u8]) -> Vec<u8> {
        let mut ranges = self.ranges.clone();
        ranges.sort_by_key(|range| range.start);
        let (mut at, mut out) = (HEAD, Vec::new());
        for range in ranges {
            if range.start > at {
                out.extend_from_slice(stream.get(at..range.start.min(stream.len())).unwrap_or_default());
                out.push(0);
            }
            at = at.max(range.end);
        }
        out.extend_from_slice(stream.get(at..).unwrap_or_default());
        out
    }
}

/// Bytes of the document's head, from which on text may stand.
const HEAD: usize = 0x400;

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

//! TIFF: the directories are the picture's own.

use std::ops::Range;

use super::exif::{self, SUB_DIRECTORIES};
use super::layout::{Entry, Layout};
use super::metadata::Metadata;
use super::numbers::run;

/// Tags a baseline picture needs, with the profile of its colours, its orientation and resolution (TIFF 6.0).
const NEEDED: [u16; 41] = [
    0x00FE, 0x00FF, 0x0100, 0x0101, 0x0102, 0x0103, 0x0106, 0x0107, 0x0108, 0x0109, 0x010A, 0x0111, 0x0112,
    0x0115, 0x0116, 0x0117, 0x0118, 0x0119, 0x011A, 0x011B, 0x011C, 0x0122, 0x0123, 0x0124, 0x0125, 0x0128,
    0x012D, 0x013D, 0x013E, 0x013F, 0x0140, 0x0141, 0x0142, 0x0143, 0x0144, 0x0145, 0x0152, 0x0153, 0x0211,
    0x0212, 0x0213,
];
/// More of them: tables of JPEG, black and white, the profile.
const NEEDED_TOO: [u16; 5] = [0x014C, 0x015B, 0x0154, 0x0214, 0x8773];
/// Where pixels stand, and how many bytes they take: strips, tiles.
const PIXELS: [(u16, u16); 2] = [(0x0111, 0x0117), (0x0144, 0x0145)];
/// What says that the structure is another one: raw files of cameras, pages in pages, JPEG of the old way.
const ODD: [u16; 5] = [SUB_DIRECTORIES, 0xC612, 0x0200, 0x0201, 0x0202];

/// Reads what stands beside the pixels.
pub(super) fn read(bytes: &[u8], out: &mut Metadata) {
    exif::read(bytes, 0, out);
}

/// The same file with zeros wherever nothing stands that shows the picture: no entry that is not needed, no
/// value of one, no byte that nothing leads to. None where the structure is odd.
pub(super) fn bare(bytes: &[u8]) -> Option<Vec<u8>> {
    let layout = Layout::of(bytes)?;
    if layout.wide {
        return None;
    }
    let mut out = vec![0; bytes.len()];
    let mut kept = Kept { from: bytes, out: &mut out, ranges: Vec::new() };
    kept.copy(0..8)?;
    let (mut at, mut pages) = (layout.first(), 0);
    while at != 0 {
        pages += 1;
        let directory = layout.directory(at, 4096).filter(|directory| directory.whole && pages <= 1024)?;
        if directory.entries.iter().any(|entry| ODD.contains(&entry.tag)) {
            return None;
        }
        let needed = directory
            .entries
            .iter()
            .filter(|entry| NEEDED.contains(&entry.tag) || NEEDED_TOO.contains(&entry.tag));
        let entries: Vec<&Entry> = needed.collect();
        let start = usize::try_from(at).ok()?;
        kept.directory(&layout, start, &entries, directory.next, directory.len)?;
        for entry in &entries {
            if layout.is_outside(entry) {
                let (from, value) = layout.bytes(entry)?;
                kept.copy(from..from + value.len())?;
            }
        }
        for (places, sizes) in PIXELS {
            let of = |tag| entries.iter().find(|entry| entry.tag == tag).map(|entry| layout.numbers(entry));
            match (of(places), of(sizes)) {
                (None, None) => {}
                (Some(places), Some(sizes)) => {
                    let (places, sizes) = (places?, sizes?);
                    if places.len() != sizes.len() {
                        return None;
                    }
                    for (place, size) in places.into_iter().zip(sizes) {
                        let place = usize::try_from(place).ok()?;
                        kept.copy(place..place.checked_add(usize::try_from(size).ok()?)?)?;
                    }
                }
                _ => return None,
            }
        }
        at = directory.next;
    }
    if pages == 0 || kept.overlap() {
        return None;
    }
    Some(out)
}

/// What was kept so far.
struct Kept<'k> {
    from: &'k [u8],
    out: &'k mut [u8],
    ranges: Vec<Range<usize>>,
}

impl Kept<'_> {
    fn copy(&mut self, range: Range<usize>) -> Option<()> {
        let bytes = self.from.get(range.clone())?;
        self.out.get_mut(range.clone())?.copy_from_slice(bytes);
        self.ranges.push(range);
        Some(())
    }

    /// The directory with the entries that stay, in their order.
    fn directory(
        &mut self,
        layout: &Layout<'_>,
        at: usize,
        entries: &[&Entry],
        next: u64,
        len: usize,
    ) -> Option<()> {
        let big = layout.is_big_endian();
        let (count, next) = (u16::try_from(entries.len()).ok()?, u32::try_from(next).ok()?);
        let mut bytes = if big { count.to_be_bytes() } else { count.to_le_bytes() }.to_vec();
        for entry in entries {
            bytes.extend(run(self.from, entry.at, 12)?);
        }
        bytes.extend(if big { next.to_be_bytes() } else { next.to_le_bytes() });
        self.out.get_mut(at..at.checked_add(bytes.len())?)?.copy_from_slice(&bytes);
        self.ranges.push(at..at + len);
        Some(())
    }

    /// Whether two parts share bytes: then what one says the other may need.
    fn overlap(&mut self) -> bool {
        self.ranges.retain(|range| !range.is_empty());
        self.ranges.sort_by_key(|range| (range.start, range.end));
        self.ranges.windows(2).any(|pair| matches!(pair, [a, b] if b.start < a.end))
    }
}

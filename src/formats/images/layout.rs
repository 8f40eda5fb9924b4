//! Directories of TIFF and BigTIFF: where entries stand, and where their values do.

use super::numbers::run;

/// Bytes of one value, by its type (TIFF 6.0 section 2, BigTIFF, Exif 3.0).
fn width(kind: u16) -> Option<u64> {
    Some(match kind {
        1 | 2 | 6 | 7 | 129 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16..=18 => 8,
        _ => return None,
    })
}

/// One entry of a directory.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) tag: u16,
    pub(super) kind: u16,
    pub(super) count: u64,
    /// Where the entry itself stands.
    pub(super) at: usize,
}

/// A directory.
pub(super) struct Directory {
    pub(super) entries: Vec<Entry>,
    /// Where the next one stands; 0 for none.
    pub(super) next: u64,
    /// Whether all its entries are there.
    pub(super) whole: bool,
    /// Bytes it takes, counted from where it begins.
    pub(super) len: usize,
}

/// How numbers and directories stand in a file.
#[derive(Clone, Copy)]
pub(super) struct Layout<'b> {
    bytes: &'b [u8],
    big: bool,
    /// BigTIFF: positions of eight bytes.
    pub(super) wide: bool,
}

impl<'b> Layout<'b> {
    /// By the first bytes.
    pub(super) fn of(bytes: &'b [u8]) -> Option<Self> {
        let big = match bytes.get(..2)? {
            b"II" => false,
            b"MM" => true,
            _ => return None,
        };
        let narrow = Self { bytes, big, wide: false };
        match narrow.u16(2)? {
            // 42; Olympus, Panasonic and others write marks of their own.
            42 | 0x4F52 | 0x5352 | 85 => Some(narrow),
            43 => Some(Self { wide: true, ..narrow }),
            _ => None,
        }
    }

    /// Where the first directory stands.
    pub(super) fn first(&self) -> u64 {
        let at = if self.wide { self.number_at(8, 8) } else { self.number_at(4, 4) };
        at.unwrap_or(0)
    }

    pub(super) fn is_big_endian(&self) -> bool {
        self.big
    }

    fn u16(&self, at: usize) -> Option<u16> {
        self.number_at(at, 2).and_then(|number| u16::try_from(number).ok())
    }

    /// A number of so many bytes.
    fn number_at(&self, at: usize, len: usize) -> Option<u64> {
        let bytes = run(self.bytes, at, len)?;
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if self.big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
    }

    /// The directory at a position, with at most so many entries.
    pub(super) fn directory(&self, at: u64, most: u64) -> Option<Directory> {
        let start = usize::try_from(at).ok()?;
        let (head, size) = if self.wide { (8, 20) } else { (2, 12) };
        let said = self.number_at(start, head)?;
        let mut entries = Vec::new();
        let mut at = start.checked_add(head)?;
        for _ in 0..said.min(most) {
            let counted = if self.wide { 8 } else { 4 };
            let (Some(tag), Some(kind), Some(count)) =
                (self.u16(at), self.u16(at + 2), self.number_at(at + 4, counted))
            else {
                break;
            };
            if run(self.bytes, at, size).is_none() {
                break;
            }
            entries.push(Entry { tag, kind, count, at });
            at += size;
        }
        let whole = entries.len() as u64 == said;
        let pointer = if self.wide { 8 } else { 4 };
        let next = if whole { self.number_at(at, pointer).unwrap_or(0) } else { 0 };
        Some(Directory { entries, next, whole, len: at + pointer - start })
    }

    /// Where the bytes of a value stand, and they; none where they are outside.
    pub(super) fn bytes(&self, entry: &Entry) -> Option<(usize, &'b [u8])> {
        let len = usize::try_from(width(entry.kind)?.checked_mul(entry.count)?).ok()?;
        let (at, inside) = if self.wide { (entry.at + 12, 8) } else { (entry.at + 8, 4) };
        let at = if len <= inside { at } else { usize::try_from(self.number_at(at, inside)?).ok()? };
        Some((at, run(self.bytes, at, len)?))
    }

    /// Whether the value stands outside of its entry.
    pub(super) fn is_outside(&self, entry: &Entry) -> bool {
        let inside = if self.wide { 8 } else { 4 };
        width(entry.kind).and_then(|width| width.checked_mul(entry.count)).is_none_or(|len| len > inside)
    }

    /// The whole numbers of a value.
    pub(super) fn numbers(&self, entry: &Entry) -> Option<Vec<u64>> {
        let len = match entry.kind {
            1 => 1,
            3 => 2,
            4 | 13 => 4,
            16 | 18 => 8,
            _ => return None,
        };
        let (at, bytes) = self.bytes(entry)?;
        (0..bytes.len() / len).map(|number| self.number_at(at + number * len, len)).collect()
    }

    /// The first of them.
    pub(super) fn number(&self, entry: &Entry) -> Option<u64> {
        self.numbers(&Entry { count: entry.count.min(1), ..entry.clone() })
            .filter(|_| entry.count == 1 || !self.is_outside(entry))
            .or_else(|| self.numbers(entry))?
            .first()
            .copied()
    }

    /// Positions a value leads to.
    pub(super) fn offsets(&self, entry: &Entry) -> impl Iterator<Item = u64> {
        self.numbers(entry).unwrap_or_default().into_iter().take(64)
    }

    /// Degrees, minutes and seconds, each a fraction; none where the degrees are none.
    pub(super) fn degrees(&self, entry: &Entry) -> Option<f64> {
        const RATIONAL: u16 = 5;
        if entry.kind != RATIONAL || entry.count == 0 || entry.count > 3 {
            return None;
        }
        let (at, _) = self.bytes(entry)?;
        let mut sum = 0.0;
        for (part, unit) in (0..entry.count as usize).zip([1.0, 60.0, 3600.0]) {
            let above = self.number_at(at + part * 8, 4)?;
            let below = self.number_at(at + part * 8 + 4, 4)?;
            match below {
                0 if part == 0 => return None,
                // What was not measured counts for nothing.
                0 => {}
                below => sum += above as f64 / below as f64 / unit,
            }
        }
        Some(sum)
    }

    /// UTF-16 in the file's order.
    pub(super) fn utf16(&self, bytes: &[u8]) -> String {
        let charset = if self.big { encoding_rs::UTF_16BE } else { encoding_rs::UTF_16LE };
        charset.decode_without_bom_handling(bytes).0.into_owned()
    }
}

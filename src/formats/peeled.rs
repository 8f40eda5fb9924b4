//! Layers on their own, before they go into a block: made once, cut to the part a block shows.

use std::borrow::Cow;
use std::ops::Range;

use super::Piece;
use super::encoding::charset::{self, Damage};
use crate::records::{Block, Encoding, OffsetMap, SharedLayer};

/// One encoding peeled off, with its segments.
#[derive(Clone, Debug)]
pub(super) struct Layered {
    /// What it undoes.
    pub(super) encoding: Encoding,
    /// Where its raw bytes begin in the space outside.
    pub(super) base: u64,
    /// Its raw bytes, including those that decode to nothing.
    pub(super) raw_len: u32,
    /// Its segments.
    pub(super) map: OffsetMap,
}

impl Layered {
    /// A layer whose decoded bytes are its raw bytes.
    pub(super) fn identity(encoding: Encoding, base: u64, len: usize) -> Self {
        let mut map = OffsetMap::new();
        map.push_verbatim(0, narrow(len));
        Self { encoding, base, raw_len: narrow(len), map }
    }

    /// Puts the segments into a block.
    pub(super) fn share(&self, block: &mut Block) -> SharedLayer {
        block.layers.share(self.encoding, self.base, self.raw_len, &self.map)
    }

    /// Where the first unit that begins at `raw` (counted from `base`) or behind it stands in the
    /// decoded text.
    pub(super) fn decoded_from(&self, raw: u64) -> usize {
        for segment in self.map.segments() {
            if u64::from(segment.raw_end()) <= raw {
                continue;
            }
            let ahead =
                raw.saturating_sub(u64::from(segment.raw)).div_ceil(u64::from(segment.raw_unit.max(1)));
            return segment.decoded as usize
                + usize::try_from(ahead).unwrap_or(0).saturating_mul(usize::from(segment.decoded_unit));
        }
        self.map.decoded_len() as usize
    }

    /// The part of the layer behind a range of its decoded text, and where the text of that part begins
    /// in the text of the whole. Raw bytes that decode to nothing go with the unit after them, at the
    /// end of the layer with the last.
    pub(super) fn cut(&self, decoded: Range<usize>) -> (Layered, usize) {
        let (from, to) = (narrow(decoded.start), narrow(decoded.end));
        let segments = self.map.segments();
        let first = segments.partition_point(|segment| segment.decoded_end() <= from);
        let before =
            first.checked_sub(1).and_then(|at| segments.get(at)).map_or(0, |segment| segment.raw_end());
        let mut map = OffsetMap::new();
        let mut begin: Option<(u32, u32)> = None;
        let mut raw_end = before;
        for segment in segments.get(first..).unwrap_or(&[]).iter().take_while(|s| s.decoded < to) {
            let unit = u32::from(segment.decoded_unit.max(1));
            let skipped = from.saturating_sub(segment.decoded) / unit;
            let last = (to.min(segment.decoded_end()) - segment.decoded).div_ceil(unit);
            let raw = segment.raw + skipped * u32::from(segment.raw_unit);
            let origin = if skipped == 0 { before.min(raw) } else { raw };
            let (raw_start, _) = *begin.get_or_insert((origin, segment.decoded + skipped * unit));
            map.push(raw - raw_start, last - skipped, segment.raw_unit, segment.decoded_unit);
            raw_end = segment.raw + last * u32::from(segment.raw_unit);
        }
        if to >= self.map.decoded_len() {
            raw_end = self.raw_len;
        }
        let (raw_start, decoded_start) = begin.unwrap_or((raw_end, from));
        let layer = Layered {
            encoding: self.encoding,
            base: self.base + u64::from(raw_start),
            raw_len: raw_end.saturating_sub(raw_start),
            map,
        };
        (layer, decoded_start as usize)
    }
}

/// A stack of layers, outermost first, cut to a range of its innermost text.
pub(super) fn window(layers: &[Layered], decoded: Range<usize>) -> Vec<Layered> {
    let mut wanted = decoded;
    let mut inside: Vec<Layered> = Vec::new();
    for layer in layers.iter().rev() {
        let (cut, start) = layer.cut(wanted.clone());
        match inside.last_mut() {
            Some(inner) => inner.base = inner.base.saturating_sub(start as u64),
            // The text begins inside a unit: one more layer says where.
            None if start < wanted.start => {
                inside.push(Layered::identity(
                    Encoding::Verbatim,
                    (wanted.start - start) as u64,
                    wanted.len(),
                ));
            }
            None => {}
        }
        let base = usize::try_from(cut.base).unwrap_or(usize::MAX);
        wanted = base..base.saturating_add(cut.raw_len as usize);
        inside.push(cut);
    }
    inside.reverse();
    inside
}

/// Lengths inside a piece fit in 32 bits: pieces are bounded far below.
pub(super) fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The text of a piece, with the way back to its bytes.
pub(super) struct Unpacked<'a> {
    /// The text.
    pub(super) text: Cow<'a, str>,
    /// The charset layer; none where the text stands in the item as it is.
    pub(super) charset: Option<Layered>,
    /// Where the text begins in the item, behind the byte order mark.
    pub(super) base: u64,
    /// What could not be decoded.
    pub(super) damage: Damage,
    /// The bytes behind the text.
    source: &'a [u8],
}

impl<'a> Unpacked<'a> {
    /// Decodes a piece in the charset its cutter found, the one it declares, or the best guess.
    pub(super) fn of(piece: &Piece<'a>) -> Unpacked<'a> {
        if piece.carry.charset.is_none()
            && piece.media_type.is_none()
            && let Some(text) = charset::as_utf8(piece.bytes)
        {
            let text = Cow::Borrowed(text);
            let (damage, source) = (Damage::default(), piece.bytes);
            return Unpacked { text, charset: None, base: piece.base, damage, source };
        }
        let mark = if piece.first { charset::bom(piece.bytes).map_or(0, |bom| bom.mark) } else { 0 };
        let label = match piece.carry.charset {
            Some(label) => label,
            None => charset::resolve(piece.bytes, piece.media_type.and_then(declared)).label,
        };
        let bytes = piece.bytes.get(mark..).unwrap_or(&[]);
        Self::decode(label, bytes, piece.base + mark as u64)
    }

    fn decode(label: &'static str, bytes: &'a [u8], base: u64) -> Unpacked<'a> {
        if label == charset::UTF_8
            && let Ok(text) = simdutf8::basic::from_utf8(bytes)
        {
            let (text, damage) = (Cow::Borrowed(text), Damage::default());
            return Unpacked { text, charset: None, base, damage, source: bytes };
        }
        let (mut text, mut map) = (Vec::with_capacity(bytes.len()), OffsetMap::new());
        let damage = charset::decode(label, bytes, &mut text, &mut map);
        // Decoders give UTF-8 only; were one to fail, nothing would be lost but the text of the piece,
        // and the damage below says so.
        let text = String::from_utf8(text).unwrap_or_default();
        let layer = Layered { encoding: Encoding::Charset(label), base, raw_len: narrow(bytes.len()), map };
        Unpacked { text: Cow::Owned(text), charset: Some(layer), base, damage, source: bytes }
    }

    /// Where a byte of the text stands in the item; for the end of the text, the end of its bytes.
    pub(super) fn raw(&self, at: usize) -> u64 {
        let Some(layer) = &self.charset else { return self.base + at as u64 };
        let segments = layer.map.segments();
        let found = segments.partition_point(|segment| segment.decoded_end() as usize <= at);
        match segments.get(found) {
            Some(segment) => {
                let units =
                    narrow(at).saturating_sub(segment.decoded) / u32::from(segment.decoded_unit.max(1));
                layer.base + u64::from(segment.raw) + u64::from(units) * u64::from(segment.raw_unit)
            }
            None => layer.base + u64::from(layer.raw_len),
        }
    }

    /// The bytes of a range as they stand in the item, where the text's charset is UTF-8: what is no text
    /// in it is whole there.
    pub(super) fn bytes(&self, range: Range<usize>) -> Option<&'a [u8]> {
        let utf8 =
            self.charset.as_ref().is_none_or(|layer| layer.encoding == Encoding::Charset(charset::UTF_8));
        let at = |at: usize| usize::try_from(self.raw(at).checked_sub(self.base)?).ok();
        self.source.get(at(range.start)?..at(range.end)?).filter(|_| utf8)
    }

    /// The charset layer of a range, and where the range begins in its text (0 unless a unit straddles
    /// the border); none where the text stands in the item as it is.
    pub(super) fn outer(&self, range: Range<usize>) -> Option<(Layered, u64)> {
        let (cut, start) = self.charset.as_ref()?.cut(range.clone());
        Some((cut, range.start.saturating_sub(start) as u64))
    }
}

/// The `charset` parameter of a media type.
fn declared(media_type: &str) -> Option<&str> {
    media_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::encoding;
    use crate::records::{LayerStore, LayersRef};

    fn peel(encoding: Encoding, base: u64, raw: &[u8]) -> (Vec<u8>, Layered) {
        let (mut out, mut map) = (Vec::new(), OffsetMap::new());
        encoding::decode(encoding, raw, &mut out, &mut map);
        (out, Layered { encoding, base, raw_len: narrow(raw.len()), map })
    }

    fn store(layers: &[Layered]) -> (LayerStore, LayersRef) {
        let mut store = LayerStore::default();
        let shared: Vec<SharedLayer> =
            layers.iter().map(|l| store.share(l.encoding, l.base, l.raw_len, &l.map)).collect();
        let of = store.stack(&shared);
        (store, of)
    }

    #[test]
    fn a_window_leads_to_the_same_raw_bytes() {
        let raw = encoding::encode(Encoding::Charset("UTF-16LE"), br"ab\u00e9 x\ny\ud83d\ude00 z").unwrap();
        let (json, utf16) = peel(Encoding::Charset("UTF-16LE"), 1000, &raw);
        let (text, string) = peel(Encoding::JsonString, 0, &json);
        let text = String::from_utf8(text).unwrap();
        let layers = [utf16, string];
        let (whole, of) = store(&layers);
        let cuts: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
        for from in &cuts {
            for to in cuts.iter().filter(|to| *to > from) {
                let (part, part_of) = store(&window(&layers, *from..*to));
                let want = whole.to_raw(of, 0, *from as u64..*to as u64);
                assert_eq!(part.to_raw(part_of, 0, 0..(to - from) as u64), want, "{from}..{to}");
            }
        }
    }

    #[test]
    fn decoded_from_finds_the_first_unit_at_or_behind() {
        let (_, layer) = peel(Encoding::JsonString, 0, br"a\u00e9b");
        let found: Vec<usize> = (0..9).map(|raw| layer.decoded_from(raw)).collect();
        assert_eq!(found, [0, 1, 3, 3, 3, 3, 3, 3, 4]);
    }
}

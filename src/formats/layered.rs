//! Fields under layers, put into blocks one after the other, long ones piece by piece.

use std::ops::Range;
use std::sync::Arc;

use super::encoding::charset;
use super::{Piece, Yield};
use crate::records::{
    Block, Encoding, LayersRef, NewField, OffsetMap, Ordinal, PathStore, Record, RecordKind, Role,
    SharedLayer,
};

/// One encoding peeled off, with its segments: a layer that can go into any number of blocks.
#[derive(Clone, Debug)]
pub struct Peeled {
    /// What it undoes.
    pub encoding: Encoding,
    /// Where its raw bytes begin in the space outside.
    pub base: u64,
    /// Its raw bytes, including those that decode to nothing.
    pub raw_len: u32,
    /// Its segments.
    pub map: OffsetMap,
}

impl Peeled {
    /// A layer that leaves every byte as it is.
    pub fn identity(encoding: Encoding, base: u64, len: usize) -> Self {
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        let mut map = OffsetMap::new();
        map.push_verbatim(0, len);
        Self { encoding, base, raw_len: len, map }
    }

    fn share(&self, block: &mut Block) -> SharedLayer {
        block.layers.share(self.encoding, self.base, self.raw_len, &self.map)
    }

    /// The charset layer of bytes and their text; no layer where they are UTF-8 as they stand.
    pub fn charset(label: &'static str, raw: &[u8], base: u64) -> (String, Option<Peeled>, charset::Damage) {
        let (mut text, mut map) = (Vec::new(), OffsetMap::new());
        let damage = charset::decode(label, raw, &mut text, &mut map);
        let raw_len = u32::try_from(raw.len()).unwrap_or(u32::MAX);
        let plain = label == charset::UTF_8 && map.is_identity();
        let layer = (!plain).then_some(Peeled { encoding: Encoding::Charset(label), base, raw_len, map });
        (String::from_utf8(text).unwrap_or_default(), layer, damage)
    }
}

/// A decoded text and where it stands.
#[derive(Clone)]
pub struct Found {
    /// Its path in the record, a whole path or a suffix.
    pub path: String,
    /// What it is to its record.
    pub role: Role,
    /// The text.
    pub text: String,
    /// Layers inside those the field shares with others, outermost first.
    pub inner: Vec<Peeled>,
    /// Where the text begins in the space outside, where `inner` is empty.
    pub raw: u64,
}

impl Found {
    /// The field's own layers, given whether others lie outside: a text without layers of its own
    /// inside something decoded needs one that says where it stands.
    fn own_layers(&self, inside: bool) -> Vec<Peeled> {
        if self.inner.is_empty() && inside {
            return vec![Peeled::identity(Encoding::Verbatim, self.raw, self.text.len())];
        }
        self.inner.clone()
    }
}

/// Puts a field into a block under layers the block already has.
pub(super) fn push_shared(
    block: &mut Block,
    record: u32,
    path: crate::records::PathId,
    found: &Found,
    outer: &[SharedLayer],
) {
    let mut shared = outer.to_vec();
    for layer in found.own_layers(!outer.is_empty()) {
        let layer = layer.share(block);
        shared.push(layer);
    }
    let layers = if shared.is_empty() { LayersRef::default() } else { block.layers.stack(&shared) };
    let field = NewField { raw: found.raw, ..NewField::layered(record, path, found.role, layers) };
    block.push_field(&found.text, field);
}

/// Writes the fields of one record into as many blocks as they need.
pub struct RecordWriter<'a> {
    out: &'a mut dyn Yield,
    record: Record,
    at: Option<u32>,
}

impl<'a> RecordWriter<'a> {
    /// Begins a top-level record. The block it goes into is chosen when its first field comes, or at the
    /// end.
    pub fn new(out: &'a mut dyn Yield, record: Record) -> Self {
        Self { out, record, at: None }
    }

    /// Where members and gaps go.
    pub fn out(&mut self) -> &mut dyn Yield {
        self.out
    }

    /// Adds fields that lie under `outer`.
    pub fn push_all(&mut self, outer: &[Peeled], fields: &[Found]) {
        let mut shared: Vec<SharedLayer> = Vec::new();
        let mut fresh = true;
        for found in fields {
            if self.out.block().is_full() {
                self.hand_on();
                fresh = true;
            }
            if found.text.len() > Block::TARGET {
                self.push_long(outer, found);
                fresh = true;
                continue;
            }
            let record = self.record_index();
            let block = self.out.block();
            if fresh {
                shared = outer.iter().map(|layer| layer.share(block)).collect();
                fresh = false;
            }
            let path = block.paths.suffix(PathStore::ROOT, &found.path);
            push_shared(block, record, path, found, &shared);
        }
    }

    /// Ends the record.
    pub fn finish(mut self) {
        self.record_index();
        self.out.boundary();
    }

    fn record_index(&mut self) -> u32 {
        match self.at {
            Some(at) => at,
            None => {
                let at = self.out.block().push_record(self.record.clone());
                self.at = Some(at);
                at
            }
        }
    }

    fn hand_on(&mut self) {
        self.record_index();
        self.out.hand_on();
        self.record.continues = true;
        self.at = None;
    }

    /// A text longer than a block, in pieces that overlap.
    fn push_long(&mut self, outer: &[Peeled], found: &Found) {
        let mut layers = outer.to_vec();
        layers.extend(found.own_layers(!outer.is_empty()));
        for piece in pieces(&found.text) {
            if !self.out.block().fields().is_empty() {
                self.hand_on();
            }
            let record = self.record_index();
            let block = self.out.block();
            let shown = piece.shown.clone();
            let shared: Vec<SharedLayer> =
                window(&layers, shown.start..shown.end).iter().map(|layer| layer.share(block)).collect();
            let stack = if shared.is_empty() { LayersRef::default() } else { block.layers.stack(&shared) };
            let path = block.paths.suffix(PathStore::ROOT, &found.path);
            let field = NewField {
                raw: found.raw + shown.start as u64,
                offset: shown.start as u64,
                owned: Some(narrow(piece.owned.start - shown.start)..narrow(piece.owned.end - shown.start)),
                ..NewField::layered(record, path, found.role, stack)
            };
            block.push_field(found.text.get(shown).unwrap_or(""), field);
        }
    }
}

/// Reads a window of something too large to be taken apart: as text, of which only the window's own part
/// is reported.
pub(super) fn read_window(piece: &Piece<'_>, system: &'static str, out: &mut dyn Yield) {
    let Some(window) = piece.window.clone() else { return };
    out.block().raw_bytes += window.len() as u64;
    let label = piece.carry.charset.unwrap_or_else(|| charset::resolve(piece.bytes, None).label);
    let (text, layer, _) = Peeled::charset(label, piece.bytes, piece.base);
    let decoded = |raw: usize| match &layer {
        None => narrow(raw),
        Some(layer) => decoded_before(&layer.map, narrow(raw)),
    };
    let owned = decoded(window.start)..decoded(window.end);
    let ordinal = Ordinal { top: piece.first_ordinal, sub: 0 };
    let mut record = Record::new(Arc::from(system), RecordKind::Text, ordinal);
    record.continues = !piece.first;
    let block = out.block();
    let at = block.push_record(record);
    let shared: Vec<SharedLayer> = layer.iter().map(|layer| layer.share(block)).collect();
    let layers = if shared.is_empty() { LayersRef::default() } else { block.layers.stack(&shared) };
    let path = block.paths.suffix(PathStore::ROOT, "window");
    let field =
        NewField { raw: piece.base, owned: Some(owned), ..NewField::layered(at, path, Role::Body, layers) };
    block.push_field(&text, field);
    out.boundary();
}

/// How many decoded bytes stand for the raw bytes before `raw`; a unit that begins before it counts.
fn decoded_before(map: &OffsetMap, raw: u32) -> u32 {
    let segments = map.segments();
    let at = segments.partition_point(|segment| segment.raw_end() <= raw);
    segments.get(at).map_or(map.decoded_len(), |segment| {
        let units = raw.saturating_sub(segment.raw).div_ceil(u32::from(segment.raw_unit.max(1)));
        segment.decoded + units * u32::from(segment.decoded_unit)
    })
}

fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A piece of a long text.
#[derive(Debug, PartialEq, Eq)]
struct LongPiece {
    /// What the block shows.
    shown: Range<usize>,
    /// Whose detections are this block's to report.
    owned: Range<usize>,
}

/// Cuts a text into pieces of about [`Block::TARGET`] that overlap by [`Block::OVERLAP`].
fn pieces(text: &str) -> Vec<LongPiece> {
    let mut pieces = Vec::new();
    let (mut start, mut owned) = (0, 0);
    loop {
        let end = floor(text, start + Block::TARGET);
        if end >= text.len() {
            pieces.push(LongPiece { shown: start..text.len(), owned: owned..text.len() });
            return pieces;
        }
        let middle = floor(text, end - Block::OVERLAP / 2);
        pieces.push(LongPiece { shown: start..end, owned: owned..middle });
        start = floor(text, end - Block::OVERLAP);
        owned = middle;
    }
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The part of a stack of layers that a range of its decoded text needs, as a stack for the text of
/// that range alone.
fn window(layers: &[Peeled], decoded: Range<usize>) -> Vec<Peeled> {
    let mut wanted = decoded.start as u64..decoded.end as u64;
    // Where the text of the layer inside begins in the decoded space that is cut out here.
    let mut inside: Vec<Peeled> = Vec::new();
    for layer in layers.iter().rev() {
        let Some(cut) = cut(layer, &wanted) else { return Vec::new() };
        let shift = wanted.start - cut.decoded_start;
        match inside.last_mut() {
            Some(inner) => inner.base = inner.base.saturating_sub(cut.decoded_start),
            None if shift > 0 => {
                // The text begins inside a unit.
                let len = usize::try_from(wanted.end - wanted.start).unwrap_or(usize::MAX);
                inside.push(Peeled::identity(Encoding::Verbatim, shift, len));
            }
            None => {}
        }
        wanted = cut.layer.base..cut.layer.base + u64::from(cut.layer.raw_len);
        inside.push(cut.layer);
    }
    inside.reverse();
    inside
}

/// The segments of a layer behind a decoded range.
struct LayerCut {
    layer: Peeled,
    /// Where its decoded text begins in that of the whole layer.
    decoded_start: u64,
}

fn cut(layer: &Peeled, wanted: &Range<u64>) -> Option<LayerCut> {
    let (from, to) = (u32::try_from(wanted.start).ok()?, u32::try_from(wanted.end).ok()?);
    let segments = layer.map.segments();
    let first = segments.partition_point(|segment| segment.decoded_end() <= from);
    let mut map = OffsetMap::new();
    let mut begin: Option<(u32, u32)> = None;
    let mut raw_end = 0;
    for segment in segments.get(first..)?.iter().take_while(|segment| segment.decoded < to) {
        let unit = u32::from(segment.decoded_unit.max(1));
        let skipped = from.saturating_sub(segment.decoded) / unit;
        let last = (to.min(segment.decoded_end()) - segment.decoded).div_ceil(unit);
        let raw = segment.raw + skipped * u32::from(segment.raw_unit);
        let (raw_start, _) = *begin.get_or_insert((raw, segment.decoded + skipped * unit));
        map.push(raw - raw_start, last - skipped, segment.raw_unit, segment.decoded_unit);
        raw_end = segment.raw + last * u32::from(segment.raw_unit);
    }
    let (raw_start, decoded_start) = begin?;
    let layer = Peeled {
        encoding: layer.encoding,
        base: layer.base + u64::from(raw_start),
        raw_len: raw_end - raw_start,
        map,
    };
    Some(LayerCut { layer, decoded_start: u64::from(decoded_start) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::formats::encoding;
    use crate::records::LayerStore;

    #[test]
    fn pieces_overlap_and_own_every_byte_once() {
        let text = "aé".repeat(400_000);
        let pieces = pieces(&text);
        assert!(pieces.len() > 3);
        assert_eq!(pieces[0].owned.start, 0);
        for pair in pieces.windows(2) {
            assert_eq!(pair[0].owned.end, pair[1].owned.start);
            assert!(pair[1].shown.start + Block::OVERLAP - 4 <= pair[0].shown.end);
            assert!(pair[1].shown.start < pair[1].owned.start);
        }
        assert_eq!(pieces.last().unwrap().owned.end, text.len());
    }

    fn peel(encoding: Encoding, base: u64, raw: &[u8]) -> (Vec<u8>, Peeled) {
        let (mut out, mut map) = (Vec::new(), OffsetMap::new());
        encoding::decode(encoding, raw, &mut out, &mut map);
        (out, Peeled { encoding, base, raw_len: narrow(raw.len()), map })
    }

    fn store(layers: &[Peeled]) -> (LayerStore, LayersRef) {
        let mut store = LayerStore::default();
        let shared: Vec<SharedLayer> =
            layers.iter().map(|l| store.share(l.encoding, l.base, l.raw_len, &l.map)).collect();
        let of = store.stack(&shared);
        (store, of)
    }

    proptest! {
        #[test]
        fn a_window_leads_to_the_same_raw_bytes(text in "[a-zñé€&< ]{1,200}", from in 0usize..200, len in 1usize..60) {
            let html: String = text.chars().map(|c| if c == 'ñ' { "&ntilde;".to_owned() } else { c.to_string() }).collect();
            let raw = encoding::encode(Encoding::Base64, html.as_bytes()).unwrap();
            let (bytes, base64) = peel(Encoding::Base64, 1000, &raw);
            let (decoded, entities) = peel(Encoding::HtmlText, 0, &bytes);
            let decoded = String::from_utf8(decoded).unwrap();
            let from = floor(&decoded, from);
            let to = floor(&decoded, from + len);
            prop_assume!(from < to);
            let layers = [base64, entities];
            let (whole, of) = store(&layers);
            let wanted = whole.to_raw(of, 0, from as u64..to as u64);
            let (part, of) = store(&window(&layers, from..to));
            prop_assert_eq!(part.to_raw(of, 0, 0..(to - from) as u64), wanted);
        }
    }
}

//! Fields under layers, put into blocks one after the other, long ones piece by piece.

use super::Yield;
use super::emit::parts;
use super::encoding::charset;
use super::peeled::{Layered, narrow, window};
use crate::records::{Block, Encoding, LayersRef, NewField, OffsetMap, PathStore, Record, Role, SharedLayer};

/// The charset layer of bytes and their text; no layer where they are UTF-8 as they stand.
pub(super) fn charset_layer(
    label: &'static str,
    raw: &[u8],
    base: u64,
) -> (String, Option<Layered>, charset::Damage) {
    let (mut text, mut map) = (Vec::new(), OffsetMap::new());
    let damage = charset::decode(label, raw, &mut text, &mut map);
    let plain = label == charset::UTF_8 && map.is_identity();
    let layer = (!plain).then_some(Layered {
        encoding: Encoding::Charset(label),
        base,
        raw_len: narrow(raw.len()),
        map,
    });
    (String::from_utf8(text).unwrap_or_default(), layer, damage)
}

/// A decoded text and where it stands.
#[derive(Clone)]
pub(super) struct Found {
    /// Its path in the record, a whole path or a suffix.
    pub(super) path: String,
    /// What it is to its record.
    pub(super) role: Role,
    /// The text.
    pub(super) text: String,
    /// Layers inside those the field shares with others, outermost first.
    pub(super) inner: Vec<Layered>,
    /// Where the text begins in the space outside, where `inner` is empty.
    pub(super) raw: u64,
}

impl Found {
    /// The field's own layers, given whether others lie outside: a text without layers of its own
    /// inside something decoded needs one that says where it stands.
    fn own_layers(&self, inside: bool) -> Vec<Layered> {
        if self.inner.is_empty() && inside {
            return vec![Layered::identity(Encoding::Verbatim, self.raw, self.text.len())];
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
pub(super) struct RecordWriter<'a> {
    out: &'a mut dyn Yield,
    record: Record,
    at: Option<u32>,
}

impl<'a> RecordWriter<'a> {
    /// Begins a top-level record. The block it goes into is chosen when its first field comes, or at the
    /// end.
    pub(super) fn new(out: &'a mut dyn Yield, record: Record) -> Self {
        Self { out, record, at: None }
    }

    /// Where members and gaps go.
    pub(super) fn out(&mut self) -> &mut dyn Yield {
        self.out
    }

    /// Adds fields that lie under `outer`.
    pub(super) fn push_all(&mut self, outer: &[Layered], fields: &[Found]) {
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
    pub(super) fn finish(mut self) {
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
    fn push_long(&mut self, outer: &[Layered], found: &Found) {
        let mut layers = outer.to_vec();
        layers.extend(found.own_layers(!outer.is_empty()));
        for piece in parts(&found.text) {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::formats::encoding;
    use crate::records::LayerStore;

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

    proptest! {
        #[test]
        fn a_window_leads_to_the_same_raw_bytes(text in "[a-zñé€&< ]{1,200}", from in 0usize..200, len in 1usize..60) {
            let html: String = text.chars().map(|c| if c == 'ñ' { "&ntilde;".to_owned() } else { c.to_string() }).collect();
            let raw = encoding::encode(Encoding::Base64, html.as_bytes()).unwrap();
            let (bytes, base64) = peel(Encoding::Base64, 1000, &raw);
            let (decoded, entities) = peel(Encoding::HtmlText, 0, &bytes);
            let decoded = String::from_utf8(decoded).unwrap();
            let from = decoded.floor_char_boundary(from);
            let to = decoded.floor_char_boundary(from + len);
            prop_assume!(from < to);
            let layers = [base64, entities];
            let (whole, of) = store(&layers);
            let wanted = whole.to_raw(of, 0, from as u64..to as u64);
            let (part, of) = store(&window(&layers, from..to));
            prop_assert_eq!(part.to_raw(of, 0, 0..(to - from) as u64), wanted);
        }
    }
}

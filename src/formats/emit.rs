//! Puts records and fields into blocks, handing full blocks on in the middle of long records.

use std::ops::Range;

use super::Yield;
use super::peeled::{Layered, narrow, window};
use crate::records::{Block, LayersRef, NewField, PathId, PathStore, Record, Role, SharedLayer};

/// A decoded text and where it stands.
pub(super) struct Spot<'a> {
    /// Its layers, outermost first.
    pub(super) layers: &'a [Layered],
    /// Where it begins in the item, if there are none.
    pub(super) raw: u64,
    /// Where it begins in the whole field, for fields that continue from the piece before.
    pub(super) offset: u64,
    /// The bytes whose detections are this text's to report; none for all.
    pub(super) owned: Option<Range<usize>>,
}

impl<'a> Spot<'a> {
    /// A whole field under layers.
    pub(super) fn under(layers: &'a [Layered]) -> Self {
        Self { layers, raw: 0, offset: 0, owned: None }
    }
}

/// Writes top-level records, each with the records inside it, into as many blocks as they need.
pub(super) struct Emitter<'o> {
    out: &'o mut dyn Yield,
    /// How many records the element has, and where in the block they begin.
    records: usize,
    at: u32,
    /// Changes with every new block: paths and names stored before are worth nothing then.
    epoch: u32,
}

impl<'o> Emitter<'o> {
    pub(super) fn new(out: &'o mut dyn Yield) -> Self {
        Self { out, records: 0, at: 0, epoch: 1 }
    }

    /// Where gaps go.
    pub(super) fn out(&mut self) -> &mut dyn Yield {
        self.out
    }

    /// Begins a top-level element: the record it is, and those inside it, whose `parent` counts from
    /// the first of them.
    pub(super) fn begin(&mut self, records: impl IntoIterator<Item = Record>) {
        self.push_records(records, false);
    }

    /// Ends the element.
    pub(super) fn end(&mut self) {
        self.records = 0;
        self.out.boundary();
        if self.out.block().is_empty() {
            self.epoch = self.epoch.wrapping_add(1);
        }
    }

    /// Position in the block of the element's record number `inner`.
    pub(super) fn record(&self, inner: u32) -> u32 {
        self.at + inner
    }

    /// Makes room for a field: a block that is full goes on in the middle of the record.
    pub(super) fn room(&mut self) {
        if self.out.block().is_full() {
            self.hand_on();
        }
    }

    fn push_records(&mut self, records: impl IntoIterator<Item = Record>, continues: bool) {
        let block = self.out.block();
        let base = narrow(block.records.len());
        self.at = base;
        for mut record in records {
            record.parent = record.parent.map(|parent| base + parent);
            record.continues = continues;
            block.push_record(record);
        }
        self.records = block.records.len() - base as usize;
    }

    fn hand_on(&mut self) {
        let at = self.at;
        let mut again = Vec::with_capacity(self.records);
        for record in self.out.block().records.get_mut(at as usize..).unwrap_or(&mut []) {
            record.continues = true;
            let mut record = record.clone();
            record.parent = record.parent.map(|parent| parent.saturating_sub(at));
            again.push(record);
        }
        self.out.hand_on();
        self.epoch = self.epoch.wrapping_add(1);
        self.push_records(again, true);
    }

    /// Adds a field of the element's record number `inner`. `path` is asked anew for each block.
    pub(super) fn text(
        &mut self,
        inner: u32,
        role: Role,
        text: &str,
        spot: &Spot<'_>,
        path: &mut dyn FnMut(&mut Block, u32) -> PathId,
    ) {
        self.room();
        if text.len() <= Block::TARGET {
            return self.push(inner, role, text, spot, path);
        }
        for part in parts(text) {
            if !self.out.block().fields().is_empty() {
                self.hand_on();
            }
            let layers = window(spot.layers, part.shown.clone());
            let all = spot.owned.clone().unwrap_or(0..text.len());
            let owned = part.owned.start.max(all.start)
                ..part.owned.end.min(all.end).max(part.owned.start.max(all.start));
            let shown = part.shown.start;
            let spot = Spot {
                layers: &layers,
                raw: spot.raw + shown as u64,
                offset: spot.offset + shown as u64,
                owned: Some(owned.start.saturating_sub(shown)..owned.end.saturating_sub(shown)),
            };
            self.push(inner, role, text.get(part.shown).unwrap_or(""), &spot, path);
        }
    }

    fn push(
        &mut self,
        inner: u32,
        role: Role,
        text: &str,
        spot: &Spot<'_>,
        path: &mut dyn FnMut(&mut Block, u32) -> PathId,
    ) {
        let record = self.record(inner);
        let epoch = self.epoch;
        let block = self.out.block();
        let path = path(block, epoch);
        let layers = match spot.layers {
            [] => LayersRef::default(),
            [one] => block.layers.single(one.encoding, one.base, one.raw_len, &one.map),
            layers => {
                let shared: Vec<SharedLayer> = layers.iter().map(|layer| layer.share(block)).collect();
                block.layers.stack(&shared)
            }
        };
        let owned = spot.owned.clone().map(|owned| narrow(owned.start)..narrow(owned.end));
        let field = NewField { record, path, role, raw: spot.raw, layers, offset: spot.offset, owned };
        block.push_field(text, field);
    }
}

/// A part of a long text.
pub(super) struct Part {
    /// What the block shows.
    pub(super) shown: Range<usize>,
    /// Whose detections are this block's to report.
    pub(super) owned: Range<usize>,
}

/// Parts of about [`Block::TARGET`] bytes that overlap by [`Block::OVERLAP`]; each owns up to the middle
/// of the overlap.
pub(super) fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let (mut start, mut owned) = (0, 0);
    loop {
        let end = text.floor_char_boundary(start + Block::TARGET);
        if end >= text.len() {
            parts.push(Part { shown: start..text.len(), owned: owned..text.len() });
            return parts;
        }
        let middle = text.floor_char_boundary(end - Block::OVERLAP / 2);
        parts.push(Part { shown: start..end, owned: owned..middle });
        start = text.floor_char_boundary(end - Block::OVERLAP);
        owned = middle;
    }
}

/// The path that is the record itself.
pub(super) fn root_path(_: &mut Block, _: u32) -> PathId {
    PathStore::ROOT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_overlap_and_own_every_byte_once() {
        let text = "aé".repeat(400_000);
        let parts = parts(&text);
        assert!(parts.len() > 3);
        for pair in parts.windows(2) {
            assert_eq!(pair[0].owned.end, pair[1].owned.start);
            assert!(pair[1].shown.start + Block::OVERLAP - 4 <= pair[0].shown.end);
            assert!(pair[1].shown.start < pair[1].owned.start);
        }
        assert_eq!(parts[0].owned.start, 0);
        assert_eq!(parts.last().unwrap().owned.end, text.len());
    }
}

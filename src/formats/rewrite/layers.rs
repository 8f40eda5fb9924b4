//! Edits on their way through the layers, from the innermost text to the bytes of the item.

use std::ops::Range;

use super::{Refused, Splice};
use crate::formats::encoding::{self, Grain, grain};
use crate::records::{Block, Encoding, Field, OffsetMap, Segment};

/// One layer that edits go through; fields of one mail part share its outer layers.
struct Space {
    /// The layer outside it; none for the item.
    outside: Option<usize>,
    encoding: Encoding,
    /// Where its raw bytes begin in the space outside.
    base: u64,
    raw_len: u32,
    segments: Vec<Segment>,
    /// What changes in its decoded bytes.
    edits: Vec<Splice>,
}

/// All layers of one piece that edits go through, each after the one outside it.
pub(super) struct Spaces<'b> {
    bytes: &'b [u8],
    base: u64,
    spaces: Vec<Space>,
    splices: Vec<Splice>,
}

impl<'b> Spaces<'b> {
    pub(super) fn new(bytes: &'b [u8], base: u64) -> Self {
        Self { bytes, base, spaces: Vec::new(), splices: Vec::new() }
    }

    /// An edit in a field: `local` counts from the first byte of the field's text in this block.
    pub(super) fn add(&mut self, block: &Block, field: &Field, local: Range<u64>, replacement: &[u8]) {
        let mut inner = None;
        for layer in block.layers.layers(field.layers) {
            let known = self.spaces.iter().position(|space| {
                space.outside == inner
                    && (space.encoding, space.base, space.raw_len)
                        == (layer.encoding, layer.base, layer.raw_len)
                    && space.segments == block.layers.segments(layer)
            });
            inner = Some(known.unwrap_or_else(|| {
                self.spaces.push(Space {
                    outside: inner,
                    encoding: layer.encoding,
                    base: layer.base,
                    raw_len: layer.raw_len,
                    segments: block.layers.segments(layer).to_vec(),
                    edits: Vec::new(),
                });
                self.spaces.len() - 1
            }));
        }
        let bytes = replacement.to_vec();
        match inner.and_then(|at| self.spaces.get_mut(at)) {
            Some(space) => space.edits.push(Splice { range: local, bytes }),
            None => {
                self.splices.push(Splice { range: field.raw + local.start..field.raw + local.end, bytes })
            }
        }
    }

    /// The changes of the item's bytes.
    pub(super) fn resolve(mut self) -> Result<Vec<Splice>, Refused> {
        // A layer comes after the one outside it: from the last to the first, edits move outward.
        for at in (0..self.spaces.len()).rev() {
            let Some(raw) = self.raw_of(at) else { return Err(damaged()) };
            let Some(space) = self.spaces.get_mut(at) else { continue };
            let mut edits = std::mem::take(&mut space.edits);
            edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
            let out = match grain(space.encoding) {
                Grain::Unit => space.by_units(&raw, &edits)?,
                Grain::Layer => space.as_whole(&raw, &edits)?,
            };
            match space.outside.and_then(|outside| self.spaces.get_mut(outside)) {
                Some(outside) => outside.edits.extend(out),
                None => self.splices.extend(out),
            }
        }
        Ok(self.splices)
    }

    /// The raw bytes of a layer: a run of the item, or of what the layers outside decode to.
    fn raw_of(&self, at: usize) -> Option<Vec<u8>> {
        let mut chain = vec![at];
        while let Some(outside) =
            chain.last().and_then(|at| self.spaces.get(*at)).and_then(|space| space.outside)
        {
            chain.push(outside);
        }
        let mut decoded: Option<Vec<u8>> = None;
        while let Some(space) = chain.pop().and_then(|at| self.spaces.get(at)) {
            let (bytes, base) = match &decoded {
                Some(bytes) => (bytes.as_slice(), space.base),
                None => (self.bytes, space.base.checked_sub(self.base)?),
            };
            let start = usize::try_from(base).ok()?;
            let raw = bytes.get(start..start.checked_add(space.raw_len as usize)?)?;
            if chain.is_empty() {
                return Some(raw.to_vec());
            }
            decoded = Some(space.decoded(raw));
        }
        None
    }
}

/// A unit or layer does not decode to what was read: the item is not what it was.
fn damaged() -> Refused {
    Refused::new("layers-differ", "the item's encodings are not what they were when it was read; scan again")
}

impl Space {
    /// The decoded bytes. A parameter's pieces stand among other text, which is none of it.
    fn decoded(&self, raw: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        if self.encoding != Encoding::ExtendedParameter {
            encoding::decode(self.encoding, raw, &mut out, &mut OffsetMap::new());
            return out;
        }
        for segment in &self.segments {
            let run = raw.get(segment.raw as usize..segment.raw_end() as usize).unwrap_or(&[]);
            encoding::decode(self.encoding, run, &mut out, &mut OffsetMap::new());
        }
        out
    }

    /// The whole layer, decoded, edited and written anew.
    fn as_whole(&self, raw: &[u8], edits: &[Splice]) -> Result<Vec<Splice>, Refused> {
        if edits.is_empty() {
            return Ok(Vec::new());
        }
        let mut decoded = Vec::new();
        encoding::decode(self.encoding, raw, &mut decoded, &mut OffsetMap::new());
        let plan = super::Plan::new(edits.to_vec(), Vec::new())?;
        // In a header, what stands between two edits is to stay as it is: one edit at a time, from behind.
        let one_by_one = matches!(self.encoding, Encoding::EncodedWords | Encoding::HeaderFolding);
        let rounds: Vec<&[Splice]> =
            if one_by_one { plan.splices().chunks(1).rev().collect() } else { vec![plan.splices()] };
        let mut bytes = raw.to_vec();
        for round in rounds {
            decoded = super::Plan::new(round.to_vec(), Vec::new())?.apply_to(&decoded);
            bytes = encoding::encode_over(self.encoding, &bytes, &decoded).map_err(|_| unencodable())?;
        }
        Ok(vec![Splice { range: self.base..self.base + u64::from(self.raw_len), bytes }])
    }

    /// Only the units that edits touch. What lies between units (tags, soft line ends) stays.
    fn by_units(&self, raw: &[u8], edits: &[Splice]) -> Result<Vec<Splice>, Refused> {
        let mut out = Vec::new();
        for edit in edits {
            self.one_edit(raw, edit, &mut out)?;
        }
        Ok(out)
    }

    fn one_edit(&self, raw: &[u8], edit: &Splice, out: &mut Vec<Splice>) -> Result<(), Refused> {
        let touched = self.touched(&edit.range);
        let (Some(first), Some(last)) = (touched.first(), touched.last()) else { return Err(damaged()) };
        let before = self.unit_text(raw, first)?;
        let after = self.unit_text(raw, last)?;
        let keep_before =
            usize::try_from(edit.range.start.saturating_sub(first.decoded.start)).unwrap_or(usize::MAX);
        let keep_after =
            usize::try_from(edit.range.end.saturating_sub(last.decoded.start)).unwrap_or(usize::MAX);
        let mut text = before.get(..keep_before).unwrap_or(&[]).to_vec();
        text.extend_from_slice(&edit.bytes);
        let tail = after.get(keep_after..).unwrap_or(&[]);
        let runs = runs(&touched);
        let count = runs.len();
        let one = count == 1;
        for (at, run) in runs.into_iter().enumerate() {
            if at == 0 && one {
                text.extend_from_slice(tail);
            }
            let bytes = match at {
                0 => self.encode(raw, &run, &text)?,
                _ => Vec::new(),
            };
            if at + 1 == count && !one && !tail.is_empty() {
                let bytes = self.encode(raw, &run, tail)?;
                out.push(Splice { range: self.base + run.start..self.base + run.end, bytes });
                continue;
            }
            out.push(Splice { range: self.base + run.start..self.base + run.end, bytes });
        }
        Ok(())
    }

    /// Units that take the place of `run`.
    fn encode(&self, raw: &[u8], run: &Range<u64>, text: &[u8]) -> Result<Vec<u8>, Refused> {
        let [from, to] = [run.start, run.end].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
        encoding::encode_into(self.encoding, raw, from..to, text).map_err(|_| unencodable())
    }

    /// What the raw bytes of a unit decode to; only asked of units that an edit splits.
    fn unit_text(&self, raw: &[u8], unit: &Unit) -> Result<Vec<u8>, Refused> {
        let bytes = usize::try_from(unit.raw.start)
            .ok()
            .zip(usize::try_from(unit.raw.end).ok())
            .and_then(|(from, to)| raw.get(from..to))
            .ok_or_else(damaged)?;
        let own = matches!(
            self.encoding,
            Encoding::XmlText
                | Encoding::XmlAttribute { .. }
                | Encoding::SqlString { .. }
                | Encoding::SqlCopy
        );
        if own && unit.raw.end - unit.raw.start == unit.decoded.end - unit.decoded.start {
            // No escape of these is as long as what it stands for, and what looks like one inside a
            // `CDATA` section is none.
            return Ok(bytes.to_vec());
        }
        let mut text = Vec::new();
        encoding::decode(self.encoding, bytes, &mut text, &mut OffsetMap::new());
        let wanted = unit.decoded.end - unit.decoded.start;
        if self.encoding == Encoding::HtmlText && wanted == 1 && bytes.trim_ascii().is_empty() {
            // A run of white space, which pages show as one space.
            return Ok(vec![b' ']);
        }
        if text.len() as u64 == wanted { Ok(text) } else { Err(damaged()) }
    }

    /// The units an edit touches, runs of one-byte units as one. A line break that a reader put in for a
    /// tag stands on no raw byte and stays.
    fn touched(&self, range: &Range<u64>) -> Vec<Unit> {
        let mut units = Vec::new();
        let first = self.segments.partition_point(|segment| u64::from(segment.decoded_end()) <= range.start);
        for segment in self.segments.get(first..).unwrap_or(&[]) {
            let start = u64::from(segment.decoded);
            if start >= range.end {
                break;
            }
            let (size, raw_size) = (u64::from(segment.decoded_unit.max(1)), u64::from(segment.raw_unit));
            if raw_size == 0 {
                continue;
            }
            let from = range.start.saturating_sub(start) / size;
            let to = (range.end.min(u64::from(segment.decoded_end())) - start).div_ceil(size);
            let raw_start = u64::from(segment.raw);
            if size == 1 && raw_size == 1 {
                units.push(Unit { decoded: start + from..start + to, raw: raw_start + from..raw_start + to });
                continue;
            }
            units.extend((from..to).map(|unit| Unit {
                decoded: start + unit * size..start + (unit + 1) * size,
                raw: raw_start + unit * raw_size..raw_start + (unit + 1) * raw_size,
            }));
        }
        units
    }
}

fn unencodable() -> Refused {
    Refused::new(
        "unencodable",
        "the replacement has characters that the text's charset or encoding lacks; use another replacement",
    )
}

/// A unit, or a run of units of one byte.
struct Unit {
    decoded: Range<u64>,
    raw: Range<u64>,
}

/// Units whose raw bytes touch, as runs.
fn runs(units: &[Unit]) -> Vec<Range<u64>> {
    let mut runs: Vec<Range<u64>> = Vec::new();
    for unit in units {
        match runs.last_mut() {
            Some(last) if last.end == unit.raw.start => last.end = unit.raw.end,
            _ => runs.push(unit.raw.clone()),
        }
    }
    runs
}

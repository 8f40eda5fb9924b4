//! Layers and their encodings as payloads.

use std::collections::BTreeMap;

use super::super::wire::{Malformed, Reader, Writer};
use crate::formats::encoding::charset;
use crate::records::{Block, Encoding, Field, Layer, OffsetMap, SqlEscape};

/// Every layer of a block once, though many fields lie under it.
pub(super) struct Layers {
    pub(super) list: Vec<Layer>,
    positions: BTreeMap<(usize, usize, u64, u32), Vec<u32>>,
}

/// Layers that share their segments, base and length are almost always one and the same.
fn layer_key(block: &Block, layer: &Layer) -> (usize, usize, u64, u32) {
    let segments = block.layers.segments(layer);
    (segments.as_ptr().addr(), segments.len(), layer.base, layer.raw_len)
}

pub(super) fn distinct_layers(block: &Block) -> Layers {
    let mut layers = Layers { list: Vec::new(), positions: BTreeMap::new() };
    for field in block.fields() {
        for layer in block.layers.layers(field.layers) {
            let at = layers.positions.entry(layer_key(block, layer)).or_default();
            if !at.iter().any(|at| layers.list.get(*at as usize) == Some(layer)) {
                at.push(u32::try_from(layers.list.len()).unwrap_or(u32::MAX));
                layers.list.push(*layer);
            }
        }
    }
    layers
}

impl Layers {
    pub(super) fn stack(&self, block: &Block, field: &Field) -> Vec<u32> {
        let position = |layer: &Layer| {
            let at = self.positions.get(&layer_key(block, layer))?;
            at.iter().find(|at| self.list.get(**at as usize) == Some(layer)).copied()
        };
        block.layers.layers(field.layers).iter().filter_map(position).collect()
    }
}

pub(super) fn layer(w: &mut Writer, block: &Block, layer: &Layer) {
    encoding(w, layer.encoding);
    w.u64(layer.base);
    w.u32(layer.raw_len);
    let segments = block.layers.segments(layer);
    w.len(segments.len());
    for segment in segments {
        w.u32(segment.raw);
        w.u32(segment.units);
        w.u8(segment.raw_unit);
        w.u8(segment.decoded_unit);
    }
}

/// A layer as the child tells it: its segments ascend and stay inside it.
pub(super) struct TakenLayer {
    pub(super) encoding: Encoding,
    pub(super) base: u64,
    pub(super) raw_len: u32,
    pub(super) map: OffsetMap,
}

pub(super) fn decode_layer(r: &mut Reader<'_>) -> Result<TakenLayer, Malformed> {
    let encoding = decode_encoding(r)?;
    let (base, raw_len) = (r.u64()?, r.u32()?);
    base.checked_add(u64::from(raw_len)).ok_or(Malformed)?;
    let mut map = OffsetMap::new();
    let mut least = 0u64;
    let mut decoded = 0u64;
    for _ in 0..r.count(10)? {
        let (raw, units, raw_unit, decoded_unit) = (r.u32()?, r.u32()?, r.u8()?, r.u8()?);
        let end = u64::from(raw) + u64::from(units) * u64::from(raw_unit);
        decoded += u64::from(units) * u64::from(decoded_unit);
        let sound = units > 0 && decoded_unit > 0 && u64::from(raw) >= least;
        if !sound || end > u64::from(raw_len) || decoded > u64::from(u32::MAX) {
            return Err(Malformed);
        }
        least = end;
        map.push(raw, units, raw_unit, decoded_unit);
    }
    Ok(TakenLayer { encoding, base, raw_len, map })
}

fn encoding(w: &mut Writer, encoding: Encoding) {
    let (code, argument, other, label) = match encoding {
        Encoding::Verbatim => (0, 0, 0, ""),
        Encoding::Charset(label) => (1, 0, 0, label),
        Encoding::JsonString => (2, 0, 0, ""),
        Encoding::CsvQuoted { quote } => (3, quote, 0, ""),
        Encoding::CsvPlain { separator, quote } => (4, quote, separator, ""),
        Encoding::HtmlText => (5, 0, 0, ""),
        Encoding::HtmlAttribute { quote } => (6, quote, 0, ""),
        Encoding::QuotedPrintable => (7, 0, 0, ""),
        Encoding::Base64 => (8, 0, 0, ""),
        Encoding::HeaderFolding => (9, 0, 0, ""),
        Encoding::EncodedWords => (10, 0, 0, ""),
        Encoding::ExtendedParameter => (11, 0, 0, ""),
        Encoding::MboxFrom => (12, 0, 0, ""),
        Encoding::Percent => (13, 0, 0, ""),
        Encoding::Markdown => (14, 0, 0, ""),
        Encoding::JsonNumber => (15, 0, 0, ""),
        Encoding::XmlText => (16, 0, 0, ""),
        Encoding::XmlAttribute { quote } => (17, quote, 0, ""),
        Encoding::SqlString { escape } => (18, escape as u8, 0, ""),
        Encoding::SqlBare => (19, 0, 0, ""),
        Encoding::SqlCopy => (20, 0, 0, ""),
        Encoding::Hex => (21, 0, 0, ""),
        Encoding::LineFolding => (22, 0, 0, ""),
        Encoding::CardText => (23, 0, 0, ""),
    };
    w.u8(code);
    w.u8(argument);
    w.u8(other);
    w.text(label);
}

fn decode_encoding(r: &mut Reader<'_>) -> Result<Encoding, Malformed> {
    let (code, quote, separator, label) = (r.u8()?, r.u8()?, r.u8()?, r.text()?);
    Ok(match code {
        0 => Encoding::Verbatim,
        1 => Encoding::Charset(charset::known_label(label).ok_or(Malformed)?),
        2 => Encoding::JsonString,
        3 => Encoding::CsvQuoted { quote },
        4 => Encoding::CsvPlain { separator, quote },
        5 => Encoding::HtmlText,
        6 => Encoding::HtmlAttribute { quote },
        7 => Encoding::QuotedPrintable,
        8 => Encoding::Base64,
        9 => Encoding::HeaderFolding,
        10 => Encoding::EncodedWords,
        11 => Encoding::ExtendedParameter,
        12 => Encoding::MboxFrom,
        13 => Encoding::Percent,
        14 => Encoding::Markdown,
        15 => Encoding::JsonNumber,
        16 => Encoding::XmlText,
        17 => Encoding::XmlAttribute { quote },
        18 => {
            Encoding::SqlString { escape: SqlEscape::ALL.get(usize::from(quote)).copied().ok_or(Malformed)? }
        }
        19 => Encoding::SqlBare,
        20 => Encoding::SqlCopy,
        21 => Encoding::Hex,
        22 => Encoding::LineFolding,
        23 => Encoding::CardText,
        _ => return Err(Malformed),
    })
}

//! The encodings a reader peeled off a field, and the way back from decoded text to raw bytes.
//!
//! A layer is a list of segments; a segment is a run of equal units, each of `raw_unit` bytes outside
//! and `decoded_unit` bytes inside. Verbatim text is 1:1, base64 4:3, an ASCII character in UTF-16
//! 2:1, and one escape such as `\u00e9` a single unit of 6:2. Raw bytes between two segments (soft
//! line breaks, folded white space, tags) decode to nothing.

use std::ops::Range;

/// What a layer undoes; the name says how replaced text is written back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Nothing: bytes are the text.
    Verbatim,
    /// A character encoding, by its label in the WHATWG Encoding Standard.
    Charset(&'static str),
    /// A JSON string without its quotes, RFC 8259 §7.
    JsonString,
    /// A JSON number as it stands, RFC 8259 §6; other text takes quotes.
    JsonNumber,
    /// A CSV field inside its quotes, where the quote is doubled, RFC 4180 §2.
    CsvQuoted {
        /// The quote character.
        quote: u8,
    },
    /// A CSV field without quotes.
    CsvPlain {
        /// The separator that forces quotes.
        separator: u8,
        /// The quote character.
        quote: u8,
    },
    /// Character data of HTML with entities; tags decode to nothing.
    HtmlText,
    /// Markdown with entities and backslash escapes, CommonMark 0.31 §2.4 and §2.5.
    Markdown,
    /// A quoted attribute value of HTML.
    HtmlAttribute {
        /// The quote character, or 0 where the value stands unquoted.
        quote: u8,
    },
    /// Quoted-printable, RFC 2045 §6.7.
    QuotedPrintable,
    /// Base64, RFC 2045 §6.8.
    Base64,
    /// An unfolded header body, RFC 5322 §2.2.3.
    HeaderFolding,
    /// A header body in which encoded words of any charset stand beside plain text, RFC 2047.
    EncodedWords,
    /// A percent-encoded parameter value, RFC 2231.
    ExtendedParameter,
    /// Lines that begin with `From ` behind a `>`, as mbox writes them.
    MboxFrom,
    /// Percent-encoding of URIs, RFC 3986 §2.1.
    Percent,
    /// What stands directly inside an element of XML: references, `CDATA` sections; elements inside decode
    /// to nothing.
    XmlText,
    /// An attribute value of XML.
    XmlAttribute {
        /// The quote character, or 0 where the value stands unquoted.
        quote: u8,
    },
    /// A string of SQL inside its quotes.
    SqlString {
        /// Which escapes it has.
        escape: SqlEscape,
    },
    /// A number of SQL as it stands; other text takes quotes.
    SqlBare,
    /// A cell of a line of PostgreSQL's `COPY`.
    SqlCopy,
    /// Bytes as hexadecimal digits, two a byte.
    Hex,
    /// Folded lines of vCards and calendars, RFC 6350 §3.2, RFC 5545 §3.1.
    LineFolding,
    /// The text of a property of a vCard or calendar, RFC 6350 §3.4, RFC 5545 §3.3.11.
    CardText,
}

/// The escapes of a string of SQL, beside the doubled quote that all have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SqlEscape {
    /// None: standard SQL.
    Doubled,
    /// A backslash as in MySQL and MariaDB.
    MySql,
    /// A backslash as in PostgreSQL's `E'…'`.
    Postgres,
}

impl SqlEscape {
    /// Every kind of escape.
    pub const ALL: [SqlEscape; 3] = [Self::Doubled, Self::MySql, Self::Postgres];
}

/// A run of equal units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// First decoded byte, counted from the start of the layer's decoded text.
    pub decoded: u32,
    /// First raw byte, counted from the layer's `base`.
    pub raw: u32,
    /// How many units follow each other.
    pub units: u32,
    /// Decoded bytes of one unit.
    pub decoded_unit: u8,
    /// Raw bytes of one unit.
    pub raw_unit: u8,
}

impl Segment {
    /// One past the last decoded byte.
    pub fn decoded_end(&self) -> u32 {
        self.decoded.saturating_add(self.units.saturating_mul(u32::from(self.decoded_unit)))
    }

    /// One past the last raw byte.
    pub fn raw_end(&self) -> u32 {
        self.raw.saturating_add(self.units.saturating_mul(u32::from(self.raw_unit)))
    }

    /// The whole units that a decoded range touches: (first unit, one past the last).
    fn units_touched(&self, decoded: &Range<u32>) -> Option<(u32, u32)> {
        let from = decoded.start.max(self.decoded);
        let to = decoded.end.min(self.decoded_end());
        let unit = u32::from(self.decoded_unit);
        if from >= to || unit == 0 {
            return None;
        }
        let first = (from - self.decoded) / unit;
        let last = (to - self.decoded).div_ceil(unit);
        Some((first, last))
    }
}

/// The segments of one layer while a reader makes it.
///
/// Neighbouring runs of the same shape melt into one, so verbatim text costs one segment however
/// often it is pushed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetMap {
    segments: Vec<Segment>,
    decoded: u32,
}

impl OffsetMap {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets all segments and keeps the memory.
    pub fn clear(&mut self) {
        self.segments.clear();
        self.decoded = 0;
    }

    /// Adds `units` units that start at `raw`; their decoded bytes follow those pushed before.
    ///
    /// Equal units that touch melt into one segment.
    pub fn push(&mut self, raw: u32, units: u32, raw_unit: u8, decoded_unit: u8) {
        if units == 0 || decoded_unit == 0 {
            return;
        }
        let decoded = self.decoded;
        self.decoded = decoded.saturating_add(units.saturating_mul(u32::from(decoded_unit)));
        if let Some(last) = self.segments.last_mut()
            && last.raw_unit == raw_unit
            && last.decoded_unit == decoded_unit
            && last.raw_end() == raw
        {
            last.units = last.units.saturating_add(units);
            return;
        }
        self.segments.push(Segment { decoded, raw, units, decoded_unit, raw_unit });
    }

    /// Adds `len` bytes that stand in the raw bytes as they are.
    pub fn push_verbatim(&mut self, raw: u32, len: u32) {
        self.push(raw, len, 1, 1);
    }

    /// Length of the decoded text so far.
    pub fn decoded_len(&self) -> u32 {
        self.decoded
    }

    /// The segments in order.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether every byte stands for itself from raw offset 0.
    pub fn is_identity(&self) -> bool {
        match self.segments.as_slice() {
            [] => true,
            [one] => one.raw == 0 && one.decoded == 0 && one.raw_unit == 1 && one.decoded_unit == 1,
            _ => false,
        }
    }
}

/// One encoding peeled off, with its segments in the [`LayerStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// What it undoes.
    pub encoding: Encoding,
    /// Where the layer's raw bytes begin in the space outside: the item for the outermost layer, the
    /// decoded bytes of the layer before for the others.
    pub base: u64,
    /// Raw bytes of the layer, including those that decode to nothing.
    pub raw_len: u32,
    segments: (u32, u32),
}

/// Which layers a field lies under, outermost first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayersRef {
    start: u32,
    len: u8,
}

impl LayersRef {
    /// How many layers there are; none means the text stands in the item as it is.
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Whether the text stands in the item as it is.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// A shared run of segments, so that many fields of one mail part keep its outer layers once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedLayer(Layer);

/// The layers of all fields of a block, in two flat lists.
#[derive(Clone, Debug, Default)]
pub struct LayerStore {
    layers: Vec<Layer>,
    segments: Vec<Segment>,
}

impl LayerStore {
    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.layers.clear();
        self.segments.clear();
    }

    /// Stores one layer's segments; the result can stand in any number of fields' lists.
    pub fn share(&mut self, encoding: Encoding, base: u64, raw_len: u32, map: &OffsetMap) -> SharedLayer {
        let start = u32::try_from(self.segments.len()).unwrap_or(u32::MAX);
        self.segments.extend_from_slice(map.segments());
        let end = u32::try_from(self.segments.len()).unwrap_or(u32::MAX);
        SharedLayer(Layer { encoding, base, raw_len, segments: (start, end) })
    }

    /// The list of layers of one field, outermost first.
    pub fn stack(&mut self, layers: &[SharedLayer]) -> LayersRef {
        let start = u32::try_from(self.layers.len()).unwrap_or(u32::MAX);
        self.layers.extend(layers.iter().map(|shared| shared.0));
        LayersRef { start, len: u8::try_from(layers.len()).unwrap_or(u8::MAX) }
    }

    /// One layer that no other field shares.
    pub fn single(&mut self, encoding: Encoding, base: u64, raw_len: u32, map: &OffsetMap) -> LayersRef {
        let shared = self.share(encoding, base, raw_len, map);
        self.stack(&[shared])
    }

    /// The layers of a field, outermost first.
    pub fn layers(&self, of: LayersRef) -> &[Layer] {
        let start = of.start as usize;
        self.layers.get(start..start.saturating_add(of.len())).unwrap_or(&[])
    }

    /// The segments of a layer.
    pub fn segments(&self, layer: &Layer) -> &[Segment] {
        let (start, end) = layer.segments;
        self.segments.get(start as usize..end as usize).unwrap_or(&[])
    }

    /// The raw byte ranges of the item behind a decoded range of a field, in order and apart.
    ///
    /// Units are never split: a range that touches half of an escape gives the whole escape.
    /// `verbatim_base` is where the field begins in the item when it has no layers.
    pub fn to_raw(&self, of: LayersRef, verbatim_base: u64, decoded: Range<u64>) -> Vec<Range<u64>> {
        let layers = self.layers(of);
        if layers.is_empty() {
            return std::iter::once(verbatim_base + decoded.start..verbatim_base + decoded.end).collect();
        }
        let mut spans = vec![decoded];
        for layer in layers.iter().rev() {
            let mut outer: Vec<Range<u64>> = Vec::with_capacity(spans.len());
            for span in &spans {
                self.project(layer, span, &mut outer);
            }
            spans = outer;
        }
        spans
    }

    /// The raw ranges of one layer behind one decoded range, appended to `out` and melted with the
    /// range before where they touch.
    fn project(&self, layer: &Layer, decoded: &Range<u64>, out: &mut Vec<Range<u64>>) {
        let (Ok(start), Ok(end)) = (u32::try_from(decoded.start), u32::try_from(decoded.end)) else {
            return;
        };
        let span = start..end;
        let segments = self.segments(layer);
        let first = segments.partition_point(|segment| segment.decoded_end() <= span.start);
        for segment in segments.get(first..).unwrap_or(&[]) {
            if segment.decoded >= span.end {
                break;
            }
            let Some((from, to)) = segment.units_touched(&span) else { continue };
            let unit = u64::from(segment.raw_unit);
            if unit == 0 {
                continue;
            }
            let raw = layer.base + u64::from(segment.raw);
            let range = raw + u64::from(from) * unit..raw + u64::from(to) * unit;
            match out.last_mut() {
                Some(last) if last.end == range.start => last.end = range.end,
                _ => out.push(range),
            }
        }
    }

    /// The decoded range of a field that a raw byte range of the item touches, if any: the way in.
    pub fn to_decoded(&self, of: LayersRef, verbatim_base: u64, raw: Range<u64>) -> Option<Range<u64>> {
        let layers = self.layers(of);
        if layers.is_empty() {
            let start = raw.start.checked_sub(verbatim_base)?;
            return Some(start..raw.end.checked_sub(verbatim_base)?);
        }
        let mut span = raw;
        for layer in layers {
            span = self.unproject(layer, &span)?;
        }
        Some(span)
    }

    fn unproject(&self, layer: &Layer, raw: &Range<u64>) -> Option<Range<u64>> {
        let start = raw.start.saturating_sub(layer.base);
        let end = raw.end.checked_sub(layer.base)?;
        let mut found: Option<Range<u64>> = None;
        for segment in self.segments(layer) {
            let (from, to) = (start.max(u64::from(segment.raw)), end.min(u64::from(segment.raw_end())));
            if from >= to || segment.raw_unit == 0 {
                continue;
            }
            let first = (from - u64::from(segment.raw)) / u64::from(segment.raw_unit);
            let last = (to - u64::from(segment.raw)).div_ceil(u64::from(segment.raw_unit));
            let unit = u64::from(segment.decoded_unit);
            let range = u64::from(segment.decoded) + first * unit..u64::from(segment.decoded) + last * unit;
            found = Some(match found {
                Some(before) => before.start..range.end,
                None => range,
            });
        }
        found
    }
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "a list of one range is what is meant")]
mod tests {
    use super::*;

    /// `a\u00e9b` inside JSON quotes at item offset 100.
    fn json() -> (LayerStore, LayersRef) {
        let mut map = OffsetMap::new();
        map.push_verbatim(0, 1);
        map.push(1, 1, 6, 2);
        map.push_verbatim(7, 1);
        let mut store = LayerStore::default();
        let of = store.single(Encoding::JsonString, 100, 8, &map);
        (store, of)
    }

    #[test]
    fn a_span_over_an_escape_gives_the_whole_escape() {
        let (store, of) = json();
        assert_eq!(store.to_raw(of, 0, 0..1), [100..101]);
        assert_eq!(store.to_raw(of, 0, 1..3), vec![101..107]);
        assert_eq!(store.to_raw(of, 0, 2..3), vec![101..107]);
        assert_eq!(store.to_raw(of, 0, 0..4), vec![100..108]);
    }

    #[test]
    fn raw_bytes_that_decode_to_nothing_part_the_ranges() {
        let mut map = OffsetMap::new();
        map.push_verbatim(0, 4);
        map.push_verbatim(7, 4); // `=\r\n` stands between.
        let mut store = LayerStore::default();
        let of = store.single(Encoding::QuotedPrintable, 10, 11, &map);
        assert_eq!(store.to_raw(of, 0, 2..6), vec![12..14, 17..19]);
        assert_eq!(store.to_decoded(of, 0, 12..19), Some(2..6));
    }

    #[test]
    fn layers_compose_from_the_inside_out() {
        let mut store = LayerStore::default();
        let mut base64 = OffsetMap::new();
        base64.push(0, 4, 4, 3); // 16 raw, 12 decoded.
        let outer = store.share(Encoding::Base64, 1000, 16, &base64);
        let mut latin = OffsetMap::new();
        latin.push_verbatim(0, 5);
        latin.push(5, 1, 1, 2); // One cp1252 letter becomes two bytes.
        latin.push_verbatim(6, 6);
        let inner = store.share(Encoding::Charset("windows-1252"), 0, 12, &latin);
        let of = store.stack(&[outer, inner]);
        assert_eq!(store.to_raw(of, 0, 5..7), vec![1004..1008]);
        assert_eq!(store.to_raw(of, 0, 0..13), vec![1000..1016]);
    }

    #[test]
    fn equal_units_that_touch_melt_and_others_do_not() {
        let mut map = OffsetMap::new();
        map.push(0, 1, 2, 1);
        map.push_verbatim(2, 3);
        map.push_verbatim(5, 3);
        assert_eq!(map.segments().len(), 2);
        assert_eq!(map.decoded_len(), 7);
    }
}

//! Blocks, members, gaps and requests as payloads of frames.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::wire::{Malformed, Reader, Writer};
use crate::formats::encoding::charset;
use crate::formats::{Carry, Member, Piece, Purpose};
use crate::records::{
    Block, ByteBudget, Encoding, Extent, FactId, FactValue, Field, Gap, GapClass, Layer, LayersRef, Limits,
    Link, NewField, OffsetMap, Ordinal, PathStore, Position, Precision, Record, RecordKind, Relation, Role,
    SharedLayer, SqlEscape, Stamp, Supplier, Text,
};

const ROLES: [Role; 18] = [
    Role::Body,
    Role::Subject,
    Role::PersonName,
    Role::NameElsewhere,
    Role::EmailAddress,
    Role::SupportAddress,
    Role::PhoneNumber,
    Role::Identifier,
    Role::TimeStamp,
    Role::Measure,
    Role::FileName,
    Role::Url,
    Role::Credential,
    Role::Key,
    Role::ItemPath,
    Role::RecordId,
    Role::Hidden,
    Role::Other,
];
const RELATIONS: [Relation; 9] = [
    Relation::Ticket,
    Relation::Comment,
    Relation::Article,
    Relation::Requester,
    Relation::Author,
    Relation::Assignee,
    Relation::Involved,
    Relation::Organisation,
    Relation::Same,
];
const SUPPLIERS: [Supplier; 4] = [Supplier::Export, Supplier::Join, Supplier::File, Supplier::Attestation];
const PRECISIONS: [Precision; 2] = [Precision::Day, Precision::Instant];
const PURPOSES: [Purpose; 2] = [Purpose::Scan, Purpose::Survey];

#[cfg(test)]
/// Grows with [`Role`]: one that is forgotten in [`ROLES`] does not compile.
const fn is_in_the_list(role: Role) -> bool {
    match role {
        Role::Body
        | Role::Subject
        | Role::PersonName
        | Role::NameElsewhere
        | Role::EmailAddress
        | Role::SupportAddress
        | Role::PhoneNumber
        | Role::Identifier
        | Role::TimeStamp
        | Role::Measure
        | Role::FileName
        | Role::Url
        | Role::Credential
        | Role::Key
        | Role::ItemPath
        | Role::RecordId
        | Role::Hidden
        | Role::Other => true,
    }
}

/// What the child is to read. Mappings do not go with it: readers that need them run inside.
pub(super) struct Request {
    pub(super) bytes: Vec<u8>,
    base: u64,
    position: Position,
    first_ordinal: u64,
    first: bool,
    last: bool,
    window: Option<Range<usize>>,
    charset: Option<&'static str>,
    name: String,
    media_type: Option<String>,
    pub(super) limits: Limits,
    pub(super) purpose: Purpose,
}

impl Request {
    /// The piece as the reader sees it.
    pub(super) fn piece(&self) -> Piece<'_> {
        Piece {
            bytes: &self.bytes,
            base: self.base,
            position: self.position,
            first_ordinal: self.first_ordinal,
            first: self.first,
            last: self.last,
            window: self.window.clone(),
            carry: Arc::new(Carry { charset: self.charset, ..Carry::default() }),
            name: &self.name,
            media_type: self.media_type.as_deref(),
        }
    }

    pub(super) fn decode(payload: &[u8]) -> Result<Request, Malformed> {
        let mut r = Reader::new(payload);
        let request = Request {
            base: r.u64()?,
            position: Position { line: r.u64()?, column: r.u64()?, column_utf16: r.u64()? },
            first_ordinal: r.u64()?,
            first: r.bool()?,
            last: r.bool()?,
            window: r.option(|r| Ok(r.u64()? as usize..r.u64()? as usize))?,
            charset: r.option(|r| charset::known_label(r.text()?).ok_or(Malformed))?,
            name: r.text()?.to_owned(),
            media_type: r.option(|r| r.text().map(String::from))?,
            limits: Limits {
                depth: r.u32()?,
                members: r.u64()?,
                expanded: ByteBudget::new(r.u64()?),
                ratio: r.u32()?,
                record_bytes: r.u64()?,
                nesting: r.u32()?,
            },
            purpose: r.choice(&PURPOSES)?,
            bytes: r.slice()?.to_vec(),
        };
        r.end()?;
        Ok(request)
    }
}

/// The payload of a request.
pub(super) fn request(piece: &Piece<'_>, limits: &Limits, purpose: Purpose) -> Vec<u8> {
    let mut w = Writer::default();
    w.u64(piece.base);
    for part in [piece.position.line, piece.position.column, piece.position.column_utf16, piece.first_ordinal]
    {
        w.u64(part);
    }
    w.bool(piece.first);
    w.bool(piece.last);
    w.option(piece.window.as_ref(), |w, window| {
        w.u64(window.start as u64);
        w.u64(window.end as u64);
    });
    w.option(piece.carry.charset, |w, label| w.text(label));
    w.text(piece.name);
    w.option(piece.media_type, |w, media_type| w.text(media_type));
    w.u32(limits.depth);
    w.u64(limits.members);
    w.u64(limits.expanded.left());
    w.u32(limits.ratio);
    w.u64(limits.record_bytes);
    w.u32(limits.nesting);
    w.choice(&purpose, &PURPOSES);
    w.slice(piece.bytes);
    w.bytes
}

/// The payload of a member.
pub(super) fn member(member: &Member) -> Vec<u8> {
    let mut w = Writer::default();
    w.u32(member.ordinal);
    w.text(&member.name);
    w.option(member.media_type.as_deref(), |w, media_type| w.text(media_type));
    w.slice(&member.bytes);
    w.bytes
}

pub(super) fn decode_member(payload: &[u8]) -> Result<Member, Malformed> {
    let mut r = Reader::new(payload);
    let member = Member {
        ordinal: r.u32()?,
        name: r.text()?.to_owned(),
        media_type: r.option(|r| r.text().map(String::from))?,
        bytes: Arc::from(r.slice()?),
        written: Default::default(),
    };
    r.end()?;
    Ok(member)
}

/// The payload of a gap; the item is known outside.
pub(super) fn gap(gap: &Gap) -> Vec<u8> {
    let mut w = Writer::default();
    w.choice(&gap.class, &GapClass::ALL);
    w.text(gap.code);
    w.text(&gap.message);
    w.option(gap.offset, Writer::u64);
    w.option(gap.bytes, Writer::u64);
    w.option(gap.lift, |w, flag| w.text(flag));
    w.bytes
}

pub(super) fn decode_gap(payload: &[u8]) -> Result<Gap, Malformed> {
    let mut r = Reader::new(payload);
    let class = r.choice(&GapClass::ALL)?;
    let code = interned(r.text()?).ok_or(Malformed)?;
    let mut gap = Gap::new(class, code, r.text()?);
    gap.offset = r.option(Reader::u64)?;
    gap.bytes = r.option(Reader::u64)?;
    gap.lift = r.option(|r| interned(r.text()?).ok_or(Malformed))?;
    r.end()?;
    Ok(gap)
}

/// A code or flag for good. Readers have few; a child that sends many is not believed.
fn interned(code: &str) -> Option<&'static str> {
    const MOST: usize = 256;
    static CODES: OnceLock<Mutex<BTreeSet<&'static str>>> = OnceLock::new();
    let plain = code.len() <= 48
        && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !plain || code.is_empty() {
        return None;
    }
    let mut codes = CODES.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = codes.get(code) {
        return Some(known);
    }
    if codes.len() >= MOST {
        return None;
    }
    let code: &'static str = Box::leak(code.to_owned().into_boxed_str());
    codes.insert(code);
    Some(code)
}

/// The payload of a block.
pub(super) fn block(block: &Block) -> Vec<u8> {
    let mut w = Writer::default();
    w.u64(block.raw_bytes);
    w.len(block.records.len());
    for one in &block.records {
        record(&mut w, one);
    }
    let layers = distinct_layers(block);
    w.len(layers.list.len());
    for layer in &layers.list {
        self::layer(&mut w, block, layer);
    }
    w.len(block.fields().len());
    for field in block.fields() {
        w.u32(field.record);
        w.text(block.paths.render(field.path).expose());
        w.choice(&field.role, &ROLES);
        w.u64(field.offset);
        w.u32(field.owned.0.saturating_sub(field.start));
        w.u32(field.owned.1.saturating_sub(field.start));
        w.u64(field.raw);
        let stack = layers.stack(block, field);
        w.len(stack.len());
        stack.iter().for_each(|at| w.u32(*at));
        w.text(block.field_text(field));
    }
    w.bytes
}

/// Every layer of a block once, though many fields lie under it.
struct Layers {
    list: Vec<Layer>,
    positions: BTreeMap<(usize, usize, u64, u32), Vec<u32>>,
}

/// Layers that share their segments, base and length are almost always one and the same.
fn layer_key(block: &Block, layer: &Layer) -> (usize, usize, u64, u32) {
    let segments = block.layers.segments(layer);
    (segments.as_ptr().addr(), segments.len(), layer.base, layer.raw_len)
}

fn distinct_layers(block: &Block) -> Layers {
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
    fn stack(&self, block: &Block, field: &Field) -> Vec<u32> {
        let position = |layer: &Layer| {
            let at = self.positions.get(&layer_key(block, layer))?;
            at.iter().find(|at| self.list.get(**at as usize) == Some(layer)).copied()
        };
        block.layers.layers(field.layers).iter().filter_map(position).collect()
    }
}

fn layer(w: &mut Writer, block: &Block, layer: &Layer) {
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
struct TakenLayer {
    encoding: Encoding,
    base: u64,
    raw_len: u32,
    map: OffsetMap,
}

fn decode_layer(r: &mut Reader<'_>) -> Result<TakenLayer, Malformed> {
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
        _ => return Err(Malformed),
    })
}

fn record(w: &mut Writer, record: &Record) {
    let reference = &record.reference;
    w.text(&reference.system);
    w.choice(&reference.kind, &RecordKind::ALL);
    w.option(reference.id.as_ref(), |w, id| w.text(id.expose()));
    w.u64(reference.ordinal.top);
    w.u32(reference.ordinal.sub);
    w.option(record.extent, |w, extent| {
        [extent.lead, extent.start, extent.end, extent.siblings].into_iter().for_each(|part| w.u64(part));
    });
    w.option(record.parent, Writer::u32);
    w.bool(record.continues);
    w.len(record.links.len());
    for link in &record.links {
        w.choice(&link.relation, &RELATIONS);
        w.choice(&link.kind, &RecordKind::ALL);
        w.text(link.id.expose());
    }
    w.len(record.facts.iter().count());
    for (id, value, supplier) in record.facts.iter() {
        w.text(id.card().name);
        w.choice(&supplier, &SUPPLIERS);
        fact(w, value);
    }
}

fn fact(w: &mut Writer, value: &FactValue) {
    match value {
        FactValue::Bool(value) => {
            w.u8(0);
            w.bool(*value);
        }
        FactValue::Int(value) => {
            w.u8(1);
            w.u64(value.cast_unsigned());
        }
        FactValue::Word(value) => {
            w.u8(2);
            w.text(value);
        }
        FactValue::Stamp(stamp) => {
            w.u8(3);
            w.u64(stamp.seconds.cast_unsigned());
            w.choice(&stamp.precision, &PRECISIONS);
            w.bool(stamp.zone_known);
        }
        FactValue::Words(words) => {
            w.u8(4);
            w.len(words.len());
            words.iter().for_each(|word| w.text(word));
        }
        FactValue::Text(text) => {
            w.u8(5);
            w.text(text.expose());
        }
    }
}

fn decode_fact(r: &mut Reader<'_>) -> Result<FactValue, Malformed> {
    Ok(match r.u8()? {
        0 => FactValue::Bool(r.bool()?),
        1 => FactValue::Int(r.u64()?.cast_signed()),
        2 => FactValue::Word(r.text()?.into()),
        3 => FactValue::Stamp(Stamp {
            seconds: r.u64()?.cast_signed(),
            precision: r.choice(&PRECISIONS)?,
            zone_known: r.bool()?,
        }),
        4 => {
            let count = r.count(4)?;
            FactValue::Words((0..count).map(|_| r.text().map(String::from)).collect::<Result<_, _>>()?)
        }
        5 => FactValue::Text(Text::new(r.text()?)),
        _ => return Err(Malformed),
    })
}

fn decode_record(r: &mut Reader<'_>) -> Result<Record, Malformed> {
    let system: Arc<str> = Arc::from(r.text()?);
    let kind = r.choice(&RecordKind::ALL)?;
    let id = r.option(|r| r.text().map(Text::new))?;
    let ordinal = Ordinal { top: r.u64()?, sub: r.u32()? };
    let mut record = Record::new(system, kind, ordinal);
    record.reference.id = id;
    record.extent =
        r.option(|r| Ok(Extent { lead: r.u64()?, start: r.u64()?, end: r.u64()?, siblings: r.u64()? }))?;
    record.parent = r.option(Reader::u32)?;
    record.continues = r.bool()?;
    for _ in 0..r.count(6)? {
        let (relation, kind) = (r.choice(&RELATIONS)?, r.choice(&RecordKind::ALL)?);
        record.links.push(Link { relation, kind, id: Text::new(r.text()?) });
    }
    for _ in 0..r.count(6)? {
        let id = FactId::named(r.text()?).ok_or(Malformed)?;
        let supplier = r.choice(&SUPPLIERS)?;
        record.facts.set(id, decode_fact(r)?, supplier);
    }
    Ok(record)
}

/// A field as the child tells it.
struct TakenField<'a> {
    record: u32,
    path: &'a str,
    role: Role,
    offset: u64,
    owned: Range<u32>,
    raw: u64,
    stack: Vec<u32>,
    text: &'a str,
}

/// A block as the child tells it, all of it looked at.
pub(super) struct TakenBlock<'a> {
    raw_bytes: u64,
    records: Vec<Record>,
    layers: Vec<TakenLayer>,
    fields: Vec<TakenField<'a>>,
}

/// Reads a block; `item` is the range of the item its raw bytes must lie in.
pub(super) fn decode_block<'a>(payload: &'a [u8], item: &Range<u64>) -> Result<TakenBlock<'a>, Malformed> {
    let mut r = Reader::new(payload);
    let raw_bytes = r.u64()?;
    let count = r.count(20)?;
    let records: Vec<Record> = (0..count).map(|_| decode_record(&mut r)).collect::<Result<_, _>>()?;
    let inside = |extent: &Extent| {
        item.start <= extent.lead
            && extent.lead <= extent.start
            && extent.start <= extent.end
            && extent.end <= item.end
    };
    let sound = |record: &Record| {
        record.extent.as_ref().is_none_or(inside)
            && record.parent.is_none_or(|at| (at as usize) < records.len())
    };
    if !records.iter().all(sound) {
        return Err(Malformed);
    }
    let count = r.count(20)?;
    let layers: Vec<TakenLayer> = (0..count).map(|_| decode_layer(&mut r)).collect::<Result<_, _>>()?;
    let count = r.count(40)?;
    let mut fields = Vec::with_capacity(count);
    for _ in 0..count {
        let field = decode_field(&mut r)?;
        check_field(&field, &layers, records.len(), item)?;
        fields.push(field);
    }
    r.end()?;
    Ok(TakenBlock { raw_bytes, records, layers, fields })
}

fn decode_field<'a>(r: &mut Reader<'a>) -> Result<TakenField<'a>, Malformed> {
    let record = r.u32()?;
    let path = r.text()?;
    let role = r.choice(&ROLES)?;
    let offset = r.u64()?;
    let owned = r.u32()?..r.u32()?;
    let raw = r.u64()?;
    let count = r.count(4)?;
    let stack = (0..count).map(|_| r.u32()).collect::<Result<_, _>>()?;
    Ok(TakenField { record, path, role, offset, owned, raw, stack, text: r.text()? })
}

/// Every layer lies in the text of the one around it, the outermost in the item.
fn check_field(
    field: &TakenField<'_>,
    layers: &[TakenLayer],
    records: usize,
    item: &Range<u64>,
) -> Result<(), Malformed> {
    let len = field.text.len() as u64;
    let mut space = item.clone();
    for at in &field.stack {
        let layer = layers.get(*at as usize).ok_or(Malformed)?;
        if layer.base < space.start || layer.base + u64::from(layer.raw_len) > space.end {
            return Err(Malformed);
        }
        space = 0..u64::from(layer.map.decoded_len());
    }
    let whole = if field.stack.is_empty() {
        field.raw >= item.start && field.raw.checked_add(len).is_some_and(|end| end <= item.end)
    } else {
        space.end == len
    };
    let owned = field.owned.start <= field.owned.end && u64::from(field.owned.end) <= len;
    if whole && owned && (field.record as usize) < records { Ok(()) } else { Err(Malformed) }
}

impl TakenBlock<'_> {
    /// Puts everything into a block behind what is there.
    pub(super) fn append_to(self, block: &mut Block) {
        let first = u32::try_from(block.records.len()).unwrap_or(u32::MAX);
        for mut record in self.records {
            record.parent = record.parent.map(|at| at.saturating_add(first));
            block.push_record(record);
        }
        let shared: Vec<SharedLayer> = self
            .layers
            .iter()
            .map(|layer| block.layers.share(layer.encoding, layer.base, layer.raw_len, &layer.map))
            .collect();
        for field in self.fields {
            let stack: Vec<SharedLayer> =
                field.stack.iter().filter_map(|at| shared.get(*at as usize).copied()).collect();
            let layers = if stack.is_empty() { LayersRef::default() } else { block.layers.stack(&stack) };
            let path = match field.path {
                "" => PathStore::ROOT,
                path => block.paths.suffix(PathStore::ROOT, path),
            };
            let new = NewField {
                record: field.record.saturating_add(first),
                path,
                role: field.role,
                raw: field.raw,
                layers,
                offset: field.offset,
                owned: Some(field.owned),
            };
            block.push_field(field.text, new);
        }
        block.raw_bytes += self.raw_bytes;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> Block {
        let mut block = Block::default();
        block.raw_bytes = 77;
        let mut record = Record::new(Arc::from("html"), RecordKind::Comment, Ordinal { top: 3, sub: 1 });
        record.reference.id = Some(Text::new("id-1"));
        record.extent = Some(Extent { lead: 10, start: 11, end: 40, siblings: 0 });
        record.links.push(Link { relation: Relation::Author, kind: RecordKind::Person, id: Text::new("p") });
        let stamp = Stamp { seconds: -5, precision: Precision::Day, zone_known: false };
        for (name, value) in [
            ("draft", FactValue::Bool(true)),
            ("size", FactValue::Int(-1)),
            ("status", FactValue::Word("open".into())),
            ("created_at", FactValue::Stamp(stamp)),
            ("tags", FactValue::Words(vec!["a".into(), "b".into()])),
            ("value", FactValue::Text(Text::new("v"))),
        ] {
            record.facts.set(FactId::named(name).unwrap(), value, Supplier::Export);
        }
        let at = block.push_record(record);
        let mut map = OffsetMap::new();
        map.push(0, 2, 4, 3);
        let outer = block.layers.share(Encoding::Base64, 12, 8, &map);
        let mut map = OffsetMap::new();
        map.push_verbatim(0, 4);
        map.push(5, 1, 1, 2);
        let inner = block.layers.share(Encoding::Charset("windows-1252"), 0, 6, &map);
        let layers = block.layers.stack(&[outer, inner]);
        let path = block.paths.suffix(PathStore::ROOT, "part:1");
        block.push_field("abcdé", NewField::layered(at, path, Role::Body, layers));
        block.push_field(
            "plain",
            NewField {
                owned: Some(1..3),
                offset: 9,
                ..NewField::verbatim(at, PathStore::ROOT, Role::Url, 20)
            },
        );
        block
    }

    #[test]
    fn every_role_goes_there_and_back() {
        for role in ROLES {
            let mut w = Writer::default();
            w.choice(&role, &ROLES);
            assert!(is_in_the_list(role));
            assert_eq!(Reader::new(&w.bytes).choice(&ROLES), Ok(role));
        }
    }

    #[test]
    fn a_block_there_and_back_is_the_same() {
        let block = sample();
        let payload = super::block(&block);
        let mut back = Block::default();
        decode_block(&payload, &(0..100)).unwrap().append_to(&mut back);
        assert_eq!(super::block(&back), payload);
        assert_eq!(back.text().expose(), "abcdé\u{1f}plain");
        let field = back.fields()[0];
        assert_eq!(
            back.layers.to_raw(field.layers, 0, 0..1),
            block.layers.to_raw(block.fields()[0].layers, 0, 0..1)
        );
    }

    #[test]
    fn appended_blocks_keep_their_records_apart() {
        let payload = super::block(&sample());
        let mut back = Block::default();
        decode_block(&payload, &(0..100)).unwrap().append_to(&mut back);
        decode_block(&payload, &(0..100)).unwrap().append_to(&mut back);
        assert_eq!(back.fields().iter().map(|f| f.record).collect::<Vec<_>>(), [0, 0, 1, 1]);
        assert_eq!(back.raw_bytes, 154);
    }

    #[test]
    fn raw_bytes_outside_the_item_are_refused() {
        let payload = super::block(&sample());
        assert!(decode_block(&payload, &(0..39)).is_err());
        assert!(decode_block(&payload, &(11..100)).is_err());
    }

    #[test]
    fn gaps_and_members_there_and_back() {
        let told = Gap::new(GapClass::Limit, "too-deep", "x").at(3, Some(4)).lifted_by("--max-depth");
        assert_eq!(decode_gap(&gap(&told)), Ok(told));
        let payload = member(&Member {
            ordinal: 2,
            name: "a".into(),
            bytes: Arc::from(&b"xy"[..]),
            media_type: None,
            written: Default::default(),
        });
        assert_eq!(decode_member(&payload).unwrap().bytes[..], b"xy"[..]);
        let odd = Gap::new(GapClass::Limit, "Juan Pérez", "x");
        assert_eq!(decode_gap(&gap(&odd)), Err(Malformed));
    }

    proptest! {
        #[test]
        fn a_damaged_block_is_refused_or_sound(at in 0usize..400, value in any::<u8>(), cut in 0usize..400) {
            let mut payload = super::block(&sample());
            let len = payload.len();
            payload[at % len] = value;
            payload.truncate(len - cut % 3);
            if let Ok(taken) = decode_block(&payload, &(0..100)) {
                let mut block = Block::default();
                taken.append_to(&mut block);
                for field in block.fields() {
                    let len = block.field_text(field).len() as u64;
                    for range in block.layers.to_raw(field.layers, field.raw, 0..len) {
                        prop_assert!(range.end <= 100);
                    }
                }
            }
        }
    }
}

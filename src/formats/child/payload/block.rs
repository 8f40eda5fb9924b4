//! Blocks as payloads.

use std::ops::Range;

use super::super::wire::{Malformed, Reader, Writer};
use super::layer::{TakenLayer, decode_layer, distinct_layers, layer};
use super::record::{decode_record, record};
use crate::records::{Block, Extent, LayersRef, NewField, PathStore, Record, Role, SharedLayer};

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

/// The payload of a block.
pub(in super::super) fn block(block: &Block) -> Vec<u8> {
    let mut w = Writer::default();
    w.u64(block.raw_bytes);
    w.len(block.records.len());
    for one in &block.records {
        record(&mut w, one);
    }
    let layers = distinct_layers(block);
    w.len(layers.list.len());
    for one in &layers.list {
        layer(&mut w, block, one);
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
pub(in super::super) struct TakenBlock<'a> {
    raw_bytes: u64,
    records: Vec<Record>,
    layers: Vec<TakenLayer>,
    fields: Vec<TakenField<'a>>,
}

/// Reads a block; `item` is the range of the item its raw bytes must lie in.
pub(in super::super) fn decode_block<'a>(
    payload: &'a [u8],
    item: &Range<u64>,
) -> Result<TakenBlock<'a>, Malformed> {
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
    pub(in super::super) fn append_to(self, block: &mut Block) {
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
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::records::{
        Encoding, FactId, FactValue, Link, OffsetMap, Ordinal, Precision, RecordKind, Relation, Stamp,
        Supplier, Text,
    };

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

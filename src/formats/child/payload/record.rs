//! Records and their facts as payloads.

use std::sync::Arc;

use super::super::wire::{Malformed, Reader, Writer};
use crate::records::{
    Extent, FactId, FactValue, Link, Ordinal, Precision, Record, RecordKind, Relation, Stamp, Supplier, Text,
};

const RELATIONS: [Relation; 11] = [
    Relation::Ticket,
    Relation::Comment,
    Relation::Article,
    Relation::Requester,
    Relation::Author,
    Relation::Assignee,
    Relation::Involved,
    Relation::Organisation,
    Relation::Same,
    Relation::Answers,
    Relation::Topic,
];
const SUPPLIERS: [Supplier; 4] = [Supplier::Export, Supplier::Join, Supplier::File, Supplier::Attestation];
const PRECISIONS: [Precision; 2] = [Precision::Day, Precision::Instant];

pub(super) fn record(w: &mut Writer, record: &Record) {
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

pub(super) fn decode_record(r: &mut Reader<'_>) -> Result<Record, Malformed> {
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

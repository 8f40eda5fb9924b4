//! The record of a picture: its texts as fields, what it tells as facts.

use std::sync::Arc;

use super::metadata::Metadata;
use crate::formats::emit::{Emitter, Spot};
use crate::formats::office::MADE_TEXT;
use crate::formats::{Member, Piece, Reading, Yield};
use crate::records::{FactId, FactValue, Gap, GapClass, Ordinal, PathStore, Record, RecordKind, Supplier};

/// Hands out the record, the files inside, and what could not be read; `malformed` is the code of damage, `unread`
/// tells of the pixels.
pub(in crate::formats) fn give(
    metadata: Metadata,
    (system, malformed): (&'static str, &'static str),
    piece: &Piece<'_>,
    reading: &Reading<'_>,
    out: &mut dyn Yield,
    unread: impl FnOnce(&mut dyn Yield, Option<(u32, u32)>),
) {
    if metadata.full {
        let what = "more stands beside what the file shows than is read of one: it may be a bomb";
        out.gap(Gap::new(GapClass::Limit, "expanded-ratio", what).lifted_by("--max-ratio"));
    }
    for what in &metadata.damage {
        let what = format!("{what}; what could be read was read. Open it and save it anew");
        out.gap(Gap::new(GapClass::Fault, malformed, what));
    }
    unread(out, metadata.size);
    let mut record = Record::new(system.into(), RecordKind::Text, Ordinal { top: 0, sub: 0 });
    for (name, value) in [
        ("has_position", metadata.has_position),
        ("has_device_serial", metadata.has_serial),
        ("has_author", metadata.has_author),
    ] {
        if let Some(fact) = FactId::named(name) {
            record.facts.set(fact, FactValue::Bool(value), Supplier::File);
        }
    }
    let mut emitter = Emitter::new(out);
    emitter.begin([record]);
    for entry in &metadata.entries {
        // A text that was put together of parts in several places is said to stand where the first begins.
        let raw = piece.base + entry.raw.min(piece.bytes.len()) as u64;
        let spot = Spot { layers: &[], raw, offset: 0, owned: None };
        emitter.text(0, entry.role, &entry.text, &spot, &mut |block, _| {
            block.paths.suffix(PathStore::ROOT, &entry.path)
        });
    }
    emitter.end();
    files(metadata, reading, out);
}

fn files(metadata: Metadata, reading: &Reading<'_>, out: &mut dyn Yield) {
    let recognised =
        ("recognised text".to_owned(), metadata.recognised.into_bytes(), Some(MADE_TEXT.to_owned()));
    let recognised = Some(recognised).filter(|(_, text, _)| !text.trim_ascii().is_empty());
    let files = metadata.files.into_iter().map(|(name, bytes)| (name, bytes, None)).chain(recognised);
    for (ordinal, (name, bytes, media_type)) in (1..).zip(files) {
        if !reading.limits.expanded.take(bytes.len() as u64) {
            let what = "more bytes come out of containers than are allowed in one run; what lies in the file was not read";
            return out.gap(Gap::new(GapClass::Limit, "too-much-expanded", what).lifted_by("--max-expanded"));
        }
        let bytes = Arc::from(bytes);
        out.member(Member { ordinal, name, bytes, media_type, written: Default::default() });
    }
}

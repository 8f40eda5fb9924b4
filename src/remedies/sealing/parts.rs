//! A piece of an item into records and the bytes in them that belong to other people.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::super::choice::{Left, choose};
use super::identity::{Identifier, identifiers_of, requester_of, ticket_of};
use super::marks::Marks;
use super::minima::minimum_mark;
use crate::audit::{Audit, Desk, Item, OwnedPiece, Sight};
use crate::formats::rewrite::{Changes, Edit, Planner, Splice};
use crate::records::{Block, ByteBudget, Confidence, Detection, Limits, Record, RecordKind, Role, Text};

/// What takes the place of bytes whose key is forgotten, in their own encoding.
const FORGOTTEN: &str = "[forgotten]";

/// A record of a piece.
pub(super) struct Part {
    /// Its bytes in the item.
    pub(super) range: Range<u64>,
    /// Its name over all files of the archive: the ticket's where it belongs to one; none where it has none.
    pub(super) name: Option<Text>,
    /// What it says of whom it is about, where it belongs to no ticket.
    pub(super) about: Vec<Identifier>,
    /// What holds and purge plans know it by.
    pub(super) marks: BTreeSet<String>,
    /// What stands in its place when it is forgotten.
    pub(super) replacement: &'static [u8],
}

/// Bytes that belong to people.
pub(super) struct Span {
    /// Their place in the item.
    pub(super) range: Range<u64>,
    /// Whose they are: forgotten with any of them.
    pub(super) people: BTreeSet<Identifier>,
    /// What stands in their place then.
    pub(super) replacement: Vec<u8>,
}

/// What a piece is made of.
#[derive(Default)]
pub(super) struct Parts {
    /// Records, in order and apart.
    pub(super) records: Vec<Part>,
    /// Spans, in order and apart.
    pub(super) spans: Vec<Span>,
    /// People in what has no place in the bytes, with the byte of the item they are nearest to.
    pub(super) mentions: BTreeSet<(u64, Identifier)>,
    /// People in the item's name.
    pub(super) named: BTreeSet<Identifier>,
    /// What holds know the rest of the item by: its name, what lies between records, what lies inside it.
    pub(super) marks: BTreeSet<String>,
    /// What could not be read inside, by code.
    pub(super) gaps: BTreeMap<&'static str, u64>,
}

/// A detection on its way to the bytes.
struct Pending {
    edit: Edit,
    raw: Vec<Range<u64>>,
    who: Identifier,
}

/// Looks at pieces; shared by all workers.
pub(super) struct Cutter<'a> {
    pub(super) sight: Sight<'a>,
    pub(super) limits: &'a Limits,
    pub(super) marks: &'a Marks,
    pub(super) audit: &'a Audit<'a>,
}

impl Cutter<'_> {
    /// What a piece is made of.
    pub(super) fn parts(&self, piece: &OwnedPiece, desk: &mut Desk) -> Parts {
        let mut parts = Parts::default();
        let mut tops: BTreeMap<u64, Top> = BTreeMap::new();
        let mut pending = Vec::new();
        let mut unplaced = BTreeSet::new();
        let beside = self.sight.read(piece, self.limits, desk, &mut |block, detections| {
            let left = &mut Left::default();
            self.note_records(block, piece, &mut tops);
            for (record, mark) in self.marks_of(block, detections) {
                let top = record.filter(|record| record.reference.kind != RecordKind::File);
                match top.and_then(|record| tops.get_mut(&record.reference.ordinal.top)) {
                    Some(top) => top.marks.insert(mark),
                    None => parts.marks.insert(mark),
                };
            }
            for one in choose(block, detections, None, left) {
                let Some(field) = block.fields().get(one.field as usize) else { continue };
                let Some(record) = block.records.get(field.record as usize) else { continue };
                let text = block.field_text(field);
                let Some(value) = text.get(one.range.clone()) else { continue };
                let Some(who) = Identifier::of(one.category, value) else { continue };
                if field.role == Role::ItemPath && record.reference.kind == RecordKind::File {
                    parts.named.insert(who);
                    continue;
                }
                let local = one.range.start as u64..one.range.end as u64;
                let raw = block.layers.to_raw(field.layers, field.raw, local.clone());
                pending.push(Pending {
                    edit: Edit {
                        record: record.reference.ordinal,
                        field: block.paths.render(field.path),
                        range: field.offset + local.start..field.offset + local.end,
                        replacement: Text::new(FORGOTTEN),
                        raw: raw.first().map(|range| range.start),
                    },
                    raw,
                    who,
                });
            }
        });
        for gap in &beside.gaps {
            *parts.gaps.entry(gap.code).or_default() += 1;
        }
        for (before, member) in (0u64..).zip(beside.members) {
            match self.sight.open(piece, before, member, self.limits) {
                Ok((inner, limits)) => self.inside(&inner, &limits, desk, &mut unplaced, &mut parts),
                Err(gap) => *parts.gaps.entry(gap.code).or_default() += 1,
            }
        }
        parts.records = records(tops, piece, &mut parts.marks);
        match piece.window {
            // Fields of a window are those of a text that is not the record's own.
            Some(_) => unplaced.extend(pending.into_iter().map(|one| one.who)),
            None => self.place(piece, pending, &mut parts),
        }
        let start = piece.base;
        parts.mentions.extend(unplaced.into_iter().map(|who| (start, who)));
        parts
    }

    /// The people in the name of something that is not read: a folder.
    pub(super) fn named(&self, item: &Item, desk: &mut Desk) -> BTreeSet<Identifier> {
        let mut named = BTreeSet::new();
        self.sight.name(item, desk, &mut |block, detections| {
            for one in choose(block, detections, None, &mut Left::default()) {
                let value = block.fields().get(one.field as usize).map(|field| block.field_text(field));
                let value = value.and_then(|text| text.get(one.range.clone()));
                named.extend(value.and_then(|value| Identifier::of(one.category, value)));
            }
        });
        named
    }

    /// People in a member of a container, and in its members.
    fn inside(
        &self,
        piece: &OwnedPiece,
        limits: &Limits,
        desk: &mut Desk,
        people: &mut BTreeSet<Identifier>,
        parts: &mut Parts,
    ) {
        let beside = self.sight.read(piece, limits, desk, &mut |block, detections| {
            parts.marks.extend(self.marks_of(block, detections).into_iter().map(|(_, mark)| mark));
            let records = block.records.iter();
            parts.marks.extend(records.flat_map(|record| self.marks_of_record(piece, record, false)));
            for one in choose(block, detections, None, &mut Left::default()) {
                let value = block.fields().get(one.field as usize).map(|field| block.field_text(field));
                let value = value.and_then(|text| text.get(one.range.clone()));
                people.extend(value.and_then(|value| Identifier::of(one.category, value)));
            }
        });
        for gap in &beside.gaps {
            *parts.gaps.entry(gap.code).or_default() += 1;
        }
        for (before, member) in (0u64..).zip(beside.members) {
            match self.sight.open(piece, before, member, limits) {
                Ok((inner, limits)) => self.inside(&inner, &limits, desk, people, parts),
                Err(gap) => *parts.gaps.entry(gap.code).or_default() += 1,
            }
        }
    }

    /// What holds know the records of a block by, for the data in them: as sure as what is redacted.
    fn marks_of<'b>(&self, block: &'b Block, detections: &[Detection]) -> Vec<(Option<&'b Record>, String)> {
        let mut marks = Vec::new();
        for one in detections.iter().filter(|one| one.confidence >= Confidence::REDACTED) {
            let span = one.start as usize..one.end as usize;
            let value = block.text().expose().get(span).unwrap_or_default();
            let Some(mark) = self.marks.of_datum(one.category, value) else { continue };
            let field = block.fields().get(one.field as usize);
            marks.push((field.and_then(|field| block.records.get(field.record as usize)), mark));
        }
        marks
    }

    /// Finds the bytes of detections as a redaction would: what cannot be edited exactly is mentioned.
    fn place(&self, piece: &OwnedPiece, pending: Vec<Pending>, parts: &mut Parts) {
        let mention = |parts: &mut Parts, one: Pending| {
            let at = one.raw.first().map_or(piece.base, |range| range.start);
            parts.mentions.insert((at, one.who));
        };
        if pending.is_empty() {
            return;
        }
        let Some(splices) = self.splices(piece, &pending) else {
            pending.into_iter().for_each(|one| mention(parts, one));
            return;
        };
        let mut people: Vec<BTreeSet<Identifier>> = vec![BTreeSet::new(); splices.len()];
        for one in pending {
            let mut placed = false;
            for raw in &one.raw {
                let from = splices.partition_point(|splice| splice.range.end <= raw.start);
                for (splice, people) in splices.iter().zip(&mut people).skip(from) {
                    if splice.range.start >= raw.end {
                        break;
                    }
                    placed = true;
                    people.insert(one.who.clone());
                }
            }
            if !placed {
                mention(parts, one);
            }
        }
        for (splice, people) in splices.into_iter().zip(people) {
            let around =
                |range: &Range<u64>| range.start < splice.range.end && splice.range.start < range.end;
            let inside =
                |range: &Range<u64>| range.start <= splice.range.start && splice.range.end <= range.end;
            let crossing = parts.records.iter().any(|part| around(&part.range) && !inside(&part.range));
            if crossing {
                parts.mentions.extend(people.into_iter().map(|who| (splice.range.start, who)));
            } else if !people.is_empty() {
                parts.spans.push(Span { range: splice.range, people, replacement: splice.bytes });
            }
        }
    }

    fn splices(&self, piece: &OwnedPiece, pending: &[Pending]) -> Option<Vec<Splice>> {
        let limits = Limits { expanded: ByteBudget::new(u64::MAX), ..self.limits.clone() };
        let edits = pending.iter().map(|one| one.edit.clone()).collect();
        let changes = Changes { edits, ..Changes::default() };
        let planned = catch_unwind(AssertUnwindSafe(|| {
            let mut planner = Planner::new(changes);
            planner.piece(piece.format, &piece.as_piece(), &self.sight.reading(&limits))?;
            planner.finish()
        }));
        let end = piece.base + piece.bytes.len() as u64;
        let splices = planned.ok()?.ok()?.splices().to_vec();
        splices
            .iter()
            .all(|splice| splice.range.start >= piece.base && splice.range.end <= end)
            .then_some(splices)
    }
}

/// A top-level element of a piece while its records come.
struct Top {
    range: Option<Range<u64>>,
    name: Option<Text>,
    about: Vec<Identifier>,
    marks: BTreeSet<String>,
    array: bool,
}

impl Cutter<'_> {
    /// What a record is known by, and until when law keeps it.
    fn marks_of_record(&self, piece: &OwnedPiece, record: &Record, apart: bool) -> Vec<String> {
        let mut marks = self.marks.of_record(record, apart);
        let rules = self.audit.policies.rules_of(&piece.item.origin);
        let law = rules.schedule().and_then(|law| minimum_mark(law, record, self.audit.now.seconds));
        marks.extend(law);
        marks
    }

    fn note_records(&self, block: &Block, piece: &OwnedPiece, tops: &mut BTreeMap<u64, Top>) {
        for (at, record) in (0u32..).zip(&block.records) {
            if record.reference.kind == RecordKind::File {
                continue;
            }
            let top = tops.entry(record.reference.ordinal.top).or_insert_with(|| Top {
                range: None,
                name: None,
                about: Vec::new(),
                marks: BTreeSet::new(),
                array: false,
            });
            let apart = record.reference.kind == RecordKind::Ticket || ticket_of(record, block).is_none();
            top.marks.extend(self.marks_of_record(piece, record, apart));
            if top.name.is_none() {
                top.name = ticket_of(record, block).or_else(|| name_of(record));
            }
            if record.reference.ordinal.sub == 0 {
                if let Some(extent) = record.extent {
                    top.range.get_or_insert(extent.start..extent.end);
                    top.array = piece.format.name() == "json" && is_element(piece, extent.end);
                }
                top.about.extend(requester_of(record));
                if record.reference.kind == RecordKind::Person {
                    top.about.extend(identifiers_of(record, &people_fields(block, at)));
                } else if piece.format.name() == "mail" {
                    top.about.extend(sender(block, at));
                }
            }
        }
    }
}

/// The record's own name, for those that belong to no ticket.
fn name_of(record: &Record) -> Option<Text> {
    let id = record.reference.id.as_ref()?;
    let (system, kind) = (&record.reference.system, record.reference.kind.name());
    Some(Text::new(format!("{kind}\u{1f}{system}\u{1f}{}", id.expose())))
}

fn people_fields(block: &Block, record: u32) -> Vec<(Role, &str)> {
    block.fields().iter().filter(|f| f.record == record).map(|f| (f.role, block.field_text(f))).collect()
}

/// The address a mail comes from.
fn sender(block: &Block, record: u32) -> Option<Identifier> {
    let from = block.fields().iter().find(|field| {
        field.record == record
            && field.role == Role::EmailAddress
            && block.paths.render(field.path).expose().to_ascii_lowercase().starts_with("header:from")
    })?;
    Identifier::of(crate::records::Category::named("email-address")?, block.field_text(from))
}

/// Whether a JSON value ends where an element of an array or a member of an object does, and not a line.
fn is_element(piece: &OwnedPiece, end: u64) -> bool {
    let at = end.checked_sub(piece.base).and_then(|at| usize::try_from(at).ok()).unwrap_or(0);
    let last = at.checked_sub(1).and_then(|at| piece.bytes.get(at));
    let next = piece.bytes.get(at..).unwrap_or(&[]).iter().find(|byte| !byte.is_ascii_whitespace());
    last != Some(&b'\n') && matches!(next, Some(b',' | b']' | b'}'))
}

/// Records in order and apart: of records inside each other the outermost that is not the whole document.
/// `rest` gets the marks of those that give way.
fn records(tops: BTreeMap<u64, Top>, piece: &OwnedPiece, rest: &mut BTreeSet<String>) -> Vec<Part> {
    let (start, end) = (piece.base, piece.base + piece.bytes.len() as u64);
    let mut parts: Vec<Part> = Vec::with_capacity(tops.len());
    for top in tops.into_values() {
        let inside = |range: &Range<u64>| range.start >= start && range.end <= end && range.start < range.end;
        let Some(range) = top.range.filter(inside) else {
            rest.extend(top.marks);
            continue;
        };
        let replacement: &[u8] = if top.array { b"null" } else { b"" };
        parts.push(Part { range, name: top.name, about: top.about, marks: top.marks, replacement });
    }
    parts.sort_by_key(|part| (part.range.start, std::cmp::Reverse(part.range.end)));
    let mut out: Vec<Part> = Vec::with_capacity(parts.len());
    for part in parts {
        while out
            .last()
            .is_some_and(|last| last.range.end > part.range.start && last.range.end >= part.range.end)
        {
            // The one around it gives way: a document is not one record where its elements are.
            rest.extend(out.pop().into_iter().flat_map(|around| around.marks));
        }
        match out.last().is_none_or(|last| last.range.end <= part.range.start) {
            true => out.push(part),
            false => rest.extend(part.marks),
        }
    }
    out
}

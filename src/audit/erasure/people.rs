//! The first pass: which records of people are this person's, under all their ids.

use std::collections::{BTreeMap, BTreeSet};

use super::super::expiry::Reader;
use super::super::survey::RecordHash;
use super::super::{Desk, OwnedPiece, References, Work, read_whole, whole};
use super::subject::{ErasureSubject, Identifier};
use crate::detectors::normalise;
use crate::policies::exceptions::Reference;
use crate::records::{Block, Category, Confidence, Detection, FactId, FactValue, RecordKind, Relation, Role};

/// What one work tells of people.
#[derive(Default)]
pub(super) struct PeopleRows {
    /// References of the subject that stand in each record of a person.
    found: BTreeMap<RecordHash, BTreeSet<Reference>>,
    /// Ids of one person.
    same: Vec<(RecordHash, RecordHash)>,
    agents: BTreeSet<RecordHash>,
    /// What mappings call a name, an address or a number of people.
    named: Vec<(RecordHash, &'static str, Reference)>,
}

/// Whose records go.
#[derive(Default)]
pub(super) struct Persons {
    /// Ids of the person.
    pub(super) ids: BTreeSet<RecordHash>,
    /// Those under which they work for the organisation.
    pub(super) agents: BTreeSet<RecordHash>,
    /// Ids of people who share too little with them: somebody has to look.
    pub(super) alike: BTreeSet<RecordHash>,
    /// Everything they are known by: what the plan names, and what their records do.
    pub(super) identifiers: Vec<Identifier>,
}

impl PeopleRows {
    pub(super) fn add(&mut self, other: PeopleRows) {
        for (id, references) in other.found {
            self.found.entry(id).or_default().extend(references);
        }
        self.same.extend(other.same);
        self.agents.extend(other.agents);
        self.named.extend(other.named);
    }

    /// Ids that are the person's: identified by what their records say, and all ids the helpdesk calls the same.
    pub(super) fn finish(self, subject: &ErasureSubject) -> Persons {
        let identified = |(_, found): &(&RecordHash, &BTreeSet<Reference>)| subject.identified(found.iter());
        let mut ids: BTreeSet<RecordHash> = self.found.iter().filter(identified).map(|(id, _)| *id).collect();
        loop {
            let more: Vec<RecordHash> = self
                .same
                .iter()
                .flat_map(|(one, other)| [(one, other), (other, one)])
                .filter(|(from, to)| ids.contains(from) && !ids.contains(to))
                .map(|(_, to)| *to)
                .collect();
            if more.is_empty() {
                break;
            }
            ids.extend(more);
        }
        let of_them = self.named.iter().filter(|(id, _, _)| ids.contains(id));
        let mut identifiers = subject.identifiers();
        identifiers.extend(of_them.map(|(_, category, reference)| Identifier {
            category: (*category).to_owned(),
            reference: reference.to_string(),
        }));
        identifiers.sort();
        identifiers.dedup();
        let alike = self.found.into_keys().filter(|id| !ids.contains(id)).collect();
        let agents = self.agents.intersection(&ids).copied().collect();
        Persons { ids, agents, alike, identifiers }
    }
}

/// Reads one work.
pub(super) fn read(
    reader: &Reader<'_>,
    references: &References,
    subject: &ErasureSubject,
    work: Work,
    desk: &mut Desk,
) -> PeopleRows {
    let mut rows = PeopleRows::default();
    let mut piece = |piece: &OwnedPiece| {
        // What cannot be read is met again by the second pass, which says so.
        let _gaps = reader.read(piece, &reader.audit.limits, desk, &mut |block, detections, _| {
            rows.take(reader, references, subject, block, detections);
        });
    };
    match work {
        Work::Items(items) => {
            for item in items {
                if let Ok((bytes, gap)) = read_whole(&item) {
                    piece(&whole(item, bytes, gap.into_iter().collect()));
                }
            }
        }
        Work::Piece(one) => piece(&one),
        Work::Gap(..) | Work::Folder(_) | Work::Excluded => {}
    }
    rows
}

impl PeopleRows {
    fn take(
        &mut self,
        reader: &Reader<'_>,
        references: &References,
        subject: &ErasureSubject,
        block: &Block,
        detections: &[Detection],
    ) {
        let key = reader.context.hash_key();
        let role = FactId::named("role");
        let mut persons: BTreeMap<u32, RecordHash> = BTreeMap::new();
        for (at, record) in (0u32..).zip(&block.records) {
            let id = record.reference.id.as_ref().filter(|_| record.reference.kind == RecordKind::Person);
            let Some(id) = id else { continue };
            let hash = RecordHash::of(key, &record.reference.system, RecordKind::Person, id);
            persons.insert(at, hash);
            let own = references.record(RecordKind::Person, id.expose());
            if subject.has(&own) {
                self.found.entry(hash).or_default().insert(own);
            }
            let same = record.links.iter().filter(|link| link.relation == Relation::Same);
            let other = |link| super::super::survey::link_hash(key, record, link);
            self.same.extend(same.map(|link| (hash, other(link))));
            let word = role.and_then(|role| record.facts.get(role));
            if matches!(word, Some(FactValue::Word(word)) if matches!(word.as_str(), "agent" | "admin" | "owner"))
            {
                self.agents.insert(hash);
            }
        }
        for (field, category, value) in named_fields(block) {
            if let Some(hash) = persons.get(&field) {
                self.named.push((*hash, category.name(), references.subject(category, value)));
            }
        }
        for (record, reference) in references_in(references, block, detections) {
            if let Some(hash) = persons.get(&record).filter(|_| subject.has(&reference)) {
                self.found.entry(*hash).or_default().insert(reference);
            }
        }
    }
}

/// Fields that mappings call a name, an address or a number of a person, with their record.
fn named_fields(block: &Block) -> impl Iterator<Item = (u32, Category, &str)> {
    block.fields().iter().filter_map(|field| {
        let category = match field.role {
            Role::PersonName | Role::NameElsewhere => Category::PERSON_NAME,
            Role::EmailAddress => Category::EMAIL_ADDRESS,
            Role::PhoneNumber => Category::PHONE_NUMBER,
            _ => return None,
        };
        let value = block.field_text(field).trim();
        (!value.is_empty()).then_some((field.record, category, value))
    })
}

/// References of everything in a block that identifies somebody, with its record: what mappings call a name, an
/// address or a number, and what is found in texts.
pub(super) fn references_in(
    references: &References,
    block: &Block,
    detections: &[Detection],
) -> Vec<(u32, Reference)> {
    let mut out: Vec<(u32, Reference)> = named_fields(block)
        .map(|(record, category, value)| (record, references.subject(category, value)))
        .collect();
    out.extend(found_in(references, block, detections));
    out
}

/// References of what was found in texts, with its record.
pub(super) fn found_in<'b>(
    references: &'b References,
    block: &'b Block,
    detections: &'b [Detection],
) -> impl Iterator<Item = (u32, Reference)> + 'b {
    let likely = detections.iter().filter(|one| one.confidence >= Confidence::REDACTED);
    likely.flat_map(move |detection| {
        let span = detection.start as usize..detection.end as usize;
        let field = block.fields().get(detection.field as usize);
        let value = block.text().expose().get(span).zip(field);
        let categories = std::iter::once(detection.category).chain(detection.also.iter().copied());
        categories.filter_map(move |category| {
            let (value, field) = value?;
            Some((field.record, references.normal_subject(category, &normalise(category, value))))
        })
    })
}

//! Which records holds cover: by tag, by the ticket's reference, and by the people in them.

use super::context::Context;
use super::references::References;
use super::survey::{RecordHash, is_person, link_hash, ticket_of};
use crate::detectors::{HashKey, normalise};
use crate::policies::exceptions::{Holds, Reference};
use crate::records::{
    Block, Category, Confidence, Detection, FactId, FactValue, Record, RecordKind, Relation,
};

use super::hashed::ByHash;
use super::joins::TicketJoin;
use super::survey::PersonRow;

/// The holds of a run, with what it takes to look records up in them.
#[derive(Clone, Copy)]
pub struct HeldBy<'a> {
    /// The holds.
    pub holds: &'a Holds,
    /// People who were erased.
    pub suppression: Option<&'a super::Suppression>,
    /// Makes references; none without a key, when no hold has any.
    pub references: Option<&'a References>,
    /// The instant holds must be in force at, in seconds since 1970.
    pub now: i64,
}

impl HeldBy<'_> {
    /// Holds that name a person of the export, by any of their identifiers.
    pub(super) fn person(&self, person: &PersonRow) -> Vec<usize> {
        let named = self.named(person);
        named.iter().flat_map(|reference| self.holds.naming(reference, self.now)).collect()
    }

    /// Whether a person of the export was erased.
    pub(super) fn erased(&self, person: &PersonRow) -> bool {
        self.suppression.is_some_and(|list| list.names(&self.named(person), self.now))
    }

    /// References of a person's identifiers.
    fn named(&self, person: &PersonRow) -> Vec<Reference> {
        let Some(references) = self.references else { return Vec::new() };
        let identifiers = [
            (Category::PERSON_NAME, &person.names),
            (Category::EMAIL_ADDRESS, &person.emails),
            (Category::PHONE_NUMBER, &person.phones),
        ];
        let mut named = Vec::new();
        for (category, texts) in identifiers {
            named.extend(texts.iter().map(|text| references.subject(category, text.expose())));
        }
        named
    }

    /// The first hold of the file that covers each record of a block. Records of one top-level element share
    /// theirs: a ticket is held with its comments. `detections` are those of the block, sorted by record.
    pub(crate) fn of_block(
        &self,
        context: &Context,
        block: &Block,
        detections: &[Detection],
    ) -> Vec<Option<usize>> {
        self.of_block_all(context, block, detections, &mut |_| {})
    }

    /// The same, and every hold that covers something is told to `seen`.
    pub(crate) fn of_block_all(
        &self,
        context: &Context,
        block: &Block,
        detections: &[Detection],
        seen: &mut dyn FnMut(usize),
    ) -> Vec<Option<usize>> {
        let mut held = Vec::with_capacity(block.records.len());
        if self.holds.is_empty() {
            return held;
        }
        let tags = FactId::named("tags");
        let top = |record: &Record| record.reference.ordinal.top;
        let mut first = 0u32;
        let mut left = detections;
        for element in block.records.chunk_by(|a, b| top(a) == top(b)) {
            let last = first + u32::try_from(element.len()).unwrap_or(u32::MAX);
            let in_element =
                |d: &Detection| block.fields().get(d.field as usize).is_some_and(|f| f.record < last);
            let (here, rest) = left.split_at(left.partition_point(in_element));
            (left, first) = (rest, last);
            let mut found: Option<usize> = None;
            let mut take = |at: usize| {
                seen(at);
                found = Some(found.map_or(at, |known| known.min(at)));
            };
            for record in element {
                let words = match tags.and_then(|fact| record.facts.get(fact)) {
                    Some(FactValue::Words(words)) => words.as_slice(),
                    _ => &[],
                };
                self.holds.by_tags(words, self.now).for_each(&mut take);
                self.by_reference(context, record, block, &mut take);
            }
            if self.holds.names_people() {
                self.by_detection(block, here, &mut take);
            }
            held.extend(std::iter::repeat_n(found, element.len()));
        }
        held
    }

    fn by_reference(&self, context: &Context, record: &Record, block: &Block, take: &mut impl FnMut(usize)) {
        let Some(references) = self.references.filter(|_| self.holds.has_references()) else { return };
        let own = record.reference.id.as_ref().filter(|_| record.reference.kind == RecordKind::Ticket);
        let linked =
            record.links.iter().filter(|link| link.relation == Relation::Ticket).map(|link| &link.id);
        for id in own.into_iter().chain(linked) {
            let reference = references.record(RecordKind::Ticket, id.expose());
            self.holds.naming(&reference, self.now).for_each(&mut *take);
        }
        if self.holds.names_people() {
            context.held_people(record, block).for_each(take);
        }
    }

    fn by_detection(&self, block: &Block, detections: &[Detection], take: &mut impl FnMut(usize)) {
        let Some(references) = self.references else { return };
        // What is less likely than this is not redacted either.
        for detection in detections.iter().filter(|one| one.confidence >= Confidence::REDACTED) {
            let span = detection.start as usize..detection.end as usize;
            let Some(value) = block.text().expose().get(span) else { continue };
            if detection.category.card().identifies {
                let normal = normalise(detection.category, value);
                let reference = references.normal_subject(detection.category, &normal);
                self.holds.naming(&reference, self.now).for_each(&mut *take);
            }
        }
    }
}

/// People of the export that holds name.
pub(super) type HeldPeople = ByHash<RecordHash, Vec<usize>>;

impl Context {
    /// Holds that name a person a record links to, or anybody of its ticket.
    fn held_people(&self, record: &Record, block: &Block) -> impl Iterator<Item = usize> {
        let key: HashKey = self.hash_key();
        let mut holds = Vec::new();
        let own = record.reference.id.as_ref().filter(|_| record.reference.kind == RecordKind::Person);
        let own = own.map(|id| RecordHash::of(key, &record.reference.system, RecordKind::Person, id));
        let linked =
            record.links.iter().filter(|link| is_person(link)).map(|link| link_hash(key, record, link));
        for person in own.into_iter().chain(linked) {
            holds.extend(self.held.get(&person).into_iter().flatten().copied());
        }
        let join = ticket_of(key, record, block).and_then(|ticket| self.tickets.get(ticket));
        for person in join.iter().flat_map(TicketJoin::people) {
            holds.extend(self.held.get(&person).into_iter().flatten().copied());
        }
        holds.into_iter()
    }
}

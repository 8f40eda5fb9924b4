//! What the survey learned, built once and only read from then on.

use std::collections::BTreeMap;

use crate::detectors::{BlockPeople, HashKey, PeopleTable, PersonIndex};
use crate::records::{
    Block, Category, FactId, FactValue, Gap, Record, RecordKind, Role, Stamp, Supplier, Text, is_mark,
};

use super::hashed::ByHash;
use super::held::{HeldBy, HeldPeople};
use super::ids::IdShapes;
use super::own::{Own, OwnBuilder};
use super::survey::{
    CommentRow, PEOPLE_OF_TICKET, PersonRow, RecordHash, SurveyRows, is_person, link_hash, ticket_of,
};

/// People, tickets and comments held at most; beyond, joined facts are missing and a gap says so.
const BOUND: usize = 2_000_000;

/// Rows of the survey while they come in.
#[derive(Default)]
pub(crate) struct ContextBuilder {
    people: Vec<PersonRow>,
    tickets: ByHash<RecordHash, TicketJoin>,
    comments: ByHash<(RecordHash, RecordHash), Option<Stamp>>,
    own: OwnBuilder,
    ids: IdShapes,
    bounded: bool,
}

/// What is joined to a ticket.
#[derive(Clone, Default)]
pub(super) struct TicketJoin {
    pub(super) requester: Option<RecordHash>,
    pub(super) people: Vec<RecordHash>,
    pub(super) last_subject_contact: Option<Stamp>,
}

impl ContextBuilder {
    /// Takes rows, in the order of the walk.
    pub(crate) fn add(&mut self, rows: SurveyRows, key: HashKey) {
        let full = |len: usize| len >= BOUND;
        self.ids.add(rows.ids);
        for person in rows.people {
            if full(self.people.len()) {
                self.bounded = true;
            } else {
                self.own.person(key, &person);
                self.people.push(person);
            }
        }
        for ticket in rows.tickets {
            if full(self.tickets.len()) {
                self.bounded = true;
                continue;
            }
            self.own.ticket(key, &ticket);
            let join = self.tickets.entry(ticket.id).or_default();
            join.requester = join.requester.or(ticket.requester);
            join.last_subject_contact = join.last_subject_contact.max(ticket.contact);
            if join.people.is_empty() {
                join.people = ticket.people;
            } else {
                join.people.extend(ticket.people);
            }
        }
        for CommentRow { ticket, author, at } in rows.comments {
            if full(self.comments.len()) {
                self.bounded = true;
                continue;
            }
            let last = self.comments.entry((ticket, author)).or_default();
            *last = (*last).max(at);
        }
    }

    /// Joins comments to their tickets and hashes the people.
    #[expect(
        clippy::iter_over_hash_type,
        reason = "each join is changed by itself, and comments are sorted first"
    )]
    pub(crate) fn build(
        mut self,
        hash_key: [u8; 16],
        held_by: Option<&HeldBy<'_>>,
    ) -> (Context, Option<Gap>) {
        let mut comments: Vec<((RecordHash, RecordHash), Option<Stamp>)> =
            self.comments.into_iter().collect();
        comments.sort();
        for ((ticket, author), at) in comments {
            let Some(join) = self.tickets.get_mut(&ticket) else { continue };
            if join.requester == Some(author) {
                join.last_subject_contact = join.last_subject_contact.max(at);
            }
            join.people.push(author);
        }
        for join in self.tickets.values_mut() {
            join.people.extend(join.requester);
            join.people.sort_unstable();
            join.people.dedup();
            join.people.truncate(PEOPLE_OF_TICKET);
        }
        let mut table = PeopleTable::new(hash_key);
        let mut by_id = ByHash::with_capacity_and_hasher(self.people.len(), Default::default());
        let mut held = HeldPeople::default();
        for person in &self.people {
            let holds = held_by.filter(|by| by.holds.names_people()).map(|by| by.person(person));
            if let Some(holds) = holds.filter(|holds| !holds.is_empty()) {
                held.insert(person.id, holds);
            }
            by_id.insert(person.id, add_person(&mut table, &person.names, &person.emails, &person.phones));
        }
        table.seal();
        table.ids = self.ids.ranges();
        let context = Context {
            key: HashKey::new(hash_key),
            table,
            by_id,
            tickets: self.tickets,
            facts: JoinFacts::new(),
            own: self.own.build(HashKey::new(hash_key), &self.people),
            held,
        };
        (context, self.bounded.then(super::survey::bound_gap))
    }
}

fn add_person(table: &mut PeopleTable, names: &[Text], emails: &[Text], phones: &[Text]) -> PersonIndex {
    let emails: Vec<&str> = emails.iter().map(Text::expose).collect();
    let phones: Vec<&str> = phones.iter().map(Text::expose).collect();
    let name = names.first().map(Text::expose).filter(|name| !is_mark(name));
    table.add(name, &emails, &phones)
}

/// The facts a join supplies.
struct JoinFacts {
    last_contact: Option<FactId>,
    clock_at: Option<FactId>,
    clock: Option<FactId>,
}

impl JoinFacts {
    fn new() -> Self {
        Self {
            last_contact: FactId::named("last_subject_contact_at"),
            clock_at: FactId::named("retention_clock_at"),
            clock: FactId::named("retention_clock"),
        }
    }
}

/// What a scan may know of other records than the one it reads.
pub struct Context {
    key: HashKey,
    pub(super) table: PeopleTable,
    pub(super) by_id: ByHash<RecordHash, PersonIndex>,
    pub(super) tickets: ByHash<RecordHash, TicketJoin>,
    facts: JoinFacts,
    pub(super) own: Own,
    /// People of the export whom holds name.
    pub(super) held: HeldPeople,
}

impl Context {
    /// A context that knows nobody.
    pub(super) fn empty(hash_key: [u8; 16]) -> Context {
        ContextBuilder::default().build(hash_key, None).0
    }

    /// Whether a normalised value of a category is the organisation's own.
    pub(crate) fn is_own(&self, category: Category, normal: &str) -> bool {
        self.own.holds(self.key, category, normal)
    }

    /// What was taken as the organisation's own, as people may be told.
    pub fn told_own(&self) -> Vec<String> {
        self.own.told()
    }

    /// The key of the hashes of records and people.
    pub(super) fn hash_key(&self) -> HashKey {
        self.key
    }

    /// How many people it knows.
    pub fn people(&self) -> usize {
        self.by_id.len()
    }

    /// The people of each record of a block: those it links to, those of its ticket, and those its own
    /// top-level element names. The records of one element share them all.
    pub(crate) fn people_of(&self, block: &Block) -> BlockPeople<'_> {
        let mut people = BlockPeople::new(&self.table);
        let mut named = self.named_here(block, &mut people);
        let top = |record: &Record| record.reference.ordinal.top;
        for element in block.records.chunk_by(|a, b| top(a) == top(b)) {
            let mut set = element.first().and_then(|first| named.remove(&top(first))).unwrap_or_default();
            for record in element.iter().filter(|_| !self.by_id.is_empty()) {
                let linked = record.links.iter().filter(|link| is_person(link));
                set.extend(linked.filter_map(|link| self.by_id.get(&link_hash(self.key, record, link))));
                if let Some(join) =
                    ticket_of(self.key, record, block).and_then(|ticket| self.tickets.get(&ticket))
                {
                    set.extend(join.people.iter().filter_map(|hash| self.by_id.get(hash)));
                }
            }
            set.sort_unstable();
            set.dedup();
            for _ in element {
                people.push(&set);
            }
        }
        people
    }

    /// People an element names itself (the sender of a mail, the `via` of a ticket), by its ordinal.
    fn named_here(&self, block: &Block, people: &mut BlockPeople<'_>) -> BTreeMap<u64, Vec<PersonIndex>> {
        let mut named: BTreeMap<u64, Vec<PersonIndex>> = BTreeMap::new();
        for field in block.fields() {
            let name = match field.role {
                Role::PersonName | Role::NameElsewhere => true,
                Role::EmailAddress => false,
                _ => continue,
            };
            let Some(record) = block.records.get(field.record as usize) else { continue };
            let value = block.field_text(field).trim();
            if value.is_empty() || is_mark(value) {
                continue;
            }
            let added =
                if name { people.add(Some(value), &[], &[]) } else { people.add(None, &[value], &[]) };
            named.entry(record.reference.ordinal.top).or_default().extend(added);
        }
        named
    }

    /// Adds to a record what only other records of the archive can tell.
    pub(crate) fn join(&self, record: &mut Record) {
        if record.reference.kind != RecordKind::Ticket {
            return;
        }
        let Some(id) = &record.reference.id else { return };
        let hash = RecordHash::of(self.key, &record.reference.system, RecordKind::Ticket, id);
        let Some(contact) = self.tickets.get(&hash).and_then(|join| join.last_subject_contact) else {
            return;
        };
        let (Some(last_contact), Some(clock_at), Some(clock)) =
            (self.facts.last_contact, self.facts.clock_at, self.facts.clock)
        else {
            return;
        };
        let known = match record.facts.get(last_contact) {
            Some(FactValue::Stamp(stamp)) => Some(*stamp),
            _ => None,
        };
        if known.is_some_and(|known| known >= contact) {
            return;
        }
        for id in [last_contact, clock_at] {
            record.facts.set(id, FactValue::Stamp(contact), Supplier::Join);
        }
        record.facts.set(clock, FactValue::Word("last-subject-contact".into()), Supplier::Join);
    }
}

//! What the survey learned, built once and only read from then on.

use std::collections::{BTreeMap, BTreeSet};

use crate::detectors::{BlockPeople, HashKey, PeopleTable, PersonIndex};
use crate::records::{
    Block, Category, FactId, FactValue, Gap, Record, RecordKind, Relation, Role, Supplier, Text, is_mark,
};

use super::attachments::{Attachments, AttachmentsBuilder};
use super::hashed::{ByHash, Hashes};
use super::held::{HeldBy, HeldPeople};
use super::ids::IdShapes;
use super::joins::{Joins, JoinsBuilder, Known};
use super::own::{Own, OwnBuilder};
use super::statuses::{StatusFacts, Statuses};
use super::survey::{
    ClosingRow, CommentRow, PersonRow, RecordHash, SurveyRows, is_person, link_hash, registered_hash,
    ticket_of,
};
use super::threads::{ThreadFacts, Threads, ThreadsBuilder, is_mail};
use super::written::{ToldRow, Written, WrittenFacts};

/// People, tickets and comments held at most; beyond, joined facts are missing and a gap says so.
const BOUND: usize = 2_000_000;

/// Rows of the survey while they come in.
#[derive(Default)]
pub(crate) struct ContextBuilder {
    people: Vec<PersonRow>,
    joins: JoinsBuilder,
    own: OwnBuilder,
    ids: IdShapes,
    attachments: AttachmentsBuilder,
    mails: ThreadsBuilder,
    statuses: Statuses,
    told: Vec<ToldRow>,
    registered: BTreeSet<u64>,
    bounded: bool,
}

impl ContextBuilder {
    /// Takes rows, in the order of the walk.
    pub(crate) fn add(&mut self, rows: SurveyRows, key: HashKey) {
        let full = |len: usize| len >= BOUND;
        self.ids.add(rows.ids);
        self.attachments.add(rows.attachments);
        self.bounded |= self.mails.add(rows.mails);
        self.statuses.add(rows.statuses);
        if full(self.registered.len()) {
            self.bounded |= !rows.registered.is_empty();
        } else {
            self.registered.extend(rows.registered);
        }
        if full(self.told.len()) {
            self.bounded |= !rows.told.is_empty();
        } else {
            self.told.extend(rows.told);
        }
        for person in rows.people {
            if full(self.people.len()) {
                self.bounded = true;
            } else {
                self.own.person(key, &person);
                self.people.push(person);
            }
        }
        for ticket in rows.tickets {
            if full(self.joins.tickets()) {
                self.bounded = true;
                continue;
            }
            self.own.ticket(key, &ticket);
            self.joins.ticket(&ticket);
        }
        for ClosingRow { ticket, status, at } in rows.closings {
            if full(self.joins.others()) {
                self.bounded = true;
                continue;
            }
            self.joins.change(ticket, status, at);
        }
        for CommentRow { ticket, author, at, incoming } in rows.comments {
            if full(self.joins.others()) {
                self.bounded = true;
                continue;
            }
            self.joins.comment(ticket, author, at, incoming);
        }
    }

    /// What the survey learned of attachments' files.
    pub(crate) fn take_attachments(&mut self, key: HashKey) -> Attachments {
        std::mem::take(&mut self.attachments).build(key)
    }

    /// Joins comments to their tickets and hashes the people.
    pub(crate) fn build(
        mut self,
        hash_key: [u8; 16],
        held_by: Option<&HeldBy<'_>>,
    ) -> (Context, Option<Gap>) {
        let (threads, tickets) = std::mem::take(&mut self.mails).build(self.joins.tickets() == 0);
        tickets.iter().for_each(|ticket| self.joins.ticket(ticket));
        // A ticket may know a person by one id and a comment by another.
        let mut first_ids: ByHash<RecordHash, RecordHash> = ByHash::default();
        for person in &self.people {
            for id in &person.same {
                first_ids.entry(*id).or_insert(person.id);
            }
        }
        let mut table = PeopleTable::new(hash_key);
        let mut by_id = ByHash::with_capacity_and_hasher(self.people.len(), Default::default());
        // What several records say of one person (the account, its preferences) is one person's.
        let mut merged: Vec<PersonRow> = Vec::with_capacity(self.people.len());
        let mut at: ByHash<RecordHash, usize> = ByHash::default();
        for person in std::mem::take(&mut self.people) {
            match at.get(&person.id).and_then(|at| merged.get_mut(*at)) {
                Some(known) => known.merge(person),
                None => {
                    at.insert(person.id, merged.len());
                    merged.push(person);
                }
            }
        }
        for person in merged.iter().filter(|person| person.is_somebody()) {
            let index = add_person(&mut table, &person.names, &person.emails, &person.phones);
            by_id.insert(person.id, index);
        }
        let lists = held_by.filter(|by| by.suppression.is_some());
        let erased = lists.map(|by| merged.iter().filter(|person| by.erased(person)).count() as u64);
        let mut held = HeldPeople::default();
        for person in &merged {
            let holds = held_by.filter(|by| by.holds.names_people()).map(|by| by.person(person));
            if let Some(holds) = holds.filter(|holds| !holds.is_empty()) {
                held.insert(person.id, holds);
            }
        }
        // Other ids lead to whoever of the same person has a name or address.
        for person in &merged {
            let known = by_id.get(&person.id).or_else(|| person.same.iter().find_map(|id| by_id.get(id)));
            let Some(index) = known.copied() else { continue };
            for id in std::iter::once(&person.id).chain(&person.same) {
                by_id.entry(*id).or_insert(index);
            }
        }
        let tickets = std::mem::take(&mut self.joins).build(&Known {
            first_id: &|id| first_ids.get(&id).copied().unwrap_or(id),
            is_somebody: &|id| by_id.contains_key(&id) || held.contains_key(&id),
            is_closed: &|status| self.statuses.is_closed(status),
        });
        drop(first_ids);
        let mut anonymised: Hashes<RecordHash> = Hashes::default();
        for person in merged.iter().filter(|person| person.anonymised) {
            anonymised.insert(person.id);
            anonymised.extend(&person.same);
        }
        let through: Vec<RecordHash> = merged
            .iter()
            .filter(|person| !person.is_somebody() && person.same.iter().any(|id| anonymised.contains(id)))
            .map(|person| person.id)
            .collect();
        anonymised.extend(through);
        let ids = |person: &PersonRow| std::iter::once(person.id).chain(person.same.clone());
        let agents = merged.iter().filter(|person| person.agent).flat_map(ids).collect();
        self.people = merged;
        table.seal();
        table.ids = self.ids.ranges();
        let context = Context {
            key: HashKey::new(hash_key),
            table,
            by_id,
            tickets,
            anonymised,
            facts: JoinFacts::new(),
            own: self.own.build(HashKey::new(hash_key), &self.people),
            held,
            threads,
            thread_facts: ThreadFacts::new(),
            statuses: self.statuses,
            status_facts: StatusFacts::new(),
            written: Written::new(self.told, agents),
            written_facts: WrittenFacts::new(),
            erased,
            registered: self.registered,
        };
        (context, self.bounded.then(super::survey::bound_gap))
    }
}

impl PersonRow {
    /// Whether there is anything to know them by.
    fn is_somebody(&self) -> bool {
        !(self.names.is_empty() && self.emails.is_empty() && self.phones.is_empty())
    }

    fn merge(&mut self, other: PersonRow) {
        let new = |known: &mut Vec<Text>, more: Vec<Text>| {
            for text in more {
                if !known.contains(&text) {
                    known.push(text);
                }
            }
        };
        new(&mut self.names, other.names);
        new(&mut self.emails, other.emails);
        new(&mut self.phones, other.phones);
        self.same.extend(other.same);
        self.agent |= other.agent;
        self.anonymised |= other.anonymised;
    }
}

fn add_person(table: &mut PeopleTable, names: &[Text], emails: &[Text], phones: &[Text]) -> PersonIndex {
    let emails: Vec<&str> = emails.iter().map(Text::expose).collect();
    let phones: Vec<&str> = phones.iter().map(Text::expose).collect();
    let name = full_name(names);
    table.add(name.as_deref().filter(|name| !is_mark(name)), &emails, &phones)
}

/// The name of a person of whom an export has several: the first of several words, else all together (a
/// forename and a surname in columns of their own).
fn full_name(names: &[Text]) -> Option<String> {
    let several = names.iter().map(Text::expose).find(|name| name.trim().contains(char::is_whitespace));
    if let Some(name) = several {
        return Some(name.to_owned());
    }
    let all: Vec<&str> = names.iter().map(Text::expose).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

/// The facts a join supplies.
struct JoinFacts {
    last_contact: Option<FactId>,
    clock_at: Option<FactId>,
    clock: Option<FactId>,
    closed_at: Option<FactId>,
    names_anonymised: Option<FactId>,
}

impl JoinFacts {
    fn new() -> Self {
        Self {
            last_contact: FactId::named("last_subject_contact_at"),
            clock_at: FactId::named("retention_clock_at"),
            clock: FactId::named("retention_clock"),
            closed_at: FactId::named("closed_at"),
            names_anonymised: FactId::named("names_anonymised"),
        }
    }
}

/// What a scan may know of other records than the one it reads.
pub struct Context {
    key: HashKey,
    pub(super) table: PeopleTable,
    pub(super) by_id: ByHash<RecordHash, PersonIndex>,
    pub(super) tickets: Joins,
    /// People the vendor made anonymous.
    pub(super) anonymised: Hashes<RecordHash>,
    facts: JoinFacts,
    pub(super) own: Own,
    /// People of the export whom holds name.
    pub(super) held: HeldPeople,
    /// Mail as tickets and comments.
    pub(super) threads: Threads,
    pub(super) thread_facts: ThreadFacts,
    /// What ids of statuses mean.
    pub(super) statuses: Statuses,
    pub(super) status_facts: StatusFacts,
    /// Who wrote to whom.
    pub(super) written: Written,
    pub(super) written_facts: WrittenFacts,
    /// How many people of the export were erased; none without a list of them.
    pub(super) erased: Option<u64>,
    /// Tickets that registers of requests and breaches name.
    pub(super) registered: BTreeSet<u64>,
}

impl Context {
    /// Whether a register of these entries, requests or breaches, names the ticket of a record.
    pub(super) fn is_registered(&self, entries: RecordKind, block: &Block, record: u32) -> bool {
        let mut at = Some(record);
        // Parents come before their children, so the walk up ends; the bound is for what a faulty reader
        // might build.
        for _ in 0..64 {
            let Some(record) = at.and_then(|at| block.records.get(at as usize)) else { return false };
            let named =
                |id: &Text| self.registered.contains(&registered_hash(self.key, entries, id.expose()));
            let linked = record.links.iter().filter(|link| link.relation == Relation::Ticket);
            if record.reference.id.as_ref().is_some_and(named) || linked.map(|link| &link.id).any(named) {
                return true;
            }
            at = record.parent;
        }
        false
    }

    /// Who asked, by the ticket.
    pub(super) fn requester(&self, ticket: RecordHash) -> Option<RecordHash> {
        self.tickets.get(ticket).and_then(|join| join.requester)
    }

    /// The number of a ticket among those it knows: less than a bit to remember one by.
    pub(super) fn ticket_number(&self, ticket: RecordHash) -> Option<usize> {
        self.tickets.number(ticket)
    }

    /// The same with each message of a mail archive for itself, as its file or place in a mailbox is: a thread
    /// that only subjects join is no unit to delete by.
    pub fn with_mail_apart(self) -> Context {
        Context { threads: Threads::default(), ..self }
    }

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
                    ticket_of(self.key, record, block).and_then(|ticket| self.tickets.get(ticket))
                {
                    set.extend(join.people().filter_map(|hash| self.by_id.get(&hash)));
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

    /// The date entries of a ticket's history say it was closed, where the ticket itself says none.
    fn join_closing(&self, ticket: &mut Record, hash: RecordHash) {
        let Some(at) = self.tickets.closed(hash) else { return };
        let (Some(closed_at), Some(clock_at), Some(clock)) =
            (self.facts.closed_at, self.facts.clock_at, self.facts.clock)
        else {
            return;
        };
        if ticket.facts.get(closed_at).is_some() {
            return;
        }
        ticket.facts.set(closed_at, FactValue::Stamp(at), Supplier::Join);
        let known = match ticket.facts.get(clock) {
            Some(FactValue::Word(word)) => word == "last-subject-contact",
            _ => false,
        };
        if !known {
            ticket.facts.set(clock_at, FactValue::Stamp(at), Supplier::Join);
            ticket.facts.set(clock, FactValue::Word("closed".into()), Supplier::Join);
        }
    }

    /// Says of each record whether it names somebody the vendor made anonymous: it points to such a person,
    /// and a name or an address stands in it that is no mark.
    pub(crate) fn mark_named(&self, block: &mut Block) {
        let Some(fact) = self.facts.names_anonymised else { return };
        let points = |record: &Record| {
            let linked = record.links.iter().filter(|link| is_person(link));
            linked.map(|link| link_hash(self.key, record, link)).any(|id| self.anonymised.contains(&id))
        };
        let mut named = vec![false; block.records.len()];
        if !self.anonymised.is_empty() {
            for field in block.fields() {
                let name = matches!(field.role, Role::PersonName | Role::NameElsewhere | Role::EmailAddress);
                let value = || block.field_text(field).trim();
                if let Some(named) = named.get_mut(field.record as usize).filter(|_| name) {
                    *named |= !value().is_empty() && !is_mark(value());
                }
            }
        }
        for (record, named) in block.records.iter_mut().zip(named) {
            if fact.card().is_of(record.reference.kind) {
                let known = matches!(record.facts.get(fact), Some(FactValue::Bool(true)));
                let value = known || (named && points(record));
                record.facts.set(fact, FactValue::Bool(value), Supplier::Join);
            }
        }
    }

    /// Adds to a record what only other records of the archive can tell.
    pub(crate) fn join(&self, record: &mut Record) {
        let alone = self.join_thread(record);
        if record.reference.kind == RecordKind::Comment && !is_mail(record) {
            self.join_written(record);
        }
        if record.reference.kind != RecordKind::Ticket {
            return;
        }
        self.join_status(record);
        let contact = match &record.reference.id {
            None => alone,
            Some(id) => {
                // What is known of a thread stands under its first message.
                let mail = &*record.reference.system == "mail";
                let kind = if mail { RecordKind::Comment } else { RecordKind::Ticket };
                let hash = RecordHash::of(self.key, &record.reference.system, kind, id);
                self.join_closing(record, hash);
                self.tickets.get(hash).and_then(|join| join.last_subject_contact.get())
            }
        };
        let Some(contact) = contact else { return };
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

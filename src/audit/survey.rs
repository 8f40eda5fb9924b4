//! The first pass: who the archive's people are, and what belongs to what.
//!
//! The survey reads only what mappings mark and keeps hashes: ids of records become 64-bit numbers,
//! names and addresses become the keyed hashes of a [`crate::detectors::PeopleTable`]. What it builds is immutable
//! while the scan runs, so results depend neither on the order of files nor on threads.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};

use crate::detectors::HashKey;
use crate::formats::mapping::{Described, Mappings};
use crate::formats::{Member, Purpose, Reading, Yield};
use crate::records::{
    Block, FactId, FactValue, Gap, GapClass, Limits, Link, Record, RecordKind, Relation, Role, Stamp, Text,
};

use super::attachments::{AttachmentRows, Namer};
use super::ids::IdShapes;
use crate::sources::Item;

use super::pieces::{OwnedPiece, Work, read_whole, whole};
use super::sight;
use super::statuses::StatusRow;
use super::threads::{MailRow, is_message};
use super::written::ToldRow;

/// A record's id as a number: helpdesk, kind and id in one keyed hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct RecordHash(NonZeroU64);

impl RecordHash {
    /// The hash of a reference.
    pub(crate) fn of(key: HashKey, system: &str, kind: RecordKind, id: &Text) -> Self {
        let id = key.hash(id.expose().as_bytes()).rotate_left(kind as u32);
        // One id in 2^64 is zero; two that share a hash are likelier by far.
        Self(NonZeroU64::new(id ^ key.hash(system.as_bytes())).unwrap_or(NonZeroU64::MIN))
    }

    /// The number.
    pub(super) fn bits(self) -> u64 {
        self.0.get()
    }
}

/// People remembered of one ticket.
pub(crate) const PEOPLE_OF_TICKET: usize = 16;

/// What the survey takes from one person record.
pub(crate) struct PersonRow {
    pub(crate) id: RecordHash,
    pub(crate) names: Vec<Text>,
    pub(crate) emails: Vec<Text>,
    pub(crate) phones: Vec<Text>,
    /// Whether the role says that they work for the organisation.
    pub(crate) agent: bool,
    /// Other ids of the same person.
    pub(crate) same: Vec<RecordHash>,
    /// Whether the vendor made them anonymous.
    pub(crate) anonymised: bool,
}

/// What the survey takes from one ticket.
pub(crate) struct TicketRow {
    pub(crate) id: RecordHash,
    pub(crate) requester: Option<RecordHash>,
    pub(crate) people: Vec<RecordHash>,
    /// Last act of the requester in the comments that lie inside the ticket.
    pub(crate) contact: Option<Stamp>,
    /// Whether the requester did something in them at a time nobody knows, or may have.
    pub(crate) undated: bool,
    /// Addresses at which the helpdesk received it.
    pub(crate) received_at: Vec<Text>,
}

/// What the survey takes from one comment.
pub(crate) struct CommentRow {
    pub(crate) ticket: RecordHash,
    pub(crate) author: Option<RecordHash>,
    pub(crate) at: Option<Stamp>,
    /// Whether the export says that it came from the data subject, whoever its author is.
    pub(crate) incoming: bool,
}

/// When a ticket was closed, as an entry of its history says.
pub(crate) struct ClosingRow {
    pub(crate) ticket: RecordHash,
    pub(crate) at: Stamp,
    /// The status it changed into, where only the export's own table says whether that is closed.
    pub(crate) status: Option<RecordHash>,
}

/// What the survey takes from a run of records.
#[derive(Default)]
pub(crate) struct SurveyRows {
    pub(crate) people: Vec<PersonRow>,
    pub(crate) tickets: Vec<TicketRow>,
    pub(crate) comments: Vec<CommentRow>,
    pub(crate) closings: Vec<ClosingRow>,
    pub(crate) ids: IdShapes,
    pub(crate) attachments: AttachmentRows,
    pub(crate) mails: Vec<MailRow>,
    pub(crate) statuses: Vec<StatusRow>,
    pub(super) told: Vec<ToldRow>,
    /// Hashes of the ids of tickets that registers of requests and breaches name.
    pub(super) registered: Vec<u64>,
}

/// The facts the survey reads, looked up once.
pub(crate) struct SurveyFacts {
    key: HashKey,
    created_at: Option<FactId>,
    role: Option<FactId>,
    pub(super) direction: Option<FactId>,
    pub(super) public: Option<FactId>,
    closed_at: Option<FactId>,
    anonymised: Option<FactId>,
    pub(super) status: Option<FactId>,
    pub(super) status_raw: Option<FactId>,
    status_id: Option<FactId>,
    request_ticket: Option<FactId>,
    incident: Option<FactId>,
}

impl SurveyFacts {
    pub(crate) fn new(hash_key: [u8; 16]) -> Self {
        Self {
            key: HashKey::new(hash_key),
            created_at: FactId::named("created_at"),
            role: FactId::named("role"),
            direction: FactId::named("direction"),
            public: FactId::named("public"),
            closed_at: FactId::named("closed_at"),
            anonymised: FactId::named("anonymised"),
            status: FactId::named("status"),
            status_raw: FactId::named("status_raw"),
            status_id: FactId::named("status_id"),
            request_ticket: FactId::named("request_ticket"),
            incident: FactId::named("incident"),
        }
    }

    /// When a record was made.
    pub(super) fn created(&self, record: &Record) -> Option<Stamp> {
        created(record, self)
    }

    /// The key of the hashes of people.
    pub(crate) fn key(&self) -> HashKey {
        self.key
    }
}

impl SurveyRows {
    /// Takes an entry of a register that names a ticket.
    fn register(&mut self, key: HashKey, entry: &Record, fact: Option<FactId>) {
        if let Some(FactValue::Text(id)) = fact.and_then(|fact| entry.facts.get(fact)) {
            self.registered.push(registered_hash(key, entry.reference.kind, id.expose()));
        }
    }

    /// Takes which files there are.
    fn files(&mut self, work: &Work, mappings: &Mappings, facts: &SurveyFacts) {
        let mut take = |item: &Item| self.attachments.file(facts.key, mappings, item);
        match work {
            Work::Items(items) => items.iter().for_each(take),
            Work::Piece(piece) if piece.first => take(&piece.item),
            // It is there, though nobody can read it.
            Work::Gap(item, _) => take(item),
            Work::Piece(_) | Work::Folder(_) | Work::Excluded => {}
        }
    }

    /// Takes what a block of a survey pass holds.
    pub(crate) fn take(&mut self, block: &Block, facts: &SurveyFacts) {
        let key = facts.key;
        let mut people: BTreeMap<u32, PersonRow> = BTreeMap::new();
        // The ticket whose comments are being read, by its position in the block.
        let mut open = None;
        // Tickets of the block, by their position in it, and their rows.
        let mut tickets: Vec<(u32, usize)> = Vec::new();
        for (at, record) in (0u32..).zip(&block.records) {
            if let Some(id) = &record.reference.id {
                self.ids.take(id);
            }
            match record.reference.kind {
                RecordKind::Person => {
                    if let Some(id) = own_hash(key, record) {
                        people.insert(
                            at,
                            PersonRow {
                                id,
                                names: Vec::new(),
                                emails: Vec::new(),
                                phones: Vec::new(),
                                agent: is_agent(record, facts),
                                same: same_as(key, record),
                                anonymised: is_anonymised(record, facts),
                            },
                        );
                    }
                }
                RecordKind::Ticket => {
                    let row = ticket_row(key, record);
                    open = row.is_some().then_some(at);
                    tickets.extend(row.is_some().then_some((at, self.tickets.len())));
                    self.tickets.extend(row);
                }
                RecordKind::Comment if is_message(record) && !record.continues => {
                    self.mails.push(MailRow::of(record, facts));
                }
                RecordKind::Comment => {
                    let inside = record.parent.is_some() && record.parent == open;
                    match self.tickets.last_mut().filter(|_| inside) {
                        Some(ticket) => ticket.take(record, facts),
                        None => {
                            self.comments.extend(comment_row(record, block, facts));
                            self.told.extend(ToldRow::of(record, facts));
                        }
                    }
                }
                RecordKind::Setting => self.statuses.extend(StatusRow::of(record, facts)),
                RecordKind::RightsRequest => self.register(key, record, facts.request_ticket),
                RecordKind::Breach => self.register(key, record, facts.incident),
                RecordKind::AuditEntry => self.closings.extend(closing_row(record, block, facts)),
                _ => {}
            }
        }
        for field in block.fields() {
            if field.role == Role::SupportAddress {
                let ticket = tickets.binary_search_by_key(&field.record, |(at, _)| *at).ok();
                let row = ticket.and_then(|at| tickets.get(at)).map(|(_, row)| *row);
                if let Some(ticket) = row.and_then(|row| self.tickets.get_mut(row)) {
                    ticket.received_at.push(Text::new(block.field_text(field).trim()));
                }
                continue;
            }
            let Some(person) = people.get_mut(&field.record) else { continue };
            let value = block.field_text(field).trim();
            if value.is_empty() {
                continue;
            }
            match field.role {
                Role::PersonName => person.names.push(Text::new(value)),
                Role::EmailAddress => person.emails.push(Text::new(value)),
                Role::PhoneNumber => person.phones.push(Text::new(value)),
                _ => {}
            }
        }
        self.people.extend(people.into_values());
    }
}

/// The hash of a ticket's id as a register of this kind of entries names it: whatever helpdesk it is of, in any
/// case.
pub(super) fn registered_hash(key: HashKey, entries: RecordKind, id: &str) -> u64 {
    key.hash(id.trim().to_lowercase().as_bytes()).rotate_left(entries as u32)
}

fn own_hash(key: HashKey, record: &Record) -> Option<RecordHash> {
    let id = record.reference.id.as_ref()?;
    Some(RecordHash::of(key, &record.reference.system, record.reference.kind, id))
}

/// The hash of what a link points to.
pub(crate) fn link_hash(key: HashKey, record: &Record, link: &Link) -> RecordHash {
    RecordHash::of(key, &record.reference.system, link.kind, &link.id)
}

/// Whether a link leads to a person whose name the record's texts may hold.
pub(crate) fn is_person(link: &Link) -> bool {
    matches!(link.relation, Relation::Requester | Relation::Author | Relation::Assignee | Relation::Involved)
}

fn ticket_row(key: HashKey, record: &Record) -> Option<TicketRow> {
    let id = own_hash(key, record)?;
    let requester = record.links.iter().find(|link| link.relation == Relation::Requester);
    let people =
        record.links.iter().filter(|link| is_person(link)).map(|link| link_hash(key, record, link)).collect();
    Some(TicketRow {
        id,
        requester: requester.map(|link| link_hash(key, record, link)),
        people,
        contact: None,
        undated: false,
        received_at: Vec::new(),
    })
}

impl TicketRow {
    /// Takes a comment that lies inside the ticket.
    fn take(&mut self, comment: &Record, facts: &SurveyFacts) {
        let at = created(comment, facts);
        if is_incoming(comment, facts) {
            self.contact = self.contact.max(at);
            self.undated |= at.is_none();
        }
        let Some(author) = comment.links.iter().find(|link| link.relation == Relation::Author) else {
            // Whoever wrote it may be the requester, where nothing says that it came from elsewhere.
            let told = |fact: Option<FactId>| fact.is_some_and(|fact| comment.facts.get(fact).is_some());
            let inside =
                facts.public.and_then(|fact| comment.facts.get(fact)) == Some(&FactValue::Bool(false));
            self.undated |= !told(facts.direction) && !inside;
            return;
        };
        let author = link_hash(facts.key, comment, author);
        if self.requester == Some(author) {
            self.contact = self.contact.max(at);
            self.undated |= at.is_none();
        }
        if !self.people.contains(&author) && self.people.len() < PEOPLE_OF_TICKET {
            self.people.push(author);
        }
    }
}

/// Whether a person works for the organisation, by the role the export gives.
fn is_agent(person: &Record, facts: &SurveyFacts) -> bool {
    match facts.role.and_then(|id| person.facts.get(id)) {
        Some(FactValue::Word(role)) => matches!(role.as_str(), "agent" | "admin" | "owner"),
        _ => false,
    }
}

fn created(record: &Record, facts: &SurveyFacts) -> Option<Stamp> {
    match facts.created_at.and_then(|id| record.facts.get(id)) {
        Some(FactValue::Stamp(stamp)) => Some(*stamp),
        _ => None,
    }
}

/// The ticket a record belongs to: by its own link, or because it lies inside it.
pub(crate) fn ticket_of(key: HashKey, record: &Record, block: &Block) -> Option<RecordHash> {
    if record.reference.kind == RecordKind::Ticket {
        return own_hash(key, record);
    }
    if let Some(link) = record.links.iter().find(|link| link.relation == Relation::Ticket) {
        return Some(link_hash(key, record, link));
    }
    let mut parent = record.parent;
    // Parents come before their children, so the walk up ends; the bound is for what a faulty reader
    // might build.
    for _ in 0..64 {
        let above = block.records.get(parent? as usize)?;
        if above.reference.kind == RecordKind::Ticket {
            return own_hash(key, above);
        }
        parent = above.parent;
    }
    None
}

fn comment_row(record: &Record, block: &Block, facts: &SurveyFacts) -> Option<CommentRow> {
    let ticket = ticket_of(facts.key, record, block)?;
    let author = record.links.iter().find(|link| link.relation == Relation::Author);
    let author = author.map(|link| link_hash(facts.key, record, link));
    let incoming = is_incoming(record, facts);
    (author.is_some() || incoming).then(|| CommentRow {
        ticket,
        author,
        at: created(record, facts),
        incoming,
    })
}

fn closing_row(record: &Record, block: &Block, facts: &SurveyFacts) -> Option<ClosingRow> {
    if let Some(FactValue::Stamp(at)) = record.facts.get(facts.closed_at?) {
        let ticket = ticket_of(facts.key, record, block)?;
        return Some(ClosingRow { ticket, at: *at, status: None });
    }
    let Some(FactValue::Word(status)) = record.facts.get(facts.status_id?) else { return None };
    let id = Text::new(status.clone());
    let status = RecordHash::of(facts.key, &record.reference.system, RecordKind::Setting, &id);
    let ticket = ticket_of(facts.key, record, block)?;
    Some(ClosingRow { ticket, at: created(record, facts)?, status: Some(status) })
}

/// The other ids a person record says it has.
fn same_as(key: HashKey, person: &Record) -> Vec<RecordHash> {
    let same = person.links.iter().filter(|link| link.relation == Relation::Same);
    same.map(|link| link_hash(key, person, link)).collect()
}

fn is_anonymised(person: &Record, facts: &SurveyFacts) -> bool {
    matches!(facts.anonymised.and_then(|id| person.facts.get(id)), Some(FactValue::Bool(true)))
}

/// Whether the export says that a comment came in from the data subject.
fn is_incoming(comment: &Record, facts: &SurveyFacts) -> bool {
    match facts.direction.and_then(|id| comment.facts.get(id)) {
        Some(FactValue::Word(direction)) => direction == "in",
        _ => false,
    }
}

/// Reads work for the survey, with memory kept from work to work.
#[derive(Default)]
pub(crate) struct SurveyBench {
    block: Block,
}

impl SurveyBench {
    /// What one work tells. Whatever goes wrong is left to the scan, which meets it again and says so.
    pub(crate) fn work(
        &mut self,
        work: Work,
        mappings: &Mappings,
        limits: &Limits,
        facts: &SurveyFacts,
    ) -> SurveyRows {
        let mut rows = SurveyRows::default();
        rows.files(&work, mappings, facts);
        match work {
            Work::Items(items) => {
                for item in items {
                    if let Ok((bytes, _)) = read_whole(&item) {
                        self.read(whole(item, bytes, Vec::new()), mappings, limits, facts, &mut rows);
                    }
                }
            }
            Work::Piece(piece) => self.read(*piece, mappings, limits, facts, &mut rows),
            Work::Gap(..) | Work::Folder(_) | Work::Excluded => {}
        }
        rows
    }

    /// Reads a piece, and what it holds where it is a container.
    fn read(
        &mut self,
        piece: OwnedPiece,
        mappings: &Mappings,
        limits: &Limits,
        facts: &SurveyFacts,
        rows: &mut SurveyRows,
    ) {
        let mut todo = vec![(piece, limits.clone())];
        while let Some((piece, limits)) = todo.pop() {
            let opens = piece.format.container().is_some() || piece.format.holds_tables();
            if !(opens || piece.format.is_surveyed(piece.item.hint())) || piece.window.is_some() {
                continue;
            }
            let reading = Reading { mappings, limits: &limits, purpose: Purpose::Survey };
            let members = opens.then(Vec::new);
            let mut out = SurveyYield { block: &mut self.block, rows, facts, members };
            // A reader that fails here fails in the scan too, where it becomes a gap.
            let _ = catch_unwind(AssertUnwindSafe(|| {
                piece.format.read(&piece.as_piece(), &reading, &mut out);
                out.hand_on();
            }));
            let members = out.members.unwrap_or_default();
            self.block.clear();
            for (before, member) in (0u64..).zip(members) {
                let refused = sight::refused_member(piece.bytes.len(), before, &member, &limits).is_some();
                let Some(inside) = limits.inside().filter(|_| !refused) else { continue };
                let namer = Namer { mappings, attachments: None };
                let (item, bytes) = sight::member_item(&piece.item, member, namer);
                rows.attachments.file(facts.key, mappings, &item);
                todo.push((whole(item, bytes.to_vec(), Vec::new()), inside));
            }
        }
    }
}

struct SurveyYield<'b> {
    block: &'b mut Block,
    rows: &'b mut SurveyRows,
    facts: &'b SurveyFacts,
    /// What a container holds; of other items nothing is kept.
    members: Option<Vec<Member>>,
}

impl Yield for SurveyYield<'_> {
    fn block(&mut self) -> &mut Block {
        self.block
    }

    fn boundary(&mut self) {
        if self.block.is_full() || self.block.records.len() >= 1024 {
            self.hand_on();
        }
    }

    fn hand_on(&mut self) {
        self.rows.take(self.block, self.facts);
        self.block.clear();
    }

    fn member(&mut self, member: Member) {
        if let Some(members) = &mut self.members {
            members.push(member);
        }
    }

    fn gap(&mut self, _gap: Gap) {}

    fn described(&mut self, told: Described) {
        self.rows.attachments.describe(self.facts.key, told);
    }
}

/// The gap where the survey's bound was reached.
pub(crate) fn bound_gap() -> Gap {
    Gap::new(
        GapClass::Limit,
        "survey-bound",
        "the archive has more people or tickets than are held at once; facts that join records are missing for the rest",
    )
}

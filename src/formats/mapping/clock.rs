//! What follows from several values of a ticket together: who wrote to whom, and the clock of retention.

use crate::records::{FactId, FactSet, FactValue, Record, RecordKind, Relation, Stamp, Supplier, Text};

/// The facts mappings set by name.
#[derive(Clone, Copy)]
pub(super) struct KnownFacts {
    pub(super) id: Option<FactId>,
    pub(super) key: Option<FactId>,
    pub(super) value: Option<FactId>,
    pub(super) public: Option<FactId>,
    pub(super) direction: Option<FactId>,
    pub(super) created_at: Option<FactId>,
    pub(super) solved_at: Option<FactId>,
    pub(super) closed_at: Option<FactId>,
    pub(super) contact: Option<FactId>,
    pub(super) clock_at: Option<FactId>,
    pub(super) clock: Option<FactId>,
    pub(super) redacted: Option<FactId>,
    pub(super) anonymised: Option<FactId>,
    pub(super) media_type: Option<FactId>,
    pub(super) soft_deleted: Option<FactId>,
    /// What a survey reads: what joins are made of.
    pub(super) surveyed: FactSet,
}

impl Default for KnownFacts {
    fn default() -> Self {
        Self {
            id: FactId::named("id"),
            key: FactId::named("key"),
            value: FactId::named("value"),
            public: FactId::named("public"),
            direction: FactId::named("direction"),
            created_at: FactId::named("created_at"),
            solved_at: FactId::named("solved_at"),
            closed_at: FactId::named("closed_at"),
            contact: FactId::named("last_subject_contact_at"),
            clock_at: FactId::named("retention_clock_at"),
            clock: FactId::named("retention_clock"),
            redacted: FactId::named("redacted"),
            anonymised: FactId::named("anonymised"),
            media_type: FactId::named("media_type"),
            soft_deleted: FactId::named("soft_deleted"),
            surveyed: surveyed(),
        }
    }
}

/// The facts joins are made of.
pub(super) fn surveyed() -> FactSet {
    let names = [
        "created_at",
        "role",
        "direction",
        "public",
        "solved_at",
        "closed_at",
        "anonymised",
        "media_type",
        "soft_deleted",
        "status",
        "status_raw",
        "status_id",
        "request_ticket",
        "incident",
    ];
    names.into_iter().filter_map(FactId::named).collect()
}

/// Says of each ticket's comments who wrote to whom, and of the ticket when its clock began.
pub(super) fn set_clocks(records: &mut [Record], known: &KnownFacts) {
    for at in 0..records.len() {
        if records.get(at).is_some_and(|record| record.reference.kind == RecordKind::Ticket) {
            ticket(records, at, known);
        }
    }
}

fn ticket(records: &mut [Record], at: usize, known: &KnownFacts) {
    let Some(ticket) = records.get(at) else { return };
    let requester = linked(ticket, Relation::Requester).cloned();
    let assignee = linked(ticket, Relation::Assignee).cloned();
    let submitter =
        ticket.links.iter().find(|link| link.relation == Relation::Author).map(|link| link.id.clone());
    let mut contact: Option<Stamp> = None;
    let mut comments = 0;
    let mut certain = true;
    let own = u32::try_from(at).ok();
    for comment in records
        .iter_mut()
        .filter(|record| record.reference.kind == RecordKind::Comment && record.parent == own)
    {
        comments += 1;
        let author = linked(comment, Relation::Author).cloned();
        let by_requester = author.is_some() && author == requester;
        let at = stamp(comment, known.created_at);
        // An act of the requester that has no date, or one that may be the requester's, makes the
        // last contact unknown: a guess would be too early, and too early deletes.
        certain &= author.is_some() && (!by_requester || at.is_some());
        if by_requester {
            contact = contact.max(at);
        }
        let by_assignee = author.is_some() && author == assignee;
        let public = known.public.and_then(|fact| comment.facts.get(fact).cloned());
        let direction = match public {
            Some(FactValue::Bool(false)) => Some("internal"),
            Some(FactValue::Bool(true)) if by_requester => Some("in"),
            Some(FactValue::Bool(true)) if by_assignee => Some("out"),
            _ => None,
        };
        if let (Some(fact), Some(direction)) = (known.direction, direction) {
            comment.facts.set(fact, FactValue::Word(direction.into()), Supplier::Export);
        }
    }
    let Some(ticket) = records.get_mut(at) else { return };
    if comments > 0 && requester.is_some() && submitter == requester {
        contact = contact.max(stamp(ticket, known.created_at));
    }
    retention(ticket, contact.filter(|_| certain), known);
}

/// The last act of the data subject, else closed, else solved.
fn retention(ticket: &mut Record, contact: Option<Stamp>, known: &KnownFacts) {
    if let (Some(fact), Some(at)) = (known.contact, contact) {
        ticket.facts.set(fact, FactValue::Stamp(at), Supplier::Export);
    }
    let clock = contact
        .map(|at| ("last-subject-contact", at))
        .or_else(|| stamp(ticket, known.closed_at).map(|at| ("closed", at)))
        .or_else(|| stamp(ticket, known.solved_at).map(|at| ("solved", at)));
    if let (Some((name, at)), Some(clock_at), Some(clock)) = (clock, known.clock_at, known.clock) {
        ticket.facts.set(clock_at, FactValue::Stamp(at), Supplier::Export);
        ticket.facts.set(clock, FactValue::Word(name.into()), Supplier::Export);
    }
}

fn linked(record: &Record, relation: Relation) -> Option<&Text> {
    record.links.iter().find(|link| link.relation == relation).map(|link| &link.id)
}

fn stamp(record: &Record, fact: Option<FactId>) -> Option<Stamp> {
    match record.facts.get(fact?) {
        Some(FactValue::Stamp(stamp)) => Some(*stamp),
        _ => None,
    }
}

//! Dates a period can run from.

use crate::records::{FactId, FactValue, Facts, RecordKind, Stamp};

/// A date a period can run from. The last change of a record is none of them: opening, tagging or
/// redacting a record is no contact, and a tool that cleans would keep longer what it cleaned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Start {
    /// The last act of the data subject.
    LastSubjectContact,
    /// The day the request was closed.
    Closed,
    /// The day it was solved.
    Solved,
    /// The day the record was made.
    Created,
    /// The last sign-in.
    LastLogin,
    /// The day a call or chat took place.
    Happened,
    /// The day a survey was answered.
    Answered,
    /// The oldest entry of a log.
    FirstEvent,
    /// The day an export was made.
    Produced,
    /// The day it was put in the bin.
    Deleted,
}

/// What is known of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dated {
    /// Nothing is said.
    Absent,
    /// Something is said that is no date.
    Unreadable,
    /// The date.
    At(Stamp),
}

impl Start {
    /// Every one.
    pub const ALL: [Start; 10] = [
        Self::LastSubjectContact,
        Self::Closed,
        Self::Solved,
        Self::Created,
        Self::LastLogin,
        Self::Happened,
        Self::Answered,
        Self::FirstEvent,
        Self::Produced,
        Self::Deleted,
    ];

    /// Its name in schedules and findings.
    pub fn name(self) -> &'static str {
        match self {
            Self::LastSubjectContact => "last-subject-contact",
            Self::Closed => "closed",
            Self::Solved => "solved",
            Self::Created => "created",
            Self::LastLogin => "last-login",
            Self::Happened => "happened",
            Self::Answered => "answered",
            Self::FirstEvent => "first-event",
            Self::Produced => "produced",
            Self::Deleted => "deleted",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Start> {
        Self::ALL.into_iter().find(|start| start.name() == name)
    }

    /// The fact it is read from. A chat calls the last act of its customer by another name.
    fn fact_name(self, on: RecordKind) -> &'static str {
        match self {
            Self::LastSubjectContact if on == RecordKind::Chat => "last_contact_at",
            Self::LastSubjectContact => "last_subject_contact_at",
            Self::Closed => "closed_at",
            Self::Solved => "solved_at",
            Self::Created => "created_at",
            Self::LastLogin => "last_login_at",
            Self::Happened => "happened_at",
            Self::Answered => "answered_at",
            Self::FirstEvent => "first_event_at",
            Self::Produced => "produced_at",
            Self::Deleted => "deleted_at",
        }
    }

    /// The fact it is read from, where records of the kind can have it.
    pub(super) fn fact(self, on: RecordKind) -> Option<FactId> {
        FactId::named(self.fact_name(on)).filter(|fact| fact.card().is_of(on))
    }

    /// What a period runs from where a schedule does not say: the first of these that is known.
    pub(super) fn usual(on: RecordKind) -> &'static [Start] {
        match on {
            RecordKind::Ticket => &[Self::LastSubjectContact, Self::Closed, Self::Solved],
            RecordKind::Chat => &[Self::LastSubjectContact],
            RecordKind::Call => &[Self::Happened],
            RecordKind::Survey => &[Self::Answered],
            RecordKind::Person => &[Self::LastLogin],
            RecordKind::Log => &[Self::FirstEvent],
            RecordKind::ExportManifest => &[Self::Produced],
            _ => &[Self::Created],
        }
    }
}

/// What facts say of a date.
pub(super) fn dated(facts: &Facts, fact: FactId) -> Dated {
    match facts.get(fact) {
        None => Dated::Absent,
        Some(FactValue::Stamp(stamp)) => Dated::At(*stamp),
        Some(_) => Dated::Unreadable,
    }
}

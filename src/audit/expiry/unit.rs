//! What a schedule says of an archive: what goes, what is listed, what is counted.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::records::{Ordinal, RecordKind, Stamp};
use crate::vault::Digest;

/// How many kept records nearest to their end are told.
pub(super) const NEAR: usize = 20;

/// One run of bytes, or one file, that goes with a record. The path is the real one; it may hold data and is
/// never printed.
#[derive(Clone)]
pub struct RecordPart {
    /// The file.
    pub path: PathBuf,
    /// The item's number in this walk.
    pub item: u32,
    /// Which record of the file; none for a file that goes whole.
    pub ordinal: Option<Ordinal>,
    /// Its bytes in the file.
    pub extent: std::ops::Range<u64>,
    /// What it is.
    pub kind: RecordKind,
    /// Keyed digest of the bytes.
    pub digest: Digest,
}

/// Why a record that is past its period is not planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A hold covers it or a part of it.
    Held,
    /// Another copy of it in the archive says something else.
    Copies,
    /// A part of it cannot go alone.
    NotRemovable,
    /// A file it stands in was not read whole.
    Unread,
    /// Law asks for it to be kept.
    Minimum,
    /// It is blocked, and destroyed by the schedule.
    Blocked,
    /// The request has not ended.
    Active,
    /// A date or status that would tell whether law keeps it is missing.
    Undecidable,
    /// It has no id, so that nobody can tell later that it is the same.
    NoId,
}

impl Reason {
    /// Stable word in plans.
    pub fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Copies => "copies-differ",
            Self::NotRemovable => "not-removable",
            Self::Unread => "not-read-whole",
            Self::Minimum => "legal-minimum",
            Self::Blocked => "blocked",
            Self::Active => "active",
            Self::Undecidable => "undecidable",
            Self::NoId => "no-id",
        }
    }
}

/// What decided that records go: a period of the schedule, or a request. Thousands of records share one.
#[derive(PartialEq, Eq)]
pub struct Ruling {
    /// Kinds of data of the schedule.
    pub kinds: Vec<String>,
    /// Which date the period runs from.
    pub clock: &'static str,
    /// The period, ISO 8601.
    pub period: String,
    /// Who says so.
    pub source: String,
}

impl Ruling {
    /// A person's request, which waits for no period.
    pub(in crate::audit) fn request() -> Arc<Ruling> {
        let [period, source] = ["at once", ""].map(str::to_owned);
        Arc::new(Ruling { kinds: Vec::new(), clock: "request", period, source })
    }
}

/// A record past its period with all that goes with it.
#[derive(Clone)]
pub struct Unit {
    /// Keyed reference, the same in every run with the key.
    pub reference: String,
    /// What it is.
    pub kind: RecordKind,
    /// The helpdesk.
    pub system: Arc<str>,
    /// Its id, data masked.
    pub id: String,
    /// The source's own id, for the vendor's bulk deletion. Never printed but where the user asks for it.
    pub raw_id: crate::records::Text,
    /// What decided.
    pub ruling: Arc<Ruling>,
    /// The date its period runs from.
    pub clock_at: Option<Stamp>,
    /// When it ended.
    pub since: Stamp,
    /// When the longest legal minimum ended.
    pub minimum: Option<Stamp>,
    /// For how long it is blocked instead of destroyed, ISO 8601.
    pub block: Option<String>,
    /// Everything that goes, the record itself first.
    pub parts: Vec<RecordPart>,
    /// Why it stays all the same.
    pub kept: Option<Reason>,
    /// The hold that keeps it.
    pub hold: Option<String>,
}

/// A record that is listed and not planned.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListedRecord {
    /// The oldest date known of it, RFC 3339; none first.
    pub date: Option<String>,
    /// What it is.
    pub kind: &'static str,
    /// Its id, data masked.
    pub id: String,
    /// What is missing, or when it may go.
    pub why: String,
}

/// What a schedule says of an archive.
#[derive(Default)]
pub struct Expiry {
    /// Records past their period, in the order of the walk.
    pub units: Vec<Unit>,
    /// Records the schedule has a say in.
    pub records: u64,
    /// How many of them are in which state.
    pub states: BTreeMap<&'static str, u64>,
    /// Records of no kind of the schedule, oldest first.
    pub unclassified: Vec<ListedRecord>,
    /// Records whose dates or status do not tell, oldest first.
    pub undecidable: Vec<ListedRecord>,
    /// Of an erasure: what somebody has to look at.
    pub review: Vec<ListedRecord>,
    /// Of an erasure: everything the person is known by.
    pub identifiers: Vec<super::super::erasure::Identifier>,
    /// Kept records nearest to their end.
    pub near: Vec<ListedRecord>,
    /// How often each hold covered something, in the order of the file.
    pub holds: Vec<u64>,
    /// Records inside others or in containers, which go with those.
    pub inside: u64,
    /// What `ignore:` leaves out: nobody looked whether it goes with a record.
    pub excluded: u64,
    /// Files in folders for attachments whose number two records have: they stay.
    pub unclaimed: u64,
    /// Files that were not read whole and are no ticket's attachment: a message in them may be a person's
    /// last, and a later date.
    pub unread: u64,
}

/// Keeps the `most` that come first.
pub(super) fn nearest(rows: &mut Vec<ListedRecord>, most: usize) {
    if rows.len() >= 2 * most {
        rows.sort();
        rows.truncate(most);
    }
}

impl Expiry {
    pub(in crate::audit) fn add(&mut self, other: Expiry) {
        self.records += other.records;
        self.inside += other.inside;
        self.excluded += other.excluded;
        for (state, count) in other.states {
            *self.states.entry(state).or_default() += count;
        }
        self.unclassified.extend(other.unclassified);
        self.undecidable.extend(other.undecidable);
        self.review.extend(other.review);
        self.near.extend(other.near);
        nearest(&mut self.near, 64 * NEAR);
        if self.holds.len() < other.holds.len() {
            self.holds.resize(other.holds.len(), 0);
        }
        for (to, from) in self.holds.iter_mut().zip(other.holds) {
            *to += from;
        }
    }
}

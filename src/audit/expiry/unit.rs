//! What a schedule says of an archive: what goes, what is listed, what is counted.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::joins::Moment;
use super::super::survey::RecordHash;
use crate::records::{Ordinal, RecordKind, Stamp, Text};
use crate::vault::Digest;

/// How many kept records nearest to their end are told.
pub(super) const NEAR: usize = 20;

/// A keyed reference to a record, the same in every run with the key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnitReference([u8; 16]);

impl UnitReference {
    /// The first half of a keyed digest.
    pub(in crate::audit) fn of(digest: &Digest) -> UnitReference {
        let mut out = [0; 16];
        out.iter_mut().zip(digest.0).for_each(|(to, from)| *to = from);
        UnitReference(out)
    }

    /// Reads what [`fmt::Display`] writes, and nothing else.
    pub fn parse(text: &str) -> Option<UnitReference> {
        let mut out = [0; 16];
        let digits = text.as_bytes().chunks_exact(2);
        if text.len() != 32 || text.bytes().any(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        for (to, pair) in out.iter_mut().zip(digits) {
            *to = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(UnitReference(out))
    }
}

impl fmt::Display for UnitReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for UnitReference {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UnitReference {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = CompactString::deserialize(from)?;
        UnitReference::parse(&text).ok_or_else(|| serde::de::Error::custom("no reference of a record"))
    }
}

/// A file that parts lie in. The path is the real one; it may hold data and is never printed.
pub struct PartFile {
    /// Where it lies.
    pub path: PathBuf,
    /// The item's number in this walk.
    pub item: u32,
}

/// Units after whose taking their room is given back.
const GIVEN_BACK: usize = 4096;

/// One run of bytes, or one file, that goes with a record. Those of one file share its name.
#[derive(Clone)]
pub struct RecordPart {
    /// The file.
    pub file: Arc<PartFile>,
    /// Which record of the file; none for a file that goes whole.
    pub ordinal: Option<Ordinal>,
    /// Its bytes in the file.
    pub extent: std::ops::Range<u64>,
    /// What it is.
    pub kind: RecordKind,
    /// Keyed digest of the bytes.
    pub digest: Digest,
}

impl RecordPart {
    /// A file that goes whole.
    pub(in crate::audit) fn whole(path: &Path, item: u32, len: u64, digest: Digest) -> RecordPart {
        RecordPart {
            file: Arc::new(PartFile { path: path.to_path_buf(), item }),
            ordinal: None,
            extent: 0..len,
            kind: RecordKind::File,
            digest,
        }
    }
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
#[derive(Clone, PartialEq, Eq)]
pub struct Ruling {
    /// The helpdesk.
    pub system: Arc<str>,
    /// Kinds of data of the schedule.
    pub kinds: Vec<String>,
    /// Which date the period runs from.
    pub clock: &'static str,
    /// The period, ISO 8601.
    pub period: String,
    /// Who says so.
    pub source: String,
    /// For how long a record is blocked instead of destroyed, ISO 8601.
    pub block: Option<String>,
}

impl Ruling {
    /// A person's request, which waits for no period.
    pub(in crate::audit) fn request(system: Arc<str>) -> Arc<Ruling> {
        let [period, source] = ["at once", ""].map(str::to_owned);
        Arc::new(Ruling { system, kinds: Vec::new(), clock: "request", period, source, block: None })
    }
}

/// A record past its period with all that goes with it. There may be hundreds of thousands: what many share
/// stands in one place, and dates are packed.
#[derive(Clone)]
pub struct Unit {
    /// What it is called in this run.
    pub(in crate::audit) key: RecordHash,
    /// Keyed reference, the same in every run with the key.
    pub reference: UnitReference,
    /// What it is.
    pub kind: RecordKind,
    /// Its id, data masked.
    pub id: CompactString,
    /// The source's own id, where it is another.
    raw_id: Option<Box<Text>>,
    /// What decided.
    pub ruling: Arc<Ruling>,
    clock_at: Moment,
    since: Moment,
    minimum: Moment,
    /// Everything that goes, the record itself first.
    pub parts: Vec<RecordPart>,
    /// Why it stays all the same.
    pub kept: Option<Reason>,
    /// The hold that keeps it.
    pub hold: Option<Arc<str>>,
}

/// When a unit's period ran.
#[derive(Clone, Copy)]
pub(in crate::audit) struct Times {
    pub(in crate::audit) clock_at: Option<Stamp>,
    pub(in crate::audit) since: Stamp,
    pub(in crate::audit) minimum: Option<Stamp>,
}

impl Unit {
    /// One record by itself; `ids` are its own and the one that is shown.
    pub(in crate::audit) fn new(
        key: RecordHash,
        reference: UnitReference,
        kind: RecordKind,
        (raw_id, id): (&Text, CompactString),
        ruling: Arc<Ruling>,
        times: Times,
        part: Option<RecordPart>,
    ) -> Unit {
        Unit {
            key,
            reference,
            kind,
            raw_id: (raw_id.expose() != id).then(|| Box::new(raw_id.clone())),
            id,
            ruling,
            clock_at: Moment::of(times.clock_at),
            since: Moment::of(Some(times.since)),
            minimum: Moment::of(times.minimum),
            parts: part.into_iter().collect(),
            kept: None,
            hold: None,
        }
    }

    /// The source's own id, for the vendor's bulk deletion. Never printed but where the user asks for it.
    pub fn raw_id(&self) -> &str {
        self.raw_id.as_ref().map_or(&self.id, |text| text.expose())
    }

    /// The date its period runs from.
    pub fn clock_at(&self) -> Option<Stamp> {
        self.clock_at.get()
    }

    /// When it ended.
    pub fn since(&self) -> Option<Stamp> {
        self.since.get()
    }

    /// When the longest legal minimum ended.
    pub fn minimum(&self) -> Option<Stamp> {
        self.minimum.get()
    }

    /// For how long it is blocked instead of destroyed, ISO 8601.
    pub fn block(&self) -> Option<&str> {
        self.ruling.block.as_deref()
    }

    /// Adds a part, and room for no more than that.
    pub(in crate::audit) fn take_part(&mut self, part: RecordPart) {
        self.parts.reserve_exact(1);
        self.parts.push(part);
    }
}

/// A record that is listed and not planned.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedRecord {
    /// A date, RFC 3339: the oldest known, or the end of the period; none first.
    pub date: Option<CompactString>,
    /// Its id, data masked.
    pub id: CompactString,
    /// What it is.
    pub kind: CompactString,
    /// What is missing, when it may go, or why it stays.
    pub why: CompactString,
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
    /// Rows, lines and elements that no mapping knows: nobody can tell what they are, and they stay.
    pub unknown: u64,
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
    /// The units in order; the room of those that were taken is given back as they go.
    pub fn take_units(&mut self) -> impl Iterator<Item = Unit> + use<> {
        let mut units = std::mem::take(&mut self.units);
        units.reverse();
        std::iter::from_fn(move || {
            if units.len().is_multiple_of(GIVEN_BACK) {
                units.shrink_to_fit();
            }
            units.pop()
        })
    }

    pub(in crate::audit) fn add(&mut self, other: Expiry) {
        self.records += other.records;
        self.inside += other.inside;
        self.excluded += other.excluded;
        self.unknown += other.unknown;
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

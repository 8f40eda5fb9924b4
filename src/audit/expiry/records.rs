//! The first pass: which records are past their period, which are kept or only listed, and what the other
//! parts of a ticket need to know.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use compact_str::CompactString;

use super::super::context::Context;
use super::super::shown::Shown;
use super::super::survey::{RecordHash, ticket_of};
use super::super::{Audit, Desk, OwnedPiece, Work, path_of, read_whole, whole};
use super::gathered::attachment_folder;
use super::parts::{PartSource, goes_with_ticket, is_inside_its_ticket, is_some_record, ticket_around};
use super::unit::{Expiry, ListedRecord, NEAR, Reason, Ruling, Times, Unit, UnitReference, nearest};
use crate::detectors::{BlockPeople, HashKey};
use crate::policies::retention::{Decision, Keep, Schedule, Then};
use crate::records::{Block, FactId, FactValue, GapClass, Record, RecordKind, Text};
use crate::vault::Subkey;

/// What one work tells.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) expiry: Expiry,
    pub(super) units: Vec<Unit>,
    pub(super) kept: Vec<RecordHash>,
    /// Tickets and files that holds cover.
    pub(super) held: Vec<(RecordHash, usize)>,
    pub(super) held_files: Vec<(PathBuf, usize)>,
    /// Files that were not read whole, and files of which nothing is known.
    pub(super) unread: Vec<PathBuf>,
    pub(super) files: Vec<(PathBuf, u32)>,
    pub(super) attachments: Vec<(String, RecordHash)>,
    pub(super) tickets: Vec<(String, RecordHash)>,
    pub(super) apart: bool,
}

/// Whether a record is a message by itself: one that belongs to no ticket.
fn is_mail(record: &Record) -> bool {
    record.reference.kind == RecordKind::Comment && &*record.reference.system == "mail"
}

/// How many records of a block could go by themselves, hold no others, and are nothing that a mapping knows.
fn unknown(block: &Block) -> u64 {
    let alone = |record: &&Record| {
        !(is_some_record(record) || record.continues) && record.parent.is_none() && record.extent.is_some()
    };
    if !block.records.iter().any(|record| alone(&record)) {
        return 0;
    }
    let around: BTreeSet<u32> = block.records.iter().filter_map(|record| record.parent).collect();
    let all = (0u32..).zip(&block.records);
    all.filter(|(at, record)| alone(record) && !around.contains(at)).count() as u64
}

fn mail_hash(key: HashKey, record: &Record) -> Option<RecordHash> {
    let id = record.reference.id.as_ref().filter(|_| is_mail(record))?;
    Some(RecordHash::of(key, &record.reference.system, RecordKind::Comment, id))
}

/// One pass over pieces.
pub(in crate::audit) struct Reader<'a> {
    pub(in crate::audit) audit: &'a Audit<'a>,
    pub(in crate::audit) context: &'a Context,
    pub(in crate::audit) schedule: &'a Schedule,
    pub(in crate::audit) digests: &'a Subkey,
    pub(in crate::audit) created: Option<FactId>,
    pub(in crate::audit) detects: bool,
    /// Folders in which attachments may lie.
    pub(in crate::audit) folders: BTreeSet<String>,
    /// What decided so far: records share it.
    pub(in crate::audit) rulings: Mutex<Vec<Arc<Ruling>>>,
}

impl Reader<'_> {
    /// The schedule as it is for the source a piece lies in.
    pub(in crate::audit) fn schedule_of(&self, piece: &OwnedPiece) -> &Schedule {
        let rules = self.audit.policies.rules_of(&piece.item.origin);
        rules.schedule().unwrap_or(self.schedule)
    }

    pub(super) fn first(&self, work: Work, desk: &mut Desk) -> Rows {
        let mut rows = Rows::default();
        rows.expiry.holds = vec![0; self.audit.exceptions.holds.len()];
        match work {
            Work::Items(items) => {
                for item in items {
                    match read_whole(&item) {
                        Ok((bytes, gap)) => {
                            let piece = whole(item, bytes, gap.into_iter().collect());
                            self.first_piece(&piece, desk, &mut rows);
                        }
                        Err(_) => rows.unread.extend(path_of(&item).map(Path::to_path_buf)),
                    }
                }
            }
            Work::Piece(piece) => self.first_piece(&piece, desk, &mut rows),
            Work::Gap(item, _) => rows.unread.extend(path_of(&item).map(Path::to_path_buf)),
            Work::Excluded => rows.expiry.excluded += 1,
            Work::Folder(_) => {}
        }
        rows
    }

    pub(super) fn first_piece(&self, piece: &OwnedPiece, desk: &mut Desk, rows: &mut Rows) {
        let Some(path) = path_of(&piece.item) else { return };
        let attached = attachment_folder(path).is_some();
        if piece.first && attached {
            rows.files.push((path.to_path_buf(), piece.item.number.walk()));
        }
        let source = PartSource::new(piece);
        let mut shown = Shown::new(self.audit.matcher);
        let held_by = self.audit.held_by();
        let gaps = self.read(piece, &self.audit.limits, desk, &mut |block, detections, inner| {
            let mut seen = Vec::new();
            let held = held_by.of_block_all(self.context, block, detections, &mut |at| seen.push(at));
            for at in seen {
                if let Some(count) = rows.expiry.holds.get_mut(at) {
                    *count += 1;
                }
            }
            let key = self.context.hash_key();
            rows.expiry.unknown += if attached { 0 } else { unknown(block) };
            for (at, record) in block.records.iter().enumerate() {
                if let Some(hold) = held.get(at).copied().flatten() {
                    rows.held.extend(ticket_of(key, record, block).map(|ticket| (ticket, hold)));
                    rows.held.extend(mail_hash(key, record).map(|mail| (mail, hold)));
                    if attached {
                        rows.held_files.push((path.to_path_buf(), hold));
                    }
                }
                if !record.continues {
                    self.take(&source, record, block, inner, &mut shown, rows);
                }
            }
        });
        rows.held_files.dedup();
        if gaps.iter().any(|gap| gap.class != GapClass::ByNature) || piece.window.is_some() {
            rows.unread.push(path.to_path_buf());
        }
    }

    pub(super) fn take(
        &self,
        source: &PartSource<'_>,
        record: &Record,
        block: &Block,
        inner: bool,
        shown: &mut Shown<'_>,
        rows: &mut Rows,
    ) {
        let key = self.context.hash_key();
        let kind = record.reference.kind;
        let among_attachments =
            || path_of(&source.piece.item).is_some_and(|at| attachment_folder(at).is_some());
        if goes_with_ticket(record) && !is_inside_its_ticket(key, record, block) {
            rows.apart |= !inner;
            // It stays where its ticket goes, and that is told.
            rows.expiry.inside += u64::from(inner && !among_attachments());
        }
        if kind == RecordKind::Attachment
            && let (Some(id), Some(ticket)) = (&record.reference.id, ticket_around(key, record, block))
        {
            rows.attachments.extend(self.folder_of(id).map(|folder| (folder, ticket)));
        }
        let removable = matches!(
            kind,
            RecordKind::Ticket
                | RecordKind::Chat
                | RecordKind::Call
                | RecordKind::Survey
                | RecordKind::Person
        ) || is_mail(record);
        if !removable {
            return;
        }
        // A mail among a ticket's attachments is the ticket's.
        let attached = is_mail(record) && among_attachments();
        if inner
            || attached
            || record.parent.and_then(|at| block.records.get(at as usize)).is_some_and(is_some_record)
        {
            rows.expiry.inside += 1;
            return;
        }
        let hash =
            record.reference.id.as_ref().map(|id| RecordHash::of(key, &record.reference.system, kind, id));
        if kind == RecordKind::Ticket
            && let (Some(id), Some(hash)) = (&record.reference.id, hash)
        {
            rows.tickets.extend(self.folder_of(id).map(|folder| (folder, hash)));
        }
        let now = self.audit.now.seconds;
        let decision = self.schedule_of(source.piece).decide(kind, &record.facts, None, now);
        rows.expiry.records += 1;
        *rows.expiry.states.entry(decision.keep.name()).or_default() += 1;
        let id = record.reference.id_or_ordinal();
        let mut listed = |why: &str, date: Option<CompactString>| ListedRecord {
            date,
            kind: kind.name().into(),
            id: shown.name(id.expose(), &BlockPeople::none(), &mut Default::default()).into(),
            why: why.into(),
        };
        match &decision.keep {
            Keep::Expired { .. } => {
                rows.units.extend(self.unit(source, record, &decision, hash, listed("", None).id));
                return;
            }
            Keep::Unclassified => {
                let row = listed("no kind of the schedule", self.date(record));
                rows.expiry.unclassified.push(row);
            }
            Keep::Undecidable { missing } => {
                let row = listed(missing, self.date(record));
                rows.expiry.undecidable.push(row);
            }
            keep => {
                if let Some(until) = keep.next() {
                    rows.expiry.near.push(listed(keep.name(), Some(until.to_rfc3339().into())));
                    nearest(&mut rows.expiry.near, 64 * NEAR);
                }
            }
        }
        rows.kept.extend(hash);
    }

    /// The name of the folder that has this id's attachments, where there may be one.
    fn folder_of(&self, id: &Text) -> Option<String> {
        self.folders.get(id.expose()).cloned()
    }

    /// The date a record that is only listed is sorted by.
    pub(crate) fn date(&self, record: &Record) -> Option<CompactString> {
        match self.created.and_then(|fact| record.facts.get(fact)) {
            Some(FactValue::Stamp(stamp)) => Some(stamp.to_rfc3339().into()),
            _ => None,
        }
    }

    fn ruling(&self, decision: &Decision<'_>, system: &Arc<str>, then: &Then<'_>) -> Arc<Ruling> {
        let ruling = Ruling {
            system: Arc::clone(system),
            kinds: decision.kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            clock: decision.clock.map_or("", |clock| clock.start.name()),
            period: decision.period.unwrap_or_default().to_owned(),
            source: decision.source.unwrap_or_default().to_owned(),
            block: match then {
                Then::Block { term } => Some((*term).to_owned()),
                Then::Destroy => None,
            },
        };
        let mut rulings = self.rulings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = rulings.iter().find(|known| ***known == ruling) {
            return Arc::clone(known);
        }
        let ruling = Arc::new(ruling);
        rulings.push(Arc::clone(&ruling));
        ruling
    }

    fn unit(
        &self,
        source: &PartSource<'_>,
        record: &Record,
        decision: &Decision<'_>,
        hash: Option<RecordHash>,
        shown_id: CompactString,
    ) -> Option<Unit> {
        let Keep::Expired { since, then } = &decision.keep else { return None };
        let raw_id = record.reference.id_or_ordinal();
        let (system, kind) = (&record.reference.system, record.reference.kind);
        let part = self.part(source, record);
        let kept = match (hash, &part) {
            (None, _) => Some(Reason::NoId),
            (_, None) => Some(Reason::NotRemovable),
            _ => None,
        };
        let path = path_of(&source.piece.item)?.to_string_lossy();
        let id = raw_id.expose();
        // Without an id the name stands for nothing but itself; it is never planned.
        let name = if hash.is_some() { id.to_owned() } else { format!("{path}\u{1f}{id}") };
        let reference =
            self.digests.mac(&[b"record", system.as_bytes(), kind.name().as_bytes(), name.as_bytes()]);
        let unnamed = || RecordHash::of(self.context.hash_key(), system, kind, &Text::new(&*name));
        let times = Times {
            clock_at: decision.clock.map(|clock| clock.at),
            since: *since,
            minimum: decision.minimum,
        };
        let mut unit = Unit::new(
            hash.unwrap_or_else(unnamed),
            UnitReference::of(&reference),
            kind,
            (&raw_id, shown_id),
            self.ruling(decision, system, then),
            times,
            part,
        );
        unit.kept = kept;
        Some(unit)
    }
}

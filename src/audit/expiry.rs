//! A pass that asks which records a schedule says must go, with everything that goes with them, and which
//! records it keeps, and why.
//!
//! A ticket is one thing with its comments and attachments wherever they lie: what keeps one part keeps all,
//! and two copies of a ticket that say different things keep each other.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::context::Context;
use super::shown::Shown;
use super::survey::{RecordHash, ticket_of};
use super::{Audit, Desk, OwnedPiece, Roots, Work, path_of, read_whole, whole};
use crate::detectors::BlockPeople;
use crate::formats::{Member, Yield};
use crate::policies::retention::{Decision, Keep, Schedule, Then};
use crate::problem::Problem;
use crate::records::{
    Block, Detection, FactId, FactValue, Gap, GapClass, Limits, Ordinal, Record, RecordKind, Relation, Stamp,
};
use crate::vault::{Digest, Subkey};

/// How many kept records nearest to their end are told.
const NEAR: usize = 20;
/// Names of folders below which a folder named like a ticket holds its attachments.
const FOLDERS: [&str; 8] =
    ["attachments", "attachment", "files", "uploads", "adjuntos", "anexos", "anhaenge", "pieces-jointes"];

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
            Self::NoId => "no-id",
        }
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
    pub system: String,
    /// Its id, data masked.
    pub id: String,
    /// The source's own id, for the vendor's bulk deletion. Never printed but where the user asks for it.
    pub raw_id: crate::records::Text,
    /// Kinds of data of the schedule.
    pub kinds: Vec<String>,
    /// Which date the period runs from.
    pub clock: String,
    /// That date.
    pub clock_at: Option<Stamp>,
    /// The period, ISO 8601.
    pub period: String,
    /// Who says so.
    pub source: String,
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
    /// Kept records nearest to their end.
    pub near: Vec<ListedRecord>,
    /// How often each hold covered something, in the order of the file.
    pub holds: Vec<u64>,
    /// Records inside others or in containers, which go with those.
    pub inside: u64,
    /// Files that were not read whole and are no ticket's attachment: a message in them may be a person's
    /// last, and a later date.
    pub unread: u64,
}

/// What one work tells.
#[derive(Default)]
struct Rows {
    expiry: Expiry,
    units: Vec<(RecordHash, Unit)>,
    kept: Vec<RecordHash>,
    /// Tickets and files that holds cover.
    held: Vec<(RecordHash, usize)>,
    held_files: Vec<(PathBuf, usize)>,
    /// Files that were not read whole, and files of which nothing is known.
    unread: Vec<PathBuf>,
    files: Vec<(PathBuf, u32)>,
    attachments: Vec<(String, RecordHash)>,
    tickets: Vec<(String, RecordHash)>,
    apart: bool,
}

/// What a second pass tells: parts of planned tickets, and those that cannot go.
#[derive(Default)]
struct PartRows {
    parts: Vec<(RecordHash, RecordPart)>,
    stuck: Vec<RecordHash>,
}

/// One pass over pieces.
struct Reader<'a> {
    audit: &'a Audit<'a>,
    context: &'a Context,
    schedule: &'a Schedule,
    digests: &'a Subkey,
    created: Option<FactId>,
    detects: bool,
}

impl Audit<'_> {
    /// What the schedule says of everything below `roots`. `digests` keys the digests of records.
    ///
    /// # Errors
    /// A [`Problem`] where there is no schedule or the run was stopped.
    pub fn expiry(&self, roots: &Roots, context: &Context, digests: &Subkey) -> Result<Expiry, Problem> {
        let Some(schedule) = self.policies.rules.schedule() else {
            let what = "there is no retention schedule";
            let advice =
                "write one, start from `olvido retention propose`, and name it as `schedule:` in olvido.yaml";
            return Err(Problem::new("purge-no-schedule", what, advice));
        };
        let reader = Reader {
            audit: self,
            context,
            schedule,
            digests,
            created: FactId::named("created_at"),
            detects: self.exceptions.holds.names_people(),
        };
        let mut first = First::default();
        let desks: Mutex<Vec<Desk>> = Mutex::default();
        let done: Result<(), ()> = self.each(
            roots,
            false,
            |work| {
                let mut desk = super::take(&desks).unwrap_or_default();
                let rows = reader.first(work, &mut desk);
                super::give(&desks, desk);
                rows
            },
            |rows| {
                first.add(rows);
                Ok(())
            },
        )?;
        debug_assert!(done.is_ok());
        let mut second = BTreeMap::new();
        let wanted: BTreeSet<RecordHash> = first.units.iter().map(|(key, _)| *key).collect();
        if first.apart && !wanted.is_empty() {
            let mut stuck = BTreeSet::new();
            let done: Result<(), ()> = self.each(
                roots,
                false,
                |work| reader.second(work, &wanted),
                |rows: PartRows| {
                    for (ticket, part) in rows.parts {
                        second.entry(ticket).or_insert_with(Vec::new).push(part);
                    }
                    stuck.extend(rows.stuck);
                    Ok(())
                },
            )?;
            debug_assert!(done.is_ok());
            first.stuck = stuck;
        }
        first.finish(self, second, digests)
    }
}

impl Reader<'_> {
    fn first(&self, work: Work, desk: &mut Desk) -> Rows {
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
            Work::Folder(_) | Work::Excluded => {}
        }
        rows
    }

    fn first_piece(&self, piece: &OwnedPiece, desk: &mut Desk, rows: &mut Rows) {
        let Some(path) = path_of(&piece.item) else { return };
        if piece.first {
            rows.files.push((path.to_path_buf(), piece.item.number.walk()));
        }
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
            for (at, record) in block.records.iter().enumerate() {
                if let Some(hold) = held.get(at).copied().flatten() {
                    rows.held.extend(ticket_of(key, record, block).map(|ticket| (ticket, hold)));
                    rows.held_files.push((path.to_path_buf(), hold));
                }
                if !record.continues {
                    self.take(piece, record, block, inner, &mut shown, rows);
                }
            }
        });
        rows.held_files.dedup();
        if gaps.iter().any(|gap| gap.class != GapClass::ByNature) || piece.window.is_some() {
            rows.unread.push(path.to_path_buf());
        }
    }

    /// Blocks of a piece and of everything inside it. Texts are only searched where a hold names people.
    fn read(
        &self,
        piece: &OwnedPiece,
        limits: &Limits,
        desk: &mut Desk,
        visit: &mut dyn FnMut(&Block, &[Detection], bool),
    ) -> Vec<Gap> {
        let sight = self.audit.sight(self.context);
        if !self.detects {
            let mut plain =
                Plain { context: self.context, block: Block::default(), gaps: piece.gaps.clone(), visit };
            let read = catch_unwind(AssertUnwindSafe(|| {
                piece.format.read(&piece.as_piece(), &sight.reading(limits), &mut plain);
                plain.hand_on();
            }));
            if read.is_err() {
                plain.gaps.push(Gap::new(
                    GapClass::Fault,
                    "reader-panicked",
                    "the reader failed on this item",
                ));
            }
            return plain.gaps;
        }
        let mut gaps = Vec::new();
        let beside = sight.read(piece, limits, desk, &mut |block, found| visit(block, found, false));
        gaps.extend(beside.gaps);
        let mut inside: Vec<(OwnedPiece, Limits)> = Vec::new();
        let open = |from: &OwnedPiece,
                    members: Vec<Member>,
                    limits: &Limits,
                    gaps: &mut Vec<Gap>,
                    out: &mut Vec<_>| {
            for (before, member) in (0u64..).zip(members) {
                match sight.open(from, before, member, limits) {
                    Ok(opened) => out.push(opened),
                    Err(gap) => gaps.push(gap),
                }
            }
        };
        open(piece, beside.members, limits, &mut gaps, &mut inside);
        while let Some((piece, limits)) = inside.pop() {
            let beside = sight.read(&piece, &limits, desk, &mut |block, found| visit(block, found, true));
            gaps.extend(beside.gaps);
            open(&piece, beside.members, &limits, &mut gaps, &mut inside);
        }
        gaps
    }

    fn take(
        &self,
        piece: &OwnedPiece,
        record: &Record,
        block: &Block,
        inner: bool,
        shown: &mut Shown<'_>,
        rows: &mut Rows,
    ) {
        let key = self.context.hash_key();
        let kind = record.reference.kind;
        if goes_with_ticket(record) && !inner && !is_inside_its_ticket(key, record, block) {
            rows.apart = true;
        }
        if kind == RecordKind::Attachment
            && let (Some(id), Some(ticket)) = (&record.reference.id, ticket_of(key, record, block))
        {
            rows.attachments.push((id.expose().to_owned(), ticket));
        }
        let removable = matches!(
            kind,
            RecordKind::Ticket
                | RecordKind::Chat
                | RecordKind::Call
                | RecordKind::Survey
                | RecordKind::Person
        );
        // Threads of mail are judged and not planned: replies that only their subject joins would stay behind.
        if !removable || &*record.reference.system == "mail" {
            return;
        }
        if inner || record.parent.and_then(|at| block.records.get(at as usize)).is_some_and(is_some_record) {
            rows.expiry.inside += 1;
            return;
        }
        let hash =
            record.reference.id.as_ref().map(|id| RecordHash::of(key, &record.reference.system, kind, id));
        if kind == RecordKind::Ticket
            && let (Some(id), Some(hash)) = (&record.reference.id, hash)
        {
            rows.tickets.push((id.expose().to_owned(), hash));
        }
        let now = self.audit.now.seconds;
        let decision = self.schedule.decide(kind, &record.facts, None, now);
        rows.expiry.records += 1;
        *rows.expiry.states.entry(decision.keep.name()).or_default() += 1;
        let id = record.reference.id_or_ordinal();
        let mut listed = |why: String, date: Option<String>| ListedRecord {
            date,
            kind: kind.name(),
            id: shown.name(id.expose(), &BlockPeople::none(), &mut Default::default()),
            why,
        };
        match &decision.keep {
            Keep::Expired { .. } => {
                rows.units.extend(self.unit(piece, record, &decision, hash, listed(String::new(), None).id));
                return;
            }
            Keep::Unclassified => {
                let row = listed("no kind of the schedule".into(), self.date(record));
                rows.expiry.unclassified.push(row);
            }
            Keep::Undecidable { missing } => {
                let row = listed((*missing).into(), self.date(record));
                rows.expiry.undecidable.push(row);
            }
            keep => {
                if let Some(until) = keep.next() {
                    rows.expiry.near.push(listed(keep.name().into(), Some(until.to_rfc3339())));
                    nearest(&mut rows.expiry.near, 64 * NEAR);
                }
            }
        }
        rows.kept.extend(hash);
    }

    /// The date a record that is only listed is sorted by.
    fn date(&self, record: &Record) -> Option<String> {
        match self.created.and_then(|fact| record.facts.get(fact)) {
            Some(FactValue::Stamp(stamp)) => Some(stamp.to_rfc3339()),
            _ => None,
        }
    }

    fn unit(
        &self,
        piece: &OwnedPiece,
        record: &Record,
        decision: &Decision<'_>,
        hash: Option<RecordHash>,
        shown_id: String,
    ) -> Option<(RecordHash, Unit)> {
        let Keep::Expired { since, then } = &decision.keep else { return None };
        let raw_id = record.reference.id_or_ordinal();
        let (system, kind) = (&record.reference.system, record.reference.kind);
        let part = self.part(piece, record);
        let kept = match (hash, &part) {
            (None, _) => Some(Reason::NoId),
            (_, None) => Some(Reason::NotRemovable),
            _ => None,
        };
        let path = path_of(&piece.item)?.to_string_lossy();
        let id = raw_id.expose();
        // Without an id the name stands for nothing but itself; it is never planned.
        let name = if hash.is_some() { id.to_owned() } else { format!("{path}\u{1f}{id}") };
        let reference =
            self.digests.mac(&[b"record", system.as_bytes(), kind.name().as_bytes(), name.as_bytes()]);
        let unit = Unit {
            reference: reference.short_hex(16),
            kind,
            system: system.to_string(),
            id: shown_id,
            raw_id: raw_id.clone(),
            kinds: decision.kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            clock: decision.clock.map_or_else(String::new, |clock| clock.start.name().to_owned()),
            clock_at: decision.clock.map(|clock| clock.at),
            period: decision.period.unwrap_or_default().to_owned(),
            source: decision.source.unwrap_or_default().to_owned(),
            since: *since,
            minimum: decision.minimum,
            block: match then {
                Then::Block { term } => Some((*term).to_owned()),
                Then::Destroy => None,
            },
            parts: part.into_iter().collect(),
            kept,
            hold: None,
        };
        let unnamed = RecordHash::of(self.context.hash_key(), system, kind, &crate::records::Text::new(name));
        Some((hash.unwrap_or(unnamed), unit))
    }

    fn part(&self, piece: &OwnedPiece, record: &Record) -> Option<RecordPart> {
        let extent = record.extent?;
        let [start, end] = [extent.start, extent.end]
            .map(|at| at.checked_sub(piece.base).and_then(|at| usize::try_from(at).ok()));
        let bytes = piece.bytes.get(start?..end?)?;
        Some(RecordPart {
            path: path_of(&piece.item)?.to_path_buf(),
            item: piece.item.number.walk(),
            ordinal: Some(record.reference.ordinal),
            extent: extent.start..extent.end,
            kind: record.reference.kind,
            digest: self.digests.mac(&[b"part", bytes]),
        })
    }

    fn second(&self, work: Work, wanted: &BTreeSet<RecordHash>) -> PartRows {
        let mut rows = PartRows::default();
        let mut read = |piece: OwnedPiece| {
            let key = self.context.hash_key();
            let mut plain = Plain {
                context: self.context,
                block: Block::default(),
                gaps: Vec::new(),
                visit: &mut |block: &Block, _: &[Detection], _| {
                    for record in
                        block.records.iter().filter(|record| !record.continues && goes_with_ticket(record))
                    {
                        let Some(ticket) = ticket_of(key, record, block).filter(|one| wanted.contains(one))
                        else {
                            continue;
                        };
                        if is_inside_its_ticket(key, record, block) {
                            continue;
                        }
                        match self.part(&piece, record) {
                            Some(part) => rows.parts.push((ticket, part)),
                            None => rows.stuck.push(ticket),
                        }
                    }
                },
            };
            let sight = self.audit.sight(self.context);
            // A reader that fails here failed in the first pass, and the file counts as not read.
            let _ = catch_unwind(AssertUnwindSafe(|| {
                piece.format.read(&piece.as_piece(), &sight.reading(&self.audit.limits), &mut plain);
                plain.hand_on();
            }));
        };
        match work {
            Work::Items(items) => {
                for item in items {
                    if let Ok((bytes, _)) = read_whole(&item) {
                        read(whole(item, bytes, Vec::new()));
                    }
                }
            }
            Work::Piece(piece) => read(*piece),
            Work::Gap(..) | Work::Folder(_) | Work::Excluded => {}
        }
        rows
    }
}

/// Whether a record is one that somebody made, and not the document around records.
fn is_some_record(record: &Record) -> bool {
    record.reference.kind != RecordKind::Other
}

/// Whether a record goes when its ticket goes: what links to a ticket and has no period of its own.
fn goes_with_ticket(record: &Record) -> bool {
    let own = matches!(
        record.reference.kind,
        RecordKind::Ticket | RecordKind::Chat | RecordKind::Call | RecordKind::Survey | RecordKind::Person
    );
    !own && record.links.iter().any(|link| link.relation == Relation::Ticket)
        || record.reference.kind == RecordKind::Attachment
}

/// Whether what goes with the same ticket lies around a record already.
fn is_inside_its_ticket(key: crate::detectors::HashKey, record: &Record, block: &Block) -> bool {
    let own = ticket_of(key, record, block);
    let mut parent = record.parent;
    for _ in 0..64 {
        let Some(above) = parent.and_then(|at| block.records.get(at as usize)) else { return false };
        let of_ticket = above.reference.kind == RecordKind::Ticket || goes_with_ticket(above);
        if of_ticket && own.is_some() && ticket_of(key, above, block) == own {
            return true;
        }
        parent = above.parent;
    }
    false
}

/// Keeps the `most` that come first.
fn nearest(rows: &mut Vec<ListedRecord>, most: usize) {
    if rows.len() >= 2 * most {
        rows.sort();
        rows.truncate(most);
    }
}

/// Blocks without a search, joined with what the survey knows.
struct Plain<'a, 'v> {
    context: &'a Context,
    block: Block,
    gaps: Vec<Gap>,
    visit: &'v mut dyn FnMut(&Block, &[Detection], bool),
}

impl Yield for Plain<'_, '_> {
    fn block(&mut self) -> &mut Block {
        &mut self.block
    }

    fn boundary(&mut self) {
        if self.block.is_full() {
            self.hand_on();
        }
    }

    fn hand_on(&mut self) {
        for record in &mut self.block.records {
            self.context.join(record);
        }
        (self.visit)(&self.block, &[], false);
        self.block.clear();
    }

    fn member(&mut self, _member: Member) {}

    fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }
}

/// What the first pass adds up to.
#[derive(Default)]
struct First {
    expiry: Expiry,
    units: Vec<(RecordHash, Unit)>,
    kept: BTreeSet<RecordHash>,
    held: BTreeMap<RecordHash, usize>,
    held_files: BTreeMap<PathBuf, usize>,
    unread: BTreeSet<PathBuf>,
    files: Vec<(PathBuf, u32)>,
    attachments: BTreeMap<String, Option<RecordHash>>,
    tickets: BTreeMap<String, Option<RecordHash>>,
    stuck: BTreeSet<RecordHash>,
    apart: bool,
}

impl First {
    fn add(&mut self, rows: Rows) {
        let Rows { expiry, units, kept, held, held_files, unread, files, attachments, tickets, apart } = rows;
        self.expiry.add(expiry);
        self.units.extend(units);
        self.kept.extend(kept);
        for (ticket, hold) in held {
            let known = self.held.entry(ticket).or_insert(hold);
            *known = (*known).min(hold);
        }
        for (path, hold) in held_files {
            let known = self.held_files.entry(path).or_insert(hold);
            *known = (*known).min(hold);
        }
        self.unread.extend(unread);
        self.files.extend(files);
        for (names, found) in [(&mut self.attachments, attachments), (&mut self.tickets, tickets)] {
            for (name, ticket) in found {
                let known = names.entry(name).or_insert(Some(ticket));
                if *known != Some(ticket) {
                    // Two helpdesks share a number: the folder of that name is nobody's.
                    *known = None;
                }
            }
        }
        self.apart |= apart;
    }

    /// The ticket whose attachments lie in a file's folder: one named like an attachment, or one named like a
    /// ticket in a folder for attachments. A folder of a year is no ticket.
    fn ticket_at(&self, path: &Path) -> Option<RecordHash> {
        let folder = path.parent()?;
        let name = folder.file_name()?.to_str()?;
        if let Some(ticket) = self.attachments.get(name) {
            return *ticket;
        }
        let above = folder.parent()?.file_name()?.to_str()?.to_lowercase();
        if FOLDERS.contains(&above.as_str()) { self.tickets.get(name).copied().flatten() } else { None }
    }

    fn finish(
        mut self,
        audit: &Audit<'_>,
        mut parts: BTreeMap<RecordHash, Vec<RecordPart>>,
        digests: &Subkey,
    ) -> Result<Expiry, Problem> {
        let wanted: BTreeSet<RecordHash> = self.units.iter().map(|(key, _)| *key).collect();
        for (path, item) in &self.files {
            let Some(ticket) = self.ticket_at(path).filter(|ticket| wanted.contains(ticket)) else {
                continue;
            };
            let Ok(bytes) = std::fs::read(path) else {
                self.stuck.insert(ticket);
                continue;
            };
            let part = RecordPart {
                path: path.clone(),
                item: *item,
                ordinal: None,
                extent: 0..bytes.len() as u64,
                kind: RecordKind::File,
                digest: digests.mac(&[b"part", &bytes]),
            };
            parts.entry(ticket).or_default().push(part);
        }
        for (path, hold) in std::mem::take(&mut self.held_files) {
            if let Some(ticket) = self.ticket_at(&path) {
                let known = self.held.entry(ticket).or_insert(hold);
                *known = (*known).min(hold);
            }
        }
        let mut units: Vec<Unit> = Vec::new();
        let mut places: BTreeMap<RecordHash, usize> = BTreeMap::new();
        for (key, unit) in std::mem::take(&mut self.units) {
            // A second copy goes with the first.
            if let Some(known) = places.get(&key).and_then(|at| units.get_mut(*at)) {
                known.parts.extend(unit.parts);
                known.kept = known.kept.or(unit.kept);
                continue;
            }
            places.insert(key, units.len());
            units.push(self.judged(key, unit, audit));
        }
        for (key, more) in parts {
            if let Some(unit) = places.get(&key).and_then(|at| units.get_mut(*at)) {
                unit.parts.extend(more);
            }
        }
        for unit in &mut units {
            // What a hold of a person may cover must have been read; a record's own file always.
            let unread = unit.parts.iter().any(|part| {
                let reads = part.ordinal.is_some() || audit.exceptions.holds.names_people();
                reads && self.unread.contains(&part.path)
            });
            unit.kept = unit.kept.or(unread.then_some(Reason::Unread));
            // Bytes that lie inside others go with them.
            dedup(&mut unit.parts);
        }
        let unread = self.unread.iter().filter(|path| self.ticket_at(path).is_none()).count() as u64;
        let mut expiry = self.expiry;
        expiry.unread = unread;
        expiry.units = units;
        expiry.unclassified.sort();
        expiry.undecidable.sort();
        expiry.near.sort();
        expiry.near.truncate(NEAR);
        Ok(expiry)
    }

    fn judged(&self, key: RecordHash, mut unit: Unit, audit: &Audit<'_>) -> Unit {
        if let Some(hold) = self.held.get(&key) {
            unit.kept = Some(Reason::Held);
            unit.hold = audit.exceptions.holds.get(*hold).map(|hold| hold.id.clone());
        } else if self.kept.contains(&key) {
            unit.kept = Some(Reason::Copies);
        } else if self.stuck.contains(&key) {
            unit.kept = Some(Reason::NotRemovable);
        }
        unit
    }
}

fn dedup(parts: &mut Vec<RecordPart>) {
    let mut seen = BTreeSet::new();
    parts.retain(|part| seen.insert((part.path.clone(), part.ordinal, part.extent.start)));
}

impl Expiry {
    fn add(&mut self, other: Expiry) {
        self.records += other.records;
        self.inside += other.inside;
        for (state, count) in other.states {
            *self.states.entry(state).or_default() += count;
        }
        self.unclassified.extend(other.unclassified);
        self.undecidable.extend(other.undecidable);
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

//! The second pass: what the person is, asked and wrote; what others wrote in the same tickets stays.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::super::expiry::{
    Expiry, ListedRecord, Reader, Reason, RecordPart, Unit, attachment_folder, digest_of, ticket_around,
};
use super::super::shown::Shown;
use super::super::survey::{RecordHash, is_person, link_hash, ticket_of};
use super::super::{Desk, OwnedPiece, References, Work, path_of, read_whole, whole};
use super::people::{Persons, found_in, references_in};
use super::subject::ErasureSubject;
use crate::detectors::BlockPeople;
use crate::policies::exceptions::Reference;
use crate::policies::retention::Keep;
use crate::problem::Problem;
use crate::records::{Block, Detection, GapClass, Record, RecordKind, Relation, Text};

/// Reads records for one person.
pub(super) struct Erasing<'a> {
    pub(super) reader: &'a Reader<'a>,
    pub(super) references: &'a References,
    pub(super) subject: &'a ErasureSubject,
    pub(super) persons: &'a Persons,
}

/// An attachment that stands by itself, until it is known whose comment it belongs to.
struct Loose {
    id: Option<String>,
    comment: Option<RecordHash>,
    ticket: Option<RecordHash>,
    unit: Option<Unit>,
    listed: ListedRecord,
}

/// What one work tells.
#[derive(Default)]
pub(super) struct OwnRows {
    expiry: Expiry,
    /// Records of the person, with the tickets they belong to.
    units: Vec<(Option<RecordHash>, Unit)>,
    /// Comments that go.
    comments: BTreeSet<RecordHash>,
    /// Tickets of the person, by the number their folder has.
    tickets: Vec<(String, RecordHash)>,
    /// Tickets in which somebody else wrote.
    shared: BTreeSet<RecordHash>,
    /// Tickets that law or their state keep.
    kept: BTreeMap<RecordHash, Reason>,
    /// For how long tickets are blocked when they are erased.
    blocks: BTreeMap<RecordHash, String>,
    held: BTreeMap<RecordHash, usize>,
    attachments: Vec<Loose>,
    files: Vec<(PathBuf, u32)>,
    unread: BTreeSet<PathBuf>,
}

impl OwnRows {
    pub(super) fn add(&mut self, other: OwnRows) {
        self.expiry.add(other.expiry);
        self.units.extend(other.units);
        self.comments.extend(other.comments);
        self.tickets.extend(other.tickets);
        self.shared.extend(other.shared);
        self.kept.extend(other.kept);
        self.blocks.extend(other.blocks);
        for (ticket, hold) in other.held {
            let known = self.held.entry(ticket).or_insert(hold);
            *known = (*known).min(hold);
        }
        self.attachments.extend(other.attachments);
        self.files.extend(other.files);
        self.unread.extend(other.unread);
    }
}

/// Whose a record is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// The person's.
    Own,
    /// The person's, who wrote it at work.
    AtWork,
    /// Somebody else's, or nobody says whose.
    Other,
    /// Of somebody who shares too little with the person to be them.
    Alike,
}

impl Erasing<'_> {
    pub(super) fn work(&self, work: Work, desk: &mut Desk) -> OwnRows {
        let mut rows = OwnRows::default();
        rows.expiry.holds = vec![0; self.reader.audit.exceptions.holds.len()];
        match work {
            Work::Items(items) => {
                for item in items {
                    match read_whole(&item) {
                        Ok((bytes, gap)) => {
                            self.piece(&whole(item, bytes, gap.into_iter().collect()), desk, &mut rows);
                        }
                        Err(_) => rows.unread.extend(path_of(&item).map(Path::to_path_buf)),
                    }
                }
            }
            Work::Piece(piece) => self.piece(&piece, desk, &mut rows),
            Work::Gap(item, _) => rows.unread.extend(path_of(&item).map(Path::to_path_buf)),
            Work::Excluded => rows.expiry.excluded += 1,
            Work::Folder(_) => {}
        }
        rows
    }

    fn piece(&self, piece: &OwnedPiece, desk: &mut Desk, rows: &mut OwnRows) {
        let Some(path) = path_of(&piece.item) else { return };
        if piece.first {
            rows.files.push((path.to_path_buf(), piece.item.number.walk()));
        }
        let held_by = self.reader.audit.held_by();
        let mut shown = Shown::new(self.reader.audit.matcher);
        let mut elements: BTreeMap<u64, Element> = BTreeMap::new();
        let gaps =
            self.reader.read(piece, &self.reader.audit.limits, desk, &mut |block, detections, inner| {
                let context = self.reader.context;
                let mut seen = Vec::new();
                let held = held_by.of_block_all(context, block, detections, &mut |at| seen.push(at));
                for at in seen {
                    if let Some(count) = rows.expiry.holds.get_mut(at) {
                        *count += 1;
                    }
                }
                for (at, record) in block.records.iter().enumerate() {
                    let hold = held.get(at).copied().flatten();
                    let ticket = ticket_of(context.hash_key(), record, block);
                    if let (Some(hold), Some(ticket)) = (hold, ticket) {
                        let known = rows.held.entry(ticket).or_insert(hold);
                        *known = (*known).min(hold);
                    }
                }
                self.block(piece, block, detections, (inner, &held), &mut shown, &mut elements);
            });
        for element in elements.into_values() {
            self.element(element, rows);
        }
        if gaps.iter().any(|gap| gap.class != GapClass::ByNature) || piece.window.is_some() {
            rows.unread.insert(path.to_path_buf());
        }
    }
}

/// One top-level record with everything inside it.
#[derive(Default)]
struct Element {
    /// Each record that is the person's: with its ticket, and whether it is the outermost.
    own: Vec<OwnRecord>,
    /// Somebody else wrote inside the ticket of this number.
    shared: BTreeSet<RecordHash>,
    kept: BTreeMap<RecordHash, Reason>,
    blocks: BTreeMap<RecordHash, String>,
    attachments: Vec<Loose>,
    review: Vec<ListedRecord>,
    records: u64,
}

struct OwnRecord {
    kind: RecordKind,
    id: Option<RecordHash>,
    raw_id: String,
    ticket: Option<RecordHash>,
    /// Whether it lies inside another record of the person.
    inside: bool,
    unit: Unit,
}

impl Erasing<'_> {
    fn block(
        &self,
        piece: &OwnedPiece,
        block: &Block,
        detections: &[Detection],
        (inner, held): (bool, &[Option<usize>]),
        shown: &mut Shown<'_>,
        elements: &mut BTreeMap<u64, Element>,
    ) {
        let key = self.reader.context.hash_key();
        let senders = senders(self.references, block, detections);
        let mentions: BTreeSet<u32> = references_in(self.references, block, detections)
            .into_iter()
            .filter(|(_, reference)| self.subject.has(reference))
            .map(|(record, _)| record)
            .collect();
        let whose: Vec<Whose> =
            block.records.iter().enumerate().map(|(at, _)| self.whose(block, at, &senders)).collect();
        for (at, record) in block.records.iter().enumerate() {
            if record.continues {
                continue;
            }
            let element = elements.entry(record.reference.ordinal.top).or_default();
            element.records += u64::from(writes(record.reference.kind) || is_planned(record.reference.kind));
            let own = whose.get(at).copied().unwrap_or(Whose::Other);
            let mentioned = mentions.contains(&u32::try_from(at).unwrap_or(u32::MAX));
            let linked = record.links.iter().filter(|link| is_person(link));
            let linked =
                linked.map(|link| link_hash(key, record, link)).any(|id| self.persons.ids.contains(&id));
            let ticket = ticket_of(key, record, block);
            let row = |why: &str, shown: &mut Shown<'_>| ListedRecord {
                date: self.reader.date(record),
                kind: record.reference.kind.name(),
                id: shown.name(
                    record.reference.id_or_ordinal().expose(),
                    &BlockPeople::none(),
                    &mut Default::default(),
                ),
                why: why.to_owned(),
            };
            if record.reference.kind == RecordKind::Ticket {
                self.ticket(record, ticket, element);
            }
            if record.reference.kind == RecordKind::Attachment && !inner {
                element.attachments.push(self.loose(piece, record, block, row("an attachment", shown)));
                continue;
            }
            match own {
                Whose::Own if inner => element.review.push(row("lies in a container", shown)),
                Whose::Own => {
                    let id = record.reference.id.as_ref();
                    let id =
                        id.map(|id| RecordHash::of(key, &record.reference.system, record.reference.kind, id));
                    let inside = self.above(block, at).any(|above| whose.get(above) == Some(&Whose::Own));
                    let shown_id = row("", shown).id;
                    let mut unit = self.unit(piece, record, id, shown_id);
                    if let Some(hold) = held.get(at).copied().flatten() {
                        unit.kept = Some(Reason::Held);
                        let holds = &self.reader.audit.exceptions.holds;
                        unit.hold = holds.get(hold).map(|hold| hold.id.clone());
                    }
                    element.own.push(OwnRecord {
                        kind: record.reference.kind,
                        id,
                        raw_id: record.reference.id_or_ordinal().expose().to_owned(),
                        ticket,
                        inside,
                        unit,
                    });
                }
                Whose::AtWork => element.review.push(row("written by them at work", shown)),
                Whose::Alike => element.review.push(row("of somebody who shares one weak identifier", shown)),
                Whose::Other => {
                    if writes(record.reference.kind) {
                        element.shared.extend(ticket);
                    }
                    if (mentioned || linked) && record.reference.kind != RecordKind::Other {
                        element.review.push(row("names them, and is somebody else's", shown));
                    }
                }
            }
        }
    }

    /// What law and state say of a ticket.
    fn ticket(&self, record: &Record, ticket: Option<RecordHash>, element: &mut Element) {
        let now = self.reader.audit.now.seconds;
        let decision = self.reader.schedule.decide(RecordKind::Ticket, &record.facts, None, now);
        let reason = match decision.keep {
            Keep::Minimum { .. } => Some(Reason::Minimum),
            Keep::Blocked { .. } => Some(Reason::Blocked),
            Keep::Active => Some(Reason::Active),
            Keep::Undecidable { .. } => Some(Reason::Undecidable),
            _ => None,
        };
        let Some(ticket) = ticket else { return };
        element.kept.extend(reason.map(|reason| (ticket, reason)));
        element.blocks.extend(decision.block.map(|term| (ticket, term.to_owned())));
    }

    /// Positions of what lies around a record.
    fn above<'b>(&self, block: &'b Block, at: usize) -> impl Iterator<Item = usize> + 'b {
        let parent = move |at: usize| block.records.get(at).and_then(|record| record.parent);
        // A faulty reader might build a circle.
        std::iter::successors(parent(at), move |above| parent(*above as usize)).take(64).map(|at| at as usize)
    }

    fn whose(&self, block: &Block, at: usize, senders: &[(u32, Reference)]) -> Whose {
        let key = self.reader.context.hash_key();
        let Some(record) = block.records.get(at) else { return Whose::Other };
        let kind = record.reference.kind;
        let of = |id: RecordHash| match (self.persons.ids.contains(&id), self.persons.alike.contains(&id)) {
            (true, _) => Whose::Own,
            (_, true) => Whose::Alike,
            _ => Whose::Other,
        };
        let by = |relation: Relation| {
            let link = record.links.iter().find(|link| link.relation == relation)?;
            Some(link_hash(key, record, link))
        };
        match kind {
            RecordKind::Person => {
                let id = record.reference.id.as_ref();
                id.map_or(Whose::Other, |id| of(RecordHash::of(key, &record.reference.system, kind, id)))
            }
            RecordKind::Ticket => by(Relation::Requester).map_or(Whose::Other, of),
            RecordKind::Comment if &*record.reference.system == "mail" => self.sender(at, senders),
            RecordKind::Comment => match by(Relation::Author) {
                // Who works for the organisation writes for it, unless they asked themselves.
                Some(id) if self.persons.agents.contains(&id) && !self.asked(block, at) => Whose::AtWork,
                author => author.map_or(Whose::Other, of),
            },
            RecordKind::Chat | RecordKind::Call | RecordKind::Survey => {
                by(Relation::Requester).or(by(Relation::Author)).map_or(Whose::Other, of)
            }
            _ => Whose::Other,
        }
    }

    /// Whether the ticket a comment lies in or belongs to is the person's.
    fn asked(&self, block: &Block, at: usize) -> bool {
        let key = self.reader.context.hash_key();
        let Some(record) = block.records.get(at) else { return false };
        let Some(ticket) = ticket_of(key, record, block) else { return false };
        let requester = self.reader.context.requester(ticket);
        requester.is_some_and(|id| self.persons.ids.contains(&id))
    }

    /// Whose a mail is, by whom it says it comes from.
    fn sender(&self, at: usize, senders: &[(u32, Reference)]) -> Whose {
        let of_mail = senders.iter().filter(|(record, _)| *record as usize == at).map(|(_, one)| one);
        let found: Vec<&Reference> = of_mail.filter(|reference| self.subject.has(reference)).collect();
        match (self.subject.identified(found.iter().copied()), found.is_empty()) {
            (true, _) => Whose::Own,
            (_, false) => Whose::Alike,
            _ => Whose::Other,
        }
    }

    fn loose(&self, piece: &OwnedPiece, record: &Record, block: &Block, listed: ListedRecord) -> Loose {
        let key = self.reader.context.hash_key();
        let linked = record.links.iter().find(|link| link.relation == Relation::Comment);
        let parent = record.parent.and_then(|at| block.records.get(at as usize));
        let parent = parent.filter(|above| above.reference.kind == RecordKind::Comment);
        let inside = parent.and_then(|above| {
            let id = above.reference.id.as_ref()?;
            Some(RecordHash::of(key, &above.reference.system, RecordKind::Comment, id))
        });
        let is_inside = parent.is_some()
            || record
                .parent
                .and_then(|at| block.records.get(at as usize))
                .is_some_and(|above| above.reference.kind == RecordKind::Ticket);
        let id = record.reference.id.as_ref();
        let hash = id.map(|id| RecordHash::of(key, &record.reference.system, RecordKind::Attachment, id));
        Loose {
            id: id.map(|id| id.expose().to_owned()),
            comment: linked.map(|link| link_hash(key, record, link)).or(inside),
            ticket: ticket_around(key, record, block),
            unit: (!is_inside).then(|| self.unit(piece, record, hash, listed.id.clone())),
            listed,
        }
    }

    fn unit(&self, piece: &OwnedPiece, record: &Record, hash: Option<RecordHash>, shown_id: String) -> Unit {
        let raw_id = record.reference.id_or_ordinal();
        let (system, kind) = (&record.reference.system, record.reference.kind);
        let part = self.reader.part(piece, record);
        let kept = match (hash, &part) {
            (None, _) if kind != RecordKind::Comment && kind != RecordKind::Attachment => Some(Reason::NoId),
            (_, None) => Some(Reason::NotRemovable),
            _ => None,
        };
        let name = match (hash, &part) {
            // Without an id it is known by its bytes: others cannot take its place.
            (None, Some(part)) => part.digest.to_string(),
            _ => raw_id.expose().to_owned(),
        };
        let reference =
            self.reader.digests.mac(&[b"record", system.as_bytes(), kind.name().as_bytes(), name.as_bytes()]);
        Unit {
            reference: reference.short_hex(16),
            kind,
            system: system.to_string(),
            id: shown_id,
            raw_id: Text::new(raw_id.expose()),
            kinds: Vec::new(),
            clock: "request".to_owned(),
            clock_at: None,
            period: "at once".to_owned(),
            source: String::new(),
            since: self.reader.audit.now,
            minimum: None,
            block: None,
            parts: part.into_iter().collect(),
            kept,
            hold: None,
        }
    }

    /// A whole element: a ticket goes as such where nobody else wrote inside it, else what the person wrote in
    /// it goes, and the rest is for somebody to look at.
    fn element(&self, element: Element, rows: &mut OwnRows) {
        let Element { own, shared, kept, blocks, attachments, review, records } = element;
        rows.expiry.review.extend(review);
        rows.expiry.records += records;
        let stays = |one: &OwnRecord| {
            one.kind == RecordKind::Ticket && one.ticket.is_some_and(|ticket| shared.contains(&ticket))
        };
        for one in own {
            if stays(&one) {
                rows.expiry.review.push(ListedRecord {
                    date: None,
                    kind: one.kind.name(),
                    id: one.unit.id.clone(),
                    why: "their ticket, and others wrote inside it: redact it".to_owned(),
                });
                rows.tickets.extend(one.ticket.map(|ticket| (one.raw_id.clone(), ticket)));
                continue;
            }
            if one.kind == RecordKind::Comment {
                rows.comments.extend(one.id);
            }
            if one.kind == RecordKind::Ticket {
                rows.tickets.extend(one.ticket.map(|ticket| (one.raw_id.clone(), ticket)));
            }
            // What lies inside a record that goes, goes with it.
            if !one.inside || one.ticket.is_some_and(|ticket| shared.contains(&ticket)) {
                rows.units.push((one.ticket, one.unit));
            }
        }
        rows.shared.extend(shared);
        rows.kept.extend(kept);
        rows.blocks.extend(blocks);
        rows.attachments.extend(attachments);
    }
}

/// References of what stands in the senders of mails, with their record.
fn senders(references: &References, block: &Block, detections: &[Detection]) -> Vec<(u32, Reference)> {
    let sends = |detection: &&Detection| {
        let field = block.fields().get(detection.field as usize);
        field.is_some_and(|field| {
            let path = block.paths.render(field.path);
            path.expose().get(..12).is_some_and(|begin| begin.eq_ignore_ascii_case("header:from["))
        })
    };
    let of_mail = |detection: &&Detection| {
        let field = block.fields().get(detection.field as usize);
        let record = field.and_then(|field| block.records.get(field.record as usize));
        record.is_some_and(|record| &*record.reference.system == "mail")
    };
    let found: Vec<Detection> = detections.iter().filter(of_mail).filter(sends).cloned().collect();
    found_in(references, block, &found).collect()
}

/// Kinds that somebody writes.
fn writes(kind: RecordKind) -> bool {
    matches!(kind, RecordKind::Comment | RecordKind::Chat | RecordKind::Call)
}

/// Kinds that are somebody's as a whole.
fn is_planned(kind: RecordKind) -> bool {
    matches!(kind, RecordKind::Ticket | RecordKind::Survey | RecordKind::Person)
}

impl OwnRows {
    pub(super) fn finish(mut self, erasing: &Erasing<'_>) -> Result<Expiry, Problem> {
        let mut units = std::mem::take(&mut self.units);
        let mut files: BTreeMap<String, Option<RecordHash>> = BTreeMap::new();
        let gone = |ticket: &Option<RecordHash>| {
            ticket.is_some_and(|ticket| {
                !self.shared.contains(&ticket) && self.tickets.iter().any(|(_, own)| *own == ticket)
            })
        };
        let mut review = Vec::new();
        for one in std::mem::take(&mut self.attachments) {
            let of_comment = one.comment.is_some_and(|comment| self.comments.contains(&comment));
            let own = of_comment || (one.comment.is_none() && gone(&one.ticket));
            let of_their_ticket = self.tickets.iter().any(|(_, own)| Some(*own) == one.ticket);
            if own {
                files.extend(one.id.map(|id| (id, one.ticket)));
                units.extend(one.unit.map(|unit| (one.ticket, unit)));
            } else if of_their_ticket && one.comment.is_none() {
                let why = "attached to their ticket, and nobody says by whom".to_owned();
                review.push(ListedRecord { why, ..one.listed });
            }
        }
        self.expiry.review.extend(review);
        for (id, ticket) in &self.tickets {
            files.entry(id.clone()).or_insert(Some(*ticket).filter(|ticket| gone(&Some(*ticket))));
        }
        for (path, item) in std::mem::take(&mut self.files) {
            self.file(&path, item, &files, &mut units, erasing);
        }
        for (ticket, unit) in &mut units {
            let hold = ticket.and_then(|ticket| self.held.get(&ticket));
            if let Some(hold) = hold {
                unit.kept = Some(Reason::Held);
                let holds = &erasing.reader.audit.exceptions.holds;
                unit.hold = holds.get(*hold).map(|hold| hold.id.clone());
            }
            let kept = ticket.and_then(|ticket| self.kept.get(&ticket).copied());
            unit.block = ticket.and_then(|ticket| self.blocks.get(&ticket).cloned());
            let unread = unit.parts.iter().any(|part| self.unread.contains(&part.path));
            let unnamed = unit.parts.iter().any(|part| part.path.to_str().is_none());
            unit.kept = unit.kept.or(kept).or(unread.then_some(Reason::Unread));
            unit.kept = unit.kept.or(unnamed.then_some(Reason::NotRemovable));
        }
        let mut expiry = self.expiry;
        expiry.identifiers = erasing.persons.identifiers.clone();
        expiry.unread = self.unread.len() as u64;
        for (_, unit) in units {
            // A second copy goes with the first.
            let known = expiry.units.iter_mut().find(|known| known.reference == unit.reference);
            match known {
                Some(known) => {
                    known.kept = known.kept.or(unit.kept);
                    known.hold = known.hold.take().or(unit.hold);
                    known.parts.extend(unit.parts);
                }
                None => expiry.units.push(unit),
            }
        }
        expiry.review.sort();
        Ok(expiry)
    }

    /// A file of attachments: it goes where its folder is a comment's or a ticket's that goes, and is for
    /// somebody to look at where others wrote in the ticket, too.
    fn file(
        &mut self,
        path: &Path,
        item: u32,
        files: &BTreeMap<String, Option<RecordHash>>,
        units: &mut Vec<(Option<RecordHash>, Unit)>,
        erasing: &Erasing<'_>,
    ) {
        let reader = erasing.reader;
        let Some(name) = attachment_folder(path) else { return };
        let Some(claim) = files.get(name) else { return };
        let Some(ticket) = claim else {
            self.expiry.review.push(ListedRecord {
                date: None,
                kind: RecordKind::File.name(),
                id: format!("item {item}"),
                why: "in the folder of their ticket, in which others wrote".to_owned(),
            });
            return;
        };
        let part = digest_of(path, reader.digests).map(|(len, digest)| RecordPart {
            path: path.to_path_buf(),
            item,
            ordinal: None,
            extent: 0..len,
            kind: RecordKind::File,
            digest,
        });
        let Ok(part) = part else {
            self.unread.insert(path.to_path_buf());
            return;
        };
        let reference =
            reader.digests.mac(&[b"record".as_slice(), b"file", path.as_os_str().as_encoded_bytes()]);
        let unit = Unit {
            reference: reference.short_hex(16),
            kind: RecordKind::File,
            system: "file".to_owned(),
            id: format!("item {item}"),
            raw_id: Text::new(format!("item {item}")),
            kinds: Vec::new(),
            clock: "request".to_owned(),
            clock_at: None,
            period: "at once".to_owned(),
            source: String::new(),
            since: reader.audit.now,
            minimum: None,
            block: None,
            parts: vec![part],
            kept: None,
            hold: None,
        };
        units.push((Some(*ticket), unit));
    }
}

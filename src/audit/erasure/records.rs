//! The second pass: what the person is, asked and wrote; what others wrote in the same tickets stays.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::super::expiry::{ListedRecord, PartSource, Reader, Reason, Unit};
use super::super::shown::Shown;
use super::super::survey::{RecordHash, is_person, link_hash, ticket_of};
use super::super::{Desk, OwnedPiece, References, Work, path_of, read_whole, whole};
use super::gathered::{Loose, OwnRows};
use super::people::{Persons, references_in};
use super::subject::ErasureSubject;
use super::whose::{Whose, senders};
use crate::detectors::BlockPeople;
use crate::policies::retention::Keep;
use crate::records::{Block, Detection, GapClass, Record, RecordKind};

/// Reads records for one person.
pub(super) struct Erasing<'a> {
    pub(super) reader: &'a Reader<'a>,
    pub(super) references: &'a References,
    pub(super) subject: &'a ErasureSubject,
    pub(super) persons: &'a Persons,
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
        let source = PartSource::new(piece);
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
                self.block(&source, block, detections, (inner, &held), &mut shown, &mut elements);
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
        source: &PartSource<'_>,
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
                kind: record.reference.kind.name().into(),
                id: shown
                    .name(
                        record.reference.id_or_ordinal().expose(),
                        &BlockPeople::none(),
                        &mut Default::default(),
                    )
                    .into(),
                why: why.into(),
            };
            if record.reference.kind == RecordKind::Ticket {
                self.ticket(source.piece, record, ticket, element);
            }
            if record.reference.kind == RecordKind::Attachment && !inner {
                element.attachments.push(self.loose(source, record, block, row("an attachment", shown)));
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
                    let mut unit = self.unit(source, record, id, shown_id);
                    if let Some(hold) = held.get(at).copied().flatten() {
                        unit.kept = Some(Reason::Held);
                        let holds = &self.reader.audit.exceptions.holds;
                        unit.hold = holds.get(hold).map(|hold| hold.id.as_str().into());
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
    fn ticket(&self, piece: &OwnedPiece, record: &Record, ticket: Option<RecordHash>, element: &mut Element) {
        let now = self.reader.audit.now.seconds;
        let decision = self.reader.schedule_of(piece).decide(RecordKind::Ticket, &record.facts, None, now);
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
                    kind: one.kind.name().into(),
                    id: one.unit.id.clone(),
                    why: "their ticket, and others wrote inside it: redact it".into(),
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

/// Kinds that somebody writes.
fn writes(kind: RecordKind) -> bool {
    matches!(kind, RecordKind::Comment | RecordKind::Chat | RecordKind::Call)
}

/// Kinds that are somebody's as a whole.
fn is_planned(kind: RecordKind) -> bool {
    matches!(kind, RecordKind::Ticket | RecordKind::Survey | RecordKind::Person)
}

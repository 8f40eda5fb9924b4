//! The second pass: comments and attachments of planned tickets that lie elsewhere.

use std::cell::OnceCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::super::survey::{RecordHash, ticket_of};
use super::super::{OwnedPiece, Work, path_of, read_whole, whole};
use super::reading::Plain;
use super::records::Reader;
use super::unit::{PartFile, RecordPart, Unit};
use crate::formats::Yield;
use crate::records::{Block, Detection, Record, RecordKind, Relation};

/// What a second pass tells: parts of planned tickets, and those that cannot go.
#[derive(Default)]
pub(super) struct PartRows {
    pub(super) parts: Vec<(RecordHash, RecordPart)>,
    pub(super) stuck: Vec<RecordHash>,
}

/// A piece whose records may be parts: they share the name of its file.
pub(in crate::audit) struct PartSource<'p> {
    pub(in crate::audit) piece: &'p OwnedPiece,
    file: OnceCell<Option<Arc<PartFile>>>,
}

impl<'p> PartSource<'p> {
    pub(in crate::audit) fn new(piece: &'p OwnedPiece) -> PartSource<'p> {
        PartSource { piece, file: OnceCell::new() }
    }

    fn file(&self) -> Option<Arc<PartFile>> {
        let made = || {
            let (path, item) = (path_of(&self.piece.item)?.to_path_buf(), self.piece.item.number.walk());
            Some(Arc::new(PartFile { path, item }))
        };
        self.file.get_or_init(made).clone()
    }
}

/// Where the units of a first pass stand, by their records; no record is there twice.
pub(super) struct Places(Vec<(RecordHash, u32)>);

impl Places {
    /// `units` must be of as many records.
    pub(super) fn of(units: &[Unit]) -> Places {
        let mut places: Vec<(RecordHash, u32)> = Vec::with_capacity(units.len());
        places.extend(units.iter().zip(0u32..).map(|(unit, at)| (unit.key, at)));
        places.sort_unstable();
        Places(places)
    }

    /// Where the unit of a record stands.
    pub(super) fn at(&self, record: RecordHash) -> Option<usize> {
        let found = self.0.binary_search_by_key(&record, |(key, _)| *key).ok()?;
        self.0.get(found).map(|(_, at)| *at as usize)
    }

    /// Every record with all units of it, in the order of the walk, where there are several.
    pub(super) fn several(&self) -> impl Iterator<Item = &[(RecordHash, u32)]> {
        self.0.chunk_by(|one, other| one.0 == other.0).filter(|units| units.len() > 1)
    }
}

impl Reader<'_> {
    pub(in crate::audit) fn part(&self, source: &PartSource<'_>, record: &Record) -> Option<RecordPart> {
        let (extent, piece) = (record.extent?, source.piece);
        let [start, end] = [extent.start, extent.end]
            .map(|at| at.checked_sub(piece.base).and_then(|at| usize::try_from(at).ok()));
        let bytes = piece.bytes.get(start?..end?)?;
        Some(RecordPart {
            file: source.file()?,
            ordinal: Some(record.reference.ordinal),
            extent: extent.start..extent.end,
            kind: record.reference.kind,
            digest: self.digests.mac(&[b"part", bytes]),
        })
    }

    pub(super) fn second(&self, work: Work, wanted: &Places) -> PartRows {
        let mut rows = PartRows::default();
        let mut read = |piece: OwnedPiece| {
            let source = PartSource::new(&piece);
            let key = self.context.hash_key();
            let mut plain = Plain {
                context: self.context,
                block: Block::default(),
                members: Vec::new(),
                gaps: Vec::new(),
                visit: &mut |block: &Block, _: &[Detection]| {
                    for record in
                        block.records.iter().filter(|record| !record.continues && goes_with_ticket(record))
                    {
                        let Some(ticket) =
                            ticket_of(key, record, block).filter(|one| wanted.at(*one).is_some())
                        else {
                            continue;
                        };
                        if is_inside_its_ticket(key, record, block) {
                            continue;
                        }
                        match self.part(&source, record) {
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
pub(super) fn is_some_record(record: &Record) -> bool {
    record.reference.kind != RecordKind::Other
}

/// Whether a record goes when its ticket goes: what links to a ticket and has no period of its own.
pub(super) fn goes_with_ticket(record: &Record) -> bool {
    let own = matches!(
        record.reference.kind,
        RecordKind::Ticket | RecordKind::Chat | RecordKind::Call | RecordKind::Survey | RecordKind::Person
    );
    !own && record.links.iter().any(|link| link.relation == Relation::Ticket)
        || record.reference.kind == RecordKind::Attachment
}

/// The ticket a record belongs to by itself, or by what it lies in: an attachment inside a comment has no link of
/// its own.
pub(in crate::audit) fn ticket_around(
    key: crate::detectors::HashKey,
    record: &Record,
    block: &Block,
) -> Option<RecordHash> {
    let mut around = Some(record);
    for _ in 0..64 {
        let now = around?;
        if let Some(ticket) = ticket_of(key, now, block) {
            return Some(ticket);
        }
        around = now.parent.and_then(|at| block.records.get(at as usize));
    }
    None
}

/// Whether what goes with the same ticket lies around a record already.
pub(super) fn is_inside_its_ticket(key: crate::detectors::HashKey, record: &Record, block: &Block) -> bool {
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

//! The second pass: pieces to lines.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::catalogue::Policies;
use crate::detectors::{Catalogue, Matcher, Scratch};
use crate::findings::Fingerprints;
use crate::formats::{Member, Purpose, Reading, mapping::Mappings};
use crate::policies::exceptions::Exceptions;
use crate::policies::{Gathered, Judgement, Observed};
use crate::records::{Block, Detection, FactId, Gap, GapClass, Limits, Positions, Stamp};
use crate::sources::Item;

use super::anonymity::Anonymity;
use super::attachments::Namer;
use super::config::Config;
use super::context::Context;
use super::derived::DerivedFacts;
use super::exceptions::Matched;
use super::followed::Followed;
use super::held::HeldBy;
use super::item_scan::ItemScan;
use super::open_verdicts::OpenVerdicts;
use super::pieces::{OwnedPiece, Work, read_whole, whole};
use super::refusal::{Refusal, Refused};
use super::shown::Shown;
use super::sight;
use super::tally::Tally;
use super::trees::FileRow;

/// Everything a scan reads and never changes.
pub(crate) struct Scanner<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) matcher: &'a Matcher,
    pub(crate) policies: &'a Policies,
    pub(crate) mappings: &'a Mappings,
    pub(crate) namer: Namer<'a>,
    pub(crate) context: &'a Context,
    pub(crate) config: &'a Config,
    pub(crate) fingerprints: &'a Fingerprints,
    pub(crate) limits: &'a Limits,
    pub(crate) now: Stamp,
    /// Whether detection lines are wanted; they are counted all the same.
    pub(crate) detections_wanted: bool,
    /// Whether detection lines say how their confidence came about.
    pub(crate) explain: bool,
    pub(crate) facts: KnownFacts,
    pub(crate) derived: DerivedFacts,
    pub(crate) exceptions: &'a Exceptions,
    pub(crate) held_by: HeldBy<'a>,
    /// On a stream: what keeps a record back.
    pub(crate) refusal: Option<Refusal<'a>>,
    /// Whether a rule asks how well records are anonymised.
    pub(crate) watches_anonymity: bool,
}

/// The facts reports show, looked up once.
pub(crate) struct KnownFacts {
    pub(super) created_at: Option<FactId>,
    pub(super) updated_at: Option<FactId>,
    pub(super) attached: Option<FactId>,
}

impl KnownFacts {
    pub(crate) fn new() -> Self {
        let [created_at, updated_at, attached] = ["created_at", "updated_at", "attached"].map(FactId::named);
        Self { created_at, updated_at, attached }
    }
}

/// What one work comes to.
#[derive(Default)]
pub(crate) struct Part {
    pub(crate) lines: String,
    pub(crate) tally: Tally,
    pub(crate) files: Vec<FileRow>,
    /// Verdicts that miss evidence.
    pub(crate) open: OpenVerdicts,
    /// What rules on the run read.
    pub(crate) gathered: Gathered,
    /// What exceptions covered.
    pub(super) matched: Matched,
    /// What passes for anonymous.
    pub(crate) anonymity: Anonymity,
    /// On a stream: the first thing that may not pass.
    pub(crate) refused: Option<Refused>,
    /// The strongest detection of each category and class in the file at hand.
    observed: Vec<Observed>,
}

impl Part {
    pub(super) fn observe(&mut self, seen: Observed) {
        let same = |one: &&mut Observed| (one.category, one.value_class) == (seen.category, seen.value_class);
        match self.observed.iter_mut().find(same) {
            Some(known) => known.confidence = known.confidence.max(seen.confidence),
            None => self.observed.push(seen),
        }
    }

    /// Takes what one item may not pass for. What stands in a member refuses all of the piece: where its
    /// bytes begin there nobody can say.
    pub(super) fn refuse(&mut self, refused: Option<Refused>, in_member: bool) {
        let Some(refused) = refused else { return };
        let at = if in_member { 0 } else { refused.at };
        if self.refused.as_ref().is_none_or(|known| at < known.at) {
            self.refused = Some(Refused { at, ..refused });
        }
    }

    fn end_file(&mut self, row: Option<FileRow>) {
        let observed = std::mem::take(&mut self.observed);
        self.files.extend(row.map(|row| FileRow { observed, ..row }));
    }
}

/// What a worker keeps from work to work so that memory is asked for once.
pub(crate) struct Bench<'a> {
    pub(super) block: Block,
    pub(super) scratch: Scratch,
    pub(super) detections: Vec<Detection>,
    pub(super) judgements: Vec<Judgement>,
    pub(super) shown: Shown<'a>,
    pub(super) followed: Followed<'a>,
}

impl<'a> Bench<'a> {
    pub(crate) fn new(scanner: &Scanner<'a>) -> Self {
        Self {
            block: Block::default(),
            scratch: Scratch::default(),
            detections: Vec::new(),
            judgements: Vec::new(),
            shown: Shown::new(scanner.matcher),
            followed: Followed::default(),
        }
    }
}

impl<'a> Scanner<'a> {
    /// Does one work. `lines` is memory for what it writes.
    pub(crate) fn work(&self, work: Work, lines: String, bench: &mut Bench<'a>) -> Part {
        let mut part = Part { lines, ..Part::default() };
        match work {
            Work::Folder(item) => part.files.extend(FileRow::of(&item, true)),
            Work::Excluded => part.tally.excluded += 1,
            Work::Gap(item, gap) => {
                part.tally.items += 1;
                let mut scan = ItemScan::new(self, bench, &mut part, &item, &[]);
                scan.emit_gap(gap);
            }
            Work::Items(items) => {
                for item in items {
                    self.item(item, bench, &mut part);
                }
            }
            Work::Piece(piece) => part = self.judge_piece(*piece, part, bench).0,
        }
        bench.followed.end(&mut part);
        part
    }

    /// One piece with its members, into `part`; gives it back.
    pub(crate) fn judge_piece(
        &self,
        piece: OwnedPiece,
        mut part: Part,
        bench: &mut Bench<'a>,
    ) -> (Part, OwnedPiece) {
        part.tally.items += u64::from(piece.first);
        let again = !piece.first || piece.item.number.depth() > 1;
        let row = FileRow::of(&piece.item, false).map(|row| FileRow { again, ..row });
        self.with_members(&piece, bench, &mut part);
        part.end_file(row);
        bench.followed.end(&mut part);
        (part, piece)
    }

    fn item(&self, item: Item, bench: &mut Bench<'a>, part: &mut Part) {
        part.tally.items += 1;
        let again = item.number.depth() > 1;
        let row = FileRow::of(&item, false).map(|row| FileRow { again, ..row });
        match read_whole(&item) {
            Ok((bytes, gap)) => {
                let piece = whole(item, bytes, gap.into_iter().collect());
                self.with_members(&piece, bench, part);
            }
            Err(gap) => ItemScan::new(self, bench, part, &item, &[]).emit_gap(gap),
        }
        part.end_file(row);
    }

    /// Scans a piece, then its members, each before the next: a work list, not a recursion.
    fn with_members(&self, piece: &OwnedPiece, bench: &mut Bench<'a>, part: &mut Part) {
        let mut todo = Vec::new();
        self.one(piece, self.limits, &mut todo, bench, part);
        while let Some((piece, limits)) = todo.pop() {
            self.one(&piece, &limits, &mut todo, bench, part);
        }
    }

    fn one(
        &self,
        piece: &OwnedPiece,
        limits: &Limits,
        todo: &mut Vec<(OwnedPiece, Limits)>,
        bench: &mut Bench<'a>,
        part: &mut Part,
    ) {
        let members = self.piece(piece, limits, bench, part);
        let first = todo.len();
        for member in (0u64..).zip(members) {
            todo.extend(self.open_member(piece, member, limits, bench, part));
        }
        if let Some(added) = todo.get_mut(first..) {
            added.reverse();
        }
    }

    fn open_member(
        &self,
        piece: &OwnedPiece,
        (before, member): (u64, Member),
        limits: &Limits,
        bench: &mut Bench<'a>,
        part: &mut Part,
    ) -> Option<(OwnedPiece, Limits)> {
        part.tally.items += 1;
        // Readers take expanded bytes from the shared budget before they decode a member.
        let refused = sight::refused_member(piece.bytes.len(), before, &member, limits);
        let (item, bytes) = sight::member_item(&piece.item, member, self.namer);
        if let Some(gap) = refused {
            ItemScan::new(self, bench, part, &item, &[]).emit_gap(gap);
            return None;
        }
        Some((whole(item, bytes.to_vec(), Vec::new()), limits.inside()?))
    }

    fn piece(
        &self,
        piece: &OwnedPiece,
        limits: &Limits,
        bench: &mut Bench<'a>,
        part: &mut Part,
    ) -> Vec<Member> {
        let mut scan = ItemScan::new(self, bench, part, &piece.item, &piece.bytes);
        scan.base = piece.base;
        scan.positions = Positions::new(&piece.bytes, piece.position);
        scan.format = piece.format.name();
        scan.whole_texts = piece.window.is_none();
        scan.unfinished = !piece.last && (piece.window.is_some() || piece.format.is_one_record());
        for gap in &piece.gaps {
            scan.emit_gap(gap.clone());
        }
        if piece.first {
            scan.scan_names();
        }
        let reading = Reading { mappings: self.mappings, limits, purpose: Purpose::Scan };
        let read = catch_unwind(AssertUnwindSafe(|| {
            piece.format.read(&piece.as_piece(), &reading, &mut scan);
            scan.flush(true);
        }));
        if read.is_err() {
            scan.bench.block.clear();
            scan.emit_gap(Gap::new(
                GapClass::Fault,
                "reader-panicked",
                "the reader failed on this item; what it had read before stands. Please report the kind of file",
            ));
        }
        scan.finish(piece)
    }
}

//! Reading a piece for a schedule: with a search of the texts where a hold names people, without one else.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::super::context::Context;
use super::super::{Desk, OwnedPiece};
use super::records::Reader;
use crate::formats::{Member, Yield};
use crate::records::{Block, Detection, Gap, GapClass, Limits};

impl Reader<'_> {
    /// Blocks of a piece and of everything inside it, with whether they lie inside. Texts are only searched where a hold names people.
    pub(in crate::audit) fn read(
        &self,
        piece: &OwnedPiece,
        limits: &Limits,
        desk: &mut Desk,
        visit: &mut dyn FnMut(&Block, &[Detection], bool),
    ) -> Vec<Gap> {
        let sight = self.audit.sight(self.context);
        let mut all = Vec::new();
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
        let (members, gaps) = self.look(piece, limits, desk, &mut |block, found| visit(block, found, false));
        all.extend(gaps);
        open(piece, members, limits, &mut all, &mut inside);
        while let Some((piece, limits)) = inside.pop() {
            let (members, gaps) =
                self.look(&piece, &limits, desk, &mut |block, found| visit(block, found, true));
            all.extend(gaps);
            open(&piece, members, &limits, &mut all, &mut inside);
        }
        all
    }

    /// Blocks of one piece; gives its members and what could not be read.
    fn look(
        &self,
        piece: &OwnedPiece,
        limits: &Limits,
        desk: &mut Desk,
        visit: &mut dyn FnMut(&Block, &[Detection]),
    ) -> (Vec<Member>, Vec<Gap>) {
        let sight = self.audit.sight(self.context);
        if self.detects {
            let beside = sight.read(piece, limits, desk, visit);
            return (beside.members, beside.gaps);
        }
        let mut plain = Plain {
            context: self.context,
            block: Block::default(),
            members: Vec::new(),
            gaps: piece.gaps.clone(),
            visit,
        };
        let read = catch_unwind(AssertUnwindSafe(|| {
            piece.format.read(&piece.as_piece(), &sight.reading(limits), &mut plain);
            plain.hand_on();
        }));
        if read.is_err() {
            plain.gaps.push(Gap::new(GapClass::Fault, "reader-panicked", "the reader failed on this item"));
        }
        (plain.members, plain.gaps)
    }
}

/// Blocks without a search, joined with what the survey knows.
pub(super) struct Plain<'a, 'v> {
    pub(super) context: &'a Context,
    pub(super) block: Block,
    pub(super) members: Vec<Member>,
    pub(super) gaps: Vec<Gap>,
    pub(super) visit: &'v mut dyn FnMut(&Block, &[Detection]),
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
        (self.visit)(&self.block, &[]);
        self.block.clear();
    }

    fn member(&mut self, member: Member) {
        self.members.push(member);
    }

    fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }
}

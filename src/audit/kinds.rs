//! A pass that asks only what kinds of data an archive shows: for a retention schedule to start from.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use super::context::Context;
use super::counting::everything;
use super::shown::Shown;
use super::sight::Beside;
use super::{Audit, OwnedPiece, Roots, Work};
use crate::detectors::{BlockPeople, Scratch};
use crate::formats::{Member, Purpose, Reading, Yield};
use crate::policies::retention::ShownKinds;
use crate::problem::Problem;
use crate::records::{Block, Gap, GapClass, Limits};

/// What a worker keeps from work to work.
struct Desk<'a> {
    block: Block,
    shown: Shown<'a>,
    scratch: Scratch,
}

impl Audit<'_> {
    /// Forms, tags, groups, brands and queues with counts and oldest dates, and how much could not be read.
    pub fn shown_kinds(&self, roots: &Roots, context: &Context) -> Result<ShownKinds, Problem> {
        let desks: Mutex<Vec<Desk<'_>>> = Mutex::default();
        let mut all = ShownKinds::default();
        let done: Result<(), ()> = self.each(
            roots,
            false,
            |work| {
                let mut desk = super::take(&desks).unwrap_or_else(|| Desk {
                    block: Block::default(),
                    shown: Shown::new(self.matcher),
                    scratch: Scratch::default(),
                });
                let kinds = self.kinds_of(work, context, &mut desk);
                super::give(&desks, desk);
                kinds
            },
            |kinds| {
                all.add(kinds);
                Ok(())
            },
        )?;
        debug_assert!(done.is_ok());
        Ok(all)
    }

    fn kinds_of(&self, work: Work, context: &Context, desk: &mut Desk<'_>) -> ShownKinds {
        let mut kinds = ShownKinds::default();
        let read =
            |piece: &OwnedPiece, limits: &Limits| self.read_kinds(piece, limits, context, desk, &mut kinds);
        let unread = everything(work, &self.limits, self.namer(), read);
        kinds.not_read(unread);
        kinds
    }

    fn read_kinds(
        &self,
        piece: &OwnedPiece,
        limits: &Limits,
        context: &Context,
        desk: &mut Desk<'_>,
        kinds: &mut ShownKinds,
    ) -> Beside {
        let reading = Reading { mappings: &self.policies.mappings, limits, purpose: Purpose::Scan };
        desk.block.clear();
        let mut looker = Looker { context, desk, kinds, beside: Beside::default() };
        let read = catch_unwind(AssertUnwindSafe(|| {
            piece.format.read(&piece.as_piece(), &reading, &mut looker);
            looker.take();
        }));
        if read.is_err() {
            looker.desk.block.clear();
            looker.gap(Gap::new(GapClass::Fault, "reader-panicked", "the reader failed on this item"));
        }
        looker.beside
    }
}

struct Looker<'s, 'a> {
    context: &'s Context,
    desk: &'s mut Desk<'a>,
    kinds: &'s mut ShownKinds,
    beside: Beside,
}

impl Looker<'_, '_> {
    fn take(&mut self) {
        let Desk { block, shown, scratch } = &mut *self.desk;
        for record in block.records.iter_mut().filter(|record| !record.continues) {
            self.context.join(record);
            let mut show = |word: &str| shown.name(word, &BlockPeople::none(), scratch);
            self.kinds.record(&record.reference.system, record.reference.kind, &record.facts, &mut show);
        }
        block.clear();
    }
}

impl Yield for Looker<'_, '_> {
    fn block(&mut self) -> &mut Block {
        &mut self.desk.block
    }

    fn boundary(&mut self) {
        if self.desk.block.is_full() {
            self.take();
        }
    }

    fn hand_on(&mut self) {
        self.take();
    }

    fn member(&mut self, member: Member) {
        self.beside.members.push(member);
    }

    fn gap(&mut self, gap: Gap) {
        self.beside.gaps.push(gap);
    }
}

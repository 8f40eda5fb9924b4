//! How many records holds cover, asked before anybody relies on them.

use super::context::Context;
use super::counting::everything;
use super::expiry::attachment_folder;
use super::held::HeldBy;
use super::{Audit, Desk, OwnedPiece, Roots, path_of};
use crate::policies::retention::Schedule;
use crate::problem::Problem;
use crate::records::RecordKind;

/// Whether a file lies where those of tickets lie: what holds it holds its ticket.
fn is_attached(piece: &OwnedPiece) -> bool {
    path_of(&piece.item).is_some_and(|path| attachment_folder(path).is_some())
}

/// What holds cover.
pub struct Covered {
    /// Records of each hold, files among attachments too, in the order of the file; a record several holds
    /// cover counts for the first.
    pub records: Vec<u64>,
    /// Items of which something could not be read: records in them are not counted.
    pub unread: u64,
}

impl Audit<'_> {
    /// Counts the records that holds cover.
    pub fn covered(
        &self,
        roots: &Roots,
        context: &Context,
        held_by: &HeldBy<'_>,
    ) -> Result<Covered, Problem> {
        let mut all = Covered { records: vec![0; held_by.holds.len()], unread: 0 };
        let sight = self.sight(context);
        let done: Result<(), ()> = self.each(
            roots,
            false,
            |work| {
                let mut counts = vec![0u64; held_by.holds.len()];
                let mut desk = Desk::default();
                let unread = everything(work, &self.limits, self.namer(), |piece, limits| {
                    sight.read(piece, limits, &mut desk, &mut |block, detections| {
                        let held = held_by.of_block(context, block, detections);
                        for (record, hold) in block.records.iter().zip(held) {
                            let kind = record.reference.kind;
                            let attached = record.parent.is_none() && is_attached(piece);
                            let counts_as = kind == RecordKind::Ticket || Schedule::governs(kind) || attached;
                            let slot = hold.filter(|_| counts_as && !record.continues);
                            if let Some(count) = slot.and_then(|at| counts.get_mut(at)) {
                                *count += 1;
                            }
                        }
                    })
                });
                (counts, unread)
            },
            |(counts, unread)| {
                all.records.iter_mut().zip(counts).for_each(|(to, from)| *to += from);
                all.unread += unread;
                Ok(())
            },
        )?;
        debug_assert!(done.is_ok());
        Ok(all)
    }
}

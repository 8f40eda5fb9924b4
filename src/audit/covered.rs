//! How many records holds cover, asked before anybody relies on them.

use super::context::Context;
use super::held::HeldBy;
use super::{Audit, Desk, Roots, Work, read_whole, whole};
use crate::policies::retention::Schedule;
use crate::problem::Problem;
use crate::records::RecordKind;

impl Audit<'_> {
    /// Records of each hold, in the order of the file; a record several holds cover counts for the first.
    pub fn covered(
        &self,
        roots: &Roots,
        context: &Context,
        held_by: &HeldBy<'_>,
    ) -> Result<Vec<u64>, Problem> {
        let mut all = vec![0; held_by.holds.len()];
        let sight = self.sight(context);
        let done: Result<(), ()> = self.each(
            roots,
            false,
            |work| {
                let mut counts = vec![0u64; held_by.holds.len()];
                let mut desk = Desk::default();
                let mut pieces = match work {
                    Work::Items(items) => items
                        .into_iter()
                        .filter_map(|item| {
                            let (bytes, _) = read_whole(&item).ok()?;
                            Some((whole(item, bytes, Vec::new()), self.limits.clone()))
                        })
                        .collect(),
                    Work::Piece(piece) => vec![(*piece, self.limits.clone())],
                    Work::Gap(..) | Work::Folder(_) | Work::Excluded => Vec::new(),
                };
                while let Some((piece, limits)) = pieces.pop() {
                    let beside = sight.read(&piece, &limits, &mut desk, &mut |block, detections| {
                        let held = held_by.of_block(context, block, detections);
                        for (record, hold) in block.records.iter().zip(held) {
                            let kind = record.reference.kind;
                            let counts_as = kind == RecordKind::Ticket || Schedule::governs(kind);
                            let slot = hold.filter(|_| counts_as && !record.continues);
                            if let Some(count) = slot.and_then(|at| counts.get_mut(at)) {
                                *count += 1;
                            }
                        }
                    });
                    for (before, member) in (0u64..).zip(beside.members) {
                        pieces.extend(sight.open(&piece, before, member, &limits).ok());
                    }
                }
                counts
            },
            |counts| {
                all.iter_mut().zip(counts).for_each(|(to, from)| *to += from);
                Ok(())
            },
        )?;
        debug_assert!(done.is_ok());
        Ok(all)
    }
}

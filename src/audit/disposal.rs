//! What becomes of each record of a block by the retention schedule and the holds: for whoever plans a purge.

use super::context::Context;
use super::{Audit, HeldBy};
use crate::policies::retention::{Decision, Schedule};
use crate::records::{Block, Detection};

impl Audit<'_> {
    /// One decision a record, as of the instant `held_by` names; none where no schedule is in force or records
    /// of the kind have no period of their own. The records must have been joined, as `Sight` hands
    /// them on; `detections` are those of the block, sorted by record.
    ///
    /// A schedule that is not adopted decides all the same: ask [`Schedule::is_adopted`] before anything goes.
    pub fn decisions<'s>(
        &'s self,
        context: &Context,
        block: &Block,
        detections: &[Detection],
        held_by: &HeldBy<'s>,
    ) -> Vec<Option<Decision<'s>>> {
        let held = held_by.of_block(context, block, detections);
        let schedule: Option<&'s Schedule> = self.policies.rules.schedule();
        let records = block.records.iter().enumerate();
        records
            .map(|(at, record)| {
                let kind = record.reference.kind;
                let schedule = schedule.filter(|_| Schedule::governs(kind))?;
                let hold = held.get(at).copied().flatten().and_then(|at| held_by.holds.get(at));
                let hold = hold.map(|hold| hold.id.as_str());
                Some(schedule.decide(kind, &record.facts, hold, held_by.now))
            })
            .collect()
    }
}

//! Purging: records past their period leave the archive, and only those.
//!
//! A [`Plan`] names each record with what it is bound to; others than its author approve it with their keys;
//! after the cooling-off [`Run`] asks the schedule again, takes the records that are still the same, seals
//! their bytes, writes the files anew, verifies, and swaps. The [`Register`] is the ledger of it all, and
//! the only thing that says in which state a plan is.

mod approvers;
mod journal;
mod plan;
mod planning;
mod records;
mod register;
mod restore;
mod run;
mod show;
mod staging;
mod suppressing;
mod undo;

pub use approvers::Approvers;
pub use plan::{Plan, PlannedPart, PlannedRecord};
pub use planning::{Limits, Planning};
pub use records::Records;
pub use register::{PlanState, Register, Stage};
pub use restore::{Restored, destroy, restore, sweep};
pub use run::{Dropped, Outcome, Run};
pub use show::{ids, show};

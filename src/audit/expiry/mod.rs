//! A pass that asks which records a schedule says must go, with everything that goes with them, and which
//! records it keeps, and why.
//!
//! A ticket is one thing with its comments and attachments wherever they lie: what keeps one part keeps all,
//! and two copies of a ticket that say different things keep each other.

mod gathered;
mod parts;
mod reading;
mod records;
mod unit;

use std::sync::Mutex;

use super::context::Context;
use super::{Audit, Desk, Roots};
use crate::problem::Problem;
use crate::records::FactId;
use crate::vault::Subkey;

use gathered::{First, attachment_folders};
pub(super) use gathered::{attachment_folder, digest_of};
use parts::PartRows;
pub(super) use parts::{PartSource, ticket_around};
pub(super) use records::Reader;
pub(super) use unit::Times;
pub use unit::{Expiry, ListedRecord, PartFile, Reason, RecordPart, Ruling, Unit, UnitReference};

impl Audit<'_> {
    /// What the schedule says of everything below `roots`. `digests` keys the digests of records.
    ///
    /// # Errors
    /// A [`Problem`] where there is no schedule or the run was stopped.
    pub fn expiry(&self, roots: &Roots, context: &Context, digests: &Subkey) -> Result<Expiry, Problem> {
        let Some(schedule) = self.policies.rules.schedule() else {
            let what = "there is no retention schedule";
            let advice =
                "write one, start from `olvido retention propose`, and name it as `schedule:` in olvido.yaml";
            return Err(Problem::new("purge-no-schedule", what, advice));
        };
        let reader = Reader {
            audit: self,
            context,
            schedule,
            digests,
            created: FactId::named("created_at"),
            detects: self.exceptions.holds.names_people(),
            folders: attachment_folders(roots),
            rulings: Mutex::default(),
        };
        let mut first = First::default();
        let desks: Mutex<Vec<Desk>> = Mutex::default();
        let done: Result<(), ()> = self.each(
            roots,
            false,
            |work| {
                let mut desk = super::take(&desks).unwrap_or_default();
                let rows = reader.first(work, &mut desk);
                super::give(&desks, desk);
                rows
            },
            |rows| {
                first.add(rows, context);
                Ok(())
            },
        )?;
        debug_assert!(done.is_ok());
        let places = first.one_each();
        if first.apart && !first.units.is_empty() {
            let done: Result<(), ()> = self.each(
                roots,
                false,
                |work| reader.second(work, &places),
                |rows: PartRows| {
                    first.attach(rows, &places);
                    Ok(())
                },
            )?;
            debug_assert!(done.is_ok());
        }
        first.finish(self, context, &places, digests)
    }
}

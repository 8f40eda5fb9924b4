//! A pass that asks which records are one person's: what they are, what they asked and what they wrote. What
//! others wrote stays, and what only mentions them is for a person to look at.

mod gathered;
mod people;
mod records;
mod subject;
mod units;
mod whose;

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::context::Context;
use super::expiry::{Expiry, Reader};
use super::{Audit, Desk, Roots};
use crate::problem::Problem;
use crate::records::FactId;
use crate::vault::Subkey;

pub use subject::{ErasureSubject, Identifier, own_id};

use gathered::OwnRows;
use people::{PeopleRows, Persons};
use records::Erasing;

impl Audit<'_> {
    /// What is one person's below `roots`, as a plan takes it: units that go or are kept, and in `review` what
    /// somebody has to look at. Minima and holds are the schedule's; `digests` keys the digests of records.
    ///
    /// # Errors
    /// A [`Problem`] where there is no schedule or no key.
    pub fn erasure(
        &self,
        roots: &Roots,
        context: &Context,
        subject: &ErasureSubject,
        digests: &Subkey,
    ) -> Result<Expiry, Problem> {
        let (Some(schedule), Some(references)) = (self.policies.rules.schedule(), self.references) else {
            let what = "there is no retention schedule, or no key";
            return Err(Problem::new("purge-no-schedule", what, "name both in olvido.yaml"));
        };
        let reader = Reader {
            audit: self,
            context,
            schedule,
            digests,
            created: FactId::named("created_at"),
            detects: true,
            folders: BTreeSet::new(),
            rulings: Mutex::default(),
        };
        let desks: Mutex<Vec<Desk>> = Mutex::default();
        let mut rows = PeopleRows::default();
        let done: Result<(), ()> = self.each(
            roots,
            false,
            |work| {
                let mut desk = super::take(&desks).unwrap_or_default();
                let rows = people::read(&reader, references, subject, work, &mut desk);
                super::give(&desks, desk);
                rows
            },
            |more: PeopleRows| {
                rows.add(more);
                Ok(())
            },
        )?;
        debug_assert!(done.is_ok());
        let persons: Persons = rows.finish(subject);
        let erasing = Erasing { reader: &reader, references, subject, persons: &persons };
        let mut own = OwnRows::default();
        let done: Result<(), ()> = self.each(
            roots,
            false,
            |work| {
                let mut desk = super::take(&desks).unwrap_or_default();
                let rows = erasing.work(work, &mut desk);
                super::give(&desks, desk);
                rows
            },
            |more: OwnRows| {
                own.add(more);
                Ok(())
            },
        )?;
        debug_assert!(done.is_ok());
        own.finish(&erasing)
    }
}

//! The project's list of people who were erased: whom a later scan must not meet again.

use std::io;

use super::approvers::Approvers;
use super::plan::Plan;
use super::register::{Register, days_after};
use crate::audit::{SuppressedPerson, Suppression};
use crate::disk::replace;
use crate::problem::Problem;
use crate::records::Stamp;

/// Days after the last backup for which people are looked for.
const AFTER_BACKUPS: u64 = 30;

fn unwritten(error: &io::Error) -> Problem {
    let what = format!("the list of people who were erased could not be written: {}", error.kind());
    Problem::new("purge-stopped", what, "make room, then run the same command: it goes on")
}

fn list(register: &Register<'_>, plan: &Plan) -> Result<Suppression, Problem> {
    match register.disk().read(&register.suppression_file()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Suppression::empty(&plan.key)),
        bytes => Suppression::read(&bytes.map_err(|error| unwritten(&error))?, Some(&plan.key)),
    }
}

fn keep(register: &Register<'_>, list: &Suppression, now: Stamp) -> Result<(), Problem> {
    replace(register.disk(), &register.suppression_file(), list.to_file(now).as_bytes())
        .map_err(|error| unwritten(&error))
}

/// Puts the person of an erasure on the list, until what was sealed is destroyed and every backup that may hold
/// them is over.
pub(super) fn erased(
    register: &Register<'_>,
    plan: &Plan,
    approvers: &Approvers,
    destroyed: Stamp,
    now: Stamp,
) -> Result<(), Problem> {
    if plan.suppressed.is_empty() {
        return Ok(());
    }
    let mut list = list(register, plan)?;
    let days = approvers.backup_days + AFTER_BACKUPS;
    let person = SuppressedPerson {
        identifiers: plan.suppressed.clone(),
        plan: plan.id()?,
        until: days_after(destroyed, days).to_rfc3339(),
    };
    list.add(person)?;
    keep(register, &list, now)
}

/// Takes them from the list: they came back by a restore of their plan.
pub(super) fn brought_back(register: &Register<'_>, plan: &Plan, now: Stamp) -> Result<(), Problem> {
    if plan.suppressed.is_empty() {
        return Ok(());
    }
    let mut list = list(register, plan)?;
    list.remove(&plan.id()?);
    keep(register, &list, now)
}

//! Who and what a shred is to forget: lists, or a plan of `olvido purge`.

use crate::disk::Disk;
use crate::problem::Problem;
use crate::remedies::purging::{self, Register, Stage};
use crate::remedies::sealing::{
    Chosen, Wanted, choose_planned, choose_records, choose_subjects, read_wanted,
};
use crate::vault::Vault;

use serde_json::Value;

use super::keys::KeyPlaces;
use super::output::say;
use super::shred::read;
use super::vault_args::ShredArgs;
use super::vault_open::DISK;

/// What is to be forgotten, as the user's file says it.
pub(super) enum Selection {
    Subjects(Vec<Wanted>),
    Records(Vec<Wanted>),
    Planned(Box<purging::Plan>),
}

impl Selection {
    pub(super) fn read(args: &ShredArgs) -> Result<Selection, Problem> {
        if let Some(path) = &args.purge_plan {
            let plan = purging::Plan::read(read(path)?.as_slice())?;
            if plan.preview {
                let what = "the purge plan is a preview: it is for another day than the one it was made on";
                return Err(Problem::new("purge-preview", what, "make one for today"));
            }
            is_in_force(args, &plan.digest()?.to_string())?;
            return Ok(Selection::Planned(Box::new(plan)));
        }
        let list = args.subjects.as_ref().or(args.records.as_ref()).ok_or_else(|| {
            Problem::new(
                "shred-what",
                "nothing says who or what is to be forgotten",
                "use --subjects, --records or --purge-plan",
            )
        })?;
        let text = String::from_utf8(read(list)?).map(zeroize::Zeroizing::new);
        let text = text
            .map_err(|_| Problem::new("list-malformed", "the list is not in UTF-8", "write it in UTF-8"))?;
        let wanted = read_wanted(&text)?;
        Ok(if args.subjects.is_some() { Self::Subjects(wanted) } else { Self::Records(wanted) })
    }

    pub(super) fn choose(&self, vault: &Vault<'_>) -> Result<Chosen, Problem> {
        match self {
            Self::Subjects(wanted) => choose_subjects(vault, wanted),
            Self::Records(wanted) => choose_records(vault, wanted),
            Self::Planned(plan) => {
                is_sealed_under(vault, &plan.key)?;
                choose_planned(vault, plan.records.iter().map(|record| record.reference))
            }
        }
    }

    /// The digest of the purge plan, where one says what goes.
    pub(super) fn purge(&self) -> Result<Option<String>, Problem> {
        match self {
            Self::Planned(plan) => Ok(Some(plan.digest()?.to_string())),
            _ => Ok(None),
        }
    }

    /// What was asked for and is not there, by line or by place in the plan.
    pub(super) fn missing(&self, chosen: &Chosen) -> String {
        match self {
            Self::Planned(_) => {
                format!("  planned records that are not in the vault: {}\n", chosen.missing.len())
            }
            _ => format!("  lines that found nothing: {:?}\n", chosen.missing),
        }
    }
}

/// A purge plan names records by references under its key: archives sealed under another have none of them, and
/// would be passed over without a word.
fn is_sealed_under(vault: &Vault<'_>, key: &str) -> Result<(), Problem> {
    for (archive, _) in vault.archives() {
        let entry = vault.sealed_entry(&archive)?;
        if entry.pointer("/about/references").and_then(Value::as_str) != Some(key) {
            let what = "an archive was sealed without the key the purge plan was made with";
            let advice = "seal it again with that key (--key), or name the records in a list with --records";
            return Err(Problem::new("purge-plan-unevaluable", what, advice));
        }
    }
    Ok(())
}

/// Whether the ledger of purges still has this plan in force: one that was called off, or whose records were
/// brought back, says no longer what goes. Where there is no ledger, that is said.
///
/// # Errors
/// `purge-plan-over` or `purge-plan-unknown`; another [`Problem`] where the ledger cannot be read.
pub(super) fn is_in_force(args: &ShredArgs, digest: &str) -> Result<(), Problem> {
    let unread = |error: std::io::Error| {
        let what = format!("the folder of purges could not be read: {}", error.kind());
        Problem::new("purge-folder", what, "name another with --project")
    };
    if DISK.facts(&args.project.join("ledger.head")).map_err(unread)?.is_none() {
        say(&format!(
            "olvido: {} has no ledger of purges: whether the purge plan was called off is not known",
            args.project.display()
        ));
        return Ok(());
    }
    let key = KeyPlaces::from_environment().find(args.key.as_deref())?.ok_or_else(|| {
        let advice = "name the key the plan was made with: --key";
        Problem::new("purge-no-key", "the ledger of purges is keyed, and there is no key", advice)
    })?;
    let states = Register::read(&DISK, &args.project, &key)?.states()?;
    let state = states.into_iter().find(|state| state.digest == digest).ok_or_else(|| {
        let what = "the ledger of this project has no such purge plan";
        Problem::new("purge-plan-unknown", what, "see `olvido purge status`, or name the right --project")
    })?;
    if matches!(state.stage, Stage::Cancelled | Stage::Restored) {
        let what = format!("the purge plan is {}: it says no longer what goes", state.stage.name());
        return Err(Problem::new("purge-plan-over", what, "make a new one"));
    }
    Ok(())
}

//! Whether a plan may be carried out: asked before anything is done, and at the last moment.

use std::collections::BTreeSet;

use serde_json::Value;

use super::evidence::Dying;
use super::minima::KeptByLaw;
use super::plan::Plan;
use super::victims::{Lookup, Wanted};
use crate::problem::Problem;
use crate::records::Stamp;
use crate::vault::certificate::approval_bytes;
use crate::vault::{Permission, PublicKey, Settings, Vault};

/// Whether references were made under the key of this name; none names no key.
pub type Fits = dyn Fn(Option<&str>) -> bool;

/// What holds in force cover, as their files say now.
#[derive(Default)]
pub struct Held {
    /// For each hold what it names; a hold that covers all records names nothing.
    pub holds: Vec<Vec<Wanted>>,
    /// Holds that cover all records there are.
    pub everything: u64,
    /// Says under which key the keyed references were made; none where there are no references.
    pub fits: Option<Box<Fits>>,
}

/// Reads the files of holds anew.
pub type ReadHolds<'p> = dyn FnMut() -> Result<Held, Problem> + 'p;

/// What law keeps of what dies, by what was known when it was sealed.
///
/// # Errors
/// A [`Problem`] where the vault has no index key.
pub fn kept_by_law(vault: &Vault<'_>, dying: &Dying) -> Result<KeptByLaw, Problem> {
    let lost = |slot: u64| dying.victims.contains(&slot) || dying.touched.contains(&slot);
    Ok(KeptByLaw::of(&Lookup::new(vault)?, &lost, seconds(vault.now())))
}

fn seconds(now: &str) -> i64 {
    Stamp::parse(now).map_or(0, |now| now.seconds)
}

/// Whether a plan may be carried out: approvals, cooling-off, holds, legal minima.
pub struct PlanPermission<'p> {
    plan: &'p Plan,
    settings: Settings,
    lookup: Lookup,
    victims: BTreeSet<u64>,
    touched: BTreeSet<u64>,
    /// Keys of the references of the archives that lose something.
    keys: BTreeSet<Option<String>>,
    holds: &'p mut ReadHolds<'p>,
    checked: u64,
    now: String,
}

impl<'p> PlanPermission<'p> {
    /// For a plan and what dies with it.
    ///
    /// # Errors
    /// A [`Problem`] where the ledger does not know an archive.
    pub fn new(
        plan: &'p Plan,
        vault: &Vault<'_>,
        dying: &Dying,
        holds: &'p mut ReadHolds<'p>,
    ) -> Result<Self, Problem> {
        let mut keys = BTreeSet::new();
        for archive in &dying.archives {
            let entry = vault.sealed_entry(archive)?;
            keys.insert(entry.pointer("/about/references").and_then(Value::as_str).map(str::to_owned));
        }
        Ok(Self {
            plan,
            settings: vault.settings().clone(),
            lookup: Lookup::new(vault)?,
            victims: dying.victims.clone(),
            touched: dying.touched.clone(),
            keys,
            holds,
            checked: 0,
            now: vault.now().to_owned(),
        })
    }

    /// How many holds in force were looked at when it was asked last.
    pub fn holds_checked(&self) -> u64 {
        self.checked
    }

    fn approved(&self) -> Result<(), Problem> {
        let digest = self.plan.digest()?;
        let mut keys = BTreeSet::new();
        for approval in &self.plan.approvals {
            let known =
                self.settings.approvers.iter().any(|a| a.name == approval.name && a.key == approval.key);
            let bytes = approval_bytes(&digest, &approval.name, &approval.at);
            let signed = PublicKey::parse(&approval.key)
                .is_some_and(|key| key.signed(bytes.as_bytes(), &approval.signature));
            let before = approval.at.as_str() <= self.now.as_str();
            if !(known && signed && before) || approval.name == self.plan.requester {
                let what = "an approval is not by an approver of this vault, or not of this plan";
                return Err(Problem::new("approval-invalid", what, "have the plan approved anew"));
            }
            keys.insert(approval.key.as_str());
        }
        if (keys.len() as u64) < self.settings.approvals {
            let what = format!("the plan has {} of {} approvals", keys.len(), self.settings.approvals);
            return Err(Problem::new(
                "approval-missing",
                what,
                "have it approved with `olvido vault approve`",
            ));
        }
        Ok(())
    }

    /// A purge plan was judged by the schedule of its day; what lists name by that of the day it was sealed.
    fn within_minimum(&self) -> Result<(), Problem> {
        if self.plan.purge.is_some() || self.plan.despite_minima.is_some() {
            return Ok(());
        }
        let lost = |slot: u64| self.victims.contains(&slot) || self.touched.contains(&slot);
        refused(&KeptByLaw::of(&self.lookup, &lost, seconds(&self.now)))
    }

    /// A hold keeps a record whole: also what belongs to others in it, and what it says of a held person.
    fn held(&mut self) -> Result<(), Problem> {
        let held = (self.holds)()?;
        self.checked = held.holds.len() as u64 + held.everything;
        if let Some(fits) = &held.fits
            && !self.keys.iter().all(|key| fits(key.as_deref()))
        {
            let what = "the references of a hold were made under another key than those of a sealed archive";
            let advice = "a hold that cannot be evaluated stops all deletion: seal the archive again with the \
                          key of the holds (--key), or name people and tickets in a list with --holds";
            return Err(Problem::new("holds-unevaluable", what, advice));
        }
        let covers = |wanted: &Wanted| {
            let slots = self.lookup.of(wanted);
            let owned = slots.iter().flat_map(|slot| self.lookup.owned(*slot));
            slots.iter().chain(owned).any(|slot| self.victims.contains(slot) || self.touched.contains(slot))
        };
        let covering = held.holds.iter().filter(|hold| hold.iter().any(covers)).count() as u64;
        let covering = covering + held.everything;
        if covering > 0 {
            let what = format!("{covering} holds suspend the deletion of what is planned");
            return Err(Problem::new("plan-held", what, "nothing was destroyed; plan without what is held"));
        }
        Ok(())
    }
}

impl Permission for PlanPermission<'_> {
    fn check(&mut self) -> Result<(), Problem> {
        self.approved()?;
        if self.now.as_str() < self.plan.not_before.as_str() {
            let what = format!("the cooling-off lasts until {}", self.plan.not_before);
            return Err(Problem::new(
                "plan-cooling-off",
                what,
                "come back then; until then it can be dropped",
            ));
        }
        self.within_minimum()?;
        self.held()
    }
}

/// The refusal of what law keeps.
///
/// # Errors
/// `plan-minimum` where it keeps something, or nobody can tell.
pub fn refused(kept: &KeptByLaw) -> Result<(), Problem> {
    if kept.is_nothing() {
        return Ok(());
    }
    let until = kept.until.map(|until| format!(", the last until {}", until.to_rfc3339()));
    let what = format!(
        "{} records that would be lost or lose something are within their legal minimum{}; of {} nobody can tell",
        kept.within,
        until.unwrap_or_default(),
        kept.undecided
    );
    let advice = "nothing was destroyed; leave those records out, or, where law asks for it all the same, say why \
                  with --despite-minima: it stands in the plan, the ledger and the certificate";
    Err(Problem::new("plan-minimum", what, advice))
}

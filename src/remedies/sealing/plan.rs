//! The plan of a shred: what is to be forgotten, why, and who agreed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::problem::Problem;
use crate::vault::certificate::approval_bytes;
use crate::vault::{Digest, Signer, SlotKind, Vault, canonical};

/// One approval.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// When.
    pub at: String,
    /// The approver's public key.
    pub key: String,
    /// The approver's name in the vault's settings.
    pub name: String,
    /// Over the plan's digest and this approval's time.
    pub signature: String,
}

/// What is to be forgotten, why, and who agreed: a file to check and approve. It holds no personal data.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Who agreed.
    pub approvals: Vec<Approval>,
    /// How many keys of each kind.
    pub counts: BTreeMap<String, u64>,
    /// Why what law keeps goes all the same, in the requester's words.
    pub despite_minima: Option<String>,
    /// The legal ground, in the requester's words.
    pub ground: String,
    /// The keys that go with it, each with its commitment.
    pub keys: Vec<PlannedKey>,
    /// When it was made.
    pub made: String,
    /// Sealed records that name a planned person and are kept.
    pub mentions: u64,
    /// The first moment at which it may be carried out.
    pub not_before: String,
    /// Digest of the purge plan it was made from; none where lists said what goes.
    pub purge: Option<String>,
    /// The user's own reference, such as the number of a request.
    pub reference: String,
    /// Who asked.
    pub requester: String,
    schema: String,
    /// Archives that were sealed without a retention schedule: of their records no legal minimum is known.
    pub unjudged: u64,
    /// The vault.
    pub vault: String,
}

/// A key that is to go.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct PlannedKey {
    /// What it is for.
    pub kind: String,
    /// Keyed digest of what the slot holds: another slot is another plan.
    pub pseudonym: String,
    /// Its slot.
    pub slot: u64,
}

const SCHEMA: &str = "olvido/shred-plan/v1";

/// What the user says of a plan.
pub struct Intent {
    /// Who asked.
    pub requester: String,
    /// The legal ground.
    pub ground: String,
    /// The user's own reference.
    pub reference: String,
    /// The first moment at which it may be carried out.
    pub not_before: String,
    /// Digest of the purge plan that says what goes.
    pub purge: Option<String>,
    /// Why what law keeps goes all the same.
    pub despite_minima: Option<String>,
}

impl Plan {
    /// A plan for what was chosen and everything that falls with it.
    ///
    /// # Errors
    /// `plan-empty` where nothing was chosen.
    pub fn new(vault: &Vault<'_>, chosen: &BTreeSet<u64>, intent: Intent) -> Result<Plan, Problem> {
        let all = vault.closure(chosen);
        if all.is_empty() {
            let what = "nothing of what the list names is in the vault";
            return Err(Problem::new("plan-empty", what, "look at the list; the vault is as it was"));
        }
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let mut keys = Vec::new();
        let mut mentions = 0;
        let gone = all.iter().filter_map(|number| vault.slot(*number));
        let records: BTreeSet<[u8; 32]> =
            gone.filter(|slot| slot.kind == SlotKind::Record).map(|slot| slot.pseudonym).collect();
        for number in &all {
            let Some(slot) = vault.slot(*number) else { continue };
            *counts.entry(slot.kind.name().to_owned()).or_default() += 1;
            // A record that goes itself is no longer one that names somebody.
            mentions += u64::from(slot.kind == SlotKind::Mention && !records.contains(&slot.pseudonym));
            keys.push(PlannedKey {
                kind: slot.kind.name().to_owned(),
                pseudonym: bound(slot),
                slot: *number,
            });
        }
        Ok(Plan {
            approvals: Vec::new(),
            counts,
            despite_minima: intent.despite_minima,
            ground: intent.ground,
            keys,
            made: vault.now().to_owned(),
            mentions,
            not_before: intent.not_before,
            purge: intent.purge,
            reference: intent.reference,
            requester: intent.requester,
            schema: SCHEMA.to_owned(),
            unjudged: unjudged(vault)?,
            vault: vault.settings().id.clone(),
        })
    }

    /// Reads a plan.
    ///
    /// # Errors
    /// `plan-malformed` for what is none.
    pub fn read(bytes: &[u8]) -> Result<Plan, Problem> {
        let wrong = || {
            Problem::new(
                "plan-malformed",
                "this is no plan of a shred",
                "make one with `olvido vault shred --plan`",
            )
        };
        let plan: Plan = serde_json::from_slice(bytes).map_err(|_| wrong())?;
        if plan.schema == SCHEMA { Ok(plan) } else { Err(wrong()) }
    }

    /// As a file.
    ///
    /// # Errors
    /// `not-canonical`, which cannot happen.
    pub fn to_file(&self) -> Result<String, Problem> {
        Ok(canonical(&serde_json::to_value(self).unwrap_or(Value::Null))? + "\n")
    }

    /// The digest of everything but the approvals.
    ///
    /// # Errors
    /// `not-canonical`, which cannot happen.
    pub fn digest(&self) -> Result<String, Problem> {
        let body = Plan { approvals: Vec::new(), ..self.clone() };
        Ok(Digest::of(body.to_file()?.as_bytes()).to_string())
    }

    /// Adds an approval.
    ///
    /// # Errors
    /// `approval-own` where the requester approves.
    pub fn approve(&mut self, name: &str, signer: &Signer, now: &str) -> Result<(), Problem> {
        if name == self.requester {
            let what = "whoever asked cannot approve";
            return Err(Problem::new("approval-own", what, "let somebody else approve"));
        }
        let signature = signer.sign(approval_bytes(&self.digest()?, name, now).as_bytes());
        let key = signer.public().to_hex();
        self.approvals.retain(|approval| approval.key != key);
        self.approvals.push(Approval { at: now.to_owned(), key, name: name.to_owned(), signature });
        Ok(())
    }

    /// The slots that go, after looking whether they still hold what was planned.
    ///
    /// # Errors
    /// `plan-foreign` or `plan-differs`.
    pub fn victims(&self, vault: &Vault<'_>) -> Result<BTreeSet<u64>, Problem> {
        if self.vault != vault.settings().id {
            let what = "the plan was made for another vault";
            return Err(Problem::new("plan-foreign", what, "make a plan for this one"));
        }
        let planned: BTreeSet<u64> = self.keys.iter().map(|key| key.slot).collect();
        let same = self.keys.iter().all(|key| {
            vault
                .slot(key.slot)
                .is_some_and(|slot| slot.kind.name() == key.kind && bound(slot) == key.pseudonym)
        });
        if !same || vault.closure(&planned) != planned {
            let what = "the vault is not as it was planned: something was sealed or forgotten since";
            return Err(Problem::new("plan-differs", what, "make the plan again"));
        }
        Ok(planned)
    }

    /// What the ledger and the certificate keep of it.
    pub fn reasons(&self) -> Result<Value, Problem> {
        Ok(json!({
            "approvals": self.approvals, "despite_minima": self.despite_minima, "digest": self.digest()?,
            "ground": self.ground, "made": self.made, "mentions": self.mentions, "not_before": self.not_before,
            "purge": self.purge, "reference": self.reference, "requester": self.requester,
            "unjudged": self.unjudged,
        }))
    }
}

/// How many archives were sealed without a schedule.
fn unjudged(vault: &Vault<'_>) -> Result<u64, Problem> {
    let mut unjudged = 0;
    for (archive, _) in vault.archives() {
        let judged = vault.sealed_entry(&archive)?.pointer("/about/minima") == Some(&Value::Bool(true));
        unjudged += u64::from(!judged);
    }
    Ok(unjudged)
}

/// What binds a slot in a plan: a digest, since the pseudonym itself is a lasting mark of a person.
fn bound(slot: &crate::vault::Slot) -> String {
    Digest::of(&[b"olvido/plan-slot/v1".as_slice(), &slot.pseudonym, &slot.owner.to_be_bytes()].concat())
        .short_hex(16)
}

//! Who and what is to be forgotten, and whether that may be done.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::identity::Identifier;
use super::seal::{person_pseudonym, record_pseudonym};
use crate::problem::Problem;
use crate::records::{Category, RecordKind, Text};
use crate::vault::{
    Digest, NOBODY, Permission, PublicKey, Settings, Signer, SlotKind, Subkey, Vault, canonical,
};

/// What one line of a list asks for. No `Debug`: it holds values.
pub enum Wanted {
    /// A person by an identifier.
    Person(Identifier),
    /// A record by its name.
    Record(Text),
}

/// Reads a list of people and records: `email: …`, `phone: …`, `name: …`, `id: SYSTEM ID`,
/// `record: KIND SYSTEM ID`; empty lines and those that begin with `#` are left out.
///
/// # Errors
/// `list-malformed` with the number of the line, never with what it says.
pub fn read_wanted(text: &str) -> Result<Vec<Wanted>, Problem> {
    let mut all = Vec::new();
    for (at, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wanted = wanted(line).ok_or_else(|| {
            let what = format!("line {at} of the list names nobody and nothing");
            let advice =
                "write `email: …`, `phone: …`, `name: …`, `id: SYSTEM ID` or `record: KIND SYSTEM ID`";
            Problem::new("list-malformed", what, advice)
        })?;
        all.push(wanted);
    }
    Ok(all)
}

fn wanted(line: &str) -> Option<Wanted> {
    let (kind, value) = line.split_once(':')?;
    let value = value.trim();
    let of = |category| Identifier::of(Category::named(category)?, value).map(Wanted::Person);
    match kind.trim() {
        "email" => of("email-address").filter(|_| value.contains('@')),
        "phone" => of("phone-number"),
        "name" => of("person-name"),
        "id" => value.split_once(' ').map(|(system, id)| Wanted::Person(Identifier::id(system, id.trim()))),
        "record" => {
            let (kind, rest) = value.split_once(' ')?;
            let (system, id) = rest.trim().split_once(' ')?;
            RecordKind::named(kind)?;
            Some(Wanted::Record(Text::new(format!("{kind}\u{1f}{system}\u{1f}{}", id.trim()))))
        }
        _ => None,
    }
}

/// Slots by the pseudonyms of what they belong to.
struct Lookup {
    index: Subkey,
    slots: HashMap<[u8; 32], Vec<u64>>,
    owned: HashMap<u64, Vec<u64>>,
}

impl Lookup {
    fn new(vault: &Vault<'_>) -> Result<Lookup, Problem> {
        let mut slots: HashMap<[u8; 32], Vec<u64>> = HashMap::new();
        let mut owned: HashMap<u64, Vec<u64>> = HashMap::new();
        for (number, slot) in vault.slots() {
            match slot.kind {
                SlotKind::Subject | SlotKind::Record => slots.entry(slot.pseudonym).or_default().push(number),
                SlotKind::Alias => slots.entry(slot.pseudonym).or_default().push(slot.owner),
                _ => {}
            }
            if slot.owner != NOBODY && slot.kind == SlotKind::Record {
                owned.entry(slot.owner).or_default().push(number);
            }
        }
        Ok(Lookup { index: vault.index()?, slots, owned })
    }

    fn of(&self, wanted: &Wanted) -> &[u64] {
        let pseudonym = match wanted {
            Wanted::Person(identifier) => person_pseudonym(&self.index, identifier),
            Wanted::Record(name) => record_pseudonym(&self.index, name.expose()),
        };
        self.slots.get(&pseudonym).map_or(&[], Vec::as_slice)
    }
}

/// What a list found.
pub struct Chosen {
    /// Slots of people and records.
    pub slots: BTreeSet<u64>,
    /// How many lines found nothing, by their position among those that ask.
    pub missing: Vec<usize>,
}

/// Finds what a list of people asks for.
///
/// # Errors
/// A [`Problem`] where the vault has no index key, or the list asks for records.
pub fn choose_subjects(vault: &Vault<'_>, wanted: &[Wanted]) -> Result<Chosen, Problem> {
    choose(vault, wanted, true)
}

/// Finds what a list of records asks for.
///
/// # Errors
/// A [`Problem`] where the vault has no index key, or the list asks for people.
pub fn choose_records(vault: &Vault<'_>, wanted: &[Wanted]) -> Result<Chosen, Problem> {
    choose(vault, wanted, false)
}

fn choose(vault: &Vault<'_>, wanted: &[Wanted], people: bool) -> Result<Chosen, Problem> {
    let lookup = Lookup::new(vault)?;
    let mut chosen = Chosen { slots: BTreeSet::new(), missing: Vec::new() };
    for (at, one) in (1..).zip(wanted) {
        if matches!(one, Wanted::Person(_)) != people {
            let what = "the list names people where records are asked for, or records where people are";
            return Err(Problem::new(
                "list-mixed",
                what,
                "use --subjects for people and --records for records",
            ));
        }
        let found = lookup.of(one);
        if found.is_empty() {
            chosen.missing.push(at);
        }
        chosen.slots.extend(found);
    }
    Ok(chosen)
}

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
    /// The user's own reference, such as the number of a request.
    pub reference: String,
    /// Who asked.
    pub requester: String,
    schema: String,
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
        for number in &all {
            let Some(slot) = vault.slot(*number) else { continue };
            *counts.entry(slot.kind.name().to_owned()).or_default() += 1;
            mentions += u64::from(slot.kind == SlotKind::Mention);
            keys.push(PlannedKey {
                kind: slot.kind.name().to_owned(),
                pseudonym: bound(slot),
                slot: *number,
            });
        }
        Ok(Plan {
            approvals: Vec::new(),
            counts,
            ground: intent.ground,
            keys,
            made: vault.now().to_owned(),
            mentions,
            not_before: intent.not_before,
            reference: intent.reference,
            requester: intent.requester,
            schema: SCHEMA.to_owned(),
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
            "approvals": self.approvals, "digest": self.digest()?, "ground": self.ground, "made": self.made,
            "mentions": self.mentions, "not_before": self.not_before, "reference": self.reference,
            "requester": self.requester,
        }))
    }
}

/// What binds a slot in a plan: a digest, since the pseudonym itself is a lasting mark of a person.
fn bound(slot: &crate::vault::Slot) -> String {
    Digest::of(&[b"olvido/plan-slot/v1".as_slice(), &slot.pseudonym, &slot.owner.to_be_bytes()].concat())
        .short_hex(16)
}

/// What an approver signs.
pub(super) fn approval_bytes(digest: &str, name: &str, at: &str) -> String {
    format!("olvido/approval/v1\n{digest}\n{name}\n{at}\n")
}

/// A list of holds, read anew each time it is asked for.
pub struct Holds {
    /// The file.
    pub path: PathBuf,
}

impl Holds {
    fn read(path: &Path) -> Result<Vec<Wanted>, Problem> {
        let text = fs::read_to_string(path).map_err(|error| {
            let what = format!("the list of holds could not be read: {}", error.kind());
            Problem::new("holds-unreadable", what, "a hold that cannot be evaluated stops all deletion")
        })?;
        read_wanted(&text)
    }
}

/// Whether a plan may be carried out: approvals, cooling-off, holds, and what else is asked.
pub struct PlanPermission<'p> {
    plan: &'p Plan,
    settings: Settings,
    lookup: Lookup,
    victims: BTreeSet<u64>,
    holds: Option<Holds>,
    now: String,
    /// Asked last, each time: legal minima and whatever a caller knows.
    more: Option<&'p mut dyn Permission>,
}

impl<'p> PlanPermission<'p> {
    /// For a plan and what it would destroy.
    ///
    /// # Errors
    /// A [`Problem`] where the plan does not fit the vault.
    pub fn new(
        plan: &'p Plan,
        vault: &Vault<'_>,
        holds: Option<Holds>,
        more: Option<&'p mut dyn Permission>,
    ) -> Result<Self, Problem> {
        Ok(Self {
            victims: plan.victims(vault)?,
            plan,
            settings: vault.settings().clone(),
            lookup: Lookup::new(vault)?,
            holds,
            now: vault.now().to_owned(),
            more,
        })
    }

    /// What would be destroyed.
    pub fn victims(&self) -> &BTreeSet<u64> {
        &self.victims
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

    fn held(&self) -> Result<(), Problem> {
        let Some(holds) = &self.holds else { return Ok(()) };
        let mut held = 0;
        for wanted in Holds::read(&holds.path)? {
            let slots = self.lookup.of(&wanted);
            let owned = slots.iter().filter_map(|slot| self.lookup.owned.get(slot)).flatten();
            held += u64::from(slots.iter().chain(owned).any(|slot| self.victims.contains(slot)));
        }
        if held > 0 {
            let what = format!("{held} holds suspend the deletion of what is planned");
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
        self.held()?;
        match &mut self.more {
            Some(more) => more.check(),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_nonsense_is_told_by_its_line() {
        let list = "# people\nemail: Ana@Example.com\n\nid: zendesk 31\nrecord: ticket zendesk 4003\nphone: +34 600 000 000\n";
        let wanted = read_wanted(list).ok().unwrap();
        assert_eq!(wanted.len(), 4);
        assert!(matches!(&wanted[0], Wanted::Person(who) if who.value.expose() == "ana@example.com"));
        for bad in
            ["ana@example.com", "email: nobody", "record: thing zendesk 1", "record: ticket 1", "who: x"]
        {
            let problem = read_wanted(&format!("\n{bad}\n")).err().unwrap();
            assert_eq!(problem.code, "list-malformed");
            assert!(problem.what.contains("line 2") && !problem.to_string().contains("ana@"));
        }
    }
}

//! The ledger of a project's purges: what was planned, approved, done, brought back and destroyed. It alone
//! says in which state a plan is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::approvers::{Approvers, same_name};
use super::plan::{Plan, id_of, signed_bytes};
use super::planning::instant;
use crate::disk::{Disk, Lock};
use crate::problem::Problem;
use crate::records::Stamp;
use crate::vault::{Entry, Key, Ledger, PublicKey, Purpose, Signer};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// How far a plan has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Made, and waiting for approvals.
    Requested,
    /// Approved by enough people.
    Approved,
    /// Removal has begun and not ended.
    Removing,
    /// Removed; it can be brought back until the window ends.
    Blocked,
    /// The key of what was removed is about to be destroyed.
    Destroying,
    /// The key of what was removed is destroyed.
    Destroyed,
    /// What olvido itself kept is gone too.
    Swept,
    /// Backups that may hold it are over.
    Final,
    /// Called off.
    Cancelled,
    /// Brought back.
    Restored,
}

impl Stage {
    /// Stable word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved => "approved",
            Self::Removing => "removing",
            Self::Blocked => "blocked",
            Self::Destroying => "destroying",
            Self::Destroyed => "destroyed",
            Self::Swept => "swept",
            Self::Final => "final",
            Self::Cancelled => "cancelled",
            Self::Restored => "restored",
        }
    }
}

/// What the ledger says of one plan.
#[derive(Clone)]
pub struct PlanState {
    /// Its short name.
    pub id: String,
    /// Its digest.
    pub digest: String,
    /// How far it has come.
    pub stage: Stage,
    /// The archive's keyed name.
    pub archive: String,
    /// Records planned.
    pub records: u64,
    /// Of an erasure, why it is asked; none of a purge by periods.
    pub ground: Option<String>,
    /// Who made it.
    pub by: String,
    /// How many approvals it needs.
    pub needed: u64,
    /// Who approved.
    pub approved_by: Vec<String>,
    /// Why one approver is enough.
    pub single: Option<String>,
    /// The first moment it may be carried out; then the end of the window; then the end of backups.
    pub due: Option<Stamp>,
    /// Whether the key that is destroyed was found.
    pub(super) key_found: bool,
    /// Entries that approve: key, name, time, signature.
    approvals: Vec<(String, String, String, String)>,
}

/// The ledger with the folder of plans.
pub struct Register<'d> {
    disk: &'d dyn Disk,
    folder: PathBuf,
    ledger: Ledger<'d>,
    signer: Signer,
    last: i64,
    _lock: Option<Box<dyn Lock>>,
}

fn unwritten(error: &std::io::Error) -> Problem {
    let what = format!("the folder of purges could not be written: {}", error.kind());
    Problem::new("purge-folder", what, "choose another with --project, or make room")
}

/// The key that signs the project's ledger.
fn signer(key: &Key) -> Result<Signer, Problem> {
    Signer::new(&key.subkey(Purpose::Ledger).seed())
}

/// Begins the ledger. Without a head nothing has counted: what stands there is the first entry of a run that
/// stopped; more than that was a ledger once.
fn begin(disk: &dyn Disk, folder: &Path, key: &Key, signer: &Signer, now: Stamp) -> Result<(), Problem> {
    for (name, most) in [("ledger.leaves", 32), ("ledger.entries", 4096)] {
        let path = folder.join(name);
        let facts = disk.facts(&path).map_err(|error| unwritten(&error))?;
        match facts.map(|facts| facts.len) {
            Some(len) if len > most => {
                let what = "the head of the ledger is missing, and its entries are there";
                let advice = "nothing was changed; find out who removed it, and put back a copy";
                return Err(Problem::new("ledger-damaged", what, advice));
            }
            Some(_) => disk.unlink(&path).map_err(|error| unwritten(&error))?,
            None => {}
        }
    }
    let first = json!({"at": now.to_rfc3339(), "key": key.id(), "kind": "begun"});
    Ledger::create(disk, folder, key.id(), signer, &first, json!({"last": now.seconds}))?;
    Ok(())
}

impl<'d> Register<'d> {
    /// Opens the folder of purges, for one process at a time, and makes it when it is not there.
    ///
    /// # Errors
    /// A [`Problem`] where another run has it, or the ledger is damaged or another key's.
    pub fn open(disk: &'d dyn Disk, folder: &Path, key: &Key, now: Stamp) -> Result<Register<'d>, Problem> {
        disk.create_folder(&folder.join("plans")).map_err(|error| unwritten(&error))?;
        let lock = disk.lock(&folder.join("lock")).map_err(|error| match error.kind() {
            std::io::ErrorKind::WouldBlock => {
                let what = "another olvido works on this project's purges";
                Problem::new("purge-locked", what, "wait for it and run again")
            }
            _ => unwritten(&error),
        })?;
        let signer = signer(key)?;
        if disk.facts(&folder.join("ledger.head")).map_err(|error| unwritten(&error))?.is_none() {
            begin(disk, folder, key, &signer, now)?;
        }
        let mut register = Self::read(disk, folder, key)?;
        register._lock = Some(lock);
        register.ledger.mend()?;
        Ok(register)
    }

    /// Opens the ledger to be read alone.
    ///
    /// # Errors
    /// `ledger-damaged` where it is not there, damaged or another key's.
    pub fn read(disk: &'d dyn Disk, folder: &Path, key: &Key) -> Result<Register<'d>, Problem> {
        let signer = signer(key)?;
        let ledger = Ledger::open(disk, folder, &signer.public())?;
        let last = ledger.head().state.get("last").and_then(Value::as_i64).unwrap_or(i64::MAX);
        Ok(Register { disk, folder: folder.to_path_buf(), ledger, signer, last, _lock: None })
    }

    /// The head, in a line for reports: how many entries, and the root over them.
    pub fn head_line(&self) -> String {
        let head = self.ledger.head();
        format!("ledger {} entries, root {}", head.size, head.root)
    }

    /// The public key of the ledger.
    pub fn public(&self) -> PublicKey {
        self.signer.public()
    }

    /// Every entry, each checked.
    ///
    /// # Errors
    /// `ledger-damaged`.
    pub fn entries(&self) -> Result<Vec<Entry>, Problem> {
        self.ledger.entries()
    }

    /// The clock must not stand before the last entry: waits would be shorter than they are.
    ///
    /// # Errors
    /// `purge-clock`.
    pub fn check_clock(&self, now: Stamp) -> Result<(), Problem> {
        if now.seconds >= self.last {
            return Ok(());
        }
        let what = format!(
            "the clock says {}, and the ledger was written at {}",
            now.to_rfc3339(),
            instant(self.last)
        );
        Err(Problem::new("purge-clock", what, "set the clock right; nothing was done"))
    }

    /// Writes an entry about a plan.
    ///
    /// # Errors
    /// A [`Problem`] where the clock went back or it cannot be written.
    pub fn note(&mut self, kind: &str, plan: &str, more: &Value, now: Stamp) -> Result<(), Problem> {
        self.check_clock(now)?;
        let mut entry = json!({"at": now.to_rfc3339(), "kind": kind, "plan": plan});
        if let (Some(entry), Some(more)) = (entry.as_object_mut(), more.as_object()) {
            entry.extend(more.clone());
        }
        self.ledger.append(&self.signer, &entry, json!({"last": now.seconds}))?;
        self.last = now.seconds;
        Ok(())
    }

    /// Blanks an entry about a plan that is over: the tree keeps its commitment, which says nothing without it. Who
    /// asked for it is an entry of its own. Old bytes may stay on the medium and in backups.
    ///
    /// # Errors
    /// `ledger-entry-needed` where the plan is not over, `ledger-no-entry` where there is none to blank.
    pub fn erase(&mut self, index: u64, by: &str, now: Stamp) -> Result<(), Problem> {
        let entry = self.entries()?.into_iter().find(|entry| entry.index == index);
        let plan = entry.and_then(|entry| entry.entry?.get("plan")?.as_str().map(str::to_owned));
        let Some(plan) = plan else {
            let what = "there is no such entry about a plan, or it is blank already";
            return Err(Problem::new("ledger-no-entry", what, "see `olvido purge ledger show`"));
        };
        let needed = self.states()?.into_iter().find(|state| state.id == plan);
        let is_over = |stage| matches!(stage, Stage::Final | Stage::Cancelled | Stage::Restored);
        if let Some(state) = needed.filter(|state| !is_over(state.stage)) {
            let what = format!("the plan it is about is {}: the entry says so", state.stage.name());
            return Err(Problem::new("ledger-entry-needed", what, "wait until the plan is over"));
        }
        self.note("entry-erased", "", &json!({"by": by, "index": index}), now)?;
        self.ledger.erase(index)
    }

    /// Puts a plan into the project: the file, then the ledger.
    ///
    /// # Errors
    /// A [`Problem`] where it cannot be written.
    pub fn request(&mut self, plan: &Plan, now: Stamp) -> Result<String, Problem> {
        let digest = plan.digest()?;
        let id = id_of(&digest);
        plan.keep(self.disk, &self.file(&id, "json")).map_err(|error| unwritten(&error))?;
        let more = json!({
            "approvals": plan.approvals, "approvers": plan.approvers, "archive": plan.archive, "by": plan.by,
            "digest": digest.to_string(), "ground": plan.ground, "not_before": plan.not_before, "records": plan.records.len(),
            "single_approver": plan.single_approver,
        });
        self.note("purge-requested", &id, &more, now)?;
        Ok(id)
    }

    /// The list of people who were erased.
    pub(super) fn suppression_file(&self) -> PathBuf {
        self.folder.join("suppression.json")
    }

    /// A file of a plan.
    pub(super) fn file(&self, id: &str, kind: &str) -> PathBuf {
        self.folder.join("plans").join(format!("{id}.{kind}"))
    }

    /// The disk everything is written to.
    pub(super) fn disk(&self) -> &'d dyn Disk {
        self.disk
    }

    /// The project's own copy of a plan, which must be what the ledger has.
    ///
    /// # Errors
    /// A [`Problem`] where it is not.
    pub fn plan(&self, state: &PlanState) -> Result<Plan, Problem> {
        let gone = || {
            let what = "the project's copy of the plan is missing or was changed";
            Problem::new("purge-plan-changed", what, "make the plan again")
        };
        let plan = Plan::read(self.disk.open(&self.file(&state.id, "json")).map_err(|_| gone())?)?;
        if plan.digest()?.to_string() == state.digest { Ok(plan) } else { Err(gone()) }
    }

    /// The state of one plan.
    ///
    /// # Errors
    /// `purge-plan-unknown` where the ledger has none of this name.
    pub fn state(&self, id: &str) -> Result<PlanState, Problem> {
        self.states()?.into_iter().find(|state| state.id == id).ok_or_else(|| {
            let what = "the ledger of this project has no such plan: it is another's, or was changed since it was made";
            Problem::new("purge-plan-unknown", what, "see `olvido purge status`, or name the right --project")
        })
    }

    /// Every plan, in the order in which they were made.
    ///
    /// # Errors
    /// `ledger-damaged`.
    pub fn states(&self) -> Result<Vec<PlanState>, Problem> {
        let mut states: Vec<PlanState> = Vec::new();
        for entry in self.entries()?.into_iter().filter_map(|entry| entry.entry) {
            let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let number = |name: &str| entry.get(name).and_then(Value::as_u64).unwrap_or(0);
            let (kind, id) = (text("kind"), text("plan"));
            if kind == "purge-requested" {
                let single = entry.get("single_approver").and_then(Value::as_str).map(str::to_owned);
                states.retain(|known| known.id != id);
                states.push(PlanState {
                    id,
                    digest: text("digest"),
                    stage: Stage::Requested,
                    archive: text("archive"),
                    records: number("records"),
                    ground: entry.get("ground").and_then(Value::as_str).map(str::to_owned),
                    by: text("by"),
                    needed: number("approvals").max(1),
                    approved_by: Vec::new(),
                    single,
                    due: Stamp::parse(&text("not_before")),
                    key_found: false,
                    approvals: Vec::new(),
                });
                continue;
            }
            let Some(state) = states.iter_mut().find(|state| state.id == id) else { continue };
            let due = || Stamp::parse(&text("until"));
            match kind.as_str() {
                "purge-approved" => {
                    state.approvals.push((text("key"), text("name"), text("at"), text("signature")));
                    state.approved_by.push(text("name"));
                    if state.approved_by.len() as u64 >= state.needed {
                        state.stage = Stage::Approved;
                    }
                }
                "purge-cancelled" => (state.stage, state.due) = (Stage::Cancelled, None),
                "purge-removing" => state.stage = Stage::Removing,
                "purge-undone" => state.stage = Stage::Approved,
                "purge-blocked" => (state.stage, state.due) = (Stage::Blocked, due()),
                "purge-restored" => (state.stage, state.due) = (Stage::Restored, None),
                "purge-destroying" => {
                    state.stage = Stage::Destroying;
                    state.key_found = entry.get("key_found") == Some(&Value::Bool(true));
                }
                "purge-destroyed" => (state.stage, state.due) = (Stage::Destroyed, due()),
                "purge-swept" => (state.stage, state.due) = (Stage::Swept, due()),
                "purge-final" => (state.stage, state.due) = (Stage::Final, None),
                _ => {}
            }
        }
        Ok(states)
    }

    /// Adds an approval.
    ///
    /// # Errors
    /// A [`Problem`] where the plan was changed, the key is nobody's who may approve, or its owner made the
    /// plan or has approved it already.
    pub fn approve(
        &mut self,
        plan: &Plan,
        approvers: &Approvers,
        signer: &Signer,
        now: Stamp,
    ) -> Result<PlanState, Problem> {
        is_no_preview(plan)?;
        let digest = plan.digest()?;
        let state = self.state(&id_of(&digest))?;
        if !matches!(state.stage, Stage::Requested | Stage::Approved) {
            let what = format!("the plan is {}", state.stage.name());
            return Err(Problem::new(
                "purge-not-open",
                what,
                "only a plan that was not begun can be approved",
            ));
        }
        check_approvers(plan, approvers)?;
        let Some(name) = approvers.name_of(&signer.public()) else {
            let what = "this key is not among the approvers";
            return Err(Problem::new(
                "approval-unknown-key",
                what,
                "see approvers.yaml; a new file needs a new plan",
            ));
        };
        if same_name(name, &plan.by) {
            let what = "whoever made the plan cannot approve it";
            return Err(Problem::new("approval-own", what, "ask another approver"));
        }
        if state.approved_by.iter().any(|known| same_name(known, name)) {
            let what = "this approver has approved the plan already";
            return Err(Problem::new(
                "approval-twice",
                what,
                "four eyes are two people: ask another approver",
            ));
        }
        let at = now.to_rfc3339();
        let signature = signer.sign(signed_bytes(&digest, name, &at).as_bytes());
        let more = json!({
            "digest": state.digest, "key": signer.public().to_hex(), "name": name, "signature": signature,
            "single_approver": plan.single_approver,
        });
        self.note("purge-approved", &state.id, &more, now)?;
        self.state(&state.id)
    }

    /// Whether a plan may be carried out now.
    ///
    /// # Errors
    /// A [`Problem`] with the first reason why not.
    pub fn check_may_run(
        &self,
        plan: &Plan,
        approvers: &Approvers,
        now: Stamp,
    ) -> Result<PlanState, Problem> {
        self.check_clock(now)?;
        is_no_preview(plan)?;
        let digest = plan.digest()?;
        let state = self.state(&id_of(&digest))?;
        match state.stage {
            Stage::Approved | Stage::Removing => {}
            Stage::Requested => {
                let what = format!("{} of {} approvals are given", state.approved_by.len(), state.needed);
                return Err(Problem::new(
                    "purge-not-approved",
                    what,
                    "`olvido purge approve` by somebody else",
                ));
            }
            stage => {
                let what = format!("the plan is {}", stage.name());
                return Err(Problem::new("purge-not-open", what, "see `olvido purge status`"));
            }
        }
        check_approvers(plan, approvers)?;
        let mut given = BTreeSet::new();
        for (key, name, at, signature) in &state.approvals {
            let key = PublicKey::parse(key);
            let signed = signed_bytes(&digest, name, at);
            let good = key.is_some_and(|key| {
                approvers.name_of(&key) == Some(name.as_str()) && key.signed(signed.as_bytes(), signature)
            });
            if good && !same_name(name, &plan.by) {
                given.insert(name.to_lowercase());
            }
        }
        if (given.len() as u64) < approvers.needed.max(state.needed) {
            let what = "the approvals in the ledger are not good for this plan";
            return Err(Problem::new("purge-not-approved", what, "have it approved anew"));
        }
        match state.due {
            Some(due) if now.seconds < due.seconds => {
                let what = format!("the cooling-off ends at {}", due.to_rfc3339());
                Err(Problem::new("purge-too-early", what, "run it then; `olvido purge apply --due` does"))
            }
            Some(_) => Ok(state),
            None => {
                let what = "the plan does not say when it may be carried out";
                Err(Problem::new("purge-too-early", what, "make the plan again"))
            }
        }
    }

    /// Calls a plan off.
    ///
    /// # Errors
    /// `purge-not-open` where its removal has begun or ended.
    pub fn cancel(&mut self, id: &str, by: &str, now: Stamp) -> Result<(), Problem> {
        let state = self.state(id)?;
        if !matches!(state.stage, Stage::Requested | Stage::Approved) {
            let what = format!("the plan is {}", state.stage.name());
            let advice = "what was removed comes back with `olvido purge restore`, until the window ends";
            return Err(Problem::new("purge-not-open", what, advice));
        }
        self.note("purge-cancelled", id, &json!({"by": by}), now)
    }
}

/// A plan for another day than the one it was made on is not in the ledger, and is never carried out.
pub(super) fn is_no_preview(plan: &Plan) -> Result<(), Problem> {
    if !plan.preview {
        return Ok(());
    }
    let what = "the plan is for another day: it is a preview";
    Err(Problem::new("purge-preview", what, "make a plan for today"))
}

fn check_approvers(plan: &Plan, approvers: &Approvers) -> Result<(), Problem> {
    if plan.approvers == approvers.digest {
        return Ok(());
    }
    let what = "approvers.yaml is not the file the plan was made with";
    Err(Problem::new("approvers-changed", what, "put it back, or make the plan again"))
}

/// The moment a number of days after another.
pub(super) fn days_after(now: Stamp, days: u64) -> Stamp {
    let seconds =
        now.seconds.saturating_add(i64::try_from(days).unwrap_or(i64::MAX / DAY).saturating_mul(DAY));
    Stamp::from_epoch(seconds).unwrap_or(now)
}

//! Carrying a plan out.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

use super::approvers::Approvers;
use super::journal::{Journal, Phase, Staged, Swapped, swap};
use super::plan::{Plan, PlannedRecord, id_of, keep};
use super::planning::{Planning, archive_name, unit_digest, why_kept};
use super::records::Records;
use super::register::{PlanState, Register, Stage, days_after, is_no_preview};
use super::staging::{Stager, Target, Targets, changed, temporary_of};
use super::suppressing::erased;
use super::undo::{Back, FileHead, forget_key, join, make_key, read_key};
use crate::audit::{Context, Unit, UnitReference};
use crate::disk::{Disk, Lock, replace};
use crate::problem::Problem;
use crate::records::Stamp;
use crate::vault::{Blocking, Digest, Purpose};

/// A planned record that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropped {
    /// Its id, data masked.
    pub id: String,
    /// What it is.
    pub kind: String,
    /// Why it stays.
    pub why: String,
}

/// What a run came to.
#[derive(Default)]
pub struct Outcome {
    /// Records removed; none where the run did not come to its end.
    pub done: u64,
    /// Records that dropped out.
    pub dropped: Vec<Dropped>,
    /// Files that are as they should be.
    pub files: u64,
    /// Those of them whose old bytes were overwritten after they lost their name.
    pub overwritten: u64,
    /// Positions in the journal of files that somebody changed while others were swapped, and of those behind
    /// the one at which the run stopped: they are as they were.
    pub not_done: Vec<usize>,
    /// The position of the file at which it stopped: it is old or new.
    pub unknown: Option<usize>,
    /// Why the run did not come to its end after the first file had moved.
    pub stopped: Option<Problem>,
    /// When what was removed is destroyed; none where nothing was.
    pub until: Option<Stamp>,
    /// Whether there was nothing to do: it had been done before.
    pub already: bool,
}

/// Carries one plan out.
pub struct Run<'a, 'd> {
    /// Reads and judges, for now.
    pub planning: &'a Planning<'a>,
    /// What the survey learned; it goes when the schedule has been asked.
    pub context: Option<Context>,
    /// The ledger.
    pub register: &'a mut Register<'d>,
    /// Who may approve.
    pub approvers: &'a Approvers,
    /// Folder of the keys of what is removed.
    pub undo_keys: &'a Path,
    /// Whether files that cannot be read whole are taken as they are.
    pub allow_unread: bool,
}

/// What was done, as a file. Its members stand in the order of RFC 8785.
#[derive(Serialize)]
struct Receipt<'a> {
    at: String,
    dropped: &'a [Dropped],
    files: u64,
    overwritten: u64,
    plan: &'a str,
    removed: Removed<'a>,
    schema: &'static str,
    until: &'a str,
}

/// Planned records of which only these were removed.
struct Removed<'a> {
    planned: &'a Records,
    /// Sorted.
    records: &'a [UnitReference],
}

impl Serialize for Removed<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let is_removed = |record: &PlannedRecord| {
            UnitReference::parse(&record.reference)
                .is_some_and(|one| self.records.binary_search(&one).is_ok())
        };
        to.collect_seq(self.planned.iter().filter(is_removed))
    }
}

/// What goes of a plan, by files, and what does not.
#[derive(Default)]
struct Chosen {
    targets: Targets,
    records: Vec<UnitReference>,
    dropped: Vec<Dropped>,
    /// For how long records are blocked.
    terms: BTreeSet<String>,
}

impl Chosen {
    fn take(&mut self, unit: Unit) {
        self.records.push(unit.reference);
        if let Some(term) = unit.block().filter(|term| !self.terms.contains(*term)) {
            self.terms.insert(term.to_owned());
        }
        unit.parts.into_iter().for_each(|part| self.targets.add(&part));
    }
}

/// The key of what one plan removes.
pub(super) fn key_file(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.key"))
}

/// Sixteen bytes that bind what is sealed to its plan.
pub(super) fn bound_to(digest: &Digest) -> [u8; 16] {
    let mut out = [0; 16];
    out.iter_mut().zip(digest.0).for_each(|(to, from)| *to = from);
    out
}

/// One run at a time works on an archive.
pub(super) fn lock(register: &Register<'_>, root: &Path) -> Result<Box<dyn Lock>, Problem> {
    let mut name = root.file_name().unwrap_or_default().to_os_string();
    name.push(".olvido-lock");
    register.disk().lock(&root.with_file_name(name)).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => {
            Problem::new("purge-locked", "another olvido works on this archive", "wait for it and run again")
        }
        kind => {
            let what = format!("the lock beside the archive could not be taken: {kind}");
            Problem::new("purge-locked", what, "make the folder above the archive writable")
        }
    })
}

fn failed(error: &io::Error) -> Problem {
    let what = format!("a step could not be written: {}", error.kind());
    Problem::new("purge-stopped", what, "make room, then run the same command: it goes on where it stopped")
}

impl Run<'_, '_> {
    /// Carries the plan out, or goes on with a run that stopped.
    ///
    /// # Errors
    /// A [`Problem`]: nothing was removed then, or, for `purge-stopped`, running it again goes on.
    pub fn apply(&mut self, plan: &Plan, now: Stamp) -> Result<Outcome, Problem> {
        is_no_preview(plan)?;
        let digest = plan.digest()?;
        let id = id_of(&digest);
        let state = self.register.state(&id)?;
        if state.digest != digest.to_string() {
            let what = "the plan was changed after it was made";
            return Err(Problem::new("purge-plan-changed", what, "make the plan again"));
        }
        if plan.archive != archive_name(self.planning.key, self.planning.root) {
            let what = "the plan is for another archive, or was made with another key";
            return Err(Problem::new(
                "purge-other-archive",
                what,
                "run it where it was made, with the same key",
            ));
        }
        let _lock = lock(self.register, self.planning.root)?;
        let journal = self.journal(&id)?;
        match (state.stage, journal) {
            (Stage::Removing, Some(journal)) if journal.phase == Phase::Swapping => {
                self.register.check_clock(now)?;
                return self.swap(plan, &id, &journal, now);
            }
            (Stage::Blocked | Stage::Destroyed | Stage::Swept | Stage::Final, left) => {
                if left.is_some() {
                    self.drop_journal(&id)?;
                }
                return Ok(Outcome { already: true, ..Outcome::default() });
            }
            (_, Some(journal)) => self.undo(&id, &journal, now)?,
            (Stage::Removing, None) => self.register.note("purge-undone", &id, &json!({}), now)?,
            (_, None) => {}
        }
        let state = self.register.check_may_run(plan, self.approvers, now)?;
        self.begin(plan, &state, bound_to(&digest), now)
    }

    fn journal(&self, id: &str) -> Result<Option<Journal>, Problem> {
        read_journal(self.register, id)
    }

    fn keep_journal(&self, id: &str, journal: &Journal) -> Result<(), Problem> {
        let text = serde_json::to_vec(journal).map_err(|_| {
            let what = "a file's name is no text, and the journal cannot name it";
            Problem::new("purge-refused", what, "nothing was removed; give the file a name in UTF-8")
        })?;
        replace(self.register.disk(), &self.register.file(id, "journal"), &text)
            .map_err(|error| failed(&error))
    }

    fn drop_journal(&self, id: &str) -> Result<(), Problem> {
        gone(self.register.disk(), &self.register.file(id, "journal"))
    }

    /// Removes what a run that stopped before anything moved has left.
    fn undo(&mut self, id: &str, journal: &Journal, now: Stamp) -> Result<(), Problem> {
        drop_staged(self.register, id, journal, self.undo_keys)?;
        if self.register.state(id)?.stage == Stage::Removing {
            self.register.note("purge-undone", id, &json!({}), now)?;
        }
        self.drop_journal(id)
    }

    /// Asks the schedule again, stages what is still the same, verifies, and swaps.
    fn begin(
        &mut self,
        plan: &Plan,
        state: &PlanState,
        bound: [u8; 16],
        now: Stamp,
    ) -> Result<Outcome, Problem> {
        self.planning.check(now)?;
        let context = self.context.take().unwrap_or_else(|| self.planning.audit.no_survey());
        let mut expiry = self.planning.expiry(context, self.allow_unread)?;
        let id = state.id.clone();
        let Chosen { targets, records, dropped, terms } = self.still_planned(plan, expiry.take_units());
        if records.is_empty() {
            let more =
                json!({"by": "olvido", "dropped": dropped.len(), "reason": "nothing is left to remove"});
            self.register.note("purge-cancelled", &id, &more, now)?;
            return Ok(Outcome { dropped, ..Outcome::default() });
        }
        let until = self.until(&terms, now)?;
        let targets = targets.in_order();
        let disk = self.register.disk();
        let mut files = Vec::new();
        for target in &targets {
            let seen = disk.facts(&target.path).map_err(|error| failed(&error))?.ok_or_else(changed)?;
            let (path, temporary) = (target.path.clone(), Some(temporary_of(&target.path)));
            files.push(Staged { path, temporary, seen, new: None, removed: Vec::new() });
        }
        let count = records.len();
        let until = until.to_rfc3339();
        let mut journal = Journal { phase: Phase::Staging, dropped, files, records, until };
        self.keep_journal(&id, &journal)?;
        let more = json!({"dropped": journal.dropped.len(), "records": count});
        self.register.note("purge-removing", &id, &more, now)?;
        let staged = self.stage(bound, &id, targets).and_then(|staged| {
            self.verify(bound, &id)?;
            match self.planning.audit.control.is_interrupted() {
                true => Err(Problem::new("interrupted", "the purge was interrupted", "nothing was removed")),
                false => Ok(staged),
            }
        });
        match staged {
            Ok(staged) => (journal.files, journal.phase) = (staged, Phase::Swapping),
            Err(problem) => {
                // The first problem is the one to tell; what is left is removed by the next run.
                let _ = self.undo(&id, &journal, now);
                return Err(problem);
            }
        }
        self.keep_journal(&id, &journal)?;
        self.swap(plan, &id, &journal, now)
    }

    /// Planned records that are still the same, and why the others are not. Each unit gives its room to what
    /// is to be done with it.
    fn still_planned(&self, plan: &Plan, units: impl Iterator<Item = Unit>) -> Chosen {
        let digests = self.planning.key.subkey(Purpose::Plan);
        let reference = |record: &PlannedRecord| UnitReference::parse(&record.reference);
        let all = plan.records.places();
        let mut planned: Vec<(Option<UnitReference>, usize, bool)> =
            all.map(|(place, record)| (reference(&record), place, false)).collect();
        planned.sort_unstable();
        let mut chosen = Chosen::default();
        let mut dropped: Vec<(usize, Dropped)> = Vec::new();
        let drop_out = |record: PlannedRecord, why: String| Dropped {
            id: record.id.into_string(),
            kind: record.kind.into_string(),
            why,
        };
        for unit in units {
            let found = planned.binary_search_by_key(&Some(unit.reference), |(reference, ..)| *reference);
            let Some((_, place, met)) = found.ok().and_then(|at| planned.get_mut(at)) else { continue };
            let Some(record) = plan.records.at(*place) else { continue };
            if std::mem::replace(met, true) {
                continue;
            }
            match why_not(&record, &unit, &unit_digest(&digests, &unit)) {
                Some(why) => dropped.push((*place, drop_out(record, why))),
                None => chosen.take(unit),
            }
        }
        for (_, place, _) in planned.iter().filter(|(.., met)| !met) {
            let why = "gone, or no longer past its period".to_owned();
            dropped.extend(plan.records.at(*place).map(|record| (*place, drop_out(record, why))));
        }
        dropped.sort_unstable_by_key(|(place, _)| *place);
        chosen.dropped = dropped.into_iter().map(|(_, one)| one).collect();
        chosen.records.sort_unstable();
        chosen
    }

    /// The end of the window, or of the longest term of blocking.
    fn until(&self, terms: &BTreeSet<String>, now: Stamp) -> Result<Stamp, Problem> {
        let mut until = days_after(now, self.approvers.window_days);
        for term in terms {
            let end = after(now, term).ok_or_else(|| {
                let what = format!("a term of blocking cannot be counted: {term}");
                Problem::new("purge-term", what, "write it in the schedule as `P3Y`; nothing was removed")
            })?;
            until = until.max(end);
        }
        Ok(until)
    }

    fn stage(&self, bound: [u8; 16], id: &str, targets: Vec<Target>) -> Result<Vec<Staged>, Problem> {
        let disk = self.register.disk();
        let key = make_key(disk, &key_file(self.undo_keys, id))?;
        let digests = self.planning.key.subkey(Purpose::Plan);
        let mut undo = Blocking::create(disk, &self.register.file(id, "blocked"), bound, key)?;
        let root = self.planning.root;
        let stager = Stager {
            audit: self.planning.audit,
            // Where records stand depends on nothing a survey could tell.
            context: &self.planning.audit.no_survey(),
            disk,
            digests: &digests,
            root,
        };
        let mut staged = Vec::new();
        for (number, target) in (0u32..).zip(targets) {
            if self.planning.audit.control.is_interrupted() {
                return Err(Problem::new("interrupted", "the purge was interrupted", "nothing was removed"));
            }
            staged.push(stager.stage(number, target, &mut undo)?);
        }
        undo.finish()?;
        disk.sync_folder(self.register.file(id, "blocked").parent().unwrap_or(Path::new(".")))
            .map_err(|error| failed(&error))?;
        Ok(staged)
    }

    /// Reads key, sealed bytes and new files from the medium: together they must be the originals.
    fn verify(&self, bound: [u8; 16], id: &str) -> Result<(), Problem> {
        let disk = self.register.disk();
        let key = read_key(disk, &key_file(self.undo_keys, id))?;
        let mut check = Verify { root: self.planning.root };
        join(disk, &self.register.file(id, "blocked"), bound, key, &mut check)?;
        Ok(())
    }

    /// Lets the new files take their places, and writes it down.
    fn swap(&mut self, plan: &Plan, id: &str, journal: &Journal, now: Stamp) -> Result<Outcome, Problem> {
        let Swapped { done, overwritten, changed, stopped } = swap(journal, self.register.disk());
        let mut outcome = Outcome {
            dropped: journal.dropped.clone(),
            files: done,
            overwritten,
            not_done: changed,
            ..Outcome::default()
        };
        if let Some((at, error)) = stopped {
            outcome.not_done.extend(at + 1..journal.files.len());
            outcome.unknown = Some(at);
            outcome.stopped = Some(failed(&error));
        } else if !outcome.not_done.is_empty() {
            let what = "files were changed while others took their places";
            let advice = "bring back what moved, and make a new plan when nothing writes to the archive";
            outcome.stopped = Some(Problem::new("purge-stopped", what, advice));
        } else {
            match self.write_down(plan, id, journal, &outcome, now) {
                Ok(()) => {
                    outcome.done = journal.records.len() as u64;
                    outcome.until = Stamp::parse(&journal.until);
                }
                Err(problem) => outcome.stopped = Some(problem),
            }
        }
        Ok(outcome)
    }

    /// The receipt, and the entry that says that everything has gone.
    fn write_down(
        &mut self,
        plan: &Plan,
        id: &str,
        journal: &Journal,
        outcome: &Outcome,
        now: Stamp,
    ) -> Result<(), Problem> {
        for folder in journal.files.iter().filter(|file| file.temporary.is_none()) {
            // A folder of attachments that is empty now goes too; others refuse to.
            if let Some(folder) = folder.path.parent().filter(|folder| *folder != self.planning.root) {
                let _ = std::fs::remove_dir(folder);
            }
        }
        let destroyed = Stamp::parse(&journal.until).unwrap_or(now);
        erased(self.register, plan, self.approvers, destroyed, now)?;
        let receipt = Receipt {
            at: now.to_rfc3339(),
            dropped: &journal.dropped,
            files: outcome.files,
            overwritten: outcome.overwritten,
            plan: id,
            removed: Removed { planned: &plan.records, records: &journal.records },
            schema: "olvido/purge-receipt/v1",
            until: &journal.until,
        };
        let receipt = keep(self.register.disk(), &self.register.file(id, "receipt"), &receipt)
            .map_err(|error| failed(&error))?;
        let more = json!({
            "files": outcome.files, "overwritten": outcome.overwritten,
            "receipt": receipt.to_string(), "records": journal.records.len(),
            "single_approver": plan.single_approver, "until": journal.until,
        });
        self.register.note("purge-blocked", id, &more, now)?;
        self.drop_journal(id)
    }
}

/// The journal of a run that stopped.
pub(super) fn read_journal(register: &Register<'_>, id: &str) -> Result<Option<Journal>, Problem> {
    let unread = || {
        let what = "the journal of a stopped run cannot be read";
        Problem::new("purge-journal", what, "put back a copy of the project's folder, or restore the plan")
    };
    match register.disk().read(&register.file(id, "journal")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        bytes => serde_json::from_slice(&bytes.map_err(|_| unread())?).map(Some).map_err(|_| unread()),
    }
}

/// Removes new files that never took their places, what was sealed for them, and its key. The journal stays.
pub(super) fn drop_staged(
    register: &Register<'_>,
    id: &str,
    journal: &Journal,
    undo_keys: &Path,
) -> Result<(), Problem> {
    for temporary in journal.files.iter().filter_map(|file| file.temporary.as_ref()) {
        gone(register.disk(), temporary)?;
    }
    gone(register.disk(), &register.file(id, "blocked"))?;
    forget_key(register.disk(), &key_file(undo_keys, id)).map_err(|error| failed(&error))?;
    Ok(())
}

/// Removes a file that may be gone already.
pub(super) fn gone(disk: &dyn Disk, path: &Path) -> Result<(), Problem> {
    match disk.unlink(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&error)),
        _ => {}
    }
    match disk.sync_folder(path.parent().unwrap_or(Path::new("."))) {
        // A folder that is not there holds nothing.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        synced => synced.map_err(|error| failed(&error)),
    }
}

/// An instant and an ISO 8601 term later.
fn after(now: Stamp, term: &str) -> Option<Stamp> {
    let span: jiff::Span = term.parse().ok()?;
    let from = jiff::Timestamp::from_second(now.seconds).ok()?;
    let end = jiff::tz::Offset::UTC.to_datetime(from).checked_add(span).ok()?;
    Stamp::from_epoch(jiff::tz::Offset::UTC.to_timestamp(end).ok()?.as_second())
}

/// Why a planned record drops out, if it does.
fn why_not(record: &PlannedRecord, unit: &Unit, digest: &str) -> Option<String> {
    if let Some(reason) = unit.kept {
        return Some(why_kept(reason, unit.hold.as_deref()));
    }
    if digest != record.digest {
        return Some("changed since it was planned".to_owned());
    }
    (record.block.as_deref() != unit.block()).then(|| "the schedule asks for something else now".to_owned())
}

struct Verify<'a> {
    root: &'a Path,
}

impl Back for Verify<'_> {
    fn begin(&mut self, head: &FileHead) -> Result<Option<Box<dyn Read>>, Problem> {
        if head.whole {
            return Ok(Some(Box::new(io::empty())));
        }
        let path = temporary_of(&below(self.root, &head.path));
        let file = std::fs::File::open(path).map_err(|_| changed())?;
        Ok(Some(Box::new(io::BufReader::with_capacity(1 << 20, file))))
    }

    fn bytes(&mut self, _bytes: &[u8]) -> Result<(), Problem> {
        Ok(())
    }

    fn end(&mut self, _head: &FileHead, _digest: String, rest: &mut dyn Read) -> Result<(), Problem> {
        let mut one = [0];
        match rest.read(&mut one) {
            Ok(0) => Ok(()),
            _ => Err(changed()),
        }
    }
}

/// A file of the archive; of an archive that is one file, that file.
pub(super) fn below(root: &Path, path: &Path) -> PathBuf {
    if path.as_os_str().is_empty() { root.to_path_buf() } else { root.join(path) }
}

//! A redaction from the survey to the proof.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::digests::Digests;
use super::in_place::{self, Move};
use super::notice;
use super::operators::Operators;
use super::piece::Redactor;
use super::plan::{ItemPlan, Manifest, Plan, ProofPart, add, codes};
use super::proof::{Proof, Prover};
use super::renaming::{Renamed, rename};
use super::tree::{MANIFEST, Output};
use super::values::{Added, ValueKey, ValueSets};
use super::work::{Places, Worker};
use crate::audit::{Audit, Context, Roots};
use crate::disk::{Disk, SystemDisk, replace};
use crate::problem::Problem;
use crate::records::{ByteBudget, Category, Limits};
use crate::vault::Key;

/// How often the output is read and mended before the run gives up.
const READINGS: u32 = 4;

/// What is asked for.
pub struct Redaction<'a> {
    /// Reads and finds.
    pub audit: &'a Audit<'a>,
    /// What the survey learned of the input.
    pub context: &'a Context,
    /// What the user named.
    pub paths: Vec<PathBuf>,
    /// What takes the place of values.
    pub operators: &'a Operators,
    /// Codes of gaps that do not withhold.
    pub allow: BTreeSet<String>,
    /// The project's key.
    pub key: Option<&'a Key>,
    /// The domain of pseudonyms.
    pub domain: &'a str,
    /// Whether the result is called pseudonymised.
    pub pseudonymised: bool,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Done, and nothing is left.
    Clean,
    /// Interrupted by the user; nothing has its final name.
    Interrupted,
    /// The proof found something; the output keeps its provisional name.
    Left {
        /// How many places, by category.
        places: BTreeMap<Category, u64>,
        /// How many names of items or members.
        names: u64,
        /// What could not be read again, by code.
        unread: Vec<&'static str>,
    },
    /// Items that are not as they were planned, by number.
    Differs(Vec<u32>),
}

/// What was done.
pub struct Done {
    /// How it ended.
    pub ending: Ending,
    /// Every item.
    pub plan: Plan,
}

impl Done {
    /// How many items are withheld, whole or in part.
    pub fn withheld(&self) -> usize {
        self.plan.items.iter().filter(|item| item.withholds()).count()
    }
}

/// Why it stopped.
pub enum Stop {
    /// Nothing was done.
    Problem(Problem),
    /// The system could not write.
    Write(io::Error),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// Goes on with an in-place run that was stopped while files moved; gives how many files it is about.
///
/// # Errors
/// A [`Stop`] where there is nothing to resume or the system could not write.
pub fn resume(root: &Path) -> Result<u64, Stop> {
    in_place::resume(root)
}

/// An output that was written and read again.
pub(super) struct Proved {
    pub(super) done: Done,
    pub(super) moves: Vec<Move>,
    /// What it is and what it is not; none where the proof does not hold.
    pub(super) manifest: Option<Manifest>,
}

/// An output that was read until nothing was left, or too often.
struct Proven {
    proof: Proof,
    readings: u32,
    /// Values that went after the first reading.
    later: u64,
    renamed: Renamed,
    /// Items that were withheld, in whole or in part, after the first reading, by the name they had in it.
    withheld: Vec<(PathBuf, ItemPlan)>,
}

/// One pass over items.
struct Pass {
    items: Vec<ItemPlan>,
    excluded: u64,
    added: Vec<super::values::Added>,
    moves: Vec<Move>,
}

impl Redaction<'_> {
    /// Tells what would be done, and writes nothing.
    ///
    /// # Errors
    /// A [`Stop`] where the run could not begin.
    pub fn plan(&self) -> Result<Done, Stop> {
        let digests = Digests::new(self.key)?;
        let pass = self.pass(&digests, &self.roots(), None, None, false)?;
        let ending = self.interrupted().unwrap_or(Ending::Clean);
        Ok(Done { ending, plan: self.planned(&digests, pass.items, pass.excluded) })
    }

    /// Writes the output to `out`, which must not be there. Until the proof holds it is called
    /// `<out>.partial`. With a plan, everything must be as it was planned.
    ///
    /// # Errors
    /// A [`Stop`] where the run could not begin or the system could not write.
    pub fn apply(&self, out: &Path, plan: Option<&Plan>) -> Result<Done, Stop> {
        Ok(self.applied(out, plan)?.0)
    }

    /// Changes a folder itself: the output is made and proved beside it, then each file takes the place
    /// of its original by a rename. Originals go to `keep`; with none they are gone.
    ///
    /// # Errors
    /// A [`Stop`]. After the journal is written the run is to be resumed.
    pub fn in_place(&self, keep: Option<&Path>, plan: Option<&Plan>) -> Result<Done, Stop> {
        let [root] = self.paths.as_slice() else { return Err(Stop::Problem(not_one_folder())) };
        if !root.is_dir() || root.file_name().is_none() {
            return Err(Stop::Problem(not_one_folder()));
        }
        if in_place::is_unfinished(root) {
            let what = "a run over this folder was stopped while files moved";
            return Err(Stop::Problem(Problem::new("in-place-unfinished", what, "run again with --resume")));
        }
        if let Some(keep) = keep {
            in_place::check_keep(root, keep)?;
        }
        let stage = in_place::stage_of(root);
        let (done, moves) = self.applied(&stage, plan)?;
        if done.ending != Ending::Clean {
            return Ok(done);
        }
        if keep.is_none() && done.withheld() > 0 {
            fs::remove_dir_all(&stage)?;
            let what = format!("{} items cannot be edited and would be lost", done.withheld());
            let advice = "keep originals with --keep-original DIR; nothing was changed";
            return Err(Stop::Problem(Problem::new("in-place-withheld", what, advice)));
        }
        in_place::begin(root, keep, &moves)?;
        Ok(done)
    }

    fn applied(&self, out: &Path, plan: Option<&Plan>) -> Result<(Done, Vec<Move>), Stop> {
        let partial = self.prepare(out)?;
        let Proved { done, moves, manifest } = self.proved(&partial, plan)?;
        if let Some(manifest) = manifest {
            replace(&SystemDisk, &partial.join(MANIFEST), manifest.to_file().as_bytes())?;
            finish(&partial, out)?;
        }
        Ok((done, moves))
    }

    /// Writes the output to a folder that is not there yet, and proves it.
    pub(super) fn proved(&self, partial: &Path, plan: Option<&Plan>) -> Result<Proved, Stop> {
        let ended =
            |ending, plan| Ok(Proved { done: Done { ending, plan }, moves: Vec::new(), manifest: None });
        let digests = match plan {
            Some(plan) => {
                if plan.operators != self.operators.described() || plan.domain != self.domain {
                    return Err(Stop::Problem(other_settings()));
                }
                Digests::of_plan(self.key, plan.key.as_deref(), plan.salt.as_deref())?
            }
            None => Digests::new(self.key)?,
        };
        fs::create_dir_all(partial)?;
        private(partial)?;
        let pass = self.pass(&digests, &self.roots(), Some(partial), None, false)?;
        let mut sets = ValueSets::new(ValueKey::new(digests.hash_key()));
        pass.added.into_iter().for_each(|added| sets.take(added));
        let mut done = self.planned(&digests, pass.items, pass.excluded);
        if let Some(ending) = self.interrupted() {
            return ended(ending, done);
        }
        if let Some(plan) = plan {
            let differences = plan.differences(&done);
            if !differences.is_empty() {
                return ended(Ending::Differs(differences), done);
            }
        }
        let Proven { proof, readings, later, renamed, withheld } =
            self.prove(&digests, partial, &mut sets)?;
        done.withhold(withheld);
        let mut moves = pass.moves;
        now_named(&renamed, &mut done, &mut moves);
        if let Some(ending) = self.interrupted() {
            return ended(ending, done);
        }
        if !proof.is_clean(&self.allow) {
            let names = proof.names.len() as u64 + proof.member_names();
            let unread = proof.gaps().into_keys().filter(|code| !self.allow.contains(*code)).collect();
            return ended(Ending::Left { places: proof.left, names, unread }, done);
        }
        let manifest = self.manifest(&done, &proof, readings, later, &sets);
        Ok(Proved { done: Done { ending: Ending::Clean, plan: done }, moves, manifest: Some(manifest) })
    }

    fn roots(&self) -> Roots {
        Roots::new(self.paths.clone())
    }

    fn interrupted(&self) -> Option<Ending> {
        self.audit.control.is_interrupted().then_some(Ending::Interrupted)
    }

    /// The provisional name, after looking whether an output can be there.
    pub(super) fn prepare(&self, out: &Path) -> Result<PathBuf, Problem> {
        let mut name = out.file_name().unwrap_or_default().to_os_string();
        name.push(".partial");
        let partial = out.with_file_name(name);
        for (path, advice) in [
            (out, "choose a folder that is not there yet"),
            (&partial, "it is what a stopped run left: look at it, remove it and run again"),
        ] {
            if fs::symlink_metadata(path).is_ok() {
                let what = format!("{} is already there", path.display());
                return Err(Problem::new("output-exists", what, advice));
            }
        }
        let parent = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let Ok(parent) = fs::canonicalize(parent) else {
            let what = format!("the folder of {} is not there", out.display());
            return Err(Problem::new("output-no-place", what, "name a folder in a folder that exists"));
        };
        let inside = |root: &PathBuf| fs::canonicalize(root).is_ok_and(|root| parent.starts_with(root));
        if out.file_name().is_none() || self.paths.iter().any(inside) {
            let what = "the output would lie in what is read";
            return Err(Problem::new("output-inside-input", what, "choose a folder elsewhere"));
        }
        Ok(partial)
    }

    fn pass(
        &self,
        digests: &Digests,
        roots: &Roots,
        out: Option<&Path>,
        sets: Option<&ValueSets>,
        again: bool,
    ) -> Result<Pass, Stop> {
        let limits = fresh(&self.audit.limits);
        let key = ValueKey::new(digests.hash_key());
        let worker = Worker {
            redactor: Redactor {
                sight: self.audit.sight(self.context),
                operators: self.operators,
                allow: &self.allow,
                limits: &limits,
                key,
                sets,
                digests,
            },
            places: Places::new(match (again, out) {
                (true, Some(out)) => vec![out.to_path_buf()],
                _ => self.paths.clone(),
            }),
            key: self.key,
            desks: Mutex::default(),
            again,
        };
        let mut output = Output::new(&SystemDisk, out.map(Path::to_path_buf), again, digests, key);
        self.audit.each(
            roots,
            again,
            |work| worker.work(work),
            |parts| parts.into_iter().try_for_each(|part| output.take(part)),
        )??;
        output.close()?;
        let Output { items, excluded, added, moves, .. } = output;
        Ok(Pass { items, excluded, added, moves })
    }

    /// Reads the output until nothing is left. What was removed in one place and stands in another goes
    /// too; so does what only the words of a label make likely.
    fn prove(&self, digests: &Digests, partial: &Path, sets: &mut ValueSets) -> Result<Proven, Stop> {
        let key = ValueKey::new(digests.hash_key());
        let (mut later, mut held) = (0, Vec::new());
        let mut renamed = Renamed::new();
        let mut earlier: Option<Proof> = None;
        for reading in 1..=READINGS {
            let limits = fresh(&self.audit.limits);
            let prover = Prover { audit: self.audit, context: self.context, sets, key, limits: &limits };
            let proof = match earlier.take() {
                Some(earlier) => prover.prove(partial, Some(&earlier.items))?.with_the_rest_of(earlier),
                None => prover.prove(partial, None)?,
            };
            let done = (proof.items.is_empty() && proof.names.is_empty()) || reading == READINGS;
            if done || self.audit.control.is_interrupted() {
                return Ok(Proven { proof, readings: reading, later, renamed, withheld: held });
            }
            let paths = proof.items.iter().map(|below| partial.join(below)).collect();
            let pass = self.pass(digests, &Roots::new(paths), Some(partial), Some(sets), true)?;
            later += pass.items.iter().map(ItemPlan::edited).sum::<u64>();
            let before = sets.len();
            let withheld = pass.items.iter().any(|item| item.outcome == "withheld");
            let mut notices = Renamed::new();
            for item in pass.items.into_iter().filter(ItemPlan::withholds) {
                let noticed = item.output.strip_suffix(notice::SUFFIX).map(PathBuf::from);
                let now = noticed.clone().unwrap_or_else(|| PathBuf::from(&item.output));
                notices.extend(noticed.map(|old| (old, PathBuf::from(&item.output))));
                let first = renamed.iter().find(|(_, to)| **to == now).map(|(from, _)| from.clone());
                held.push((first.unwrap_or(now), item));
            }
            pass.added.into_iter().for_each(|added| sets.take(added));
            let mut added = Added::default();
            let mut now = rename(partial, &proof.names, self.operators, key, &mut added)?;
            now.extend(notices);
            sets.take(added);
            // Where nothing new is looked for and every item has its name, what was clean still is.
            if sets.len() == before && !withheld && now.is_empty() && proof.names.is_empty() {
                earlier = Some(proof);
            }
            for to in renamed.values_mut() {
                if let Some(newer) = now.get(to) {
                    to.clone_from(newer);
                }
            }
            for (from, to) in now {
                if !renamed.values().any(|known| *known == to) {
                    renamed.insert(from, to);
                }
            }
        }
        let (proof, readings) = (Proof::default(), READINGS);
        Ok(Proven { proof, readings, later, renamed, withheld: held })
    }

    fn planned(&self, digests: &Digests, items: Vec<ItemPlan>, excluded: u64) -> Plan {
        let (key, salt) = (digests.key_id.clone(), digests.salt.clone());
        let mut plan = Plan::new(self.operators.described(), self.domain, key, salt);
        (plan.items, plan.excluded) = (items, excluded);
        plan
    }

    fn manifest(&self, done: &Plan, proof: &Proof, readings: u32, later: u64, sets: &ValueSets) -> Manifest {
        let count = |outcome: &str| done.items.iter().filter(|item| item.outcome == outcome).count() as u64;
        let mut counts = BTreeMap::new();
        let mut withheld_by_code: BTreeMap<String, u64> = BTreeMap::new();
        for item in &done.items {
            add(&mut counts, &item.counts);
            if let Some(code) = &item.code {
                *withheld_by_code.entry(code.clone()).or_default() += 1;
            }
            for (code, members) in &item.withheld_members {
                *withheld_by_code.entry(code.clone()).or_default() += members;
            }
        }
        let keyed = self.operators.need_key();
        Manifest {
            schema: "olvido/redaction-manifest/v1",
            version: env!("CARGO_PKG_VERSION"),
            result: if self.pseudonymised || keyed { "pseudonymised-keyed" } else { "redacted" },
            domain: keyed.then(|| self.domain.to_owned()),
            key: self.key.filter(|_| keyed).map(|key| key.id().to_owned()),
            items: done.items.len() as u64,
            edited: count("edited"),
            unchanged: count("unchanged"),
            withheld: count("withheld"),
            renamed: done.items.iter().filter(|item| item.renamed).count() as u64,
            excluded: done.excluded,
            counts,
            left: super::plan::kept(&proof.stays()),
            withheld_by_code,
            proof: ProofPart {
                readings,
                removed_later: later,
                values_looked_for: sets.len() as u64,
                values_too_short: sets.unsearched,
                shared_pseudonyms: sets.shared,
                not_searched: codes(&proof.gaps()),
            },
        }
    }
}

/// The same bounds with nothing used up: each pass expands everything once.
fn fresh(limits: &Limits) -> Limits {
    Limits { expanded: ByteBudget::new(limits.expanded.left()), ..limits.clone() }
}

fn other_settings() -> Problem {
    Problem::new(
        "plan-other-settings",
        "the plan was made with other operators, another language or another domain",
        "give the same arguments as for the plan",
    )
}

/// Says what items are called after the proof.
fn now_named(renamed: &Renamed, plan: &mut Plan, moves: &mut [Move]) {
    for one in moves {
        if let Some(new) = renamed.get(&one.new) {
            one.new.clone_from(new);
        }
    }
    for item in &mut plan.items {
        if let Some(new) = renamed.get(Path::new(&item.output)) {
            item.output = new.to_string_lossy().into_owned();
            item.renamed = true;
        }
    }
}

fn not_one_folder() -> Problem {
    Problem::new(
        "in-place-folder",
        "one folder can be changed in place at a time",
        "name one folder by its name",
    )
}

/// Everything is on the medium before the output has its name.
pub(super) fn finish(partial: &Path, out: &Path) -> io::Result<()> {
    let mut folders = vec![partial.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
        }
        SystemDisk.sync_folder(&folder)?;
    }
    SystemDisk.rename(partial, out)?;
    let parent = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    SystemDisk.sync_folder(parent)
}

#[cfg(unix)]
fn private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn private(_folder: &Path) -> io::Result<()> {
    Ok(())
}

//! Whole purges on a disk that crashes and runs full: whatever step it is, every file is old or new, and the
//! same command comes to the same end. And every check, with its clock handed in.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{planning, ready};
use crate::cli::args::{PolicyArgs, ReadArgs};
use crate::cli::setup::Setup;
use crate::detectors::{Engine, Matcher};
use crate::disk::model::{ModelDisk, State, facts_of};
use crate::disk::{Disk, DiskFile, FileFacts, Lock, OldBytes, SystemDisk};
use crate::policies::exceptions::Holds;
use crate::problem::Problem;
use crate::records::Stamp;
use crate::remedies::purging::{
    Approvers, Limits, Outcome, Plan, Register, Restored, Run, Stage, destroy, restore,
};
use crate::vault::{Key, Secret, Signer};

/// A model that remembers every operation, and real files that show what it has now: what is read, is read
/// as ever.
struct MirrorDisk {
    model: ModelDisk,
    /// Somebody writes this to that file while what goes is being sealed.
    meddles: Option<(PathBuf, Vec<u8>)>,
}

struct MirrorFile<'d> {
    model: Box<dyn DiskFile + 'd>,
    real: Box<dyn DiskFile + 'd>,
}

impl DiskFile for MirrorFile<'_> {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.model.append(bytes)?;
        self.real.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.model.sync()
    }
}

impl Disk for MirrorDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile + '_>> {
        let sealing = path.extension().is_some_and(|end| end == "blocked");
        if let Some((path, bytes)) = self.meddles.as_ref().filter(|_| sealing) {
            std::fs::write(path, bytes)?;
        }
        let model = self.model.create(path)?;
        Ok(Box::new(MirrorFile { model, real: SystemDisk.create(path)? }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.model.rename(from, to)?;
        SystemDisk.rename(from, to)
    }

    fn unlink(&self, path: &Path) -> io::Result<()> {
        self.model.unlink(path)?;
        SystemDisk.unlink(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.model.sync_folder(path)
    }

    fn append_to(&self, path: &Path) -> io::Result<Box<dyn DiskFile + '_>> {
        let model = self.model.append_to(path)?;
        Ok(Box::new(MirrorFile { model, real: SystemDisk.append_to(path)? }))
    }

    fn truncate(&self, path: &Path, len: u64) -> io::Result<()> {
        self.model.truncate(path, len)?;
        SystemDisk.truncate(path, len)
    }

    fn overwrite(&self, path: &Path) -> io::Result<()> {
        self.model.overwrite(path)?;
        SystemDisk.overwrite(path)
    }

    fn facts(&self, path: &Path) -> io::Result<Option<FileFacts>> {
        let there = SystemDisk.facts(path)?.is_some();
        Ok(if there { Some(facts_of(&std::fs::read(path)?)) } else { None })
    }

    fn old_bytes(&self, path: &Path) -> io::Result<Box<dyn OldBytes + '_>> {
        self.model.old_bytes(path)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + '_>> {
        SystemDisk.open(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        SystemDisk.list(folder)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        SystemDisk.create_folder(path)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Lock>> {
        self.model.lock(path)
    }
}

const DAY: i64 = 86_400;
/// The day on which plans are made here.
const MADE: i64 = 1_790_000_000;

const SCHEDULE: &str = "schema: olvido/retention/v1\napproved_by: DPO\napproved_on: 2026-01-01\nkinds:\n  \
    - {id: request, on: ticket, keep: P3Y, source: decision 7}\n";

fn at(day: i64) -> Stamp {
    Stamp::from_epoch(MADE + day * DAY).unwrap()
}

fn ticket(id: u64, closed: &str, tags: &str) -> String {
    format!(
        r#"{{"id":{id},"subject":"Printer {id}","requester_id":9,"submitter_id":9,"status":"closed","created_at":"2015-01-01T00:00:00Z","closed_at":"{closed}","tags":[{tags}],"via":{{"channel":"web"}}}}"#
    )
}

fn comment(id: u64) -> String {
    format!(
        r#"{{"id":10{id},"ticket_id":{id},"author_id":8,"body":"comment {id}","public":true,"attachments":[],"created_at":"2015-02-01T00:00:00Z"}}"#
    )
}

/// A project around an archive of four tickets, of which 2 and 4 are past their period.
struct Project {
    home: tempfile::TempDir,
    approvers: Approvers,
    key: Key,
    matcher: Matcher,
    setup: Setup,
    clock: Cell<i64>,
}

fn signer(of: u8) -> Signer {
    Signer::new(&Secret::new(&[of; 32])).ok().unwrap()
}

fn approvers(of: [u8; 2]) -> Approvers {
    let rows: String = ["legal", "dpo"]
        .iter()
        .zip(of)
        .map(|(name, of)| format!("  - {{name: {name}, key: '{}'}}\n", signer(of).public().to_hex()))
        .collect();
    let text =
        format!("schema: olvido/approvers/v1\nmax_share_percent: 100\nbackup_days: 3\napprovers:\n{rows}");
    Approvers::read("approvers.yaml", &text).ok().unwrap()
}

impl Project {
    fn new() -> Project {
        Self::with(SCHEDULE)
    }

    fn with(schedule: &str) -> Project {
        let home = tempfile::tempdir().unwrap();
        let put = |name: &str, text: String| {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let closed =
            |id: u64| if id.is_multiple_of(2) { "2016-01-01T00:00:00Z" } else { "2026-01-01T00:00:00Z" };
        let tags = |id: u64| if id == 4 { "\"litigation\"" } else { "" };
        let tickets: Vec<String> = (1..=4).map(|id| ticket(id, closed(id), tags(id))).collect();
        let comments: Vec<String> = (1..=4).map(comment).collect();
        put("archive/tickets.json", format!("{{\"tickets\":[\n{}\n]}}\n", tickets.join(",\n")));
        put("archive/comments.json", format!("{{\"comments\":[\n{}\n]}}\n", comments.join(",\n")));
        put("archive/attachments/2/note.txt", "note of 2\n".to_owned());
        put("archive/attachments/3/note.txt", "note of 3\n".to_owned());
        put("retention.yaml", schedule.to_owned());
        let config = "schema: olvido/config/v1\nschedule: retention.yaml\njurisdictions: [fr]\n";
        put("olvido.yaml", config.to_owned());
        put("project.key", format!("{}\n", "0b".repeat(32)));
        let read = ReadArgs {
            key: Some(home.path().join("project.key")),
            config: Some(home.path().join("olvido.yaml")),
            threads: Some(1),
            ..ReadArgs::of(home.path().join("archive"))
        };
        let mut setup = Setup::new(&read, &PolicyArgs::default()).ok().unwrap();
        setup.now = at(0);
        let key = Key::parse("0b".repeat(32).as_bytes()).ok().unwrap();
        let matcher = Matcher::new(&setup.policies.catalogue, Engine::Fast).ok().unwrap();
        Project { home, approvers: approvers([1, 2]), key, matcher, setup, clock: Cell::new(0) }
    }

    fn root(&self) -> PathBuf {
        self.home.path().join("archive")
    }

    fn undo_keys(&self) -> PathBuf {
        self.home.path().join("undo")
    }

    fn now(&self) -> Stamp {
        at(self.clock.get())
    }

    fn register<'d>(&self, disk: &'d dyn Disk) -> Result<Register<'d>, Problem> {
        Register::open(disk, &self.home.path().join("project"), &self.key, self.now())
    }

    /// The archive's files, and those of the project.
    fn files(&self) -> State {
        let mut out = State::new();
        for entry in walkdir(self.home.path()) {
            out.insert(entry.clone(), std::fs::read(entry).unwrap());
        }
        out
    }

    fn archive(&self) -> State {
        let root = self.root();
        self.files().into_iter().filter(|(path, _)| path.starts_with(&root)).collect()
    }

    /// A model of the files as they are.
    fn mirror(&self) -> MirrorDisk {
        MirrorDisk { model: ModelDisk::with_files(self.files()), meddles: None }
    }

    /// Lets the files be what they are after a crash.
    fn become_state(&self, state: &State) {
        for name in ["archive", "project", "undo"] {
            let _ = std::fs::remove_dir_all(self.home.path().join(name));
        }
        std::fs::create_dir_all(self.root()).unwrap();
        for (path, bytes) in state {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }

    fn plan(&self, disk: &dyn Disk) -> Result<Plan, Problem> {
        let ready = ready(&self.setup, &self.matcher, true)?;
        let root = self.root();
        let planning = planning(
            &ready.audit,
            &ready.context,
            &root,
            &self.key,
            &self.approvers,
            &self.setup.jurisdictions,
            None,
        );
        let plan = planning.plan("ana", Limits::default(), None, self.now())?;
        let mut register = self.register(disk)?;
        register.request(&plan, self.now())?;
        Ok(plan)
    }

    fn approved(&self, disk: &dyn Disk) -> Plan {
        let plan = self.plan(disk).ok().unwrap();
        let mut register = self.register(disk).ok().unwrap();
        for of in [1, 2] {
            register.approve(&plan, &self.approvers, &signer(of), self.now()).ok().unwrap();
        }
        plan
    }

    fn apply(&self, disk: &dyn Disk, plan: &Plan) -> Result<Outcome, Problem> {
        let ready = ready(&self.setup, &self.matcher, true)?;
        let root = self.root();
        let planning = planning(
            &ready.audit,
            &ready.context,
            &root,
            &self.key,
            &self.approvers,
            &self.setup.jurisdictions,
            None,
        );
        let mut register = self.register(disk)?;
        let mut run = Run {
            planning: &planning,
            register: &mut register,
            approvers: &self.approvers,
            undo_keys: &self.undo_keys(),
            allow_unread: false,
        };
        run.apply(plan, self.now())
    }

    fn restore(&self, disk: &dyn Disk, plan: &Plan) -> Result<Restored, Problem> {
        let mut register = self.register(disk)?;
        restore(&mut register, plan, &self.root(), &self.undo_keys(), self.now())
    }

    fn destroy(&self, disk: &dyn Disk, plan: &Plan) -> Result<Option<Stage>, Problem> {
        let id = plan.id()?;
        let mut register = self.register(disk)?;
        destroy(&mut register, &id, &self.undo_keys(), self.approvers.backup_days, false, self.now())
    }

    fn stage(&self, plan: &Plan) -> Stage {
        self.register(&self.mirror()).ok().unwrap().state(&plan.id().ok().unwrap()).ok().unwrap().stage
    }

    /// What belongs to the plan besides its receipt: journal, sealed bytes, key, new files that wait.
    fn left(&self) -> Vec<String> {
        let names = self.files().into_keys().map(|path| path.to_string_lossy().into_owned());
        let ends = [".journal", ".blocked", ".key", ".olvido-purge", ".olvido-restore", ".olvido-partial"];
        let left = names.filter(|name| ends.iter().any(|end| name.ends_with(end)));
        left.filter(|name| !name.ends_with("project.key")).collect()
    }
}

fn walkdir(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { out.push(path) }
        }
    }
    out
}

/// Whether every file is as in one of two states; new files that wait do not count.
fn old_or_new(now: &State, old: &State, new: &State) -> bool {
    let waits = |path: &Path| path.to_string_lossy().contains(".olvido-");
    let known = |path: &PathBuf| {
        let (now, old, new) = (now.get(path), old.get(path), new.get(path));
        now == old || now == new
    };
    now.keys().chain(new.keys()).chain(old.keys()).filter(|path| !waits(path)).all(known)
}

/// Runs `step` on a mirror, then again from every state that a crash in it could leave, and from every step at
/// which the disk was full; `end` goes on from there and must come to the same archive each time.
fn from_every_crash(
    project: &Project,
    step: &dyn Fn(&dyn Disk) -> bool,
    end: &dyn Fn(&dyn Disk, &str),
) -> usize {
    let before = project.files();
    let old = project.archive();
    let mirror = project.mirror();
    assert!(step(&mirror));
    let new = project.archive();
    let of_archive = |state: &State| -> State {
        state
            .iter()
            .filter(|(path, _)| path.starts_with(project.root()))
            .map(|(p, b)| (p.clone(), b.clone()))
            .collect()
    };
    let states: BTreeSet<State> = mirror.model.crash_states().into_iter().collect();
    for (number, state) in states.iter().enumerate() {
        let name = format!("crash {number} of {}", states.len());
        assert!(old_or_new(&of_archive(state), &old, &new), "{name}: a file is neither old nor new");
        project.become_state(state);
        end(&project.mirror(), &name);
        assert!(project.archive() == new, "{name}: another end: {:?}", project.left());
    }
    for room in 0..mirror.model.operations() {
        project.become_state(&before);
        let full = project.mirror();
        full.model.fill_after(room);
        let name = format!("full after {room}");
        assert!(!step(&full), "{name}: nothing was said");
        assert!(old_or_new(&project.archive(), &old, &new), "{name}: a file is neither old nor new");
        end(&project.mirror(), &name);
        assert!(project.archive() == new, "{name}: another end: {:?}", project.left());
    }
    states.len() + mirror.model.operations()
}

#[test]
fn what_stops_half_way_lists_done_not_done_unknown_and_one_command() {
    let project = Project::new();
    let plan = project.approved(&project.mirror());
    project.clock.set(8);
    let before = project.files();
    let whole = project.mirror();
    assert!(is_done(&project.apply(&whole, &plan)));
    let mut told = BTreeSet::new();
    for room in 0..whole.model.operations() {
        project.become_state(&before);
        let full = project.mirror();
        full.model.fill_after(room);
        let Ok(outcome) = project.apply(&full, &plan) else { continue };
        assert!(outcome.stopped.is_some() && outcome.done == 0);
        told.insert(super::applied::where_it_stopped(&outcome, "plan.json"));
    }
    let told: Vec<String> = told.into_iter().collect();
    let end = "\ngo on with: olvido purge apply plan.json";
    assert!(told.iter().all(|one| one.ends_with(end)), "{told:?}");
    for wanted in [
        "done: 0 files; not done: 2 files ([1, 2] of the journal); unknown: file 0 of the journal, which is old or new",
        "done: 2 files; not done: nothing; unknown: file 2 of the journal, which is old or new",
        "done: 3 files; not done: nothing; unknown: whether the ledger says so",
    ] {
        assert!(told.iter().any(|one| one.starts_with(wanted)), "{wanted}: {told:?}");
    }
}

/// Applying went to its end and nothing stopped it.
fn is_done(outcome: &Result<Outcome, Problem>) -> bool {
    outcome.as_ref().is_ok_and(|outcome| outcome.stopped.is_none())
}

#[test]
fn a_purge_that_crashes_anywhere_goes_on_to_the_same_end_and_comes_back() {
    let project = Project::new();
    let original = project.archive();
    let plan = project.approved(&project.mirror());
    assert_eq!(plan.records.len(), 2);
    project.clock.set(8);
    let again = Cell::new(0);
    let tried = from_every_crash(&project, &|disk| is_done(&project.apply(disk, &plan)), &|disk, name| {
        let outcome = project.apply(disk, &plan);
        let said = outcome.as_ref().err().map(|problem| problem.what.clone());
        assert!(is_done(&outcome), "{name}: {said:?}");
        assert_eq!(project.stage(&plan), Stage::Blocked, "{name}");
        assert_eq!(project.left().len(), 2, "{name}: {:?}", project.left());
        again.set(again.get() + 1);
        // The sealed bytes of every tenth end are the original.
        if again.get() % 10 == 0 {
            let gone = project.files();
            project.restore(&project.mirror(), &plan).ok().unwrap();
            assert!(project.archive() == original, "{name}: restored is not the original");
            project.become_state(&gone);
        }
    });
    assert!(tried > 100, "{tried}");
}

#[test]
fn a_restore_that_crashes_anywhere_goes_on_to_the_original() {
    let project = Project::new();
    let original = project.archive();
    let plan = project.approved(&project.mirror());
    project.clock.set(8);
    assert!(is_done(&project.apply(&project.mirror(), &plan)));
    let back = |disk: &dyn Disk| {
        project.restore(disk, &plan).is_ok_and(|back| back.changed.is_empty() && back.stopped.is_none())
    };
    let tried = from_every_crash(&project, &back, &|disk, name| {
        let done = back(disk) || project.stage(&plan) == Stage::Restored;
        assert!(done, "{name}");
        assert!(project.archive() == original, "{name}");
        // What a run behind its last entry has left is swept by what runs every night.
        project.destroy(disk, &plan).ok().unwrap();
        assert_eq!(project.left(), Vec::<String>::new(), "{name}");
    });
    assert!(tried > 40, "{tried}");
}

#[test]
fn a_run_stopped_while_files_changed_places_can_be_brought_back() {
    let project = Project::new();
    let original = project.archive();
    let plan = project.approved(&project.mirror());
    project.clock.set(8);
    let mirror = project.mirror();
    assert!(is_done(&project.apply(&mirror, &plan)));
    let states: BTreeSet<State> = mirror.model.crash_states().into_iter().collect();
    let mut tried = 0;
    for state in states {
        project.become_state(&state);
        let swapping = project.stage(&plan) == Stage::Removing
            && project
                .archive()
                .keys()
                .filter(|path| path.to_string_lossy().ends_with(".olvido-purge"))
                .count()
                < 2
            && project.archive().len() < original.len() + 2
            && project.left().len() > 2;
        if !swapping {
            continue;
        }
        let Ok(back) = project.restore(&project.mirror(), &plan) else { continue };
        assert!(back.changed.is_empty() && back.stopped.is_none());
        assert!(project.archive() == original);
        tried += 1;
    }
    assert!(tried > 0);
}

#[test]
fn the_end_of_a_window_that_crashes_anywhere_comes_to_its_end() {
    let project = Project::new();
    let plan = project.approved(&project.mirror());
    project.clock.set(8);
    assert!(is_done(&project.apply(&project.mirror(), &plan)));
    assert_eq!(project.destroy(&project.mirror(), &plan).ok().unwrap(), None, "the window has not ended");
    project.clock.set(15);
    let tried = from_every_crash(
        &project,
        &|disk| project.destroy(disk, &plan).is_ok_and(|stage| stage == Some(Stage::Swept)),
        &|disk, name| {
            project.destroy(disk, &plan).ok().unwrap();
            assert_eq!(project.stage(&plan), Stage::Swept, "{name}");
            assert_eq!(project.left(), Vec::<String>::new(), "{name}");
        },
    );
    assert!(tried > 20, "{tried}");
    assert_eq!(project.destroy(&project.mirror(), &plan).ok().unwrap(), None, "backups are not over");
    project.clock.set(18);
    assert_eq!(project.destroy(&project.mirror(), &plan).ok().unwrap(), Some(Stage::Final));
}

#[test]
fn a_key_that_is_not_found_is_not_called_destroyed() {
    let project = Project::new();
    let plan = project.approved(&project.mirror());
    project.clock.set(8);
    assert!(is_done(&project.apply(&project.mirror(), &plan)));
    project.clock.set(20);
    std::fs::rename(project.undo_keys(), project.home.path().join("elsewhere")).unwrap();
    assert_eq!(project.destroy(&project.mirror(), &plan).err().unwrap().code, "undo-key");
    assert_eq!(project.stage(&plan), Stage::Blocked);
    let mirror = project.mirror();
    let mut register = project.register(&mirror).ok().unwrap();
    let id = plan.id().ok().unwrap();
    let ended = destroy(&mut register, &id, &project.undo_keys(), 0, true, project.now());
    assert_eq!(ended.ok().unwrap(), Some(Stage::Final));
    let said = register.entries().ok().unwrap().into_iter().filter_map(|entry| entry.entry);
    assert!(said.map(|entry| entry.to_string()).any(|entry| entry.contains("by other means")));
}

/// The code of the problem with which something was refused.
fn code<T>(result: Result<T, Problem>) -> &'static str {
    result.err().map_or("nothing", |problem| problem.code)
}

#[test]
fn a_clock_that_was_set_back_stops_everything() {
    let mut project = Project::new();
    let disk = project.mirror();
    let plan = project.approved(&disk);
    project.clock.set(8);
    project.setup.now = at(8);
    let made = project.plan(&disk).ok().unwrap();
    project.clock.set(-1);
    let mut register = project.register(&disk).ok().unwrap();
    assert_eq!(code(register.request(&made, at(-1))), "purge-clock");
    assert_eq!(code(register.approve(&made, &project.approvers, &signer(1), at(7))), "purge-clock");
    assert_eq!(code(register.cancel(&plan.id().ok().unwrap(), "dpo", at(7))), "purge-clock");
    drop(register);
    // Its wait is over by this clock, and the ledger was written later.
    project.clock.set(7);
    let before = project.files();
    assert_eq!(code(project.apply(&disk, &plan)), "purge-clock");
    assert!(project.files() == before);
    project.clock.set(8);
    assert!(is_done(&project.apply(&disk, &plan)));
    project.clock.set(7);
    let before = project.files();
    assert_eq!(code(project.restore(&disk, &plan)), "purge-clock");
    assert_eq!(code(project.destroy(&disk, &plan)), "purge-clock");
    assert!(project.files() == before);
}

#[test]
fn a_plan_waits_to_the_second() {
    let project = Project::new();
    let disk = project.mirror();
    let plan = project.approved(&disk);
    let register = project.register(&disk).ok().unwrap();
    let second = |seconds: i64| Stamp::from_epoch(MADE + 7 * DAY + seconds).unwrap();
    assert_eq!(code(register.check_may_run(&plan, &project.approvers, second(-1))), "purge-too-early");
    assert!(register.check_may_run(&plan, &project.approvers, second(0)).is_ok());
}

#[test]
fn approvals_hold_for_one_plan_by_these_people_alone() {
    let project = Project::new();
    let disk = project.mirror();
    let plan = project.plan(&disk).ok().unwrap();
    let mut register = project.register(&disk).ok().unwrap();
    let approvers = &project.approvers;
    assert_eq!(code(register.check_may_run(&plan, approvers, at(8))), "purge-not-approved");
    assert_eq!(code(register.approve(&plan, approvers, &signer(9), at(0))), "approval-unknown-key");
    register.approve(&plan, approvers, &signer(1), at(0)).ok().unwrap();
    assert_eq!(code(register.approve(&plan, approvers, &signer(1), at(0))), "approval-twice");
    assert_eq!(code(register.check_may_run(&plan, approvers, at(8))), "purge-not-approved");
    register.approve(&plan, approvers, &signer(2), at(0)).ok().unwrap();
    let others = super::crashes::approvers([1, 3]);
    assert_eq!(code(register.check_may_run(&plan, &others, at(8))), "approvers-changed");
    assert!(register.check_may_run(&plan, approvers, at(8)).is_ok());
}

/// Entries of the ledger by somebody who has the project's key and not the approvers'.
#[test]
fn an_approval_nobody_signed_is_none() {
    let project = Project::new();
    let disk = project.mirror();
    let plan = project.plan(&disk).ok().unwrap();
    let mut register = project.register(&disk).ok().unwrap();
    for (name, of) in [("legal", 1), ("dpo", 2)] {
        let more = serde_json::json!({"key": signer(of).public().to_hex(), "name": name, "signature": "00"});
        register.note("purge-approved", &plan.id().ok().unwrap(), &more, at(0)).ok().unwrap();
    }
    assert_eq!(register.states().ok().unwrap()[0].stage, Stage::Approved);
    assert_eq!(code(register.check_may_run(&plan, &project.approvers, at(8))), "purge-not-approved");
}

#[test]
fn a_ledger_without_its_head_is_damaged_and_not_begun_anew() {
    let project = Project::new();
    project.approved(&project.mirror());
    let folder = project.home.path().join("project");
    std::fs::remove_file(folder.join("ledger.head")).unwrap();
    let before = project.files();
    assert_eq!(code(project.register(&project.mirror())), "ledger-damaged");
    assert!(project.files() == before);
}

#[test]
fn every_changed_byte_of_the_ledger_is_seen() {
    let project = Project::new();
    project.approved(&project.mirror());
    let folder = project.home.path().join("project");
    let read = || -> State {
        let names = ["ledger.entries", "ledger.leaves", "ledger.head"];
        names.iter().map(|name| (folder.join(name), std::fs::read(folder.join(name)).unwrap())).collect()
    };
    let all = read();
    let check = |state: State| -> Result<usize, Problem> {
        let disk = ModelDisk::with_files(state);
        let entries = Register::read(&disk, &folder, &project.key)?.entries();
        entries.map(|entries| entries.len())
    };
    assert_eq!(check(all.clone()).ok(), Some(4));
    let mut tried = 0;
    for (path, bytes) in &all {
        for at in 0..bytes.len() {
            for change in [1u8, 0x20, 0x80] {
                let mut changed: BTreeMap<PathBuf, Vec<u8>> = all.clone();
                changed.get_mut(path).unwrap()[at] ^= change;
                assert_eq!(code(check(changed)), "ledger-damaged", "{} {at} by {change}", path.display());
                tried += 1;
            }
        }
    }
    assert!(tried > 3000, "{tried}");
}

#[test]
fn a_hold_and_a_minimum_that_come_after_the_approval_keep_what_they_cover() {
    let hold = "schema: olvido/holds/v1\nholds:\n  - {id: HOLD-7, reason: claim, ground: legal-claims, placed_by: \
        legal, placed_on: 2026-01-01, until: 2099-01-01, scope: {tags: [litigation]}}\n";
    let mut project = Project::new();
    let plan = project.approved(&project.mirror());
    project.clock.set(8);
    project.setup.exceptions.holds = Holds::read("holds.yaml", hold).ok().unwrap();
    let outcome = project.apply(&project.mirror(), &plan).ok().unwrap();
    let why: Vec<&str> = outcome.dropped.iter().map(|one| one.why.as_str()).collect();
    assert_eq!((outcome.done, why), (1, vec!["held by HOLD-7"]));
    assert!(project.archive().values().any(|bytes| String::from_utf8_lossy(bytes).contains("Printer 4")));

    let minimum = format!(
        "{SCHEDULE}  - {{id: case, on: ticket, select: {{tags: [litigation]}}, keep: P3Y, source: decision 9}}\n  \
         - {{id: claim, on: ticket, select: {{tags: [litigation]}}, minimum: P20Y, keep: P20Y, source: law}}\n"
    );
    let later = Project::with(&minimum);
    let plan = later.plan(&later.mirror()).ok().unwrap();
    assert_eq!(plan.records.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["2"]);
}

#[test]
fn what_changed_since_it_was_approved_stays() {
    let project = Project::new();
    let plan = project.approved(&project.mirror());
    project.clock.set(8);
    let note = project.root().join("attachments/2/note.txt");
    std::fs::write(&note, "another note\n").unwrap();
    let outcome = project.apply(&project.mirror(), &plan).ok().unwrap();
    let dropped: Vec<&str> = outcome.dropped.iter().map(|one| one.id.as_str()).collect();
    assert_eq!((outcome.done, dropped), (1, vec!["2"]));
    assert!(note.exists());
}

#[test]
fn what_changes_while_it_is_being_sealed_stops_the_run() {
    for (name, from, to) in
        [("comments.json", "comment 2", "another 2"), ("attachments/2/note.txt", "note of 2", "more on 2")]
    {
        let project = Project::new();
        let plan = project.approved(&project.mirror());
        project.clock.set(8);
        let path = project.root().join(name);
        let text = std::fs::read_to_string(&path).unwrap().replace(from, to);
        let disk =
            MirrorDisk { meddles: Some((path.clone(), text.clone().into_bytes())), ..project.mirror() };
        assert_eq!(code(project.apply(&disk, &plan)), "purge-changed", "{name}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert_eq!(project.left(), Vec::<String>::new());
        // The other record goes, and the one that was changed stays.
        let outcome = project.apply(&project.mirror(), &plan).ok().unwrap();
        assert_eq!((outcome.done, outcome.dropped.len()), (1, 1), "{name}");
        assert_eq!(std::fs::read_to_string(&path).unwrap().contains(to), true);
    }
}

#[test]
fn a_run_that_is_interrupted_cancels_nothing() {
    let project = Project::new();
    let plan = project.approved(&project.mirror());
    project.clock.set(8);
    let before = project.archive();
    project.setup.control.interrupt();
    assert_eq!(code(project.apply(&project.mirror(), &plan)), "interrupted");
    assert!(project.archive() == before);
    assert_eq!(project.stage(&plan), Stage::Approved);
    assert_eq!(project.left(), Vec::<String>::new());
}

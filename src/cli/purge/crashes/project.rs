//! A project around an archive of four tickets, with its clock handed in.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use super::super::{planning, ready};
use super::mirror::MirrorDisk;
use crate::cli::args::{PolicyArgs, ReadArgs};
use crate::cli::setup::Setup;
use crate::detectors::{Engine, Matcher};
use crate::disk::Disk;
use crate::disk::model::{ModelDisk, State};
use crate::problem::Problem;
use crate::records::Stamp;
use crate::remedies::purging::{
    Approvers, Limits, Outcome, Plan, Register, Restored, Run, Stage, destroy, restore,
};
use crate::vault::{Key, Secret, Signer};

pub(super) const DAY: i64 = 86_400;
/// The day on which plans are made here.
pub(super) const MADE: i64 = 1_790_000_000;

pub(super) const SCHEDULE: &str = "schema: olvido/retention/v1\napproved_by: DPO\napproved_on: 2026-01-01\nkinds:\n  \
    - {id: request, on: ticket, keep: P3Y, source: decision 7}\n";

pub(super) fn at(day: i64) -> Stamp {
    Stamp::from_epoch(MADE + day * DAY).unwrap()
}

pub(super) fn ticket(id: u64, closed: &str, tags: &str) -> String {
    format!(
        r#"{{"id":{id},"subject":"Printer {id}","requester_id":9,"submitter_id":9,"status":"closed","created_at":"2015-01-01T00:00:00Z","closed_at":"{closed}","tags":[{tags}],"via":{{"channel":"web"}}}}"#
    )
}

pub(super) fn comment(id: u64) -> String {
    format!(
        r#"{{"id":10{id},"ticket_id":{id},"author_id":8,"body":"comment {id}","public":true,"attachments":[],"created_at":"2015-02-01T00:00:00Z"}}"#
    )
}

/// A project around an archive of four tickets, of which 2 and 4 are past their period.
pub(super) struct Project {
    pub(super) home: tempfile::TempDir,
    pub(super) approvers: Approvers,
    pub(super) key: Key,
    pub(super) matcher: Matcher,
    pub(super) setup: Setup,
    pub(super) clock: Cell<i64>,
}

pub(super) fn signer(of: u8) -> Signer {
    Signer::new(&Secret::new(&[of; 32])).ok().unwrap()
}

pub(super) fn approvers(of: [u8; 2]) -> Approvers {
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
    pub(super) fn new() -> Project {
        Self::with(SCHEDULE)
    }

    pub(super) fn with(schedule: &str) -> Project {
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

    pub(super) fn root(&self) -> PathBuf {
        self.home.path().join("archive")
    }

    pub(super) fn undo_keys(&self) -> PathBuf {
        self.home.path().join("undo")
    }

    pub(super) fn now(&self) -> Stamp {
        at(self.clock.get())
    }

    pub(super) fn register<'d>(&self, disk: &'d dyn Disk) -> Result<Register<'d>, Problem> {
        Register::open(disk, &self.home.path().join("project"), &self.key, self.now())
    }

    /// The archive's files, and those of the project.
    pub(super) fn files(&self) -> State {
        let mut out = State::new();
        for entry in walkdir(self.home.path()) {
            out.insert(entry.clone(), std::fs::read(entry).unwrap());
        }
        out
    }

    pub(super) fn archive(&self) -> State {
        let root = self.root();
        self.files().into_iter().filter(|(path, _)| path.starts_with(&root)).collect()
    }

    /// A model of the files as they are.
    pub(super) fn mirror(&self) -> MirrorDisk {
        MirrorDisk { model: ModelDisk::with_files(self.files()), meddles: None, spoils: None }
    }

    /// Lets the files be what they are after a crash.
    pub(super) fn become_state(&self, state: &State) {
        for name in ["archive", "project", "undo"] {
            let _ = std::fs::remove_dir_all(self.home.path().join(name));
        }
        std::fs::create_dir_all(self.root()).unwrap();
        for (path, bytes) in state {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }

    pub(super) fn plan(&self, disk: &dyn Disk) -> Result<Plan, Problem> {
        let ready = ready(&self.setup, &self.matcher, true)?;
        let root = self.root();
        let planning =
            planning(&ready.audit, &root, &self.key, &self.approvers, &self.setup.jurisdictions, None);
        let plan = planning.plan(ready.context, "ana", Limits::default(), None, self.now())?;
        let mut register = self.register(disk)?;
        register.request(&plan, self.now())?;
        Ok(plan)
    }

    pub(super) fn approved(&self, disk: &dyn Disk) -> Plan {
        let plan = self.plan(disk).ok().unwrap();
        let mut register = self.register(disk).ok().unwrap();
        for of in [1, 2] {
            register.approve(&plan, &self.approvers, &signer(of), self.now()).ok().unwrap();
        }
        plan
    }

    pub(super) fn apply(&self, disk: &dyn Disk, plan: &Plan) -> Result<Outcome, Problem> {
        let ready = ready(&self.setup, &self.matcher, true)?;
        let root = self.root();
        let planning =
            planning(&ready.audit, &root, &self.key, &self.approvers, &self.setup.jurisdictions, None);
        let mut register = self.register(disk)?;
        let mut run = Run {
            planning: &planning,
            context: Some(ready.context),
            register: &mut register,
            approvers: &self.approvers,
            undo_keys: &self.undo_keys(),
            allow_unread: false,
        };
        run.apply(plan, self.now())
    }

    pub(super) fn restore(&self, disk: &dyn Disk, plan: &Plan) -> Result<Restored, Problem> {
        let mut register = self.register(disk)?;
        restore(&mut register, plan, &self.root(), &self.undo_keys(), self.now())
    }

    pub(super) fn destroy(&self, disk: &dyn Disk, plan: &Plan) -> Result<Option<Stage>, Problem> {
        let id = plan.id()?;
        let mut register = self.register(disk)?;
        destroy(&mut register, &id, &self.undo_keys(), self.approvers.backup_days, false, self.now())
    }

    pub(super) fn stage(&self, plan: &Plan) -> Stage {
        self.register(&self.mirror()).ok().unwrap().state(&plan.id().ok().unwrap()).ok().unwrap().stage
    }

    /// What belongs to the plan besides its receipt: journal, sealed bytes, key, new files that wait.
    pub(super) fn left(&self) -> Vec<String> {
        let names = self.files().into_keys().map(|path| path.to_string_lossy().into_owned());
        let ends = [".journal", ".blocked", ".key", ".olvido-purge", ".olvido-restore", ".olvido-partial"];
        let left = names.filter(|name| ends.iter().any(|end| name.ends_with(end)));
        left.filter(|name| !name.ends_with("project.key")).collect()
    }
}

pub(super) fn walkdir(folder: &Path) -> Vec<PathBuf> {
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

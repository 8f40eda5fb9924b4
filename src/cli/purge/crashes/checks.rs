//! Every check that a purge makes, with its clock handed in.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::mirror::MirrorDisk;
use super::project::{DAY, MADE, Project, SCHEDULE, at, signer};
use super::steps::is_done;
use crate::disk::model::{ModelDisk, State};
use crate::policies::exceptions::Holds;
use crate::problem::Problem;
use crate::records::Stamp;
use crate::remedies::purging::{Register, Stage, destroy};

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
    let others = super::project::approvers([1, 3]);
    assert_eq!(code(register.check_may_run(&plan, &others, at(8))), "approvers-changed");
    assert!(register.check_may_run(&plan, approvers, at(8)).is_ok());
}

/// A preview is not written into the ledger; one that got there all the same is no plan.
#[test]
fn a_plan_for_another_day_is_neither_approved_nor_applied() {
    let mut project = Project::new();
    project.setup.now = at(-1);
    let disk = project.mirror();
    let plan = project.plan(&disk).ok().unwrap();
    assert!(plan.preview);
    let mut register = project.register(&disk).ok().unwrap();
    assert_eq!(code(register.approve(&plan, &project.approvers, &signer(1), at(0))), "purge-preview");
    assert_eq!(code(register.check_may_run(&plan, &project.approvers, at(8))), "purge-preview");
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
    assert_eq!(plan.records.iter().map(|one| one.id).collect::<Vec<_>>(), ["2"]);
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
        assert!(std::fs::read_to_string(&path).unwrap().contains(to));
    }
}

#[test]
fn what_the_medium_does_not_keep_stops_the_run_before_anything_moves() {
    let project = Project::new();
    let plan = project.approved(&project.mirror());
    project.clock.set(8);
    let before = project.archive();
    let disk = MirrorDisk { spoils: Some(".blocked"), ..project.mirror() };
    assert!(project.apply(&disk, &plan).is_err());
    assert!(project.archive() == before);
    assert_eq!(project.left(), Vec::<String>::new());
    assert!(is_done(&project.apply(&project.mirror(), &plan)));
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

//! Every crash and every full disk, in every step of a purge.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::super::applied::where_it_stopped;
use super::project::Project;
use crate::disk::Disk;
use crate::disk::model::State;
use crate::problem::Problem;
use crate::remedies::purging::{Outcome, Stage};

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
        told.insert(where_it_stopped(&outcome, "plan.json"));
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
pub(super) fn is_done(outcome: &Result<Outcome, Problem>) -> bool {
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
fn a_run_stopped_while_files_changed_places_waits_for_a_clock_that_is_right() {
    let project = Project::new();
    let plan = project.approved(&project.mirror());
    project.clock.set(8);
    let mirror = project.mirror();
    assert!(is_done(&project.apply(&mirror, &plan)));
    let states: BTreeSet<State> = mirror.model.crash_states().into_iter().collect();
    project.clock.set(7);
    let mut tried = 0;
    for state in states {
        project.become_state(&state);
        if project.stage(&plan) != Stage::Removing {
            continue;
        }
        let before = project.archive();
        assert_eq!(project.apply(&project.mirror(), &plan).err().map(|one| one.code), Some("purge-clock"));
        // New files that only wait may go: no file of the archive is another.
        assert!(old_or_new(&project.archive(), &before, &before));
        tried += 1;
    }
    assert!(tried > 10, "{tried}");
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

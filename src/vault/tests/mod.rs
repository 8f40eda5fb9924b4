//! The vault against crashes and full disks: every state one can leave is the one before or the one after.

mod adversaries;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use super::change::{Change, NoQuestion, Permission};
use super::holders::Holder;
use super::holders::model::{Keys, ModelHolder};
use super::keyfile::{EpochKey, NOBODY, SLOT, SlotKind, Wrapped, wrapped_bytes};
use super::object::{Home, Kind, Label, Sealed};
use super::secret::Secret;
use super::settings::{HolderSettings, Settings, Wishes};
use super::store::{Recovered, Vault};
use crate::disk::model::{ModelDisk, State};
use crate::problem::Problem;

const NOW: &str = "2026-11-22T08:00:00Z";
const FOLDER: &str = "/vault";

fn settings() -> Settings {
    let holder =
        HolderSettings::Command { name: "model".to_owned(), command: vec!["model".to_owned()], seconds: 1 };
    let wishes = Wishes {
        holders: vec![holder],
        approvers: vec![],
        approvals: 0,
        cooling_off_days: 0,
        controller: "Example".to_owned(),
    };
    Settings::new(wishes, NOW).ok().unwrap()
}

fn boxed<'d>(holder: &ModelHolder<'d>) -> Vec<Box<dyn Holder + 'd>> {
    vec![Box::new(holder.clone())]
}

fn open<'d>(disk: &'d ModelDisk, holder: &ModelHolder<'d>) -> Result<(Vault<'d>, Recovered), Problem> {
    use crate::disk::Disk;
    let settings = Settings::read(&disk.read(Path::new("/vault/vault.json")).unwrap())?;
    Vault::open(disk, Path::new(FOLDER), settings, boxed(holder), NOW)
}

/// Seals four texts: Ana's record, Bea's, and in Ana's what belongs to Bea, in Bea's what belongs to Ana.
fn seal(vault: &mut Vault<'_>) -> Result<(u64, u64), Problem> {
    let mut sealing = vault.begin_seal(json!({"format": "test"}))?;
    let ana = sealing.slot(SlotKind::Subject, [1; 32], NOBODY)?;
    let bea = sealing.slot(SlotKind::Subject, [2; 32], NOBODY)?;
    sealing.slot(SlotKind::Alias, [3; 32], ana)?;
    let first = sealing.slot(SlotKind::Record, [4; 32], ana)?;
    let second = sealing.slot(SlotKind::Record, [5; 32], bea)?;
    let own = sealing.own();
    let objects: [(Kind, u64, &[u64], &str); 5] = [
        (Kind::Item, own, &[], "head"),
        (Kind::Frame, first, &[], "ana"),
        (Kind::Span, first, &[bea], "bea in ana"),
        (Kind::Frame, second, &[], "bea"),
        (Kind::Span, second, &[ana], "ana in bea"),
    ];
    for (ordinal, (kind, record, subjects, text)) in (0..).zip(objects) {
        let label = Label { kind, record, subjects: subjects.to_vec(), item: 1, ordinal };
        sealing.object(&label, &[text.as_bytes()])?;
    }
    sealing.finish(json!({}), &mut |opening| {
        while let Some(object) = opening.next_object()? {
            assert!(object.opened.is_ok());
        }
        Ok(())
    })?;
    Ok((ana, bea))
}

/// Every text that still opens, of all archives.
fn texts(vault: &Vault<'_>) -> Vec<String> {
    let mut out = Vec::new();
    for (archive, _) in vault.archives() {
        let mut opening = vault.open_archive(&archive).unwrap();
        while let Some(object) = opening.next_object().unwrap() {
            let wanted = matches!(object.label.kind, Kind::Frame | Kind::Span);
            if let Ok(opened) = object.opened.as_ref().map(|opened| opened.data().to_vec())
                && wanted
            {
                out.push(String::from_utf8(opened).unwrap());
            }
        }
    }
    out
}

const ALL: [&str; 4] = ["ana", "bea in ana", "bea", "ana in bea"];
const WITHOUT_ANA: [&str; 1] = ["bea"];

/// A disk and a holder with a vault in which one archive is sealed.
fn world() -> (State, Keys, u64) {
    let disk = ModelDisk::with_files(State::new());
    let holder = ModelHolder::with(Keys::new(), &disk);
    let mut vault = Vault::create(&disk, Path::new(FOLDER), settings(), boxed(&holder), NOW).ok().unwrap();
    let (ana, _) = seal(&mut vault).unwrap();
    drop(vault);
    (disk.now(), holder.state(), ana)
}

fn shred(vault: Vault<'_>, ana: u64) -> Result<Recovered, Problem> {
    let victims = vault.closure(&BTreeSet::from([ana]));
    let change = Change { kind: "shred", victims, reasons: json!({"reference": "R-1"}) };
    vault.change(&change, &mut NoQuestion).map(|(_, recovered)| recovered)
}

fn rotate(vault: Vault<'_>) -> Result<Recovered, Problem> {
    let change = Change { kind: "rotate", victims: BTreeSet::new(), reasons: Value::Null };
    vault.change(&change, &mut NoQuestion).map(|(_, recovered)| recovered)
}

/// What a holder may have on its own medium when the disk stops after `upto` operations.
fn holder_states(holder: &ModelHolder<'_>, before: &Keys, upto: usize) -> Vec<Keys> {
    let history = holder.history.borrow();
    let last = history.iter().rev().find(|(at, _)| *at < upto).map_or(before, |(_, keys)| keys).clone();
    let now = history.iter().filter(|(at, _)| *at == upto).map(|(_, keys)| keys.clone());
    std::iter::once(last).chain(now).collect()
}

/// Every pair of states that a crash of a run could leave, each once.
fn crashes(disk: &ModelDisk, holder: &ModelHolder<'_>, before: &Keys) -> Vec<(State, Keys)> {
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for upto in 0..=disk.operations() {
        for keys in holder_states(holder, before, upto) {
            for state in disk.crash_states_at(upto) {
                if seen.insert((state.clone(), keys.clone())) {
                    out.push((state, keys.clone()));
                }
            }
        }
    }
    out
}

/// Opens what a crash left, and gives what still opens. A second opening finds the same and nothing to do.
fn recovered(state: &State, keys: &Keys) -> Vec<String> {
    let disk = ModelDisk::with_files(state.clone());
    let holder = ModelHolder::with(keys.clone(), &disk);
    let (vault, _) = open(&disk, &holder).unwrap_or_else(|problem| panic!("{problem}"));
    let first = texts(&vault);
    vault.ledger.entries().unwrap();
    drop(vault);
    let again = ModelDisk::with_files(disk.now());
    let holder = ModelHolder::with(holder.state(), &again);
    let (vault, recovered) = open(&again, &holder).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(recovered, Recovered::Nothing);
    assert_eq!(texts(&vault), first);
    first
}

#[test]
fn every_crash_of_a_shred_is_before_or_after_and_loses_no_other_key() {
    let (files, keys, ana) = world();
    let disk = ModelDisk::with_files(files);
    let holder = ModelHolder::with(keys.clone(), &disk);
    let (vault, _) = open(&disk, &holder).unwrap();
    assert!(matches!(shred(vault, ana), Ok(Recovered::Finished(_))));
    let mut seen = [0, 0];
    let all = crashes(&disk, &holder, &keys);
    for (state, keys) in &all {
        match recovered(state, keys) {
            left if left == ALL => seen[0] += 1,
            left if left == WITHOUT_ANA => seen[1] += 1,
            left => panic!("{left:?}"),
        }
    }
    assert!(seen[0] > 20 && seen[1] > 10, "{seen:?} of {}", all.len());
    println!("shred: {} crash states, {} before, {} after", all.len(), seen[0], seen[1]);
}

#[test]
fn a_crash_while_a_crash_is_mended_is_mended_too() {
    let (files, keys, ana) = world();
    let disk = ModelDisk::with_files(files);
    let holder = ModelHolder::with(keys.clone(), &disk);
    let (vault, _) = open(&disk, &holder).unwrap();
    shred(vault, ana).unwrap();
    let mut tried = 0;
    for (state, keys) in &crashes(&disk, &holder, &keys) {
        let disk = ModelDisk::with_files(state.clone());
        let holder = ModelHolder::with(keys.clone(), &disk);
        open(&disk, &holder).map(|_| ()).unwrap();
        for (state, keys) in crashes(&disk, &holder, keys).iter().step_by(2) {
            let left = recovered(state, keys);
            assert!(left == ALL || left == WITHOUT_ANA, "{left:?}");
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn every_crash_of_a_rotation_keeps_everything() {
    let (files, keys, _) = world();
    let disk = ModelDisk::with_files(files);
    let holder = ModelHolder::with(keys.clone(), &disk);
    let (vault, _) = open(&disk, &holder).unwrap();
    assert!(matches!(rotate(vault), Ok(Recovered::Finished(_))));
    for (state, keys) in crashes(&disk, &holder, &keys) {
        assert_eq!(recovered(&state, &keys), ALL);
    }
}

#[test]
fn every_crash_of_sealing_has_the_archive_whole_or_not_at_all() {
    let (files, keys, _) = world();
    let disk = ModelDisk::with_files(files);
    let holder = ModelHolder::with(keys.clone(), &disk);
    let (mut vault, _) = open(&disk, &holder).unwrap();
    seal(&mut vault).unwrap();
    drop(vault);
    let mut seen = BTreeSet::new();
    for (state, keys) in crashes(&disk, &holder, &keys) {
        let left = recovered(&state, &keys);
        assert!(left.len() == 4 || left.len() == 8, "{left:?}");
        seen.insert(left.len());
    }
    assert_eq!(seen.len(), 2);
}

#[test]
fn every_crash_of_init_leaves_a_vault_or_none() {
    let disk = ModelDisk::with_files(State::new());
    let holder = ModelHolder::with(Keys::new(), &disk);
    Vault::create(&disk, Path::new(FOLDER), settings(), boxed(&holder), NOW).map(|_| ()).unwrap();
    let mut seen = [0, 0];
    for (state, keys) in crashes(&disk, &holder, &Keys::new()) {
        if state.contains_key(Path::new("/vault/vault.json")) {
            assert!(recovered(&state, &keys).is_empty());
            seen[1] += 1;
        } else {
            seen[0] += 1;
        }
    }
    assert!(seen[0] > 10 && seen[1] > 0, "{seen:?}");
}

#[test]
fn a_full_disk_at_any_step_changes_nothing_or_is_resumed() {
    let (files, keys, ana) = world();
    let steps = {
        let disk = ModelDisk::with_files(files.clone());
        let holder = ModelHolder::with(keys.clone(), &disk);
        let (vault, _) = open(&disk, &holder).unwrap();
        shred(vault, ana).unwrap();
        disk.operations()
    };
    for step in 0..steps {
        let disk = ModelDisk::with_files(files.clone());
        let holder = ModelHolder::with(keys.clone(), &disk);
        let (vault, _) = open(&disk, &holder).unwrap();
        disk.fill_after(step);
        let problem = shred(vault, ana).err().unwrap_or_else(|| panic!("no refusal at step {step}"));
        assert!(["vault-not-written", "ledger-not-written"].contains(&problem.code), "{problem}");
        let left = recovered(&disk.now(), &holder.state());
        assert!(left == ALL || left == WITHOUT_ANA, "{step}: {left:?}");
    }
    let steps = {
        let disk = ModelDisk::with_files(files.clone());
        let holder = ModelHolder::with(keys.clone(), &disk);
        let (mut vault, _) = open(&disk, &holder).unwrap();
        seal(&mut vault).unwrap();
        disk.operations()
    };
    for step in 0..steps {
        let disk = ModelDisk::with_files(files.clone());
        let holder = ModelHolder::with(keys.clone(), &disk);
        let (mut vault, _) = open(&disk, &holder).unwrap();
        disk.fill_after(step);
        let problem = seal(&mut vault).err().unwrap_or_else(|| panic!("no refusal at step {step}"));
        assert!(["vault-not-written", "ledger-not-written"].contains(&problem.code), "{problem}");
        drop(vault);
        // The rename of the ledger's head may have come through; then the archive is there.
        let left = recovered(&disk.now(), &holder.state());
        assert!(left.len() == 4 || (left.len() == 8 && step + 3 > steps), "{step} of {steps}: {left:?}");
    }
    for step in 0.. {
        let disk = ModelDisk::with_files(files.clone());
        let holder = ModelHolder::with(keys.clone(), &disk);
        let (vault, _) = open(&disk, &holder).unwrap();
        disk.fill_after(step);
        let done = rotate(vault).is_ok();
        assert_eq!(recovered(&disk.now(), &holder.state()), ALL, "{step}");
        if done {
            assert!(step > 20);
            break;
        }
    }
}

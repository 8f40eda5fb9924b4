//! The vault against lying holders, holds of the last moment, clocks set back, files put back or changed, and somebody
//! who kept every byte.

use super::super::change::Change;
use super::*;

#[test]
fn a_key_file_newer_than_the_ledger_is_refused_and_not_cut() {
    let (files, keys, _) = world();
    let disk = ModelDisk::with_files(files.clone());
    let holder = ModelHolder::with(keys, &disk);
    let (mut vault, _) = open(&disk, &holder).unwrap();
    seal(&mut vault).unwrap();
    drop(vault);
    let mut mixed = disk.now();
    for (path, bytes) in files.iter().filter(|(path, _)| path.to_string_lossy().contains("ledger.")) {
        mixed.insert(path.clone(), bytes.clone());
    }
    let before = mixed.clone();
    let disk = ModelDisk::with_files(mixed);
    let holder = ModelHolder::with(holder.state(), &disk);
    assert_eq!(open(&disk, &holder).err().map(|problem| problem.code), Some("keyfile-newer"));
    assert!(disk.now() == before);
}

#[test]
fn a_silent_holder_is_waited_for_and_a_lying_one_is_not_believed() {
    let (files, keys, ana) = world();
    for lies in [false, true] {
        let disk = ModelDisk::with_files(files.clone());
        let holder = ModelHolder::with(keys.clone(), &disk);
        let (vault, _) = open(&disk, &holder).unwrap();
        let victims = vault.closure(&BTreeSet::from([ana]));
        let change = Change { kind: "shred", victims, reasons: Value::Null };
        let mut late = Late { holder: holder.clone(), asked: 0, lies };
        let (vault, recovered) = vault.change(&change, &mut late).ok().unwrap();
        assert!(matches!(recovered, Recovered::Destroying(_)), "{recovered:?}");
        assert_eq!(texts(&vault), WITHOUT_ANA);
        drop(vault);
        let after = ModelDisk::with_files(disk.now());
        let same = ModelHolder::with(holder.state(), &after);
        same.lies.set(lies);
        let (vault, recovered) = open(&after, &same).ok().unwrap();
        assert_eq!(matches!(recovered, Recovered::Finished(_)), !lies);
        drop(vault);
        same.lies.set(false);
        let (_, recovered) = open(&after, &same).ok().unwrap();
        assert!(matches!(recovered, Recovered::Finished(_) | Recovered::Nothing));
    }
}

/// Lets the holder fall silent, or begin to lie, at the last moment.
struct Late<'d> {
    holder: ModelHolder<'d>,
    asked: u32,
    lies: bool,
}

impl Permission for Late<'_> {
    fn check(&mut self) -> Result<(), Problem> {
        self.asked += 1;
        if self.asked == 2 {
            self.holder.lies.set(self.lies);
            self.holder.silent.set(!self.lies);
        }
        Ok(())
    }
}

/// Refuses when it is asked for the second time: a hold came in between.
struct Hold(u32);

impl Permission for Hold {
    fn check(&mut self) -> Result<(), Problem> {
        self.0 += 1;
        match self.0 {
            1 => Ok(()),
            _ => Err(Problem::new("plan-held", "held", "wait")),
        }
    }
}

#[test]
fn a_hold_that_comes_at_the_last_moment_undoes_everything() {
    let (files, keys, ana) = world();
    let disk = ModelDisk::with_files(files);
    let holder = ModelHolder::with(keys, &disk);
    let (vault, _) = open(&disk, &holder).unwrap();
    let victims = vault.closure(&BTreeSet::from([ana]));
    let change = Change { kind: "shred", victims, reasons: Value::Null };
    let refused = vault.change(&change, &mut Hold(0)).err().unwrap();
    assert_eq!(refused.code, "plan-held");
    let after = ModelDisk::with_files(disk.now());
    let same = ModelHolder::with(holder.state(), &after);
    let (vault, recovered) = open(&after, &same).unwrap();
    assert_eq!(recovered, Recovered::Undone);
    assert_eq!(texts(&vault), ALL);
    // The key that was made for it is gone again, and its number is not used twice.
    assert_eq!(same.state().values().filter(|key| key.is_some()).count(), 1);
    assert!(matches!(shred(vault, ana), Ok(Recovered::Finished(_))));
}

/// Everything somebody could have who kept every byte of every file at every moment.
fn ever(states: &[&ModelDisk]) -> BTreeSet<Vec<u8>> {
    let mut all = BTreeSet::new();
    for disk in states {
        for upto in 0..=disk.operations() {
            for state in disk.crash_states_at(upto) {
                all.extend(state.into_values());
            }
        }
    }
    all
}

/// All keys that can be had from key files, with what the holder still unwraps.
fn keys_from(files: &BTreeSet<Vec<u8>>, holder: &ModelHolder<'_>, id: [u8; 16]) -> Vec<Secret> {
    let mut secrets = BTreeMap::new();
    let heads: Vec<Wrapped> =
        files.iter().filter_map(|bytes| Wrapped::read(&mut bytes.as_slice(), Some(0)).ok()).collect();
    let mut refs: Vec<String> =
        heads.iter().flat_map(|h| h.head.wraps.iter().map(|w| w.key_ref.clone())).collect();
    refs.extend(holder.state().into_keys());
    // Every wrap under every key the holder still has.
    for head in &heads {
        for wrapped in head.head.wraps.iter().filter_map(wrapped_bytes) {
            for key_ref in &refs {
                if let Ok(secret) = holder.unwrap(key_ref, &wrapped) {
                    secrets.insert(*secret.expose(), ());
                }
            }
        }
    }
    let mut found = BTreeMap::new();
    for secret in secrets.keys() {
        for epoch in 0..6 {
            let epoch = EpochKey::new(&Secret::new(secret), id, epoch).ok().unwrap();
            for bytes in files {
                let start = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                for (number, slot) in (0..).zip(bytes[start.min(bytes.len())..].chunks_exact(SLOT)) {
                    if let Ok(Some(slot)) = epoch.unwrap(number, slot) {
                        found.insert(*slot.key.expose(), ());
                    }
                }
            }
        }
    }
    found.into_keys().map(|key| Secret::new(&key)).collect()
}

/// What opens of all archives with any one or any two of these keys.
fn opens(files: &BTreeSet<Vec<u8>>, keys: &[Secret], id: [u8; 16]) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let archives: Vec<[u8; 16]> = files
        .iter()
        .filter_map(|bytes| serde_json::from_slice::<Value>(bytes.split(|b| *b == b'\n').nth(1)?).ok())
        .filter_map(|entry| {
            super::super::from_hex(entry.pointer("/entry/archive")?.as_str()?)?.try_into().ok()
        })
        .collect();
    let all: BTreeSet<[u8; 16]> = archives.into_iter().collect();
    for bytes in files.iter().filter(|bytes| bytes.starts_with(b"OLVO")) {
        let mut rest = bytes.as_slice();
        let mut at = Vec::new();
        while let Ok(Some(object)) = Sealed::read(&mut rest) {
            at.push((bytes.len() - rest.len(), object.len()));
        }
        for (end, len) in at {
            let one = &bytes[end - len as usize..end];
            let mut tries: Vec<Vec<&Secret>> = keys.iter().map(|key| vec![key]).collect();
            tries.extend(keys.iter().flat_map(|a| keys.iter().map(move |b| vec![a, b])));
            for archive in &all {
                for keys in &tries {
                    let object = Sealed::read(&mut &one[..]).unwrap().unwrap();
                    if let Ok(opened) = object.open(&Home { vault: id, archive: *archive }, keys) {
                        out.insert(String::from_utf8_lossy(opened.data()).into_owned());
                    }
                }
            }
        }
    }
    out
}

#[test]
fn an_adversary_who_kept_every_byte_recovers_nothing_that_was_shredded() {
    let disk = ModelDisk::with_files(State::new());
    let holder = ModelHolder::with(Keys::new(), &disk);
    let mut vault = Vault::create(&disk, Path::new(FOLDER), settings(), boxed(&holder), NOW).ok().unwrap();
    let (ana, _) = seal(&mut vault).unwrap();
    let id = vault.id;
    let before = ever(&[&disk]);
    let could = opens(&before, &keys_from(&before, &holder, id), id);
    assert!(ALL.iter().all(|text| could.contains(*text)), "the adversary is not one: {could:?}");
    assert!(matches!(shred(vault, ana), Ok(Recovered::Finished(_))));
    let (vault, _) = open(&disk, &holder).unwrap();
    rotate(vault).unwrap();
    let after = ever(&[&disk]);
    assert!(after.len() > before.len());
    let can = opens(&after, &keys_from(&after, &holder, id), id);
    for text in ALL.iter().filter(|text| **text != "bea") {
        assert!(!can.contains(*text), "{text}");
    }
    assert!(can.contains("bea"));
}

#[test]
fn an_old_key_file_put_back_is_refused_and_opens_nothing() {
    use crate::disk::Disk;
    let (files, keys, ana) = world();
    let old = files.get(Path::new("/vault/keys.0")).unwrap().clone();
    let disk = ModelDisk::with_files(files.clone());
    let holder = ModelHolder::with(keys.clone(), &disk);
    let (vault, _) = open(&disk, &holder).unwrap();
    shred(vault, ana).unwrap();
    let after = disk.now();
    let with = |changes: &[(&str, Vec<u8>)]| {
        let mut files = after.clone();
        changes
            .iter()
            .for_each(|(name, bytes)| drop(files.insert(Path::new(name).to_path_buf(), bytes.clone())));
        let disk = ModelDisk::with_files(files);
        let holder = ModelHolder::with(holder.state(), &disk);
        open(&disk, &holder).map(|(vault, _)| texts(&vault)).map_err(|problem| problem.code)
    };
    assert_eq!(with(&[]), Ok(vec!["bea".to_owned()]));
    assert_eq!(with(&[("/vault/keys.0", old.clone())]), Ok(vec!["bea".to_owned()]));
    assert_eq!(with(&[("/vault/keys.1", old.clone())]), Err("keyfile-differs"));
    assert_eq!(
        with(&[("/vault/keys.0", old.clone()), ("/vault/CURRENT", b"0\n".to_vec())]),
        Err("vault-rolled-back")
    );
    let new = after.get(Path::new("/vault/keys.1")).unwrap();
    assert_eq!(with(&[("/vault/keys.1", new[..new.len() - SLOT].to_vec())]), Err("keyfile-older"));
    let mut damaged = new.clone();
    *damaged.last_mut().unwrap() ^= 1;
    assert_eq!(with(&[("/vault/keys.1", damaged)]), Err("keyfile-differs"));
    // Everything of the old moment together: consistent, and dead.
    let disk = ModelDisk::with_files(files);
    let old_holder = ModelHolder::with(holder.state(), &disk);
    assert_eq!(open(&disk, &old_holder).err().unwrap().code, "holder-refused");
    assert!(disk.read(Path::new("/vault/keys.0")).is_ok());
}

#[test]
fn a_clock_behind_the_ledger_and_another_vaults_files_are_refused() {
    let (files, keys, _) = world();
    let disk = ModelDisk::with_files(files.clone());
    let holder = ModelHolder::with(keys.clone(), &disk);
    let settings = Settings::read(files.get(Path::new("/vault/vault.json")).unwrap()).ok().unwrap();
    let early = Vault::open(&disk, Path::new(FOLDER), settings, boxed(&holder), "2020-01-01T00:00:00Z");
    assert_eq!(early.err().unwrap().code, "clock-behind");
    let (other, _, _) = world();
    for name in ["keys.0", "ledger.head", "vault.json"] {
        let mut mixed = files.clone();
        let path = Path::new(FOLDER).join(name);
        mixed.insert(path.clone(), other.get(&path).unwrap().clone());
        let disk = ModelDisk::with_files(mixed);
        let holder = ModelHolder::with(keys.clone(), &disk);
        assert!(open(&disk, &holder).is_err(), "{name}");
    }
}

#[test]
fn settings_are_those_the_vault_was_made_with() {
    let (files, keys, _) = world();
    let path = Path::new("/vault/vault.json");
    let text = String::from_utf8(files.get(path).unwrap().clone()).unwrap();
    for (was, is) in [
        ("\"controller\":\"Example\"", "\"controller\":\"Other\""),
        ("\"cooling_off_days\":0", "\"cooling_off_days\":1"),
        ("\"seconds\":1", "\"seconds\":2"),
    ] {
        let mut changed = files.clone();
        assert!(text.contains(was));
        changed.insert(path.to_path_buf(), text.replace(was, is).into_bytes());
        let disk = ModelDisk::with_files(changed);
        let holder = ModelHolder::with(keys.clone(), &disk);
        assert_eq!(open(&disk, &holder).err().map(|problem| problem.code), Some("vault-settings-changed"));
    }
}

#[test]
fn a_ledger_that_was_cut_is_not_written_to() {
    let (files, keys, _) = world();
    for name in ["ledger.entries", "ledger.leaves"] {
        let mut cut = files.clone();
        cut.get_mut(&Path::new(FOLDER).join(name)).unwrap().pop();
        let disk = ModelDisk::with_files(cut);
        let holder = ModelHolder::with(keys.clone(), &disk);
        assert_eq!(open(&disk, &holder).err().map(|problem| problem.code), Some("ledger-damaged"), "{name}");
        assert_eq!(disk.operations(), 0);
    }
}

#[test]
fn every_changed_byte_of_an_archive_is_seen() {
    let (files, keys, _) = world();
    let path = files.keys().find(|path| path.extension().is_some_and(|e| e == "sealed")).unwrap().clone();
    let len = files.get(&path).unwrap().len();
    for at in 0..len {
        let mut changed = files.clone();
        changed.get_mut(&path).unwrap()[at] ^= 4;
        let disk = ModelDisk::with_files(changed);
        let holder = ModelHolder::with(keys.clone(), &disk);
        let (vault, _) = open(&disk, &holder).unwrap();
        let (archive, _) = vault.archives()[0];
        let mut opening = vault.open_archive(&archive).unwrap();
        let mut read = || -> Result<(), Problem> {
            while opening.next_object()?.is_some() {}
            Ok(())
        };
        // A record whose slot was changed to one that is empty, or to none, is not a forgotten one.
        assert_eq!(read().map_err(|problem| problem.code), Err("archive-damaged"), "byte {at}");
        if at == 15 {
            assert!(vault.labels(&archive, &mut |_, _, _| {}).is_err());
        }
    }
}

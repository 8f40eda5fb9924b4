//! Changing the epoch: the one way in which keys are forgotten.
//!
//! Survivors are written under a new epoch key, then every holder destroys the old one: from that moment
//! every copy of the old key file is dead, wherever it lies. The order, each step on the medium before the
//! next: permission (0) · ledger *intent* (1) · holders make the new key, ledger *created* (2) · the new key
//! file under a temporary name (3) · read again, the key fetched anew, every slot and a sample of every
//! archive opened (4) · its name (5) · `CURRENT` (6) · permission once more, ledger *point of no return* (7) ·
//! holders destroy the old key, say so, and refuse to unwrap (8) · old key files overwritten and removed, and
//! what stopped runs left (9) · ledger *receipt* (10). Whatever stops before (7) is undone by the next
//! opening; after it, it is brought to its end.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use serde_json::{Value, json};

use super::digest::{Digest, Sha256, hex};
use super::holders::{Assurance, Holder, HolderError, Status};
use super::keyfile::{EpochKey, NOBODY, Slot, SlotKind, Wrap, wrapped_bytes};
use super::object::{Home, Sealed};
use super::secret::Secret;
use super::store::{
    Recovered, State, Vault, holder_failed, key_name, keys_path, read_keys, unread, unwritten, wrap_all,
    write_keys,
};
use crate::disk::replace;
use crate::problem::Problem;

/// Asked twice: before anything is done, and at the last moment when it can still be undone.
pub trait Permission {
    /// Approvals, cooling-off, holds and legal minima.
    ///
    /// # Errors
    /// Why the change must not be made.
    fn check(&mut self) -> Result<(), Problem>;
}

/// Nothing is forgotten, so nobody has to be asked.
pub struct NoQuestion;

impl Permission for NoQuestion {
    fn check(&mut self) -> Result<(), Problem> {
        Ok(())
    }
}

/// What is to change.
pub struct Change {
    /// `shred` or `rotate`.
    pub kind: &'static str,
    /// Slots whose keys are forgotten.
    pub victims: BTreeSet<u64>,
    /// What the ledger keeps of the reasons; never a name.
    pub reasons: Value,
}

impl<'d> Vault<'d> {
    /// What falls with the chosen slots: everything that belongs to a chosen person.
    pub fn closure(&self, chosen: &BTreeSet<u64>) -> BTreeSet<u64> {
        let fall = |(number, slot): &(u64, &Slot)| {
            chosen.contains(number) || (slot.owner != NOBODY && chosen.contains(&slot.owner))
        };
        let mut all: BTreeSet<u64> = self.slots().filter(fall).map(|(number, _)| number).collect();
        // A mention of a record that falls says nothing any more.
        let records: BTreeSet<[u8; 32]> = all
            .iter()
            .filter_map(|number| self.slot(*number))
            .filter(|slot| slot.kind == SlotKind::Record)
            .map(|slot| slot.pseudonym)
            .collect();
        let falls_too = |slot: &Slot| match slot.kind {
            SlotKind::Mention => records.contains(&slot.pseudonym),
            SlotKind::Mark => all.contains(&slot.owner),
            _ => false,
        };
        let gone: Vec<u64> =
            self.slots().filter(|(_, slot)| falls_too(slot)).map(|(number, _)| number).collect();
        all.extend(gone);
        all
    }

    /// Carries a change out; gives the ledger's entry of the receipt.
    ///
    /// # Errors
    /// A [`Problem`]. Before the point of no return the next opening undoes everything; after it, it ends
    /// what was begun.
    pub fn change(
        mut self,
        change: &Change,
        permission: &mut dyn Permission,
    ) -> Result<(Vault<'d>, Recovered), Problem> {
        self.has_all_holders()?;
        permission.check()?;
        let (from, to) = (self.state.epoch, self.state.highest + 1);
        let intent = self.intent(change, from, to)?;
        let secret = Secret::random()?;
        let epoch = EpochKey::new(&secret, self.id, to)?;
        let wraps = wrap_all(&self.holders, &key_name(&self.settings.id, to), &secret)?;
        let refs: Vec<Value> =
            wraps.iter().map(|wrap| json!({"holder": wrap.holder, "key_ref": wrap.key_ref})).collect();
        let entry = json!({"at": self.now, "kind": "created", "keys": refs, "of": intent});
        self.note(&entry, self.state.clone())?;
        for victim in &change.victims {
            if let Some(slot) = usize::try_from(*victim).ok().and_then(|at| self.slots.get_mut(at)) {
                *slot = None;
            }
        }
        let temporary = self.folder.join(format!("keys.{to}.tmp"));
        write_keys(self.disk, &temporary, &epoch, wraps.clone(), &self.slots)?;
        let digest = self.proved(&temporary, to, &wraps)?;
        self.disk.rename(&temporary, &keys_path(&self.folder, to)).map_err(unwritten)?;
        self.disk.sync_folder(&self.folder).map_err(unwritten)?;
        self.point_to(to)?;
        permission.check()?;
        let keys = super::keyfile::KeyState {
            epoch: to,
            slots: self.slots.len() as u64,
            digest: digest.clone().finish(),
        };
        let state = State { past: true, ..self.state.clone().keys(&keys) };
        let entry = json!({"at": self.now, "kind": "point-of-no-return", "of": intent});
        self.note(&entry, state)?;
        (self.secret, self.epoch, self.wraps, self.digest) = (secret, epoch, wraps, digest);
        let recovered = self.finish(intent)?;
        Ok((self, recovered))
    }

    /// A change without one of the holders would leave its old key alive, or a new key without it.
    fn has_all_holders(&self) -> Result<(), Problem> {
        let missing = self
            .settings
            .holders
            .iter()
            .find(|settings| !self.holders.iter().any(|holder| holder.name() == settings.name()));
        match missing {
            None => Ok(()),
            Some(settings) => Err(Problem::new(
                "holder-missing",
                format!("the holder {} is not at hand", settings.name()),
                "all holders take part when keys are forgotten; a passphrase comes from --passphrase-file or the terminal",
            )),
        }
    }

    fn intent(&mut self, change: &Change, from: u64, to: u64) -> Result<u64, Problem> {
        let mut keys = Vec::new();
        let mut counts = BTreeMap::<&str, u64>::new();
        for victim in &change.victims {
            let Some(slot) = self.slot(*victim) else { continue };
            *counts.entry(slot.kind.name()).or_default() += 1;
            if matches!(slot.kind, SlotKind::Record | SlotKind::Subject) {
                keys.push(
                    json!({"commitment": hex(&slot.commitment()?), "kind": slot.kind.name(), "slot": victim}),
                );
            }
        }
        let old: Vec<Value> = self
            .wraps
            .iter()
            .map(|wrap| json!({"holder": wrap.holder, "key_ref": wrap.key_ref, "wrapped": wrap.wrapped}))
            .collect();
        let entry = json!({
            "at": self.now, "counts": counts, "from": from, "keys": keys, "kind": "intent", "old": old,
            "reasons": change.reasons, "to": to, "what": change.kind,
        });
        let index = self.ledger.head().size;
        let state = State { open: Some(index), past: false, highest: to, ..self.state.clone() };
        self.note(&entry, state)
    }

    /// Reads the new key file from the medium, gets its key anew from every holder, and opens every slot and
    /// a sample of every archive: what does not survive must be known before the old key goes.
    fn proved(&self, path: &Path, to: u64, wraps: &[Wrap]) -> Result<Sha256, Problem> {
        let differs = || {
            let what = "the new key file does not hold what was written";
            Problem::new(
                "keyfile-not-proved",
                what,
                "nothing was destroyed; look after the disk and try again",
            )
        };
        let read = read_keys(self.disk, path, None)?;
        let mut epoch = None;
        for wrap in wraps {
            let holder =
                self.holders.iter().find(|holder| holder.name() == wrap.holder).ok_or_else(differs)?;
            let wrapped = wrapped_bytes(wrap).ok_or_else(differs)?;
            let failed = |error| holder_failed(holder.as_ref(), &error);
            let secret = holder.unwrap(&wrap.key_ref, &wrapped).map_err(failed)?;
            let key = EpochKey::new(&secret, self.id, to)?;
            if !key.opens(&read.head) {
                return Err(failed(HolderError::Nonsense("it gave a key that does not open the key file")));
            }
            epoch = Some(key);
        }
        let slots = read.open(&epoch.ok_or_else(differs)?)?;
        let same = |(one, two): (&Option<Slot>, &Option<Slot>)| match (one, two) {
            (None, None) => true,
            (Some(one), Some(two)) => {
                one.key.is(&two.key)
                    && (one.kind, one.pseudonym, one.owner, one.archive)
                        == (two.kind, two.pseudonym, two.owner, two.archive)
            }
            _ => false,
        };
        if slots.len() != self.slots.len() || !slots.iter().zip(&self.slots).all(same) {
            return Err(differs());
        }
        for (archive, slot) in self.archives() {
            let path = super::archive::path_of(&self.folder, &archive);
            let mut file = self.disk.open(&path).map_err(|error| unread("a sealed archive", &error))?;
            let object = Sealed::read(file.as_mut()).ok().flatten().ok_or_else(differs)?;
            let key = usize::try_from(slot).ok().and_then(|at| slots.get(at)).and_then(Option::as_ref);
            let home = Home { vault: self.id, archive };
            key.and_then(|slot| object.open(&home, &[&slot.key]).ok()).ok_or_else(differs)?;
        }
        Ok(read.digest)
    }

    fn point_to(&self, epoch: u64) -> Result<(), Problem> {
        let text = format!("{epoch}\n");
        replace(self.disk, &self.folder.join("CURRENT"), text.as_bytes()).map_err(unwritten)
    }

    /// Ends or undoes what a stopped run left.
    pub(super) fn recover(&mut self) -> Result<Recovered, Problem> {
        let Some(open) = self.state.open else { return Ok(Recovered::Nothing) };
        if self.state.past {
            return self.finish(open);
        }
        let entry = self.entry(open)?;
        let mut orphans = Vec::new();
        match entry.get("to").and_then(Value::as_u64) {
            Some(to) => {
                self.point_to(self.state.epoch)?;
                for name in [format!("keys.{to}"), format!("keys.{to}.tmp")] {
                    self.remove(&self.folder.join(name))?;
                }
                self.disk.sync_folder(&self.folder).map_err(unwritten)?;
                let made = self.made(open)?;
                for declared in &self.settings.holders {
                    let name = key_name(&self.settings.id, to);
                    let key_ref = made.get(declared.name()).unwrap_or(&name);
                    // A holder that is not at hand may keep the key that was made for nothing.
                    let holder = self.holders.iter().find(|holder| holder.name() == declared.name());
                    if holder.is_none_or(|holder| holder.destroy(key_ref).is_err()) {
                        orphans.push(declared.name().to_owned());
                    }
                }
            }
            None => self.undo_seal(&entry)?,
        }
        self.cut_keys()?;
        let entry = json!({"at": self.now, "kind": "undone", "of": open, "orphans": orphans});
        self.note(&entry, State { open: None, ..self.state.clone() })?;
        Ok(Recovered::Undone)
    }

    /// The keys that holders said they made for a change, by holder; none where it did not come so far.
    fn made(&self, open: u64) -> Result<BTreeMap<String, String>, Problem> {
        let entries = self.ledger.entries()?;
        let created = entries.iter().filter_map(|entry| entry.entry.as_ref()).find(|entry| {
            entry.get("kind") == Some(&json!("created")) && entry.get("of") == Some(&json!(open))
        });
        let keys = created.and_then(|entry| entry.get("keys")?.as_array()).into_iter().flatten();
        let text = |key: &Value, name: &str| key.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(keys.filter_map(|key| Some((text(key, "holder")?, text(key, "key_ref")?))).collect())
    }

    fn undo_seal(&self, entry: &Value) -> Result<(), Problem> {
        let id = entry.get("archive").and_then(Value::as_str).and_then(super::from_hex);
        let Some(id) = id.and_then(|id| <[u8; 16]>::try_from(id).ok()) else { return Ok(()) };
        let path = super::archive::path_of(&self.folder, &id);
        self.remove(&path)?;
        self.remove(&path.with_extension("tmp"))?;
        self.disk.sync_folder(&self.folder.join("archives")).map_err(unwritten)
    }

    fn remove(&self, path: &Path) -> Result<(), Problem> {
        match self.disk.unlink(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unwritten(error)),
            _ => Ok(()),
        }
    }

    fn entry(&self, index: u64) -> Result<Value, Problem> {
        self.ledger.at(index)?.ok_or_else(|| {
            let what = "the entry that began an unfinished change is gone";
            Problem::new("ledger-damaged", what, "put back a copy of the ledger")
        })
    }

    /// From the point of no return to the receipt; repeatable.
    fn finish(&mut self, open: u64) -> Result<Recovered, Problem> {
        let entry = self.entry(open)?;
        self.point_to(self.state.epoch)?;
        let mut answers = Vec::new();
        let mut level = Assurance::A;
        for old in entry.get("old").and_then(Value::as_array).into_iter().flatten() {
            let text = |key: &str| old.get(key).and_then(Value::as_str).unwrap_or_default();
            let holder = self.holders.iter().find(|holder| holder.name() == text("holder"));
            let Some(holder) = holder else {
                return Ok(Recovered::Destroying(format!("the holder {} is not there", text("holder"))));
            };
            let wrapped = super::from_hex(text("wrapped")).unwrap_or_default();
            if let Err(why) = destroyed(holder.as_ref(), text("key_ref"), &wrapped) {
                return Ok(Recovered::Destroying(format!("the holder {}: {why}", holder.name())));
            }
            level = level.min(holder.assurance());
            answers.push(json!({
                "assurance": holder.assurance().name(), "holder": holder.name(), "key_ref": text("key_ref"),
                "kind": holder.kind(), "status": "destroyed", "unwrap": "refused",
            }));
        }
        let swept = self.sweep()?;
        let receipt = json!({
            "answers": answers, "assurance": level.name(), "at": self.now, "kind": "receipt", "of": open,
            "swept": swept, "what": entry.get("what").cloned().unwrap_or_default(),
        });
        let state = State { open: None, past: false, ..self.state.clone() };
        Ok(Recovered::Finished(self.note(&receipt, state)?))
    }

    /// Overwrites and removes every key file but the one in force, and removes what stopped runs left: what
    /// is dead anyway must not lie about. Gives how many of each there were.
    fn sweep(&self) -> Result<Value, Problem> {
        let current = format!("keys.{}", self.state.epoch);
        let (mut key_files, mut temporary) = (0u64, 0u64);
        let archives = self.folder.join("archives");
        for folder in [&self.folder, &archives, &self.folder.join("certificates")] {
            let names = self.disk.list(folder).map_err(|error| unread("the vault's folder", &error))?;
            let before = (key_files, temporary);
            for name in names {
                let path = folder.join(&name);
                if is_key_file(&name) && name != current {
                    self.disk.overwrite(&path).map_err(unwritten)?;
                    self.disk.unlink(&path).map_err(unwritten)?;
                    key_files += 1;
                } else if name.ends_with(".tmp") || name.ends_with(".olvido-partial") {
                    self.disk.unlink(&path).map_err(unwritten)?;
                    temporary += 1;
                }
            }
            if before != (key_files, temporary) {
                self.disk.sync_folder(folder).map_err(unwritten)?;
            }
        }
        Ok(json!({"key_files": key_files, "temporary": temporary}))
    }

    /// Writes what happened and changes no key: files were written, a certificate became final.
    ///
    /// # Errors
    /// A [`Problem`] where the ledger cannot be written.
    pub fn remember(&mut self, entry: &Value) -> Result<u64, Problem> {
        self.note(entry, self.state.clone())
    }

    /// The archives of the vault with the slot of their key.
    pub fn archives(&self) -> Vec<([u8; 16], u64)> {
        self.slots()
            .filter(|(_, slot)| slot.kind == SlotKind::Archive)
            .map(|(number, slot)| (slot.archive, number))
            .collect()
    }

    /// What the ledger's head says: for certificates.
    pub fn head_root(&self) -> Option<Digest> {
        super::from_hex(&self.ledger.head().root).and_then(|root| root.try_into().ok()).map(Digest)
    }
}

/// Names this program gives to key files, finished or not.
fn is_key_file(name: &str) -> bool {
    let number = name.strip_prefix("keys.").map(|rest| rest.strip_suffix(".tmp").unwrap_or(rest));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Has a holder destroy a key and makes sure of it.
fn destroyed(holder: &dyn Holder, key_ref: &str, wrapped: &[u8]) -> Result<(), String> {
    let said = |error: HolderError| error.what().to_owned();
    holder.destroy(key_ref).map_err(said)?;
    match holder.status(key_ref).map_err(said)? {
        Status::Destroyed => {}
        other => return Err(format!("it says that the key is {}", other.name())),
    }
    match holder.unwrap(key_ref, wrapped) {
        Err(HolderError::Refused(_)) => Ok(()),
        Err(error) => Err(said(error)),
        Ok(_) => Err("it says that the key is destroyed, and still unwraps with it".to_owned()),
    }
}

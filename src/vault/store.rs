//! A vault that is open: settings, ledger, key table, holders, under one lock.
//!
//! | file | what it is |
//! |---|---|
//! | `vault.json` | settings, written last by `init` and never again |
//! | `CURRENT` | number of the epoch whose key file is in force |
//! | `keys.N` | the key file of epoch N |
//! | `ledger.*` | what happened; its head binds epoch, slots and digest of the key file |
//! | `archives/ID.sealed` | sealed archives |
//! | `certificates/N.json` | certificates of erasure, by the ledger's entry |
//! | `lock` | held by whoever changes the vault |

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::digest::Sha256;
use super::digest::hex;
use super::holders::{Holder, HolderError};
use super::keyfile::{EpochKey, KeyState, SLOT, Slot, SlotKind, Wrap, Wrapped, wrapped_bytes};
use super::ledger::Ledger;
use super::mac::{Purpose, Subkey, subkey_of};
use super::secret::{Randomness, Secret};
use super::settings::Settings;
use super::signature::Signer;
use crate::disk::{Disk, DiskFile, Lock, replace};
use crate::problem::Problem;

/// What the ledger's head binds beside the entries.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// When the last entry was written, RFC 3339.
    pub(super) at: String,
    /// SHA-256 of the key file.
    pub(super) digest: String,
    /// The epoch in force.
    pub(super) epoch: u64,
    /// The highest epoch number ever used.
    pub(super) highest: u64,
    /// The entry that began what is not finished.
    pub(super) open: Option<u64>,
    /// Whether that can no longer be undone.
    pub(super) past: bool,
    /// Slots of the key file.
    pub(super) slots: u64,
}

impl State {
    pub(super) fn of(head: &Value) -> Result<State, Problem> {
        serde_json::from_value(head.clone()).map_err(|_| {
            Problem::new(
                "ledger-damaged",
                "the head of the ledger lacks the vault's state",
                "put back a copy",
            )
        })
    }

    pub(super) fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }

    pub(super) fn keys(mut self, keys: &KeyState) -> State {
        (self.epoch, self.slots, self.digest) = (keys.epoch, keys.slots, keys.digest.to_string());
        self
    }
}

/// An open vault. No `Debug`.
pub struct Vault<'d> {
    pub(super) disk: &'d dyn Disk,
    pub(super) folder: PathBuf,
    pub(super) settings: Settings,
    pub(super) id: [u8; 16],
    pub(super) holders: Vec<Box<dyn Holder + 'd>>,
    pub(super) ledger: Ledger<'d>,
    pub(super) state: State,
    pub(super) secret: Secret,
    pub(super) epoch: EpochKey,
    pub(super) signer: Signer,
    pub(super) slots: Vec<Option<Slot>>,
    pub(super) wraps: Vec<Wrap>,
    /// Over the key file so far: slots are appended to it.
    pub(super) digest: Sha256,
    pub(super) now: String,
    /// Length the key file should be cut to, where a stopped run appended to it.
    pub(super) surplus: Option<u64>,
    _lock: Box<dyn Lock>,
}

/// What opening had to do first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovered {
    /// Nothing: the vault was left in order.
    Nothing,
    /// A run that was stopped before its last undoable step was undone.
    Undone,
    /// A run that was stopped after it was brought to its end; its receipt is this entry.
    Finished(u64),
    /// A holder still owes its answer; the old key is not known to be destroyed.
    Destroying(String),
}

pub(super) fn unwritten(error: io::Error) -> Problem {
    let what = format!("the vault could not be written: {}", error.kind());
    Problem::new("vault-not-written", what, "make room; the next vault command goes on or undoes")
}

pub(super) fn unread(what: &str, error: &io::Error) -> Problem {
    let what = format!("{what} could not be read: {}", error.kind());
    Problem::new("vault-unreadable", what, "nothing was changed; put the file back from a copy of this epoch")
}

pub(super) fn holder_failed(holder: &dyn Holder, error: &HolderError) -> Problem {
    let what = format!("the holder {}: {}", holder.name(), error.what());
    let advice = "nothing is lost; make the holder answer and run the command again";
    match error {
        HolderError::Refused(_) => Problem::new("holder-refused", what, advice),
        HolderError::NoAnswer(_) => Problem::new("holder-silent", what, advice),
        HolderError::Nonsense(_) => Problem::new("holder-nonsense", what, advice),
    }
}

/// The name of the key a holder is asked to make.
pub(super) fn key_name(id: &str, epoch: u64) -> String {
    format!("olvido-{}-{epoch}", id.get(..12).unwrap_or(id))
}

pub(super) fn keys_path(folder: &Path, epoch: u64) -> PathBuf {
    folder.join(format!("keys.{epoch}"))
}

impl<'d> Vault<'d> {
    /// Makes a vault in a folder that is empty or not there.
    ///
    /// # Errors
    /// A [`Problem`]; without `vault.json` there is no vault.
    pub fn create(
        disk: &'d dyn Disk,
        folder: &Path,
        mut settings: Settings,
        holders: Vec<Box<dyn Holder + 'd>>,
        now: &str,
    ) -> Result<Vault<'d>, Problem> {
        disk.create_folder(folder).map_err(unwritten)?;
        for name in ["archives", "certificates"] {
            disk.create_folder(&folder.join(name)).map_err(unwritten)?;
        }
        let there = disk.list(folder).map_err(unwritten)?;
        if there.iter().any(|name| !["archives", "certificates"].contains(&name.as_str())) {
            let what = "there is something in the folder already";
            return Err(Problem::new("vault-exists", what, "choose a folder that is empty or not there"));
        }
        let lock = take_lock(disk, folder)?;
        let id = settings.id_bytes()?;
        let secret = Secret::random()?;
        let epoch = EpochKey::new(&secret, id, 0)?;
        let wraps = wrap_all(&holders, &key_name(&settings.id, 0), &secret)?;
        let mut randomness = Randomness::new();
        let signing = Slot::fresh(SlotKind::Signing, &mut randomness)?;
        let signer = Signer::new(&signing.key)?;
        settings.public_key = signer.public().to_hex();
        let slots = vec![Some(signing), Some(Slot::fresh(SlotKind::Index, &mut randomness)?)];
        let path = keys_path(folder, 0);
        write_keys(disk, &path, &epoch, wraps.clone(), &slots)?;
        disk.sync_folder(folder).map_err(unwritten)?;
        let read = read_keys(disk, &path, None)?;
        read.open(&epoch)?;
        replace(disk, &folder.join("CURRENT"), b"0\n").map_err(unwritten)?;
        let state = State {
            at: now.to_owned(),
            digest: String::new(),
            epoch: 0,
            highest: 0,
            open: None,
            past: false,
            slots: 0,
        };
        let state = state.keys(&read.state());
        let first = json!({"at": now, "kind": "init", "settings": settings.digest()?, "vault": settings.id});
        let ledger = Ledger::create(disk, folder, &settings.id, &signer, &first, state.to_value())?;
        replace(disk, &folder.join("vault.json"), settings.to_file()?.as_bytes()).map_err(unwritten)?;
        Ok(Vault {
            disk,
            folder: folder.to_path_buf(),
            id,
            holders,
            ledger,
            state,
            secret,
            epoch,
            signer,
            slots,
            wraps,
            digest: read.digest,
            now: now.to_owned(),
            surplus: None,
            settings,
            _lock: lock,
        })
    }

    /// Opens a vault, after ending or undoing what a stopped run left.
    ///
    /// # Errors
    /// A [`Problem`] that says why it does not open; nothing is destroyed then.
    pub fn open(
        disk: &'d dyn Disk,
        folder: &Path,
        settings: Settings,
        holders: Vec<Box<dyn Holder + 'd>>,
        now: &str,
    ) -> Result<(Vault<'d>, Recovered), Problem> {
        let lock = take_lock(disk, folder)?;
        let ledger = Ledger::open(disk, folder, &settings.public_key()?)?;
        ledger.mend()?;
        let state = State::of(&ledger.head().state)?;
        if ledger.head().log != settings.id {
            let what = "the ledger is another vault's";
            return Err(Problem::new("ledger-foreign", what, "put back the vault's own ledger"));
        }
        if now < state.at.as_str() {
            let what = format!("the clock is behind the ledger's last entry of {}", state.at);
            return Err(Problem::new("clock-behind", what, "set the system's clock right"));
        }
        is_bound(&settings, &ledger)?;
        let read = keys_of(disk, folder, &state)?;
        if read.surplus && state.open.is_none() {
            // A run that was stopped would be open: these are the keys of something the ledger does not know.
            let what = "the key file is newer than the ledger: it has slots the ledger does not know";
            return Err(Problem::new("keyfile-newer", what, "put back the ledger of the key file's moment"));
        }
        let id = settings.id_bytes()?;
        let (secret, epoch) = fetch(&holders, &read, id)?;
        let slots = read.open(&epoch)?;
        let signer = signer_of(&slots)?;
        if signer.public() != settings.public_key()? {
            let what = "the key file is another vault's";
            return Err(Problem::new("keyfile-foreign", what, "put back the vault's own key file"));
        }
        let mut vault = Vault {
            disk,
            folder: folder.to_path_buf(),
            id,
            holders,
            ledger,
            state,
            secret,
            epoch,
            signer,
            slots,
            wraps: read.head.wraps,
            digest: read.digest,
            now: now.to_owned(),
            surplus: read.surplus.then_some(read.head_len + read.slots.len() as u64),
            settings,
            _lock: lock,
        };
        let recovered = vault.recover()?;
        vault.is_current()?;
        Ok((vault, recovered))
    }

    /// `CURRENT` must say what the ledger says: another one is a key file put back.
    fn is_current(&self) -> Result<(), Problem> {
        let text = self.disk.read(&self.folder.join("CURRENT")).map_err(|error| unread("CURRENT", &error))?;
        if String::from_utf8_lossy(&text).trim_end() == self.state.epoch.to_string() {
            return Ok(());
        }
        let what = "CURRENT names another epoch than the ledger";
        Err(Problem::new("vault-rolled-back", what, "put back the files of one and the same moment"))
    }

    /// Cuts the key file to what the ledger knows: more is what a stopped run appended.
    pub(super) fn cut_keys(&mut self) -> Result<(), Problem> {
        match self.surplus.take() {
            Some(len) => {
                self.disk.truncate(&keys_path(&self.folder, self.state.epoch), len).map_err(unwritten)
            }
            None => Ok(()),
        }
    }

    /// Writes an entry with a new state.
    pub(super) fn note(&mut self, entry: &Value, state: State) -> Result<u64, Problem> {
        let state = State { at: self.now.clone(), ..state };
        let index = self.ledger.append(&self.signer, entry, state.to_value())?;
        self.state = state;
        Ok(index)
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger<'d> {
        &self.ledger
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The epoch in force.
    pub fn epoch(&self) -> u64 {
        self.state.epoch
    }

    /// The holders, in the order of the settings.
    pub fn holders(&self) -> &[Box<dyn Holder + 'd>] {
        &self.holders
    }

    /// How each holder knows the key of this epoch.
    pub fn wraps(&self) -> &[Wrap] {
        &self.wraps
    }

    /// Every slot that is there, with its number.
    pub fn slots(&self) -> impl Iterator<Item = (u64, &Slot)> {
        (0..).zip(&self.slots).filter_map(|(number, slot)| slot.as_ref().map(|slot| (number, slot)))
    }

    /// One slot.
    pub fn slot(&self, number: u64) -> Option<&Slot> {
        self.slots.get(usize::try_from(number).ok()?)?.as_ref()
    }

    /// Makes pseudonyms of records and identifiers.
    ///
    /// # Errors
    /// `slot-damaged` where the key table has no index key.
    pub fn index(&self) -> Result<Subkey, Problem> {
        let slot = self.slots().find(|(_, slot)| slot.kind == SlotKind::Index);
        match slot {
            Some((_, slot)) => Ok(subkey_of(slot.key.expose(), Purpose::Subject)),
            None => Err(Problem::new("slot-damaged", "the index key is missing", "put back the key file")),
        }
    }

    /// Signs canonical bytes as this vault.
    pub fn sign(&self, bytes: &[u8]) -> String {
        self.signer.sign(bytes)
    }

    /// The clock of this command, RFC 3339.
    pub fn now(&self) -> &str {
        &self.now
    }
}

pub(super) fn take_lock(disk: &dyn Disk, folder: &Path) -> Result<Box<dyn Lock>, Problem> {
    disk.lock(&folder.join("lock")).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => {
            let what = "another process works on this vault";
            Problem::new("vault-busy", what, "wait until it has ended")
        }
        _ => unwritten(error),
    })
}

/// Makes a key at every holder, wraps the secret and proves by a fresh request that it comes back.
pub(super) fn wrap_all<'d>(
    holders: &[Box<dyn Holder + 'd>],
    name: &str,
    secret: &Secret,
) -> Result<Vec<Wrap>, Problem> {
    let mut wraps = Vec::new();
    for holder in holders {
        let failed = |error| holder_failed(holder.as_ref(), &error);
        let key_ref = holder.create(name).map_err(failed)?;
        let wrapped = holder.wrap(&key_ref, secret).map_err(failed)?;
        let back = holder.unwrap(&key_ref, &wrapped).map_err(failed)?;
        if !back.is(secret) {
            return Err(failed(HolderError::Nonsense("it unwraps another key than it wrapped")));
        }
        wraps.push(Wrap { holder: holder.name().to_owned(), key_ref, wrapped: hex(&wrapped) });
    }
    Ok(wraps)
}

/// Gets the epoch key from the first holder that gives the right one.
fn fetch<'d>(
    holders: &[Box<dyn Holder + 'd>],
    read: &Wrapped,
    id: [u8; 16],
) -> Result<(Secret, EpochKey), Problem> {
    let mut failure = None;
    for wrap in &read.head.wraps {
        let Some(holder) = holders.iter().find(|holder| holder.name() == wrap.holder) else { continue };
        let Some(wrapped) = wrapped_bytes(wrap) else { continue };
        match holder.unwrap(&wrap.key_ref, &wrapped) {
            Ok(secret) => {
                let epoch = EpochKey::new(&secret, id, read.head.epoch)?;
                if epoch.opens(&read.head) {
                    return Ok((secret, epoch));
                }
                let lie = HolderError::Nonsense("it gave a key that does not open the key file");
                failure.get_or_insert(holder_failed(holder.as_ref(), &lie));
            }
            Err(error) => {
                failure.get_or_insert(holder_failed(holder.as_ref(), &error));
            }
        }
    }
    Err(failure.unwrap_or_else(|| {
        Problem::new("holder-missing", "no holder of the vault has its key", "see the holders in vault.json")
    }))
}

pub(super) fn read_keys(disk: &dyn Disk, path: &Path, most: Option<u64>) -> Result<Wrapped, Problem> {
    let mut file = disk.open(path).map_err(|error| unread("the key file", &error))?;
    Wrapped::read(file.as_mut(), most)
}

/// Settings are those the vault was made with: approvers, cooling-off and holders are nobody's to change.
fn is_bound(settings: &Settings, ledger: &Ledger<'_>) -> Result<(), Problem> {
    let first = ledger.at(0)?;
    let bound = first.as_ref().and_then(|entry| entry.get("settings")?.as_str());
    if bound == Some(settings.digest()?.as_str()) {
        return Ok(());
    }
    let what = "vault.json does not say what it said when the vault was made";
    Err(Problem::new("vault-settings-changed", what, "nothing was changed; put back a copy of vault.json"))
}

/// The key file the ledger's head speaks of, or a refusal.
fn keys_of(disk: &dyn Disk, folder: &Path, state: &State) -> Result<Wrapped, Problem> {
    let read = read_keys(disk, &keys_path(folder, state.epoch), Some(state.slots))?;
    let is = read.state();
    if is.slots < state.slots {
        let what = "the key file is older than the ledger: slots are missing";
        return Err(Problem::new("keyfile-older", what, "put back the key file of the ledger's last entry"));
    }
    if is.digest.to_string() != state.digest || is.epoch != state.epoch {
        let what = "the key file is not the one the ledger's last entry speaks of";
        return Err(Problem::new("keyfile-differs", what, "put back key file and ledger of one moment"));
    }
    Ok(read)
}

fn signer_of(slots: &[Option<Slot>]) -> Result<Signer, Problem> {
    match slots.iter().flatten().find(|slot| slot.kind == SlotKind::Signing) {
        Some(slot) => Signer::new(&slot.key),
        None => Err(Problem::new("slot-damaged", "the signing key is missing", "put back the key file")),
    }
}

/// Writes a whole key file under a name that is free, and syncs it.
pub(super) fn write_keys(
    disk: &dyn Disk,
    path: &Path,
    epoch: &EpochKey,
    wraps: Vec<Wrap>,
    slots: &[Option<Slot>],
) -> Result<(), Problem> {
    let mut file = disk.create(path).map_err(unwritten)?;
    file.append(epoch.head(wraps).as_bytes()).map_err(unwritten)?;
    append_slots(file.as_mut(), epoch, 0, slots, &mut |_| {})?;
    file.sync().map_err(unwritten)
}

/// Appends slots from `first` on; `seen` gets every byte that is written.
pub(super) fn append_slots(
    file: &mut dyn DiskFile,
    epoch: &EpochKey,
    first: u64,
    slots: &[Option<Slot>],
    seen: &mut dyn FnMut(&[u8]),
) -> Result<(), Problem> {
    let mut randomness = Randomness::new();
    let mut buffer = Vec::with_capacity(SLOT << 10);
    for (number, slot) in (first..).zip(slots) {
        match slot {
            Some(slot) => buffer.extend_from_slice(&epoch.wrap(number, slot, &mut randomness)?),
            None => buffer.extend_from_slice(&[0; SLOT]),
        }
        if buffer.len() >= SLOT << 10 {
            seen(&buffer);
            file.append(&buffer).map_err(unwritten)?;
            buffer.clear();
        }
    }
    if !buffer.is_empty() {
        seen(&buffer);
        file.append(&buffer).map_err(unwritten)?;
    }
    Ok(())
}

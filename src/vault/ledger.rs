//! The ledger: what happened, in order, so that nobody can change it later without being seen.
//!
//! Three files beside each other. `ledger.entries` has a line for each entry, canonical JSON: `index`,
//! `salt` and `entry`; an erased entry keeps its line, blank, at the same length. `ledger.leaves` has the
//! 32-byte commitment of each entry, `SHA-256(0x00 ‖ salt ‖ canonical entry)`. `ledger.head` is the signed
//! head: how many entries, the root of the Merkle tree over the commitments (RFC 9162), how many bytes of
//! entries, and what else must not be turned back. An entry counts from the moment the head does: what
//! stands behind it in the other files was left by a stopped run and is cut off.
//!
//! It shows later changes by whoever runs it only if a head left the machine: certificates carry one.

use std::cmp::Ordering;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::canonical::canonical;
use super::digest::{Digest, hex};
use super::merkle::{Tree, is_included, leaf};
use super::secret::random;
use super::signature::{PublicKey, Signer, from_hex};
use crate::disk::{Disk, replace};
use crate::problem::Problem;

const FORMAT: &str = "olvido/ledger/v1";
const ENTRIES: &str = "ledger.entries";
const LEAVES: &str = "ledger.leaves";
const HEAD: &str = "ledger.head";

/// A signed head.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Bytes of the entries.
    pub entries: u64,
    format: String,
    /// Whose ledger it is.
    pub log: String,
    /// Root over the commitments, hexadecimal.
    pub root: String,
    signature: String,
    /// How many entries.
    pub size: u64,
    /// What else the head binds.
    pub state: Value,
}

impl Head {
    /// What is signed: everything but the signature, in canonical form.
    fn signed_bytes(&self) -> Result<String, Problem> {
        canonical(&json!({
            "entries": self.entries, "format": self.format, "log": self.log,
            "root": self.root, "size": self.size, "state": self.state,
        }))
    }

    fn write(&mut self, signer: &Signer) -> Result<String, Problem> {
        self.signature = signer.sign(self.signed_bytes()?.as_bytes());
        let mut text = canonical(&self.to_value())?;
        text.push('\n');
        Ok(text)
    }

    /// As a value, to stand in a certificate.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }

    /// Whether this key signed it.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        self.format == FORMAT
            && self.signed_bytes().is_ok_and(|bytes| key.signed(bytes.as_bytes(), &self.signature))
    }
}

/// One entry as it stands in the ledger.
pub struct Entry {
    /// Its position.
    pub index: u64,
    /// What it says; none when it was erased.
    pub entry: Option<Value>,
}

/// A ledger that is open.
pub struct Ledger<'d> {
    disk: &'d dyn Disk,
    folder: PathBuf,
    tree: Tree,
    head: Head,
}

fn damaged(what: impl Into<String>) -> Problem {
    let advice = "nothing was changed; find out who changed the ledger, and put back a copy";
    Problem::new("ledger-damaged", what, advice)
}

fn unwritten(error: io::Error) -> Problem {
    let what = format!("the ledger could not be written: {}", error.kind());
    Problem::new("ledger-not-written", what, "make room and run the command again: it goes on or undoes")
}

fn unread(error: io::Error) -> Problem {
    damaged(format!("the ledger could not be read: {}", error.kind()))
}

impl<'d> Ledger<'d> {
    /// Begins a ledger in a folder, with its first entry.
    ///
    /// # Errors
    /// A [`Problem`] where it cannot be written.
    pub fn create(
        disk: &'d dyn Disk,
        folder: &Path,
        log: &str,
        signer: &Signer,
        first: &Value,
        state: Value,
    ) -> Result<Ledger<'d>, Problem> {
        for name in [ENTRIES, LEAVES] {
            let made = disk.create(&folder.join(name)).and_then(|mut file| file.sync());
            made.map_err(unwritten)?;
        }
        let head = Head {
            entries: 0,
            format: FORMAT.to_owned(),
            log: log.to_owned(),
            root: Tree::default().root().to_string(),
            signature: String::new(),
            size: 0,
            state: Value::Null,
        };
        let mut ledger = Ledger { disk, folder: folder.to_path_buf(), tree: Tree::default(), head };
        ledger.append(signer, first, state)?;
        Ok(ledger)
    }

    /// Opens a ledger and checks its head against its commitments.
    ///
    /// # Errors
    /// `ledger-damaged` where anything does not fit the head, or the head is not this key's.
    pub fn open(disk: &'d dyn Disk, folder: &Path, key: &PublicKey) -> Result<Ledger<'d>, Problem> {
        let bytes = disk.read(&folder.join(HEAD)).map_err(unread)?;
        let head: Head =
            serde_json::from_slice(&bytes).map_err(|_| damaged("the head of the ledger is damaged"))?;
        if !head.is_signed_by(key) {
            return Err(damaged("the head of the ledger is not signed by the vault's key"));
        }
        let canonical = canonical(&head.to_value())? + "\n";
        if canonical.as_bytes() != bytes {
            return Err(damaged("the head of the ledger was written by something else"));
        }
        let leaves = disk.read(&folder.join(LEAVES)).map_err(unread)?;
        let mut tree = Tree::default();
        let size = usize::try_from(head.size).unwrap_or(usize::MAX);
        for leaf in leaves.chunks_exact(32).take(size) {
            tree.push(Digest(leaf.try_into().unwrap_or([0; 32])));
        }
        if tree.size() != head.size || tree.root().to_string() != head.root {
            return Err(damaged("the commitments of the ledger do not lead to its head"));
        }
        Ok(Ledger { disk, folder: folder.to_path_buf(), tree, head })
    }

    /// Cuts off what a stopped run left behind the head. The caller holds the lock.
    ///
    /// # Errors
    /// `ledger-damaged` where less is there than the head says: what is appended would stand in its place.
    pub fn mend(&self) -> Result<(), Problem> {
        for (name, len) in [(ENTRIES, self.head.entries), (LEAVES, self.head.size * 32)] {
            let path = self.folder.join(name);
            let there = self.disk.read(&path).map_err(unread)?.len() as u64;
            match there.cmp(&len) {
                Ordering::Less => return Err(damaged(format!("{name} ends before the ledger's head says"))),
                Ordering::Equal => {}
                Ordering::Greater => self.disk.truncate(&path, len).map_err(unwritten)?,
            }
        }
        Ok(())
    }

    /// The head.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Appends an entry and signs a new head with a new state; gives the entry's position.
    ///
    /// # Errors
    /// A [`Problem`] where it cannot be written; then the old head stands, or, after an error of the very
    /// last sync, either: the ledger must be opened anew.
    pub fn append(&mut self, signer: &Signer, entry: &Value, state: Value) -> Result<u64, Problem> {
        self.append_all(signer, std::slice::from_ref(entry), state)
    }

    /// Appends entries under one new head: all of them count, or none; gives the position of the first.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn append_all(&mut self, signer: &Signer, entries: &[Value], state: Value) -> Result<u64, Problem> {
        let first = self.head.size;
        let (mut lines, mut leaves) = (String::new(), Vec::new());
        for (index, entry) in (first..).zip(entries) {
            let mut salt = [0; 32];
            random(&mut salt)?;
            let text = canonical(entry)?;
            let commitment = leaf(&salt, text.as_bytes());
            lines.push_str(&format!("{{\"entry\":{text},\"index\":{index},\"salt\":\"{}\"}}\n", hex(&salt)));
            leaves.push(commitment);
        }
        self.extend(ENTRIES, lines.as_bytes())?;
        let bytes: Vec<u8> = leaves.iter().flat_map(|leaf| leaf.0).collect();
        self.extend(LEAVES, &bytes)?;
        leaves.into_iter().for_each(|leaf| self.tree.push(leaf));
        let mut head = Head {
            entries: self.head.entries + lines.len() as u64,
            root: self.tree.root().to_string(),
            size: self.tree.size(),
            state,
            ..self.head.clone()
        };
        let text = head.write(signer)?;
        replace(self.disk, &self.folder.join(HEAD), text.as_bytes()).map_err(unwritten)?;
        self.head = head;
        Ok(first)
    }

    fn extend(&self, name: &str, bytes: &[u8]) -> Result<(), Problem> {
        let mut file = self.disk.append_to(&self.folder.join(name)).map_err(unwritten)?;
        file.append(bytes).and_then(|()| file.sync()).map_err(unwritten)
    }

    /// Every entry, in order, each checked against its commitment.
    ///
    /// # Errors
    /// `ledger-damaged` where an entry is not what was committed to.
    pub fn entries(&self) -> Result<Vec<Entry>, Problem> {
        let bytes = self.disk.read(&self.folder.join(ENTRIES)).map_err(unread)?;
        let len = usize::try_from(self.head.entries).unwrap_or(usize::MAX);
        let bytes = bytes.get(..len).ok_or_else(|| damaged("entries of the ledger are missing"))?;
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        if lines.len() as u64 != self.head.size {
            return Err(damaged("the ledger has not as many entries as its head says"));
        }
        (0..).zip(lines).map(|(index, line)| self.entry(index, line)).collect()
    }

    /// One entry, checked against its commitment; none when it was erased.
    ///
    /// # Errors
    /// `ledger-no-entry` where there is none, `ledger-damaged` where it is not what was committed to.
    pub fn at(&self, index: u64) -> Result<Option<Value>, Problem> {
        let bytes = self.disk.read(&self.folder.join(ENTRIES)).map_err(unread)?;
        let line = usize::try_from(index)
            .ok()
            .filter(|_| index < self.head.size)
            .and_then(|at| bytes.split_inclusive(|byte| *byte == b'\n').nth(at));
        let line = line.ok_or_else(|| {
            Problem::new("ledger-no-entry", "the ledger has no such entry", "see `olvido ledger show`")
        })?;
        Ok(self.entry(index, line)?.entry)
    }

    fn entry(&self, index: u64, line: &[u8]) -> Result<Entry, Problem> {
        let wrong = || damaged(format!("entry {index} of the ledger is not what was written"));
        let text = line.strip_suffix(b"\n").ok_or_else(wrong)?;
        if text.iter().all(|byte| *byte == b' ') {
            return Ok(Entry { index, entry: None });
        }
        let mut parsed: Map<String, Value> = serde_json::from_slice(text).map_err(|_| wrong())?;
        if canonical(&Value::Object(parsed.clone()))?.as_bytes() != text {
            return Err(wrong());
        }
        let salt = parsed.get("salt").and_then(Value::as_str).and_then(from_hex);
        let salt: [u8; 32] = salt.and_then(|salt| salt.try_into().ok()).ok_or_else(wrong)?;
        let entry = parsed.remove("entry").ok_or_else(wrong)?;
        let commitment = leaf(&salt, canonical(&entry)?.as_bytes());
        if self.tree.leaf(index) != Some(commitment) || parsed.get("index") != Some(&json!(index)) {
            return Err(wrong());
        }
        Ok(Entry { index, entry: Some(entry) })
    }

    /// Blanks an entry and its salt: the commitment stays and says nothing. Old bytes may stay on the medium.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such entry or it cannot be written.
    pub fn erase(&self, index: u64) -> Result<(), Problem> {
        let path = self.folder.join(ENTRIES);
        let bytes = self.disk.read(&path).map_err(unread)?;
        let mut out = Vec::with_capacity(bytes.len());
        let mut found = false;
        for (at, line) in (0..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
            if at == index && at < self.head.size {
                found = true;
                out.resize(out.len() + line.len().saturating_sub(1), b' ');
                out.push(b'\n');
            } else {
                out.extend_from_slice(line);
            }
        }
        if !found {
            return Err(Problem::new(
                "ledger-no-entry",
                "the ledger has no such entry",
                "see `olvido ledger show`",
            ));
        }
        replace(self.disk, &path, &out).map_err(unwritten)
    }

    /// The proof that an entry is in the ledger as its head stands now: what a certificate carries.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such entry, or it was erased.
    pub fn prove(&self, index: u64) -> Result<Value, Problem> {
        let none =
            || Problem::new("ledger-no-entry", "the ledger has no such entry", "see `olvido ledger show`");
        let path = self.tree.proof(index).ok_or_else(none)?;
        let path: Vec<String> = path.iter().map(Digest::to_string).collect();
        let bytes = self.disk.read(&self.folder.join(ENTRIES)).map_err(unread)?;
        let line = usize::try_from(index).ok().and_then(|at| bytes.split(|byte| *byte == b'\n').nth(at));
        let mut line: Value = serde_json::from_slice(line.unwrap_or(&[])).map_err(|_| none())?;
        let salt = line.get_mut("salt").map(Value::take).unwrap_or_default();
        Ok(json!({"head": self.head.to_value(), "index": index, "path": path, "salt": salt}))
    }
}

/// Whether a proof shows that an entry is in the ledger of this key.
pub fn is_proved(proof: &Value, entry: &Value, key: &PublicKey) -> bool {
    let parsed = || {
        let head: Head = serde_json::from_value(proof.get("head")?.clone()).ok()?;
        let index = proof.get("index")?.as_u64()?;
        let salt: [u8; 32] = from_hex(proof.get("salt")?.as_str()?)?.try_into().ok()?;
        let digest = |text: &str| Some(Digest(from_hex(text)?.try_into().ok()?));
        let path: Option<Vec<Digest>> =
            proof.get("path")?.as_array()?.iter().map(|step| digest(step.as_str()?)).collect();
        let root = digest(&head.root)?;
        Some((head, index, salt, path?, root))
    };
    let Some((head, index, salt, path, root)) = parsed() else { return false };
    let Ok(text) = canonical(entry) else { return false };
    let commitment = leaf(&salt, text.as_bytes());
    head.is_signed_by(key) && is_included(&commitment, index, head.size, &path, &root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::model::ModelDisk;
    use crate::vault::secret::Secret;

    fn signer() -> Signer {
        Signer::new(&Secret::new(&[5; 32])).ok().unwrap()
    }

    fn filled(disk: &ModelDisk) -> Ledger<'_> {
        let first = json!({"kind": "init"});
        let mut ledger =
            Ledger::create(disk, Path::new("/v"), "id", &signer(), &first, json!({"keys": 1})).unwrap();
        for at in 0..5 {
            ledger.append(&signer(), &json!({"kind": "seal", "at": at}), json!({"keys": at})).unwrap();
        }
        ledger
    }

    fn checked(disk: &ModelDisk) -> Result<usize, Problem> {
        let ledger = Ledger::open(disk, Path::new("/v"), &signer().public())?;
        ledger.entries().map(|entries| entries.len())
    }

    #[test]
    fn every_changed_byte_is_seen() {
        let disk = ModelDisk::with_files(Default::default());
        filled(&disk);
        let state = disk.now();
        assert_eq!(checked(&disk).unwrap(), 6);
        for (path, bytes) in &state {
            for at in 0..bytes.len() {
                for change in [1u8, 0x20, 0x80] {
                    let mut changed = state.clone();
                    changed.get_mut(path).unwrap()[at] ^= change;
                    let result = checked(&ModelDisk::with_files(changed));
                    assert!(result.is_err(), "{} byte {at} by {change}", path.display());
                }
            }
            let mut cut = state.clone();
            cut.get_mut(path).unwrap().pop();
            assert!(checked(&ModelDisk::with_files(cut)).is_err());
        }
    }

    #[test]
    fn an_erased_entry_leaves_the_others_provable() {
        let disk = ModelDisk::with_files(Default::default());
        let ledger = filled(&disk);
        let proof = ledger.prove(3).unwrap();
        ledger.erase(2).unwrap();
        let ledger = Ledger::open(&disk, Path::new("/v"), &signer().public()).ok().unwrap();
        let entries = ledger.entries().ok().unwrap();
        assert!(entries[2].entry.is_none());
        assert_eq!(entries[3].entry, Some(json!({"kind": "seal", "at": 2})));
        assert!(is_proved(&proof, &json!({"kind": "seal", "at": 2}), &signer().public()));
        assert!(!is_proved(&proof, &json!({"kind": "seal", "at": 3}), &signer().public()));
        let other = Signer::new(&Secret::new(&[6; 32])).ok().unwrap();
        assert!(!is_proved(&proof, &json!({"kind": "seal", "at": 2}), &other.public()));
        assert_eq!(ledger.prove(2).unwrap_err().code, "ledger-no-entry");
    }

    #[test]
    fn after_every_crash_the_ledger_is_the_old_or_the_new() {
        let disk = ModelDisk::with_files(Default::default());
        filled(&disk);
        let before = ModelDisk::with_files(disk.now());
        let mut ledger = Ledger::open(&before, Path::new("/v"), &signer().public()).ok().unwrap();
        ledger.append(&signer(), &json!({"kind": "shred"}), json!({"keys": 9})).unwrap();
        let mut sizes = std::collections::BTreeSet::new();
        for state in before.crash_states() {
            let disk = ModelDisk::with_files(state);
            let ledger = Ledger::open(&disk, Path::new("/v"), &signer().public()).ok().unwrap();
            ledger.mend().unwrap();
            sizes.insert(ledger.entries().ok().unwrap().len());
            drop(ledger);
            let mut again = Ledger::open(&disk, Path::new("/v"), &signer().public()).ok().unwrap();
            again.append(&signer(), &json!({"kind": "later"}), json!({})).unwrap();
            assert!(checked(&disk).is_ok());
        }
        assert_eq!(sizes.into_iter().collect::<Vec<_>>(), [6, 7]);
    }
}

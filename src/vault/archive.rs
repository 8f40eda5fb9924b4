//! Sealed archives: a file of objects, written once.
//!
//! The first object is the archive's head, under the archive's key; then the objects of each item, with
//! ordinals from 0; the last, under the archive's key again, says how many there are. An object that is
//! missing, doubled or moved is seen by its ordinal or by the count. The ledger has the digest of all headers:
//! nobody can make an object look forgotten by giving it the slot of a key that is.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::digest::{Digest, Sha256, hex};
use super::keyfile::{KeyState, NOBODY, SLOT, Slot, SlotKind};
use super::object::{self, Home, Kind, Label, Opened, Sealed, Unopened};
use super::secret::{Randomness, Secret, random};
use super::store::{State, Vault, append_slots, keys_path, read_keys, unread, unwritten};
use crate::disk::DiskFile;
use crate::problem::Problem;

/// Bytes read ahead for small objects; large ones are read past it.
const BUFFER: usize = 64 << 10;

/// Where an archive lies.
pub fn path_of(vault: &Path, archive: &[u8; 16]) -> PathBuf {
    vault.join("archives").join(format!("{}.sealed", hex(archive)))
}

/// An archive while it is sealed.
pub struct Sealing<'v, 'd> {
    vault: &'v mut Vault<'d>,
    file: Box<dyn DiskFile + 'd>,
    home: Home,
    /// Slot of the archive's own key.
    own: u64,
    /// Slots that are not in the key file yet.
    fresh: Vec<Option<Slot>>,
    randomness: Randomness,
    headers: Sha256,
    objects: u64,
    intent: u64,
}

impl<'d> Vault<'d> {
    /// Begins an archive.
    ///
    /// # Errors
    /// A [`Problem`] where it cannot be written; the next opening removes what was.
    pub fn begin_seal<'v>(&'v mut self, about: Value) -> Result<Sealing<'v, 'd>, Problem> {
        let mut archive = [0; 16];
        random(&mut archive)?;
        let index = self.ledger.head().size;
        let entry = json!({"archive": hex(&archive), "at": self.now, "kind": "seal-intent"});
        let intent = self.note(&entry, State { open: Some(index), ..self.state.clone() })?;
        let path = path_of(&self.folder, &archive).with_extension("tmp");
        let file = self.disk.create_large(&path).map_err(unwritten)?;
        let mut sealing = Sealing {
            home: Home { vault: self.id, archive },
            vault: self,
            file,
            own: 0,
            fresh: Vec::new(),
            randomness: Randomness::new(),
            headers: Sha256::new(),
            objects: 0,
            intent,
        };
        sealing.own = sealing.slot(SlotKind::Archive, [0; 32], NOBODY)?;
        let head = super::canonical(&about)?;
        let label = Label { kind: Kind::Archive, record: sealing.own, subjects: vec![], item: 0, ordinal: 0 };
        sealing.object(&label, &[head.as_bytes()])?;
        Ok(sealing)
    }
}

impl<'v, 'd> Sealing<'v, 'd> {
    /// The archive's id.
    pub fn archive(&self) -> [u8; 16] {
        self.home.archive
    }

    /// Slot of the archive's own key, for what belongs to nobody.
    pub fn own(&self) -> u64 {
        self.own
    }

    /// The vault.
    pub fn vault(&self) -> &Vault<'d> {
        self.vault
    }

    fn at(&self, number: u64) -> Option<&Slot> {
        let at = usize::try_from(number).ok()?;
        match at.checked_sub(self.vault.slots.len()) {
            Some(at) => self.fresh.get(at)?.as_ref(),
            None => self.vault.slots.get(at)?.as_ref(),
        }
    }

    /// Slot of the person a slot belongs to, or [`NOBODY`].
    pub fn owner(&self, number: u64) -> u64 {
        self.at(number).map_or(NOBODY, |slot| slot.owner)
    }

    /// The pseudonym in a slot.
    pub fn pseudonym(&self, number: u64) -> [u8; 32] {
        self.at(number).map_or([0; 32], |slot| slot.pseudonym)
    }

    /// A fresh key in a slot of its own.
    ///
    /// # Errors
    /// A [`Problem`] where the system gave no random bytes.
    pub fn slot(&mut self, kind: SlotKind, pseudonym: [u8; 32], owner: u64) -> Result<u64, Problem> {
        let mut slot = Slot::fresh(kind, &mut self.randomness)?;
        (slot.pseudonym, slot.owner) = (pseudonym, owner);
        if matches!(kind, SlotKind::Archive | SlotKind::Record | SlotKind::Mention) {
            slot.archive = self.home.archive;
        }
        let number = (self.vault.slots.len() + self.fresh.len()) as u64;
        self.fresh.push(Some(slot));
        Ok(number)
    }

    /// Seals one object.
    ///
    /// # Errors
    /// A [`Problem`] where a slot is not there or the file cannot be written.
    pub fn object(&mut self, label: &Label, data: &[&[u8]]) -> Result<(), Problem> {
        let slots = &self.vault.slots;
        let keys = keys_of(label, |number| key(slots, &self.fresh, number));
        let Some(keys) = keys else {
            return Err(Problem::new(
                "slot-missing",
                "an object names a key that is not there",
                "please report this",
            ));
        };
        let out = &mut ToFile(self.file.as_mut());
        let header = object::seal_to(&self.home, label, &keys, data, &mut self.randomness, out)?;
        self.headers.update(&header);
        self.objects += 1;
        Ok(())
    }

    /// Ends the archive: writes it and its keys, has `verify` read everything again from the medium, and
    /// only then gives it its name. Gives the ledger's entry.
    ///
    /// # Errors
    /// A [`Problem`]; the archive is not there then, and the next opening removes what was written.
    pub fn finish(
        mut self,
        about: Value,
        verify: &mut dyn FnMut(&mut Opening<'_>) -> Result<(), Problem>,
    ) -> Result<u64, Problem> {
        let label = Label { kind: Kind::End, record: self.own, subjects: vec![], item: u32::MAX, ordinal: 0 };
        let count = self.objects + 1;
        self.object(&label, &[&count.to_be_bytes()])?;
        self.file.sync().map_err(unwritten)?;
        let Sealing { vault, file, home, fresh, intent, headers, .. } = self;
        let headers = headers.finish();
        drop(file);
        let keys = vault.append_keys(fresh)?;
        let path = path_of(&vault.folder, &home.archive);
        let temporary = path.with_extension("tmp");
        let file = vault.disk.open_large(&temporary).map_err(|error| unread("the sealed archive", &error))?;
        verify(&mut Opening::new(file, home, &vault.slots, headers))?;
        vault.disk.rename(&temporary, &path).map_err(unwritten)?;
        vault.disk.sync_folder(&vault.folder.join("archives")).map_err(unwritten)?;
        let entry = json!({
            "about": about, "archive": hex(&home.archive), "at": vault.now, "headers": headers.to_string(),
            "kind": "sealed", "objects": count, "of": intent,
        });
        let state = State { open: None, ..vault.state.clone().keys(&keys) };
        vault.note(&entry, state)
    }
}

/// Sealed bytes into the archive's file.
struct ToFile<'f, 'd>(&'f mut (dyn DiskFile + 'd));

impl object::Out for ToFile<'_, '_> {
    fn append(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        self.0.append(bytes).map_err(unwritten)
    }

    fn append_with(&mut self, len: usize, fill: &mut dyn FnMut(&mut [u8])) -> Result<(), Problem> {
        self.0.append_with(len, fill).map_err(unwritten)
    }
}

fn key<'k>(slots: &'k [Option<Slot>], fresh: &'k [Option<Slot>], number: u64) -> Option<&'k Secret> {
    let at = usize::try_from(number).ok()?;
    let slot = match at.checked_sub(slots.len()) {
        Some(at) => fresh.get(at)?,
        None => slots.get(at)?,
    };
    slot.as_ref().map(|slot| &slot.key)
}

fn keys_of<'k>(label: &Label, key: impl Fn(u64) -> Option<&'k Secret>) -> Option<Vec<&'k Secret>> {
    std::iter::once(&label.record).chain(&label.subjects).map(|number| key(*number)).collect()
}

impl Vault<'_> {
    /// Appends slots to the key file, reads them again from the medium, and gives its new state, which holds
    /// from the moment the ledger says so.
    fn append_keys(&mut self, fresh: Vec<Option<Slot>>) -> Result<KeyState, Problem> {
        let path = keys_path(&self.folder, self.state.epoch);
        let first = self.slots.len() as u64;
        let mut file = self.disk.append_to(&path).map_err(unwritten)?;
        let digest = &mut self.digest;
        append_slots(file.as_mut(), &self.epoch, first, &fresh, &mut |bytes| digest.update(bytes))?;
        file.sync().map_err(unwritten)?;
        drop(file);
        self.slots.extend(fresh);
        let read = read_keys(self.disk, &path, None)?;
        let (is, slots) = (read.state(), self.slots.len() as u64);
        let again = read.slots.get(usize::try_from(first).unwrap_or(0) * SLOT..).unwrap_or(&[]);
        for (number, bytes) in (first..).zip(again.chunks_exact(SLOT)) {
            self.epoch.unwrap(number, bytes)?;
        }
        if is.slots != slots || is.digest != self.digest.clone().finish() {
            let what = "the key file does not hold what was written";
            return Err(Problem::new("keyfile-not-proved", what, "look after the disk and seal again"));
        }
        Ok(is)
    }

    /// Opens an archive for reading.
    ///
    /// # Errors
    /// A [`Problem`] where the vault has no such archive.
    pub fn open_archive(&self, archive: &[u8; 16]) -> Result<Opening<'_>, Problem> {
        let headers = self.headers_of(archive)?;
        let path = path_of(&self.folder, archive);
        let file = self.disk.open_large(&path).map_err(|error| unread("the sealed archive", &error))?;
        Ok(Opening::new(file, Home { vault: self.id, archive: *archive }, &self.slots, headers))
    }

    /// What the ledger says of an archive.
    ///
    /// # Errors
    /// `archive-unknown` where it says nothing.
    pub fn sealed_entry(&self, archive: &[u8; 16]) -> Result<Value, Problem> {
        let id = Value::from(hex(archive));
        let is =
            |entry: &Value| entry.get("kind") == Some(&json!("sealed")) && entry.get("archive") == Some(&id);
        let entries = self.ledger.entries()?;
        let found = entries.into_iter().filter_map(|entry| entry.entry).find(is);
        found.filter(|_| self.archives().iter().any(|(known, _)| known == archive)).ok_or_else(|| {
            let what = "the vault has no such archive";
            Problem::new("archive-unknown", what, "see `olvido vault list`")
        })
    }

    fn headers_of(&self, archive: &[u8; 16]) -> Result<Digest, Problem> {
        let entry = self.sealed_entry(archive)?;
        let digest = entry.get("headers").and_then(Value::as_str).and_then(super::from_hex);
        let digest = digest.and_then(|digest| digest.try_into().ok()).map(Digest);
        digest.ok_or_else(|| {
            let what = "the ledger does not say what the headers of the archive were";
            Problem::new("ledger-damaged", what, "put back a copy of the ledger")
        })
    }
}

fn damaged(what: &str) -> Problem {
    Problem::new("archive-damaged", what, "nothing was changed; put back a copy of the sealed archive")
}

impl Vault<'_> {
    /// The labels of an archive's objects with their commitments and sizes, opening none.
    ///
    /// # Errors
    /// A [`Problem`] where the archive cannot be read, or its labels are not those that were sealed.
    pub fn labels(
        &self,
        archive: &[u8; 16],
        take: &mut dyn FnMut(&Label, &[u8; 32], u64),
    ) -> Result<(), Problem> {
        let path = path_of(&self.folder, archive);
        let file = self.disk.open(&path).map_err(|error| unread("the sealed archive", &error))?;
        let mut file = std::io::BufReader::with_capacity(BUFFER, file);
        let (wanted, mut headers) = (self.headers_of(archive)?, Sha256::new());
        loop {
            match Sealed::read(&mut file) {
                Ok(Some(object)) => {
                    headers.update(object.header());
                    take(&object.label, &object.commitment, object.len());
                }
                Ok(None) if headers.finish() == wanted => return Ok(()),
                Ok(None) => return Err(damaged("the archive does not have the objects that were sealed")),
                Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                    return Err(damaged("the archive holds something that is no sealed object"));
                }
                Err(error) => return Err(unread("the sealed archive", &error)),
            }
        }
    }
}

impl Vault<'_> {
    /// Tries to open objects with certain labels, `most` of them at most; gives how many were tried and how
    /// many opened.
    ///
    /// # Errors
    /// A [`Problem`] where the archive cannot be read.
    pub fn probe(
        &self,
        archive: &[u8; 16],
        wanted: &dyn Fn(&Label) -> bool,
        most: u64,
    ) -> Result<(u64, u64), Problem> {
        let path = path_of(&self.folder, archive);
        let home = Home { vault: self.id, archive: *archive };
        let (mut tried, mut opened) = (0, 0);
        if most == 0 {
            return Ok((tried, opened));
        }
        let failed = |error: std::io::Error| unread("the sealed archive", &error);
        let mut file = std::io::BufReader::with_capacity(BUFFER, self.disk.open(&path).map_err(failed)?);
        while let Some(object) = Sealed::read(&mut file).map_err(failed)? {
            if !wanted(&object.label) {
                continue;
            }
            tried += 1;
            let keys = keys_of(&object.label, |number| key(&self.slots, &[], number));
            opened += u64::from(keys.is_some_and(|keys| object.open(&home, &keys).is_ok()));
            if tried == most {
                break;
            }
        }
        Ok((tried, opened))
    }
}

/// An archive while it is read.
pub struct Opening<'v> {
    file: Box<dyn Read + 'v>,
    home: Home,
    slots: &'v [Option<Slot>],
    seen: u64,
    bytes: u64,
    last: Option<(u32, u32)>,
    headers: Sha256,
    /// Digest of all headers, as the ledger has it.
    wanted: Digest,
    ended: bool,
}

/// An object with what it holds, or why it does not open.
pub struct Object {
    /// What it is.
    pub label: Label,
    /// Its key commitment.
    pub commitment: [u8; 32],
    /// Bytes it takes in the file.
    pub size: u64,
    /// What it holds.
    pub opened: Result<Opened, Unopened>,
}

impl<'v> Opening<'v> {
    fn new(file: Box<dyn Read + 'v>, home: Home, slots: &'v [Option<Slot>], wanted: Digest) -> Self {
        let file: Box<dyn Read + 'v> = Box::new(std::io::BufReader::with_capacity(BUFFER, file));
        let headers = Sha256::new();
        Self { file, home, slots, seen: 0, bytes: 0, last: None, headers, wanted, ended: false }
    }

    /// Bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next object; none after the last.
    ///
    /// # Errors
    /// `archive-damaged` where objects are missing, doubled, out of order, or no objects.
    pub fn next_object(&mut self) -> Result<Option<Object>, Problem> {
        let object = match Sealed::read(self.file.as_mut()) {
            Ok(Some(object)) if !self.ended => object,
            Ok(Some(_)) => return Err(damaged("there are bytes behind the end of the archive")),
            Ok(None) if self.ended => return Ok(None),
            Ok(None) => return Err(damaged("the archive was cut")),
            Err(_) => return Err(damaged("the archive holds something that is no sealed object")),
        };
        self.seen += 1;
        self.bytes += object.len();
        self.headers.update(object.header());
        let place = (object.label.item, object.label.ordinal);
        let follows = match (self.last, object.label.kind) {
            (None, kind) => kind == Kind::Archive && place == (0, 0),
            (Some(_), Kind::End) => place == (u32::MAX, 0),
            (Some((item, ordinal)), _) => {
                place == (item, ordinal.wrapping_add(1)) || (place.0 == item.wrapping_add(1) && place.1 == 0)
            }
        };
        if !follows {
            return Err(damaged("objects of the archive are missing or out of order"));
        }
        self.last = Some(place);
        let (label, commitment, size) = (object.label.clone(), object.commitment, object.len());
        let opened = match keys_of(&label, |number| key(self.slots, &[], number)) {
            Some(keys) => object.open(&self.home, &keys),
            None => Err(Unopened::NoKey),
        };
        if matches!(opened, Err(Unopened::Damaged | Unopened::OtherKey)) {
            return Err(damaged("an object of the archive was changed, or is another's"));
        }
        if label.kind == Kind::End {
            self.ended = true;
            let count = opened.as_ref().ok().and_then(|opened| opened.data().try_into().ok());
            if count.map(u64::from_be_bytes) != Some(self.seen) {
                return Err(damaged("the archive has not as many objects as were sealed"));
            }
            if self.headers.clone().finish() != self.wanted {
                return Err(damaged("headers of the archive are not those that were sealed"));
            }
        }
        Ok(Some(Object { label, commitment, size, opened }))
    }
}

//! The key file of one epoch, format 1.
//!
//! One line of canonical JSON (`format`, `vault`, `epoch`, `commitment`, `wraps`: the epoch key as each
//! holder wrapped it), then slots of 128 bytes, from 0. A slot is a nonce of 12 random bytes, 100 bytes of
//! ciphertext and a tag of 16, AES-256-GCM under a key derived from the epoch key; the associated data is a
//! label, the vault's id, the epoch and the number of the slot, so that slots of other files, epochs and
//! places do not open. An empty slot is zeros. Slots are appended and never rewritten: forgetting writes
//! another file under another epoch key.
//!
//! Inside: key (32), keyed pseudonym (32), owner (8), kind (1), archive (16), zeros (11).

use std::io::{self, Read};

use ring::aead::{Aad, LessSafeKey, Nonce};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::digest::{Digest, Sha256, hex};
use super::secret::{Randomness, Secret, derive};
use super::signature::from_hex;
use crate::problem::Problem;

/// Bytes of a slot.
pub const SLOT: usize = 128;
const PLAIN: usize = 100;
const TAG: usize = 16;
const FORMAT: &str = "olvido/keys/v1";
const LABEL: &[u8] = b"olvido/vault/epoch/v1";
const SLOT_LABEL: &[u8] = b"olvido/vault/slot/v1";
/// Longest first line.
const HEAD: u64 = 1 << 20;
/// Stands for "no owner".
pub const NOBODY: u64 = u64::MAX;

/// What a slot's key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SlotKind {
    /// Seed of the vault's signing key.
    Signing,
    /// Key of the pseudonyms.
    Index,
    /// Key of an archive: what belongs to nobody.
    Archive,
    /// Key of a record.
    Record,
    /// Key of a person.
    Subject,
    /// Another identifier of a person; its key seals nothing.
    Alias,
    /// A person is named in something sealed whole, under its record's key alone; its key seals nothing.
    Mention,
    /// Something that holds and purge plans know a record or a person by, as a pseudonym: a keyed reference, a
    /// tag. It falls with its owner; its key seals nothing.
    Mark,
}

impl SlotKind {
    const ALL: [SlotKind; 8] = [
        Self::Signing,
        Self::Index,
        Self::Archive,
        Self::Record,
        Self::Subject,
        Self::Alias,
        Self::Mention,
        Self::Mark,
    ];

    fn code(self) -> u8 {
        match self {
            Self::Signing => 1,
            Self::Index => 2,
            Self::Archive => 3,
            Self::Record => 4,
            Self::Subject => 5,
            Self::Alias => 6,
            Self::Mention => 7,
            Self::Mark => 8,
        }
    }

    /// Stable name in certificates.
    pub fn name(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Index => "index",
            Self::Archive => "archive",
            Self::Record => "record",
            Self::Subject => "subject",
            Self::Alias => "alias",
            Self::Mention => "mention",
            Self::Mark => "mark",
        }
    }
}

/// What a slot holds. No `Debug`.
pub struct Slot {
    /// The key itself.
    pub(super) key: Secret,
    /// What it is for.
    pub kind: SlotKind,
    /// Keyed pseudonym of the record or identifier; zeros where there is none.
    pub pseudonym: [u8; 32],
    /// Slot of the person it belongs to, or [`NOBODY`]; of a mark, of the record or person it is of.
    pub owner: u64,
    /// The archive of a record, archive, mention or mark; zeros otherwise.
    pub archive: [u8; 16],
}

impl Slot {
    /// A slot with a fresh key.
    pub(super) fn fresh(kind: SlotKind, randomness: &mut Randomness) -> Result<Slot, Problem> {
        let bytes = Zeroizing::new(randomness.take::<32>()?);
        Ok(Slot { key: Secret::new(&bytes), kind, pseudonym: [0; 32], owner: NOBODY, archive: [0; 16] })
    }

    /// What is public of its key: the commitment to it that certificates show.
    pub(super) fn commitment(&self) -> Result<[u8; 32], Problem> {
        Ok(derive(&[&self.key], b"", b"olvido/vault/key-commitment/v1", b"")?.commitment)
    }
}

/// How one holder wrapped the epoch key.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Wrap {
    /// The holder, by its name in the vault.
    pub holder: String,
    /// The holder's name for its key.
    pub key_ref: String,
    /// The wrapped key, hexadecimal.
    pub wrapped: String,
}

/// The first line.
#[derive(Clone, Serialize, Deserialize)]
pub struct KeyHead {
    commitment: String,
    /// Which epoch.
    pub epoch: u64,
    format: String,
    /// The vault's id, hexadecimal.
    pub vault: String,
    /// The epoch key, once for each holder.
    pub wraps: Vec<Wrap>,
}

/// What wraps slots in one epoch.
pub struct EpochKey {
    key: LessSafeKey,
    commitment: [u8; 32],
    vault: [u8; 16],
    epoch: u64,
}

impl EpochKey {
    /// From the secret that holders keep.
    pub(super) fn new(secret: &Secret, vault: [u8; 16], epoch: u64) -> Result<EpochKey, Problem> {
        let derived = derive(&[secret], &vault, LABEL, &epoch.to_be_bytes())?;
        Ok(EpochKey { key: derived.key, commitment: derived.commitment, vault, epoch })
    }

    /// Whether the file was written under this key.
    pub(super) fn opens(&self, head: &KeyHead) -> bool {
        head.commitment == hex(&self.commitment) && head.epoch == self.epoch && head.vault == hex(&self.vault)
    }

    /// The first line of a file under this key.
    pub(super) fn head(&self, wraps: Vec<Wrap>) -> String {
        let head = KeyHead {
            commitment: hex(&self.commitment),
            epoch: self.epoch,
            format: FORMAT.to_owned(),
            vault: hex(&self.vault),
            wraps,
        };
        let mut line = serde_json::to_string(&head).unwrap_or_default();
        line.push('\n');
        line
    }

    fn aad(&self, number: u64) -> Vec<u8> {
        [SLOT_LABEL, &self.vault, &self.epoch.to_be_bytes(), &number.to_be_bytes()].concat()
    }

    /// Wraps a slot.
    pub(super) fn wrap(
        &self,
        number: u64,
        slot: &Slot,
        randomness: &mut Randomness,
    ) -> Result<[u8; SLOT], Problem> {
        let mut out = [0; SLOT];
        let nonce = randomness.take::<12>()?;
        let mut plain = Zeroizing::new([0; PLAIN]);
        let owner = slot.owner.to_be_bytes();
        let kind = [slot.kind.code()];
        let parts = slot.key.expose().iter().chain(&slot.pseudonym).chain(&owner).chain(&kind);
        for (to, from) in plain.iter_mut().zip(parts.chain(&slot.archive)) {
            *to = *from;
        }
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(self.aad(number)),
                plain.as_mut(),
            )
            .map_err(|_| {
                Problem::new("slot-not-sealed", "the cipher refused to seal", "please report this")
            })?;
        for (to, from) in out.iter_mut().zip(nonce.iter().chain(plain.iter()).chain(tag.as_ref())) {
            *to = *from;
        }
        Ok(out)
    }

    /// Opens a slot; none for an empty one.
    pub(super) fn unwrap(&self, number: u64, bytes: &[u8]) -> Result<Option<Slot>, Problem> {
        if bytes.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let damaged = || {
            Problem::new(
                "slot-damaged",
                format!("slot {number} of the key file does not open under the epoch's key"),
                "nothing was changed; put back the key file from a copy of this epoch",
            )
        };
        let (nonce, sealed) = bytes.split_first_chunk::<12>().ok_or_else(damaged)?;
        let mut plain = Zeroizing::new([0u8; PLAIN + TAG]);
        for (to, from) in plain.iter_mut().zip(sealed) {
            *to = *from;
        }
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.key.open_in_place(nonce, Aad::from(self.aad(number)), plain.as_mut());
        let opened = opened.map_err(|_| damaged())?;
        slot_of(opened).map(Some).ok_or_else(damaged)
    }
}

fn slot_of(plain: &[u8]) -> Option<Slot> {
    let (key, rest) = plain.split_first_chunk::<32>()?;
    let (pseudonym, rest) = rest.split_first_chunk::<32>()?;
    let (owner, rest) = rest.split_first_chunk::<8>()?;
    let (kind, rest) = rest.split_first_chunk::<1>()?;
    let (archive, rest) = rest.split_first_chunk::<16>()?;
    let kind = SlotKind::ALL.into_iter().find(|known| [known.code()] == *kind)?;
    if rest.iter().any(|byte| *byte != 0) {
        return None;
    }
    Some(Slot {
        key: Secret::new(key),
        kind,
        pseudonym: *pseudonym,
        owner: u64::from_be_bytes(*owner),
        archive: *archive,
    })
}

/// How many slots a key file has, and the digest of all of it: what the ledger's head binds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyState {
    /// Which epoch.
    pub epoch: u64,
    /// Slots, empty ones included.
    pub slots: u64,
    /// SHA-256 of head and slots.
    pub digest: Digest,
}

/// A key file as it was read: its head and its slots, still wrapped.
pub(super) struct Wrapped {
    pub(super) head: KeyHead,
    pub(super) slots: Vec<u8>,
    /// Bytes of the first line.
    pub(super) head_len: u64,
    pub(super) digest: Sha256,
    /// Whether the file had more than was asked for.
    pub(super) surplus: bool,
}

impl Wrapped {
    /// Reads a file. What goes beyond `most` slots is what a stopped run appended, and is left out.
    pub(super) fn read(source: &mut dyn Read, most: Option<u64>) -> Result<Wrapped, Problem> {
        let bad = |what: &str| {
            let advice = "nothing was changed; put back the key file from a copy of this epoch";
            Problem::new("keyfile-damaged", what, advice)
        };
        let unread = |error: io::Error| bad(&format!("the key file could not be read: {}", error.kind()));
        let mut bytes = Vec::new();
        source.read_to_end(&mut bytes).map_err(unread)?;
        let end = bytes.iter().take(usize::try_from(HEAD).unwrap_or(0)).position(|byte| *byte == b'\n');
        let end = end.ok_or_else(|| bad("the key file has no head"))? + 1;
        let mut slots = bytes.split_off(end);
        let head: KeyHead =
            serde_json::from_slice(&bytes).map_err(|_| bad("the head of the key file is damaged"))?;
        if head.format != FORMAT {
            return Err(bad("the key file has a format this version does not know"));
        }
        let most = most.and_then(|most| usize::try_from(most).ok()).map(|most| most.saturating_mul(SLOT));
        let surplus = most.is_some_and(|most| slots.len() > most);
        slots.truncate(most.unwrap_or(usize::MAX));
        if !slots.len().is_multiple_of(SLOT) {
            return Err(bad("the key file ends inside a slot"));
        }
        let mut digest = Sha256::new();
        digest.update(&bytes);
        digest.update(&slots);
        Ok(Wrapped { head, slots, head_len: bytes.len() as u64, digest, surplus })
    }

    pub(super) fn state(&self) -> KeyState {
        let slots = (self.slots.len() / SLOT) as u64;
        KeyState { epoch: self.head.epoch, slots, digest: self.digest.clone().finish() }
    }

    /// Opens every slot.
    pub(super) fn open(&self, key: &EpochKey) -> Result<Vec<Option<Slot>>, Problem> {
        if !key.opens(&self.head) {
            return Err(Problem::new(
                "epoch-key-wrong",
                "the holder gave a key that is not the one this key file was written under",
                "nothing was changed; check the holder",
            ));
        }
        (0..).zip(self.slots.chunks_exact(SLOT)).map(|(number, bytes)| key.unwrap(number, bytes)).collect()
    }
}

/// The wrapped epoch key of a head, as bytes.
pub(super) fn wrapped_bytes(wrap: &Wrap) -> Option<Vec<u8>> {
    from_hex(&wrap.wrapped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(kind: SlotKind, byte: u8) -> Slot {
        Slot { key: Secret::new(&[byte; 32]), kind, pseudonym: [byte; 32], owner: 3, archive: [byte; 16] }
    }

    fn file(key: &EpochKey, slots: &[Slot]) -> Vec<u8> {
        let mut out = key.head(vec![]).into_bytes();
        for (number, slot) in (0..).zip(slots) {
            out.extend_from_slice(&key.wrap(number, slot, &mut Randomness::new()).unwrap());
        }
        out
    }

    fn epoch(byte: u8, vault: u8, epoch: u64) -> EpochKey {
        EpochKey::new(&Secret::new(&[byte; 32]), [vault; 16], epoch).ok().unwrap()
    }

    fn code<T>(result: Result<T, Problem>) -> &'static str {
        result.err().map_or("opened", |problem| problem.code)
    }

    #[test]
    fn slots_come_back() {
        let key = epoch(1, 2, 3);
        let bytes = file(&key, &[slot(SlotKind::Record, 7), slot(SlotKind::Alias, 8)]);
        let read = Wrapped::read(&mut &bytes[..], None).ok().unwrap();
        let slots = read.open(&key).ok().unwrap();
        let second = slots[1].as_ref().unwrap();
        assert_eq!((second.kind, second.pseudonym, second.owner), (SlotKind::Alias, [8; 32], 3));
        assert!(second.key.is(&Secret::new(&[8; 32])));
        assert_eq!(read.state().slots, 2);
    }

    #[test]
    fn swapped_flipped_and_foreign_slots_do_not_open() {
        let key = epoch(1, 2, 3);
        let bytes = file(&key, &[slot(SlotKind::Record, 7), slot(SlotKind::Record, 8)]);
        let start = bytes.len() - 2 * SLOT;
        for at in start..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let read = Wrapped::read(&mut &changed[..], None).ok().unwrap();
            assert_eq!(code(read.open(&key)), "slot-damaged", "{at}");
        }
        let mut swapped = bytes.clone();
        let (one, two) = swapped[start..].split_at_mut(SLOT);
        one.swap_with_slice(two);
        assert_eq!(code(Wrapped::read(&mut &swapped[..], None).ok().unwrap().open(&key)), "slot-damaged");
        for other in [epoch(9, 2, 3), epoch(1, 9, 3), epoch(1, 2, 4)] {
            let read = Wrapped::read(&mut &bytes[..], None).ok().unwrap();
            assert_eq!(code(read.open(&other)), "epoch-key-wrong");
            assert_eq!(code(other.unwrap(0, &bytes[start..start + SLOT])), "slot-damaged");
        }
    }

    #[test]
    fn an_empty_slot_is_nothing_and_a_cut_file_is_refused() {
        let key = epoch(1, 2, 3);
        let mut bytes = file(&key, &[]);
        bytes.extend_from_slice(&[0; SLOT]);
        let read = Wrapped::read(&mut &bytes[..], None).ok().unwrap();
        assert!(read.open(&key).ok().unwrap()[0].is_none());
        bytes.pop();
        assert_eq!(code(Wrapped::read(&mut &bytes[..], None)), "keyfile-damaged");
        assert_eq!(code(Wrapped::read(&mut &b"no head"[..], None)), "keyfile-damaged");
    }

    #[test]
    fn what_a_stopped_run_appended_is_left_out() {
        let key = epoch(1, 2, 3);
        let bytes = file(&key, &[slot(SlotKind::Record, 7), slot(SlotKind::Record, 8)]);
        let whole = Wrapped::read(&mut &bytes[..bytes.len() - SLOT], None).ok().unwrap().state();
        let cut = Wrapped::read(&mut &bytes[..bytes.len() - 5], Some(1)).ok().unwrap().state();
        assert!(whole == cut);
    }

    /// Key files that another implementation made from the description above, most of them attacked.
    #[test]
    fn the_vectors_open_or_fail_as_they_say() {
        let rows: serde_json::Value =
            serde_json::from_str(include_str!("../../fixtures/vault/keys-v1.json")).unwrap();
        let hex = |value: &serde_json::Value| from_hex(value.as_str().unwrap()).unwrap();
        for row in rows.as_array().unwrap() {
            let secret = Secret::from_slice(&hex(&row["secret"])).unwrap();
            let vault = hex(&row["vault"]).try_into().unwrap();
            let key = EpochKey::new(&secret, vault, row["epoch"].as_u64().unwrap()).ok().unwrap();
            let slots =
                Wrapped::read(&mut hex(&row["file"]).as_slice(), None).and_then(|read| read.open(&key));
            let is = match slots {
                Ok(slots) => {
                    let name = |slot: &Option<Slot>| slot.as_ref().map_or("none", |slot| slot.kind.name());
                    slots.iter().map(name).collect::<Vec<_>>().join(" ")
                }
                Err(problem) => problem.code.to_owned(),
            };
            assert_eq!(is, row["result"].as_str().unwrap(), "{}", row["name"]);
        }
    }
}

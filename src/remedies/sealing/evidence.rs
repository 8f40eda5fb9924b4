//! What a shred reaches in the sealed archives, from the labels of their objects, and the proof that it did.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::problem::Problem;
use crate::vault::{Label, Sha256, SlotKind, Vault};

/// Most objects that are tried after a shred.
const TRIED: u64 = 64;

/// What dies with keys.
pub struct Dying {
    /// The keys.
    pub victims: BTreeSet<u64>,
    /// Archives that lose something.
    pub archives: BTreeSet<[u8; 16]>,
    /// Slots of records and people that lose something, their own key or not.
    pub touched: BTreeSet<u64>,
    /// How many objects, of which kinds, how many bytes, and a digest over their commitments in the order of
    /// the archives: for certificates.
    pub objects: Value,
}

fn dies(label: &Label, victims: &BTreeSet<u64>) -> bool {
    victims.contains(&label.record) || label.subjects.iter().any(|slot| victims.contains(slot))
}

/// What dies with these slots. No object is opened.
///
/// # Errors
/// A [`Problem`] where an archive cannot be read, or is not as it was sealed.
pub fn dying(vault: &Vault<'_>, victims: BTreeSet<u64>) -> Result<Dying, Problem> {
    let (mut count, mut bytes) = (0u64, 0u64);
    let mut kinds = BTreeMap::<&str, u64>::new();
    let mut digest = Sha256::new();
    let (mut archives, mut touched) = (BTreeSet::new(), BTreeSet::new());
    for (archive, _) in vault.archives() {
        vault.labels(&archive, &mut |label, commitment, size| {
            if dies(label, &victims) {
                count += 1;
                bytes += size;
                *kinds.entry(label.kind.name()).or_default() += 1;
                digest.update(commitment);
                archives.insert(archive);
                touched.insert(label.record);
                touched.extend(&label.subjects);
            }
        })?;
    }
    for slot in victims.iter().filter_map(|victim| vault.slot(*victim)) {
        if slot.kind == SlotKind::Mention {
            touched.insert(slot.owner);
        }
        if slot.kind == SlotKind::Record {
            archives.insert(slot.archive);
        }
    }
    let commitments = digest.finish().to_string();
    let objects = json!({"bytes": bytes, "commitments": commitments, "count": count, "kinds": kinds});
    Ok(Dying { victims, archives, touched, objects })
}

/// Tries to open objects that died with these slots; gives how many were tried.
///
/// # Errors
/// `erasure-not-proved` where one opens, another [`Problem`] where an archive cannot be read.
pub(super) fn tried(vault: &Vault<'_>, victims: &BTreeSet<u64>) -> Result<u64, Problem> {
    let mut tried = 0;
    for (archive, _) in vault.archives() {
        let wanted = |label: &Label| dies(label, victims);
        let (now, opened) = vault.probe(&archive, &wanted, TRIED - tried)?;
        tried += now;
        if opened > 0 {
            let what = format!("{opened} sealed objects that should be forgotten still open");
            return Err(Problem::new("erasure-not-proved", what, "no certificate was written; report this"));
        }
    }
    Ok(tried)
}

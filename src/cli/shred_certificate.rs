//! Certificates of shreds: what only this machine knows of them, and the files they are written to.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::disk::replace;
use crate::problem::Problem;
use crate::remedies::sealing::{Certifying, Words, certificate_id, certify, source_of, to_markdown};
use crate::vault::{Digest, Sha256, Vault, canonical};

use super::surroundings::surroundings;
use super::vault_open::DISK;

/// Writes a file whole or not at all.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Problem> {
    replace(&DISK, path, text.as_bytes()).map_err(|error| {
        let what = format!("{} could not be written: {}", path.display(), error.kind());
        Problem::new("output-failed", what, "make room or choose another place, and run again")
    })
}

/// Writes the certificate of a receipt to the vault's own folder and, where that is wanted, to another place.
pub(super) fn certified(
    vault: &Vault<'_>,
    receipt: u64,
    copy: Option<&Path>,
    words: &Words,
) -> Result<String, Problem> {
    let known = Certifying { binary: binary(), not_reached: not_reached(vault)?, recall: recall() };
    kept(vault, &certify(vault, receipt, &known)?, copy, words)
}

/// Where the vault keeps a certificate, and its readable form.
fn own(vault: &Vault<'_>, id: &str) -> [PathBuf; 2] {
    ["json", "md"].map(|suffix| vault.folder().join("certificates").join(format!("{id}.{suffix}")))
}

/// Writes a certificate with its readable form beside it.
pub(super) fn kept(
    vault: &Vault<'_>,
    certificate: &Value,
    copy: Option<&Path>,
    words: &Words,
) -> Result<String, Problem> {
    let text = |name: &str| certificate.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let json = canonical(certificate)? + "\n";
    let markdown = to_markdown(certificate, words);
    let [own, _] = own(vault, &text("id"));
    for path in std::iter::once(own).chain(copy.map(PathBuf::from)) {
        // The readable form first: a certificate that is there is there whole.
        write(&path.with_extension("md"), &markdown)?;
        write(&path, &json)?;
    }
    Ok(format!("certificate {} ({}), assurance {}\n", text("id"), text("state"), text("assurance")))
}

/// Writes every certificate that a stopped run still owes, for all receipts of shreds in the ledger.
pub(super) fn owed(vault: &Vault<'_>) -> Result<(), Problem> {
    for entry in vault.ledger().entries()? {
        let is_shred = entry.entry.as_ref().is_some_and(|said| {
            said.get("kind") == Some(&json!("receipt")) && said.get("what") == Some(&json!("shred"))
        });
        let there = || own(vault, &certificate_id(vault, entry.index)).iter().all(|path| path.exists());
        if let Some(words) = Words::of("en").filter(|_| is_shred && !there()) {
            certified(vault, entry.index, None, words)?;
        }
    }
    Ok(())
}

fn is_of(entry: &crate::vault::Entry, kind: &str) -> bool {
    entry.entry.as_ref().is_some_and(|entry| entry.get("kind") == Some(&Value::from(kind)))
}

/// Copies that destroying keys does not reach. What was looked for and found is told from what can only be
/// assumed, since no program sees it.
fn not_reached(vault: &Vault<'_>) -> Result<Vec<Value>, Problem> {
    let entries = vault.ledger().entries()?;
    let mut systems: Vec<String> = Vec::new();
    for entry in entries.iter().filter(|entry| is_of(entry, "sealed")) {
        let said = entry.entry.as_ref().and_then(|entry| entry.pointer("/about/systems")?.as_array());
        systems.extend(said.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
    }
    systems.sort_unstable();
    systems.dedup();
    let basis = if systems.is_empty() { "assumed" } else { "found" };
    let mut all = vec![json!({"basis": basis, "systems": systems, "what": "live-system"})];
    let unsealed = entries.iter().filter(|entry| is_of(entry, "unsealed")).count();
    all.push(json!({"basis": "assumed", "what": "earlier-exports"}));
    if unsealed > 0 {
        all.push(json!({"basis": "found", "count": unsealed, "what": "unsealed"}));
    }
    all.push(json!({"basis": "assumed", "what": "snapshots"}));
    all.push(json!({"basis": "assumed", "what": "undetected"}));
    let (mut there, mut elsewhere) = (0u64, 0u64);
    for (archive, _) in vault.archives() {
        let source = source_of(vault, &archive)?;
        match source.is_some_and(|path| fs::symlink_metadata(path).is_ok()) {
            true => there += 1,
            false => elsewhere += 1,
        }
    }
    for (count, basis, what) in [(there, "found", "originals"), (elsewhere, "assumed", "originals-moved")] {
        if count > 0 {
            all.push(json!({"basis": basis, "count": count, "what": what}));
        }
    }
    all.extend(surroundings(vault.folder()).into_iter().map(|what| json!({"basis": "found", "what": what})));
    Ok(all)
}

/// How much the detectors of this version find, as `cargo bench --bench quality -- --table benches/recall.json`
/// measured it on made-up tickets. How much they found in somebody's archive nobody has measured.
fn recall() -> Value {
    let table: Option<Value> = serde_json::from_str(include_str!("../../benches/recall.json")).ok();
    match table.filter(|table| table.get("version") == Some(&json!(env!("CARGO_PKG_VERSION")))) {
        Some(table) => table,
        None => json!("not measured"),
    }
}

/// SHA-256 of the program that runs.
fn binary() -> String {
    let digest = || -> io::Result<Digest> {
        let mut file = fs::File::open(std::env::current_exe()?)?;
        let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
        loop {
            let read = io::Read::read(&mut file, &mut buffer)?;
            if read == 0 {
                return Ok(hash.finish());
            }
            hash.update(buffer.get(..read).unwrap_or(&[]));
        }
    };
    digest().map_or_else(|_| "unknown".to_owned(), |digest| digest.to_string())
}

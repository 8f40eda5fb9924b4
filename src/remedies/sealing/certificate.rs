//! The certificate of erasure: what was destroyed, how, when, on whose approval, under which assumptions, and
//! what was not reached.
//!
//! Canonical JSON (RFC 8785). `signatures` is signed by nobody; everything else is signed by the vault and by
//! whoever countersigns, with Ed25519 over the canonical bytes. The ledger's proof inside shows that the
//! receipt stands in the ledger under a signed head. All of it is checked offline with one public key.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::evidence::tried;
use super::words::{Words, limits};
use crate::problem::Problem;
use crate::vault::certificate::{SCHEMA, body_of, signed_bytes, verify_certificate};
use crate::vault::{Signer, Vault, canonical};

/// What only the command line knows.
pub struct Certifying {
    /// SHA-256 of the program.
    pub binary: String,
    /// Copies out of reach: `what`, `basis` (`found` or `assumed`) and, where known, `count` and `until`.
    pub not_reached: Vec<Value>,
    /// How much detectors find, as it was measured, or that it was not.
    pub recall: Value,
}

/// The detectors each archive was sealed with, as the ledger has them.
fn detectors(vault: &Vault<'_>, recall: &Value) -> Result<Value, Problem> {
    let mut archives = Vec::new();
    for (archive, _) in vault.archives() {
        let entry = vault.sealed_entry(&archive)?;
        let of = |pointer: &str| entry.pointer(pointer).cloned().unwrap_or(Value::Null);
        archives.push(json!({
            "archive": of("/archive"), "count": of("/about/detectors/count"),
            "digest": of("/about/detectors/digest"), "gaps": of("/about/gaps"),
        }));
    }
    Ok(json!({"archives": archives, "recall": recall}))
}

fn entry(vault: &Vault<'_>, index: u64) -> Result<Value, Problem> {
    vault.ledger().at(index)?.ok_or_else(|| {
        Problem::new("ledger-no-entry", "the ledger has no such receipt", "see `olvido ledger show`")
    })
}

/// The number of the certificate of a receipt.
pub fn certificate_id(vault: &Vault<'_>, receipt: u64) -> String {
    format!("{}-{receipt}", vault.settings().id)
}

/// The certificate of a receipt in the ledger. `pending` as long as something out of reach has a date.
///
/// # Errors
/// A [`Problem`] where the ledger has no such receipt.
pub fn certify(vault: &Vault<'_>, receipt: u64, known: &Certifying) -> Result<Value, Problem> {
    let answer = entry(vault, receipt)?;
    let of = answer.get("of").and_then(Value::as_u64).unwrap_or(u64::MAX);
    let intent = entry(vault, of)?;
    let get = |value: &Value, key: &str| value.get(key).cloned().unwrap_or(Value::Null);
    let reasons = get(&intent, "reasons");
    let plan = get(&reasons, "plan");
    let mut not_reached = known.not_reached.clone();
    not_reached.extend(reasons.get("not_reached").and_then(Value::as_array).cloned().unwrap_or_default());
    let pending = not_reached.iter().any(|copy| copy.get("until").is_some_and(Value::is_string));
    let destroyed_at = get(&answer, "at");
    if let Some(mentions) = plan.get("mentions").and_then(Value::as_u64).filter(|count| *count > 0) {
        not_reached.push(json!({"basis": "found", "count": mentions, "what": "mentions"}));
    }
    let keys = get(&intent, "keys");
    let slot = |key: &Value| key.get("slot").and_then(Value::as_u64);
    let victims: BTreeSet<u64> = keys.as_array().into_iter().flatten().filter_map(slot).collect();
    let tried = tried(vault, &victims)?;
    let body = json!({
        "approvals": get(&plan, "approvals"),
        "approvals_needed": vault.settings().approvals,
        "assurance": get(&answer, "assurance"),
        "controller": vault.settings().controller,
        "cryptography": {
            "areas": "frames, spans and names of the sealed archives; the key file as a whole",
            "cipher": "AES-256-GCM, chunks of 64 KiB, one key an object, HKDF-SHA-256 with a fresh salt",
            "chain": "object key from record and subject keys; those wrapped by the epoch key; that wrapped by each holder",
            "commitment": "the other half of the derivation; one ciphertext opens under one key",
            "errors": "every failed write or sync stops; before the point of no return all is undone, after it all is finished",
            "escrow": "none is made; every holder named here has destroyed its key",
            "interface": "olvido vault shred",
            "keys": "256 bits from the system's generator, never derived from a person or a passphrase",
            "sanitisation": "survivors rewritten under a new epoch key, the old one destroyed by its holders, the old key file overwritten",
        },
        "despite_minima": get(&plan, "despite_minima"),
        "destroyed_at": destroyed_at,
        "detectors": detectors(vault, &known.recall)?,
        "effective_at": if pending { Value::Null } else { destroyed_at.clone() },
        "epoch": {"from": get(&intent, "from"), "to": get(&intent, "to")},
        "executor": get(&reasons, "executor"),
        "ground": get(&plan, "ground"),
        "holders": get(&answer, "answers"),
        "holds": get(&reasons, "holds"),
        "id": certificate_id(vault, receipt),
        "keys": {"counts": get(&intent, "counts"), "destroyed": keys},
        "limits": limits(),
        "log": {"entry": answer, "proof": vault.ledger().prove(receipt)?},
        "not_reached": not_reached,
        "objects": get(&reasons, "objects"),
        "plan": get(&plan, "digest"),
        "purge_plan": get(&plan, "purge"),
        "reference": get(&plan, "reference"),
        "requester": get(&plan, "requester"),
        "schema": SCHEMA,
        "state": if pending { "pending" } else { "final" },
        "supersedes": Value::Null,
        "swept": get(&answer, "swept"),
        "tool": {"binary": known.binary, "name": "olvido", "version": env!("CARGO_PKG_VERSION")},
        "vault": {"id": vault.settings().id, "key": vault.settings().public_key},
        "verification": {"objects": {"opened": 0, "tried": tried}, "slots": "every surviving key opened from the new key file before the old key was destroyed",
            "unwrap": "each holder was asked to unwrap with the destroyed key and refused"},
    });
    signed(vault, body)
}

fn signed(vault: &Vault<'_>, body: Value) -> Result<Value, Problem> {
    let signature = vault.sign(signed_bytes("vault", &canonical(&body)?).as_bytes());
    let key = &vault.settings().public_key;
    Ok(with_signatures(body, json!([{"by": "vault", "key": key, "signature": signature}])))
}

fn with_signatures(body: Value, signatures: Value) -> Value {
    let mut members = match body {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    members.insert("signatures".to_owned(), signatures);
    Value::Object(members)
}

/// Adds the signature of somebody who stands behind a certificate.
///
/// # Errors
/// `not-canonical` for what is no certificate.
pub fn countersign(certificate: &Value, name: &str, signer: &Signer) -> Result<Value, Problem> {
    if name == "vault" {
        let what = "nobody but the vault signs as the vault";
        return Err(Problem::new("signature-name", what, "sign under your own name"));
    }
    let signature = signer.sign(signed_bytes(name, &body_of(certificate)?).as_bytes());
    let mut signatures = certificate.get("signatures").and_then(Value::as_array).cloned().unwrap_or_default();
    signatures.push(json!({"by": name, "key": signer.public().to_hex(), "signature": signature}));
    Ok(with_signatures(certificate.clone(), Value::Array(signatures)))
}

/// The final certificate in place of a pending one, once everything with a date is over.
///
/// # Errors
/// `certificate-pending` before that.
pub fn final_certificate(vault: &Vault<'_>, pending: &Value) -> Result<Value, Problem> {
    let key = vault.settings().public_key()?;
    if let Some(wrong) = verify_certificate(pending, &key).into_iter().next() {
        return Err(Problem::new(
            "certificate-invalid",
            wrong,
            "only a certificate of this vault can become final",
        ));
    }
    let until = pending.get("not_reached").and_then(Value::as_array).into_iter().flatten();
    let last = until.filter_map(|copy| copy.get("until")?.as_str()).max();
    if let Some(last) = last.filter(|last| vault.now() < *last) {
        let what = format!("a copy out of reach is known until {last}");
        return Err(Problem::new("certificate-pending", what, "come back then"));
    }
    let mut members = pending.as_object().cloned().unwrap_or_default();
    members.remove("signatures");
    let old = members.get("id").cloned().unwrap_or_default();
    members.insert("supersedes".to_owned(), old.clone());
    members.insert("id".to_owned(), Value::from(format!("{}-final", old.as_str().unwrap_or_default())));
    members.insert("state".to_owned(), Value::from("final"));
    members.insert("effective_at".to_owned(), Value::from(vault.now()));
    signed(vault, Value::Object(members))
}

/// A certificate for people, in one of the languages of [`Words`].
pub fn to_markdown(certificate: &Value, words: &Words) -> String {
    let text = |pointer: &str| match certificate.pointer(pointer) {
        Some(Value::String(text)) => escaped(text),
        Some(Value::Number(number)) => number.to_string(),
        _ => "–".to_owned(),
    };
    let mut out = format!("# {}\n\n", words.title);
    let state = if text("/state") == "final" { words.is_final } else { words.is_pending };
    let level = words.assurance(&text("/assurance"));
    for (name, value) in [
        (words.number, text("/id")),
        (words.state, state.to_owned()),
        (words.controller, text("/controller")),
        (words.reference, text("/reference")),
        (words.ground, text("/ground")),
        (words.despite_minima, text("/despite_minima")),
        (words.requester, text("/requester")),
        (words.executor, text("/executor")),
        (words.destroyed_at, text("/destroyed_at")),
        (words.effective_at, text("/effective_at")),
        (words.level, format!("{} – {level}", text("/assurance"))),
        (words.objects, format!("{} ({} bytes)", text("/objects/count"), text("/objects/bytes"))),
        (words.epoch, format!("{} → {}", text("/epoch/from"), text("/epoch/to"))),
    ] {
        // A line that stands in few certificates, and there is read.
        if name != words.despite_minima || value != "–" {
            out.push_str(&format!("- **{name}**: {value}\n"));
        }
    }
    let list =
        |pointer: &str| certificate.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
    let of = |value: &Value, key: &str| escaped(value.get(key).and_then(Value::as_str).unwrap_or("–"));
    out.push_str(&format!("\n## {}\n\n", words.keys));
    if let Some(counts) = certificate.pointer("/keys/counts").and_then(Value::as_object) {
        counts.iter().for_each(|(kind, count)| out.push_str(&format!("- {}: {count}\n", words.kind(kind))));
    }
    out.push_str(&format!("\n## {}\n\n", words.approvals));
    for approval in list("/approvals") {
        out.push_str(&format!("- {}, {}\n", of(&approval, "name"), of(&approval, "at")));
    }
    out.push_str(&format!("\n## {}\n\n", words.holders));
    for holder in list("/holders") {
        let (name, kind) = (of(&holder, "holder"), of(&holder, "kind"));
        out.push_str(&format!("- {name} ({kind}): {}; {}\n", words.destroyed, words.refused));
    }
    out.push_str(&format!("\n## {}\n\n", words.not_reached));
    for copy in list("/not_reached") {
        let until = copy
            .get("until")
            .and_then(Value::as_str)
            .map_or(String::new(), |date| format!(" ({} {})", words.until, escaped(date)));
        let count =
            copy.get("count").and_then(Value::as_u64).map_or(String::new(), |count| format!(" ({count})"));
        out.push_str(&format!("- {}{count}{until}\n", words.copy(&of(&copy, "what"))));
    }
    out.push_str(&format!("\n## {}\n\n", words.limits));
    words.limit_lines.iter().for_each(|line| out.push_str(&format!("- {line}\n")));
    out.push_str(&format!("\n## {}\n\n", words.recall));
    match certificate.pointer("/detectors/recall/recall_thousandths").and_then(Value::as_object) {
        None => out.push_str(&format!("- {}\n", words.not_measured)),
        Some(table) => table.iter().for_each(|(category, thousandths)| {
            let thousandths = thousandths.as_u64().unwrap_or(0);
            let line = format!("- {}: {}.{} %\n", escaped(category), thousandths / 10, thousandths % 10);
            out.push_str(&line);
        }),
    }
    out.push_str(&format!("\n## {}\n\n", words.proof));
    out.push_str(&format!("`olvido verify {}.json --key {}`\n", text("/id"), text("/vault/key")));
    out
}

/// What users wrote, with nothing in it that Markdown would act on.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '&' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

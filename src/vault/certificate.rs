//! What certificates of erasure are signed over, and whether one holds: offline, with one public key.

use std::collections::BTreeSet;

use serde_json::Value;

use super::canonical::canonical;
use super::ledger::is_proved;
use super::signature::PublicKey;
use crate::problem::Problem;

/// Version of the format.
pub const SCHEMA: &str = "olvido/certificate/v1";

/// What an approver signs: the digest of a plan, their name, and when.
pub fn approval_bytes(digest: &str, name: &str, at: &str) -> String {
    format!("olvido/approval/v1\n{digest}\n{name}\n{at}\n")
}

/// What a signature is over: whose it is, and everything but the signatures.
pub fn signed_bytes(by: &str, body: &str) -> String {
    format!("olvido/certificate-signature/v1\n{by}\n{body}")
}

/// Everything but the signatures, in canonical form.
///
/// # Errors
/// `not-canonical` for numbers no certificate has.
pub fn body_of(certificate: &Value) -> Result<String, Problem> {
    let mut members = certificate.as_object().cloned().unwrap_or_default();
    members.remove("signatures");
    canonical(&Value::Object(members))
}

/// What is wrong with a certificate; nothing where it holds. Needs the vault's public key and nothing else.
pub fn verify_certificate(certificate: &Value, key: &PublicKey) -> Vec<&'static str> {
    let mut wrong = Vec::new();
    let mut expect = |holds: bool, what: &'static str| {
        if !holds {
            wrong.push(what);
        }
    };
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    expect(text(certificate, "schema") == SCHEMA, "this is no certificate of a format this version knows");
    let body = body_of(certificate).unwrap_or_default();
    let signatures = certificate.get("signatures").and_then(Value::as_array).cloned().unwrap_or_default();
    let by_vault = signatures.iter().any(|signature| {
        text(signature, "by") == "vault"
            && text(signature, "key") == key.to_hex()
            && key.signed(signed_bytes("vault", &body).as_bytes(), &text(signature, "signature"))
    });
    expect(by_vault, "the certificate is not signed by this vault, or was changed");
    let all = signatures.iter().all(|signature| {
        let (bytes, key) = (signed_bytes(&text(signature, "by"), &body), text(signature, "key"));
        // In the one form that is written: no signature is over the key it names.
        PublicKey::parse(&key)
            .filter(|known| known.to_hex() == key)
            .is_some_and(|key| key.signed(bytes.as_bytes(), &text(signature, "signature")))
    });
    expect(all, "a signature is not over this certificate");
    let approvals = certificate.get("approvals").and_then(Value::as_array).cloned().unwrap_or_default();
    let plan = text(certificate, "plan");
    let mut keys = BTreeSet::new();
    let approved = approvals.iter().all(|approval| {
        let name = text(approval, "name");
        let bytes = approval_bytes(&plan, &name, &text(approval, "at"));
        keys.insert(text(approval, "key"));
        name != text(certificate, "requester")
            && PublicKey::parse(&text(approval, "key"))
                .is_some_and(|key| key.signed(bytes.as_bytes(), &text(approval, "signature")))
    });
    expect(approved, "an approval is not of this plan");
    let needed = certificate.get("approvals_needed").and_then(Value::as_u64).unwrap_or(u64::MAX);
    expect(keys.len() as u64 >= needed, "there are fewer approvals than the vault asks for");
    let log = certificate.get("log").cloned().unwrap_or_default();
    let receipt = log.get("entry").cloned().unwrap_or_default();
    let proved = log.get("proof").is_some_and(|proof| is_proved(proof, &receipt, key));
    expect(proved, "the ledger does not prove the receipt");
    let same = receipt.get("assurance") == certificate.get("assurance")
        && receipt.get("answers") == certificate.get("holders")
        && receipt.get("at") == certificate.get("destroyed_at");
    expect(same, "the certificate says other things than the receipt in the ledger");
    wrong
}

/// Reads a certificate's file, and says what is wrong with it: every byte counts.
///
/// # Errors
/// `certificate-malformed` for what is no JSON.
pub fn read_certificate(bytes: &[u8], key: &PublicKey) -> Result<(Value, Vec<&'static str>), Problem> {
    let certificate: Value = serde_json::from_slice(bytes).map_err(|_| {
        Problem::new("certificate-malformed", "this is no certificate: it is no JSON", "name a certificate")
    })?;
    let mut wrong = verify_certificate(&certificate, key);
    if canonical(&certificate).map(|text| text + "\n").ok().map(String::into_bytes).as_deref() != Some(bytes)
    {
        wrong.push("the file is not in canonical form: it was written by something else");
    }
    Ok((certificate, wrong))
}

/// The key a certificate says it is signed with: good to see whether it was changed, not who wrote it.
pub fn own_key(certificate: &Value) -> Option<PublicKey> {
    PublicKey::parse(certificate.pointer("/vault/key")?.as_str()?)
}
